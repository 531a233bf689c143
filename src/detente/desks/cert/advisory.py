"""Security advisories between CERT desks: sent to the byte, checked on both sides, shown to read."""

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from detente.core import limits
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment
from detente.desks.cert import acts, folds, kinds, rules
from detente.desks.cert.formats.csaf import readable
from detente.desks.cert.formats.csaf.finding import Finding, Level
from detente.desks.cert.formats.csaf.walk import text
from detente.office.desk import Act, Check, Enclosing, Fold, Look, Opened, Role
from detente.office.drafting import MARKINGS, TLP, URGENCY, Draft, Enclosure, ext_of
from detente.office.enclosed import ATTACH, FILES
from detente.office.fields import (
    Desks,
    Digest,
    Field,
    File,
    FileText,
    LongText,
    Mid,
    OneOf,
    Text,
    Values,
    When,
    Whole,
)
from detente.office.kind import Kind
from detente.office.reader import Reader
from detente.office.tables import Row, Rows, Table

if TYPE_CHECKING:
    from detente.desks.cert.formats.csaf.check import Report

_ID: Final = Field("id", Text(max_chars=200))
_VERSION: Final = Field("version", Text(max_chars=100))
# CSAF 2.0 has the colours of TLP 1.0.
_NAME: Final = "advisory.json"
_LEVEL_OF: Final = {"WHITE": "CLEAR"}
# Registries age: what one side's copy does not know yet is no reason to refuse the other's word.
_AGES: Final = frozenset({"6.1.11", "6.1.12"})

ADVISORY: Final = Kind(
    name="cert.advisory",
    version=1,
    fields=(
        Field("advisory", FileText(size_max=limits.MAX_BODY)),  # CSAF 2.0, to the byte
        _ID,  # as its tracking says
        _VERSION,
        kinds.ABOUT,
        kinds.ASKS,
        FILES,
    ),
    source=kinds.BUNDLE.source,
)

# An advisory that no body holds: its first file, folded as an ADVISORY once it is whole and right.
ADVISORY_FILE: Final = Kind(
    name="cert.advisory_file",
    version=1,
    fields=(Field("sha256", Digest()), _ID, _VERSION, kinds.ABOUT, kinds.ASKS, FILES),
    source=kinds.BUNDLE.source,
)


def wrong_advisory(body: Values) -> str | None:
    """Say what is wrong with a stranger's advisory: no valid CSAF, or not the one that it is said."""
    try:
        report = _examine(body.text("advisory").encode())
    except OurFault as fault:
        return f"{fault.code} {fault.what}"
    wrong = _first_error(report, _AGES)
    if wrong:
        return f"csaf.invalid {wrong.test} {wrong.path} {wrong.what}"
    said = body.text("id"), body.text("version")
    return None if said == _identity(report) else "id and version are not those of the advisory"


def wrong_file(body: Values) -> str | None:
    """Say what is wrong with a record whose advisory is a file: no file, or one too large."""
    files = body.parts(FILES.name)
    if not files:
        return "no file encloses the advisory"
    size = files[0].whole("size")
    return None if size <= limits.MAX_ADVISORY else f"MAX_ADVISORY: an advisory of {size} bytes"


def read_file(body: Values, data: bytes) -> Values:
    """Return an advisory that came as a file as the body that it would have been.

    Raises TheirFault("E_ATT"): it is not what its record says, or no valid CSAF.
    """
    wrong: str | None = "the file is not the advisory that its record names"
    found = body.without("sha256")
    if sha256(data).digest() == body.data("sha256"):
        try:
            found = found.with_(advisory=data.decode())
            wrong = wrong_advisory(found)
        except UnicodeDecodeError:
            wrong = "the file is no UTF-8"
    if wrong is not None:
        raise TheirFault("E_ATT", f"cert.advisory_file: {wrong}", "see spec/kinds/cert.md 8")
    return found


