"""Records of cases under embargo as two tables: what opened each, and all that was said to it."""

from typing import Final

from detente.desks.cert.embargo import kinds
from detente.desks.cert.kinds import ABOUT
from detente.office.desk import Fold, Opened
from detente.office.drafting import MARKINGS
from detente.office.fields import (
    Desks,
    Field,
    Flag,
    LongText,
    Mid,
    OneOf,
    Text,
    Value,
    Values,
    When,
)
from detente.office.tables import Rows, Table

WHATS: Final = {
    kinds.VULNERABILITY.name: "opened", kinds.DATE.name: "date", kinds.AGREE.name: "agree",
    kinds.FACTS.name: "facts", kinds.KNOWS.name: "knows", kinds.BREAK.name: "break",
    kinds.PUBLISH.name: "release",
}  # fmt: skip
WHAT: Final = Field("what", OneOf(*WHATS.values()))
_WHO: Final = (
    Field("mid", Mid()), WHAT, Field("from", Text(96)), Field("party", Text(63)),
    Field("created", When()), Field("kept_at", When()), Field("ours", Flag()),
)  # fmt: skip
_LATER: Final = Field("release", When(), required=False)

VULNERABILITIES: Final = Table(
    name="cert_vulnerabilities",
    key="mid",
    columns=(
        *_WHO,
        Field("to", Desks()),
        Field("matter", Text(32)),
        Field("tlp", OneOf(*MARKINGS)),
        ABOUT,
        *kinds.VULNERABILITY.fields[1:-2],
    ),
)
STEPS: Final = Table(
    name="cert_vulnerability_steps",
    key="mid",
    columns=(
        *_WHO,
        kinds.OF,
        _LATER,
        Field("proposal", Mid(), required=False),
        Field("word", OneOf("agree", "object"), required=False),
        kinds.CVE,
        kinds.OBJECTS,
        Field("who", Text(200), required=False),
        Field("since", When(), required=False),
        Field("seen", When(), required=False),
        Field("advisory", Mid(), required=False),
        Field("alone", Flag(), required=False),
        Field("text", LongText(16_000), required=False),
    ),
    find_by=(("of",),),
)


def fold_case(rows: Rows, opened: Opened) -> None:
    """Keep what opened a case."""
    body = opened.body.without("asks", "files")
    more: dict[str, Value] = {"to": opened.to, "matter": opened.matter, "tlp": opened.tlp}
    rows.put({**body, **_who(rows, opened), **more})


def fold_step(rows: Rows, opened: Opened) -> None:
    """Keep what was said to one."""
    rows.put({**opened.body.without("files"), **_who(rows, opened)})


def _who(rows: Rows, opened: Opened) -> dict[str, Value]:
    before, kept_at = rows.get(opened.mid), opened.kept_at
    if before is not None:  # it may stand in several logs
        kept_at = min(Values(before).moment("kept_at"), kept_at)
    return {
        "mid": opened.mid, "what": WHATS[opened.kind], "from": opened.from_, "party": opened.party,
        "created": opened.created, "kept_at": kept_at, "ours": opened.ours,
    }  # fmt: skip


ALL: Final = (
    Fold(VULNERABILITIES, (kinds.VULNERABILITY,), fold_case),
    Fold(STEPS, kinds.ALL[1:], fold_step),
)
