"""Records of the desk as two tables: what was proposed, and all that was said to it."""

from dataclasses import replace
from typing import Final

from detente.desks.designation import kinds
from detente.office.desk import Fold, Opened
from detente.office.drafting import MARKINGS
from detente.office.fields import Desks, Field, Flag, Mid, OneOf, Text, Values, When, Whole
from detente.office.tables import Row, Rows, Table

WHATS: Final = OneOf(*(each.name.partition(".")[2] for each in kinds.ALL))
_HEAD: Final = (
    Field("mid", Mid()),
    Field("what", WHATS),
    Field("from", Text(96)),
    Field("party", Text(63)),
    Field("to", Desks()),
    Field("matter", Text(32)),
    Field("ours", Flag()),
    Field("tlp", OneOf(*MARKINGS)),
    Field("series", Text(8)),
    Field("n", Whole()),
    Field("created", When()),
    Field("kept_at", When()),
    Field("author", Text(64)),
    Field("releaser", Text(64), required=False),
)
DESIGNATIONS: Final = Table(
    name="designation_designations",
    key="mid",
    columns=(*_HEAD, *kinds.PROPOSAL.fields),
    find_by=(("number",), ("party",), ("matter",)),
)
_MEMBERS: Final = {each.name: each for kind in kinds.FOLLOWING for each in kind.fields}
SAID: Final = Table(
    name="designation_said",
    key="mid",
    columns=(*_HEAD, *(replace(each, required=False) for each in _MEMBERS.values())),
    find_by=(("of",), ("what",), ("matter",)),
)


def _row(rows: Rows, opened: Opened) -> Row:
    before = rows.get(opened.mid)
    kept = (
        opened.kept_at if before is None else min(Values(before).moment("kept_at"), opened.kept_at)
    )
    return {
        **opened.body,
        "mid": opened.mid,
        "what": opened.kind.partition(".")[2],
        "from": opened.from_,
        "party": opened.party,
        "to": opened.to,
        "matter": opened.matter,
        "ours": opened.ours,
        "tlp": opened.tlp,
        "series": opened.s,
        "n": opened.n,
        "created": opened.created,
        "kept_at": kept,
        "author": opened.author,
        "releaser": opened.releaser,
    }


def fold(rows: Rows, opened: Opened) -> None:
    """Keep a record: what it says, who says it, and when it was first kept here."""
    rows.put(_row(rows, opened))


ALL: Final = (
    Fold(DESIGNATIONS, (kinds.PROPOSAL,), fold),
    Fold(SAID, kinds.FOLLOWING, fold),
)