CHECKS: Final = (Check(ADVISORY, wrong_advisory), Check(ADVISORY_FILE, wrong_file))

ADVISORIES: Final = Table(
    name="cert_advisories",
    key="mid",
    columns=(
        Field("mid", Mid()),
        Field("from", Text(96)),
        Field("party", Text(63)),
        _ID,
        _VERSION,
        kinds.ABOUT,
        Field("tlp", OneOf(*MARKINGS)),
        Field("kept_at", When()),
    ),
    find_by=(("id", "version"),),
)
TEXTS: Final = Table(
    name="cert_advisory_texts",
    key="mid",
    columns=(Field("mid", Mid()), Field("advisory", FileText(size_max=2**31))),
)
NEWEST: Final = Table(  # its key puts the latest first
    name="cert_advisories_newest",
    key="place",
    columns=(Field("place", Text(96)), Field("mid", Mid())),
    find_by=(("mid",),),
)


def fold_advisory(rows: Rows, opened: Opened) -> None:
    """Keep what its sender said about an advisory."""
    before, kept_at = rows.get(opened.mid), opened.kept_at
    if before is not None:
        kept_at = min(Values(before).moment("kept_at"), kept_at)
    body = opened.body
    rows.put(
        {
            "mid": opened.mid,
            "from": opened.from_,
            "party": opened.party,
            **{name: body[name] for name in ("id", "version", "about")},
            "tlp": opened.tlp,
            "kept_at": kept_at,
        }
    )


def fold_text(rows: Rows, opened: Opened) -> None:
    """Keep its text, to the byte."""
    rows.put({"mid": opened.mid, "advisory": opened.body["advisory"]})


def fold_newest(rows: Rows, opened: Opened) -> None:
    """Give it its place in the list, by when we first kept it."""
    place = folds.newest_place(opened.kept_at, opened.mid)
    for row in rows.find({"mid": opened.mid}, None, 1):
        before = Values(row).text("place")
        if before >= place:
            return
        rows.drop(before)
    rows.put({"place": place, "mid": opened.mid})


ENCLOSING: Final = Enclosing(ADVISORY_FILE, ADVISORY, limits.MAX_ADVISORY, ADVISORIES, read_file)
FOLDS: Final = (
    Fold(ADVISORIES, (ADVISORY,), fold_advisory),
    Fold(TEXTS, (ADVISORY,), fold_text),
    Fold(NEWEST, (ADVISORY,), fold_newest),
)


