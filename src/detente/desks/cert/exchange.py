"""Exchange with other tools: files in, bundles out, and what may go to whom.

A file of any format becomes a bundle that we hold ourselves, or that goes at once. What a bundle
holds can be looked at against an arrangement and the warning lists before it is shared.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.cert import acts, embargo, folds, index, kinds, large, sharing, warned
from detente.desks.cert.formats import (
    ids,
    importing,
    indicators,
    letters,
    lists,
    marking,
    warninglists,
)
from detente.desks.cert.formats.members import Object
from detente.desks.cert.formats.misp import feed, writing
from detente.office.before import Begun
from detente.office.desk import Act, Look, Role
from detente.office.drafting import MARKINGS, TLP, URGENCY, WITHIN, Draft, Enclosure
from detente.office.enclosed import ATTACH
from detente.office.fields import (
    Desks,
    Field,
    File,
    FileText,
    Flag,
    Mid,
    OneOf,
    Parts,
    Text,
    Values,
    When,
    Whole,
)
from detente.office.reader import Reader, every
from detente.office.tables import Row

_REPORT: Final = "import.csv"
_ORIGINAL: Final = "original"
_COLUMN: Final = Parts((Field("name", OneOf(*lists.COLUMNS)), Field("head", Text(200))), sign="=")
_MID: Final = Field("mid", Mid(), bare=True)
_TO: Final = Field("to", Desks(desk="cert"))
INCIDENT: Final = "cert/incident"  # what an incident is begun with
FEED_MAX: Final = limits.MAX_FEED_BUNDLES  # bundles in a feed; a query has at most 256 members
FORMATS: Final = ("stix", "misp", "csv")


def build_import(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Make a bundle of a file in any format; its own markings make it stricter, never laxer.

    Kept by ourselves, the file as it came and what became of each item go with it.
    """
    data = values.data("file")
    columns = {part.text("name"): part.text("head") for part in values.parts("column")}
    made = importing.read(data, values.text("tlp"), str(now), columns)
    tlp = max(values.text("tlp"), made.tlp or MARKINGS[0], key=MARKINGS.index)
    beside: tuple[Enclosure, ...] = ()
    if not values.texts("to"):
        beside = (
            Enclosure(f"{_ORIGINAL}.{made.ending}", data),
            Enclosure(_REPORT, lists.write(importing.HEADS, made.told).encode()),
        )
    given = values.with_(tlp=tlp, about=values.text("about") or made.about)
    return acts.bundle_of(made.bundle, given, look, now, beside)


def begin_import(values: Values) -> tuple[Begun, ...]:
    """Return the incidents of a message or IODEF, to be completed; nothing for a file of objects."""
    data = values.data("file")
    if not letters.is_one(data):
        return ()
    to = {"to": values.texts("to")} if values.texts("to") else {}
    return tuple(Begun(INCIDENT, {**one.values, **to}, one.warnings) for one in letters.read(data))


