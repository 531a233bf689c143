"""Sharing arrangements: what each party said that it lets go to which, and the check by ours.

An arrangement is a record to the party that it is about: both hold it. The newest of ours to a party
stands, whichever record is folded first; of several of one moment all bind. Source: decision 0084.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from detente.core.moment import Moment
from detente.desks.cert import kinds, rules, warned
from detente.desks.cert.formats import marking, members
from detente.desks.cert.formats.defang import defang
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.formats.members import Object
from detente.office.before import Checked
from detente.office.desk import Fold, Opened
from detente.office.fields import Field, Flag, Mid, Text, Values, When
from detente.office.reader import Reader, every
from detente.office.tables import Rows, Table

ARRANGEMENTS: Final = Table(
    name="cert_arrangements",
    key="place",
    columns=(
        Field("place", Text(160)),  # the record, a blank, and the party it is to
        Field("mid", Mid()),
        Field("party", Text(63)),  # who lets go
        Field("to", Text(63)),
        kinds.ABOUT,
        *kinds.TERMS,
        kinds.ENDS,
        Field("created", When()),
        Field("ours", Flag()),
        Field("author", Text(64)),  # who signed it
    ),
    find_by=(("to",), ("party",)),
)
_LISTS_MAX: Final = 1_000  # characters


class Line(NamedTuple):
    """What the check says of one object. why: rules.Why, or "end" for one whose end stays here."""

    id: str
    type: str
    tlp: str
    pap: str
    why: str


def fold_arrangement(rows: Rows, opened: Opened) -> None:
    """Keep an arrangement once for each party that it is to."""
    for party in sorted({address.partition("@")[2] for address in opened.to}):
        rows.put(
            {
                **opened.body,
                "place": f"{opened.mid.hex()} {party}",
                "mid": opened.mid,
                "party": opened.party,
                "to": party,
                "created": opened.created,
                "ours": opened.ours,
                "author": opened.author,
            }
        )


def newest(look: Reader, party: str) -> tuple[Values, ...]:
    """Return our newest word to a party, by id; several if they were said at the same moment."""
    rows = [row for row in every(look, ARRANGEMENTS, {"to": party}) if row.flag("ours")]
    last = max((row.moment("created") for row in rows), default=None)
    found = [row for row in rows if row.moment("created") == last]
    return tuple(sorted(found, key=lambda row: row.data("mid")))


def standing(look: Reader, party: str) -> tuple[Values, ...]:
    """Return our arrangements with a party that bind: all of the newest moment that do not end it."""
    return tuple(row for row in newest(look, party) if not row.flag("ends"))


def why_not(rows: Sequence[Values], thing: rules.Thing, now: Moment) -> rules.Why:
    """Return why a thing may not go under arrangements that all bind; "" if each lets it go."""
    if not rows:
        return rules.why_not(thing, None, now)
    found = (rules.why_not(thing, terms_of(row), now) for row in rows)
    return next((why for why in found if why), "")


def check(
    look: Reader, objects: Sequence[dict[str, Json]], party: str, now: Moment
) -> tuple[Line, ...]:
    """Return for each object of a bundle whether it may go to a party, in their order."""
    rows = standing(look, party)
    book = marking.Book.of(objects)
    lines = [_line(one, book, rows, now) for one in objects]
    gone = {line.id for line in lines if line.why}
    return tuple(
        line._replace(why="end") if not line.why and gone & _ends(one) else line
        for line, one in zip(lines, objects, strict=True)
    )


def of_objects(
    look: Reader, objects: Sequence[Object], hits: Sequence[warned.Hit], party: str, now: Moment
) -> tuple[Checked, ...]:
    """Return for each object of a bundle whether it may go to a party, why not, and on which lists it is."""
    order = under(look, party)
    lists: dict[str, list[warned.Hit]] = {}
    for hit in hits:
        lists.setdefault(hit.id, []).append(hit)
    found = []
    for line in check(look, objects, party, now):
        on = lists_of(lists.get(line.id, ()))
        state = "stays" if line.why else "warned" if on else "goes"
        found.append(Checked(party, line.id, state, line.why, on, order))
    return tuple(found)


def lists_of(hits: Sequence[warned.Hit]) -> str:
    """Return values and their lists in a line."""
    return "; ".join(f"{defang(hit.value)}: {hit.list}" for hit in hits)[:_LISTS_MAX]


def terms_of(row: Values) -> rules.Terms:
    """Return a row of ARRANGEMENTS as the rules read it."""
    return rules.Terms(
        upto=row.text("upto"),
        pap=row.text("pap"),
        types=row.texts("type") if "type" in row else (),
        sectors=row.texts("sector") if "sector" in row else (),
        until=row.moment("until") if "until" in row else None,
    )


def under(look: Reader, party: str) -> bytes:
    """Return the record that a check names as what it was made under; empty if there is none."""
    rows = standing(look, party)
    return rows[-1].data("mid") if rows else b""


def _line(one: dict[str, Json], book: marking.Book, rows: Sequence[Values], now: Moment) -> Line:
    marks = book.object(one)
    kind = members.text(one, "type")
    if kind == marking.TYPE:  # it marks others; what it says is no secret of its own
        marks = marking.Marks()
    thing = rules.Thing(
        kind, marks.tlp, marks.pap, bool(marks.unknown), members.texts(one, "sectors")
    )
    return Line(str(one.get("id")), kind, marks.tlp, marks.pap, why_not(rows, thing, now))


def _ends(one: dict[str, Json]) -> set[str]:
    if one.get("type") not in ("relationship", "sighting"):
        return set()
    names = ("source_ref", "target_ref", "sighting_of_ref")
    return {members.text(one, name) for name in names} - {""}


ALL: Final = (Fold(ARRANGEMENTS, (kinds.ARRANGEMENT,), fold_arrangement),)
"""Folds of this room."""