def build_advise(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Make one advisory of a file, valid and under its own marking or a stricter one."""
    data = values.data("file")
    report = _examine(data)
    wrong = _first_error(report, frozenset())
    if wrong:
        what = f"{wrong.test} {wrong.path} {wrong.what}"
        raise OurFault("csaf.invalid", what, wrong.remedy)
    label = text(report.document, "/document/distribution/tlp/label")
    level, tlp = _LEVEL_OF.get(label, label), values.text("tlp")
    if not rules.is_strict_enough(tlp, level):
        what = f"the advisory is marked TLP:{label}, stricter than {tlp}"
        raise OurFault("cert.marking", what, f"choose {level}")
    identity, version = _identity(report)
    title = text(report.document, "/document/title")
    about = values.text("about") or readable.one_line(title, 200)
    body = Values(
        {
            "advisory": data.decode(),
            "id": readable.one_line(identity, 200),
            "version": readable.one_line(version, 100),
            "about": about,
            "asks": values.get("asks"),
        }
    )
    kind, enclose = ADVISORY, tuple[Enclosure, ...]()
    room = len(values.texts(ATTACH.name)) * acts.FILE_ROW
    if len(data) > limits.MAX_BODY or kind.size_bytes(body) + room > limits.MAX_BODY:
        kind, enclose = ADVISORY_FILE, (Enclosure(_NAME, data),)
        body = body.without("advisory").with_(sha256=sha256(data).digest())
    return (
        Draft(
            kind=kind,
            to=values.texts("to"),
            body=body,
            created=now,
            prec=values.text("prec"),
            ext=ext_of(values),
            tlp=tlp,
            attach=values.texts(ATTACH.name),
            enclose=enclose,
        ),
    )


ADVISE: Final = Act(
    name="cert/advise",
    fields=(
        Field(
            "file", File(size_max=limits.MAX_ADVISORY), bare=True, about="cert.field.advisory_file"
        ),
        Field("to", Desks(desk="cert")),
        Field("about", kinds.ABOUT.type, required=False),
        kinds.ASKS,
        TLP,
        *URGENCY,
        ATTACH,
    ),
    build=build_advise,
    role=Role.AUTHOR,
    source=ADVISORY.source,
    example="advisory.json --to borealis.gov --tlp CLEAR",
)


def read_list(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return advisories, the latest first."""
    places = look.find(NEWEST, {}, None, values.whole("count", 50))
    found = [look.get(ADVISORIES, Values(place).data("mid")) for place in places]
    names = [column.name for column in LIST.columns]
    return tuple({name: row.get(name) for name in names} for row in found if row)


def read_advisory(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return an advisory as lines to read, addresses broken so that nobody follows one by a slip."""
    report = _examine(text_of(look, values.data("mid")).encode())
    found = [
        readable.Line("finding", "", f"{one.test} {one.path} {one.what}")
        for one in report.findings
        if one.level is Level.ERROR
    ]
    lines = (*readable.lines(report.document), *found)
    return tuple(
        {"part": line.part, "subject": line.about or None, "text": line.text} for line in lines
    )


def read_export(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return an advisory's text; its UTF-8 bytes are those that its author sent."""
    return ({"advisory": text_of(look, values.data("mid"))},)


def text_of(look: Reader, mid: bytes) -> str:
    """Return an advisory's text; raises OurFault("cert.unknown_record")."""
    row = look.get(TEXTS, mid)
    if row is None:
        raise OurFault("cert.unknown_record", "no advisory has this id", "look at cert advisories")
    return Values(row).text("advisory")


LIST: Final = Look(
    name="cert/advisories",
    fields=(Field("count", Whole(1, 500), default=50),),
    read=read_list,
    columns=(
        Field("mid", Mid()),
        Field("kept_at", When()),
        Field("from", Text(96)),
        _ID,
        _VERSION,
        Field("tlp", OneOf(*MARKINGS)),
        kinds.ABOUT,
    ),
    example="--count 20",
)
READ: Final = Look(
    name="cert/advisory",
    fields=(Field("mid", Mid(), bare=True),),
    read=read_advisory,
    columns=(
        Field("part", OneOf(*readable.PARTS)),
        Field("subject", Text(max_chars=readable.TEXT_MAX), required=False),
        Field("text", LongText(max_chars=2 * readable.TEXT_MAX)),
    ),
    example="k3q7zb",
)
EXPORT: Final = Look(
    name="cert/advisory_export",
    fields=(Field("mid", Mid(), bare=True),),
    read=read_export,
    columns=(Field("advisory", FileText(2**31)),),
    example="k3q7zb > advisory.json",
)
LOOKS: Final = (LIST, READ, EXPORT)


def _examine(data: bytes) -> "Report":
    # 43 tests and their tables: a command that sends something else does not pay for them.
    from detente.desks.cert.formats.csaf.check import examine  # noqa: PLC0415

    return examine(data)


def _first_error(report: "Report", but: frozenset[str]) -> Finding | None:
    errors = (one for one in report.findings if one.level is Level.ERROR)
    return next((one for one in errors if one.test not in but), None)


def _identity(report: "Report") -> tuple[str, str]:
    tracking = "/document/tracking"
    identity = text(report.document, f"{tracking}/id")
    version = text(report.document, f"{tracking}/version")
    return readable.one_line(identity, 200), readable.one_line(version, 100)
