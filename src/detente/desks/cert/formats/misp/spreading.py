"""How far a thing may spread: the distributions of MISP and the colours of TLP, both ways.

A distribution speaks of organisations and servers around one server. Here it is read as the least
that it may mean to somebody outside; one that nobody knows is as strict as the strictest that is
not red. Source: MISP core format, "distribution"; docs/decisions/0070.
"""

from collections.abc import Sequence
from typing import Final

from detente.desks.cert.formats import marking, members
from detente.desks.cert.formats.members import Object
from detente.desks.cert.formats.misp.making import KEPT

ONLY_US: Final = "0"
GROUP: Final = "4"
INHERIT: Final = "5"
UNMARKED: Final = "AMBER"  # what nobody marked is not for everybody
_BOUND: Final = {
    "0": "AMBER+STRICT",  # your organisation only
    "1": "AMBER+STRICT",  # this community only
    "2": "AMBER",  # connected communities
    "3": "",  # all communities
    "4": "AMBER+STRICT",  # a sharing group
    "5": "",  # as the event says
    "": "",
}
_REACH: Final = {"CLEAR": "3", "GREEN": "2", "AMBER": "0", "AMBER+STRICT": "0"}


def bound(item: Object) -> str:
    """Return the colour that an item's distribution asks for at least, "" if for none."""
    return _BOUND.get(members.text(item, "distribution"), "AMBER+STRICT")


def reach(level: str, *, grouped: bool) -> str:
    """Return the distribution of what is marked so, "" if it may not go. grouped: there is a group."""
    wide = _REACH.get(level or UNMARKED, "")
    return GROUP if grouped and (level or UNMARKED) == "AMBER" else wide


def confine(objects: Sequence[Object], event: Object) -> list[Object]:
    """Return the objects of an event, marked no laxer than its distribution and those of its items.

    Observables, identities and definitions are as they were: they say nothing of the event.
    """
    book = marking.Book.of(objects)
    found: list[Object] = []
    used: set[str] = set()
    for one in objects:
        asked = _asked(one, bound(event))
        if asked and _is_laxer(book.object(one).tlp, asked):
            used.add(asked)
            ref = str(marking.definition_of(asked)["id"])
            found.append(
                {**one, "object_marking_refs": [*members.texts(one, "object_marking_refs"), ref]}
            )
        else:
            found.append(one)
    known = {str(one["id"]) for one in objects}
    more = [marking.definition_of(level) for level in sorted(used)]
    return [*(one for one in more if one["id"] not in known), *found]


def _asked(one: Object, level: str) -> str:
    if "modified" not in one or one["type"] == "identity":
        return ""
    kept = one.get(KEPT)
    holders = [kept, *members.objects(kept, "Attribute")] if isinstance(kept, dict) else []
    return max((level, *(bound(each) for each in holders)), key=_order)


def _is_laxer(level: str, asked: str) -> bool:
    return _order(level) < _order(asked)


def _order(level: str) -> int:
    return marking.LEVELS.index(level) if level else -1