def build_share(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Send a bundle that we hold on to others: all of it, to the byte, or what may go of it."""
    bundle = acts.bundle_at(look, values.data("mid"))
    data = _text_of(look, bundle).encode()
    to = values.texts("to")
    gone = {identity for identity, _ in index.gone_of(look, bundle)}
    if values.flag("part"):
        data = _part_of(look, data, to, now, gone, despite=values.flag("despite"))
    elif gone:
        what = f"{len(gone)} of its objects were withdrawn"
        raise OurFault("cert.objects", what, "leave them out: --part")
    tlp = max(values.text("tlp"), bundle.text("tlp"), key=MARKINGS.index)
    given = values.with_(tlp=tlp, about=values.text("about") or bundle.text("about"))
    return acts.bundle_of(data, given, look, now)


def build_warn(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Put a warning list in use here, in place of one with its name."""
    data = values.data("file")
    if len(data) > limits.MAX_BUNDLE:
        what = f"{len(data)} bytes where {limits.MAX_BUNDLE} are allowed (MAX_BUNDLE)"
        raise OurFault("exchange.size", what, "split the list; each part needs its own name")
    warninglists.read(data)
    body = Values({"text": data.decode("utf-8-sig")})
    kind, enclose = kinds.WARNING_LIST, tuple[Enclosure, ...]()
    if len(data) > limits.MAX_BODY or kind.size_bytes(body) > limits.MAX_BODY:
        kind, enclose = kinds.WARNING_LIST_FILE, (Enclosure("list.json", data),)
        body = Values({"sha256": sha256(data).digest()})
    return (Draft(kind=kind, to=(), body=body, created=now, tlp="CLEAR", enclose=enclose),)


def read_check(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return each object of a bundle: whether it may go to a party, why not, and on which lists it is."""
    bundle = acts.bundle_at(look, values.data("mid"))
    objects = acts.objects_of(_text_of(look, bundle).encode())
    hits = warned.hits(look, objects)
    parties = sorted({address.partition("@")[2] for address in values.texts("to")})
    return tuple(
        {
            "id": line.id,
            "party": party,
            "tlp": line.tlp or None,
            "pap": line.pap or None,
            "state": asked.state,
            "why": asked.why or None,
            "lists": asked.lists or None,
        }
        for party in parties
        for line, asked in zip(
            sharing.check(look, objects, party, now),
            sharing.of_objects(look, objects, hits, party, now),
            strict=True,
        )
    )


def read_warnings(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return the warning lists in use: our own few facts, then those that were loaded.

    name: those with this in their name.
    """
    asked = values.text("name").lower()
    own: list[Row] = [
        {
            "name": each.name,
            "version": each.version,
            "sort": each.type,
            "count": len(each.entries),
            "left_out": 0,
            "created": None,
        }
        for each in warninglists.OWN
    ]
    names = [column.name for column in WARNINGS.columns]
    loaded = [{name: row.get(name) for name in names} for row in every(look, warned.LISTS, {})]
    return tuple(row for row in (*own, *loaded) if asked in str(row["name"]).lower())


def read_export(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return a bundle in another format; as STIX its UTF-8 bytes are those that its author sent."""
    bundle = acts.bundle_at(look, values.data("mid"))
    text = _text_of(look, bundle)
    form = values.text("format", "stix")
    if form != "stix":
        objects = acts.objects_of(text.encode())
        embargo.refuse(look, objects)
        about = bundle.text("about")
        text = indicators.table(objects) if form == "csv" else writing.write(objects, about).text
    return ({"bundle": text},)


def read_feed(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return the files of a MISP feed of some bundles: each by its name, with its text."""
    events: list[Object] = []
    strictest = values.text("upto", "GREEN")
    for mid in values["mid"] if isinstance(values["mid"], tuple) else ():
        assert isinstance(mid, bytes)
        bundle = acts.bundle_at(look, mid)
        if MARKINGS.index(bundle.text("tlp")) > MARKINGS.index(strictest):
            what = f"a bundle is marked TLP:{bundle.text('tlp')}, stricter than {strictest}"
            raise OurFault(
                "cert.marking", what, f"leave it out, or say --upto {bundle.text('tlp')}"
            )
        objects = acts.objects_of(_text_of(look, bundle).encode())
        embargo.refuse(look, objects)
        events += writing.write(objects, bundle.text("about")).events
    files = feed.files_of(events)
    return tuple({"name": name, "text": data.decode() or "\n"} for name, data in files.items())


def _part_of(
    look: Reader, data: bytes, to: Sequence[str], now: Moment, gone: set[str], *, despite: bool
) -> bytes:
    objects = acts.objects_of(data)
    parties = {address.partition("@")[2] for address in to}
    stays = gone | {
        line.id
        for party in parties
        for line in sharing.check(look, objects, party, now)
        if line.why
    }
    if not despite:
        stays |= {hit.id for hit in warned.hits(look, objects)}
    left: list[Object] = [one for one in objects if str(one.get("id")) not in stays]
    if not any(one.get("type") != marking.TYPE for one in left):
        what = f"none of {len(objects)} objects may go"
        raise OurFault("cert.arrangement", what, "see: detente cert check")
    if len(left) == len(objects):
        return data
    name = ids.uuid("part", *(f"{one['id']} {one.get('modified', '')}" for one in left))
    whole: Object = {"type": "bundle", "id": f"bundle--{name}", "objects": [*left]}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def _text_of(look: Reader, bundle: Values) -> str:
    row = look.get(folds.TEXTS, bundle["mid"])
    if row is None:
        raise OurFault("cert.no_text", "its text is not here", "wait for its file")
    return Values(row).text("bundle")


IMPORT: Final = Act(
    name="cert/import",
    fields=(
        Field("file", File(size_max=lists.SIZE_MAX), bare=True, about="cert.field.import_file"),
        Field("to", Desks(desk="cert"), required=False, about="cert.field.import_to"),
        Field("about", kinds.ABOUT.type, required=False),
        kinds.ASKS,
        Field("column", _COLUMN, required=False, many=True),
        TLP,
        *URGENCY,
        WITHIN,
        acts.DESPITE,
        ATTACH,
    ),
    build=build_import,
    role=Role.AUTHOR,
    source=kinds.BUNDLE.source,
    example='event.json --tlp AMBER --about "Phishing wave"',
    large=large.LargeImport,
    begins=begin_import,
)
SHARE: Final = Act(
    name="cert/share",
    fields=(
        _MID,
        _TO,
        Field("about", kinds.ABOUT.type, required=False),
        kinds.ASKS,
        Field("part", Flag(), default=False),
        TLP,
        *URGENCY,
        WITHIN,
        acts.DESPITE,
        ATTACH,
    ),
    build=build_share,
    role=Role.AUTHOR,
    source=kinds.BUNDLE.source,
    example="k3q7zb --to borealis.gov --part",
)
WARN: Final = Act(
    name="cert/warn",
    fields=(
        Field("file", File(size_max=limits.MAX_BUNDLE), bare=True, about="cert.field.warn_file"),
    ),
    build=build_warn,
    role=Role.AUTHOR,
    source=kinds.WARNING_LIST.source,
    example="lists/public-dns-v4/list.json",
)
CHECK: Final = Look(
    name="cert/check",
    fields=(_MID, _TO),
    read=read_check,
    columns=(
        kinds.OBJECT_ID,
        Field("party", Text(63)),
        Field("tlp", OneOf(*MARKINGS), required=False),
        Field("pap", OneOf(*kinds.PERMISSIONS), required=False),
        Field("state", OneOf("goes", "warned", "stays")),
        Field(
            "why",
            OneOf("unknown", "ended", "type", "tlp", "pap", "sector", "end"),
            required=False,
        ),
        Field("lists", Text(1_000), required=False),
    ),
    example="k3q7zb --to borealis.gov",
)
WARNINGS: Final = Look(
    name="cert/warnings",
    fields=(Field("name", Text(200), required=False),),
    read=read_warnings,
    columns=(
        Field("name", Text(200)),
        Field("version", Whole()),
        Field("sort", OneOf(*warninglists.TYPES)),
        Field("count", Whole()),
        Field("left_out", Whole()),
        Field("created", When(), required=False),
    ),
    example="--name DNS",
)
EXPORT: Final = Look(
    name="cert/export",
    fields=(_MID, Field("format", OneOf(*FORMATS), default="stix")),
    read=read_export,
    columns=(Field("bundle", FileText(2**31)),),
    example="k3q7zb --format misp > event.json",
)
FEED: Final = Look(
    name="cert/feed",
    fields=(
        Field("mid", Mid(), many=True, count_max=FEED_MAX),
        Field("upto", OneOf(*MARKINGS), default="GREEN", about="cert.field.feed_upto"),
    ),
    read=read_feed,
    columns=(Field("name", Text(100)), Field("text", FileText(2**31))),
    example="--mid k3q7zb --mid w5d2aa --output feed",
)

ACTS: Final = (IMPORT, SHARE, WARN)
LOOKS: Final = (CHECK, WARNINGS, EXPORT, FEED)
