"""What a person sees of our constituents: who they are, what was found, what they were told."""

from collections.abc import Sequence
from typing import Final

from detente.core.moment import Moment
from detente.desks.cert import advisory, paging
from detente.desks.cert import kinds as cert_kinds
from detente.desks.cert.formats import spots, wares
from detente.desks.cert.formats.defang import defang
from detente.desks.cert.home import folds, kinds, register, telling, whose
from detente.desks.cert.home.acts import constituent_at
from detente.desks.cert.home.matching import Matcher
from detente.office.desk import Look
from detente.office.drafting import MARKINGS
from detente.office.fields import (
    Digest,
    Field,
    FileText,
    LongText,
    Mid,
    OneOf,
    Text,
    Value,
    Values,
    When,
    Whole,
)
from detente.office.reader import Reader, every
from detente.office.tables import Row

OVERLAPS_MAX: Final = 500
_SHOWN: Final = 10_000  # characters of a list in a cell
WHYS: Final = (
    "gone", "withdrawn", "unknown", "red", "strict", "pap", "embargo", "before",
)  # fmt: skip
STATES: Final = ("sent", "failed", "confirmed", "left", "waiting", "told")


def read_list(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return the constituents by their keys, how much of each there is, and how much waits."""
    rows = look.find(
        folds.CONSTITUENTS, {}, values.text("from_key") or None, values.whole("count", 100)
    )
    found = []
    for row in map(Values, rows):
        waits = telling.open_places(look, row.text("key"), 100)
        found.append(
            {
                **{name: row.get(name) for name in ("key", "name", "sector", "means", "until")},
                "networks": len(row.texts("network")),
                "domains": len(row.texts("domain")),
                "state": "stands" if folds.is_one(row, now) else "ended",
                "waits": len(waits),
            }
        )
    return tuple(found)  # fmt: skip


def read_one(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return all that is entered of a constituent, a line for each part."""
    who = constituent_at(look, values.text("key"))
    found: list[Row] = []
    for field in kinds.WHO:
        value = who.get(field.name)
        for each in value if isinstance(value, tuple) else (value,):
            if each is not None:
                shown = field.type.show(each)
                found.append({"part": field.name, "text": shown})
    token = folds.token_of(look, who.text("key"))
    if token is not None:
        found.append({"part": "feed", "text": str(token["made"])})
    found.append({"part": "changed", "text": str(who["changed"])})
    return tuple(found)


def read_export(look: Reader, _values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return all constituents as a table that can be entered again."""
    held = [row.without("mid", "changed", "n") for row in every(look, folds.CONSTITUENTS, {})]
    return ({"table": register.write(held)},)


def read_overlaps(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return what two constituents both have, or one within the other's: no fault, but good to know."""
    matcher = _matcher(look)
    if matcher is None:
        return ()
    found: list[Row] = []
    for wide, narrow in matcher.nested():
        found += [
            {"key": one, "range": _plain(wide), "neighbour": other, "inside": _plain(narrow)}
            for one in sorted(matcher.keys(wide))
            for other in sorted(matcher.keys(narrow))
            if one != other and (wide != narrow or one < other)
        ]
        if len(found) >= OVERLAPS_MAX:
            break
    return tuple(found[: values.whole("count", OVERLAPS_MAX)])


def read_whose(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return to whose systems a value belongs: an address, network, name, mail address, AS number, product."""
    value = values.text("value")
    matcher = _matcher(look)
    forms = [form for form in (spots.of_text(value), wares.of_written(value)) if form]
    keys = {key for form in forms for key in (matcher.whose(form) if matcher else ())}
    return tuple(_owner(look, key, value, now) for key in sorted(keys))


def read_owners(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return to whose systems the values of an object belong."""
    rows = paging.versions(look, values.text("id"))[:1]
    objects = [telling.parsed(each) for each in paging.raws(look, rows)]
    found = (
        dict(spots.of_objects(telling.with_named(look, objects[0]))).get(0, ()) if objects else ()
    )
    return _owners(look, found, now)


def read_advisory(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return to whose systems the products of an advisory belong."""
    return _owners(look, whose.of_advisory(advisory.text_of(look, values.data("mid"))), now)


def _owners(look: Reader, found: Sequence[spots.Spot], now: Moment) -> tuple[Row, ...]:
    matcher = _matcher(look)
    pairs = [
        (key, each.value) for each in found for key in (matcher.whose(each.form) if matcher else ())
    ]
    return tuple(_owner(look, key, value, now) for key, value in dict.fromkeys(sorted(pairs)))


def read_found(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return what was found at a constituent's, the newest first, and whether it was told."""
    who = constituent_at(look, values.text("key"))
    key = who.text("key")
    places = telling.found_places(look, key, values.whole("count", 100))
    rows = []
    for line in telling.lines(look, who, places):
        by = telling.told(look, key, line.version)
        row = {**_shown(line, who, now), "sightings": line.sightings, "telling": by}
        row["state"] = "told" if by else row["state"]
        rows.append({field.name: row[field.name] for field in FOUND.columns})
    return tuple(rows)


def read_to_tell(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return what waits to be told, by constituent: what would go, and why the rest stays."""
    count = values.whole("count", 100)
    asked = values.text("key")
    keys = [asked] if asked else [key for key, _ in telling.waiting(look, count)]
    rows: list[Row] = []
    for key in keys:
        who = constituent_at(look, key)
        places = telling.open_places(look, key, telling.OPEN_MAX)[: count - len(rows)]
        rows += [_shown(line, who, now) for line in telling.lines(look, who, places)]
    return tuple(rows)


def read_tellings(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return who was told, when, by whom and how, and what became of it; the latest first."""
    places = look.find(folds.TELLINGS_NEWEST, {}, None, 500)
    rows = (Values(look.get(folds.TELLINGS, place["mid"]) or {}) for place in places)
    key = values.text("key")
    found = [_telling(look, row) for row in rows if not key or row["key"] == key]
    return tuple(found[: values.whole("count", 50)])


def read_table(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return the table of a telling, as the constituent gets it."""
    row = Values(look.get(folds.TELLINGS, values.data("mid")) or {})
    return ({"table": row.text("table")},) if "table" in row else ()


def read_post(look: Reader, _values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return what is to be told by mail and was neither sent nor failed."""
    found = []
    for row in every(look, folds.TELLINGS, {"means": "mail"}):
        if not look.find(folds.WORDS, {"of": row["mid"]}, None, 1):
            who = constituent_at(look, row.text("key"))
            names = ("mid", "key", "mail", "language", "table", "at", "note", "tlp", "count")
            found.append({**{name: row.get(name) for name in names}, "name": who["name"]})
    return tuple(found)


def read_feed(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return the tables of the feed whose token has this hash, the earliest first; none for no such feed."""
    tokens = look.find(folds.TOKENS, {"token": values["token"]}, None, 1)
    if not tokens:
        return ()
    rows = [
        row
        for row in every(look, folds.TELLINGS, {"key": tokens[0]["key"]})
        if row["means"] == "feed"
    ]
    rows.sort(key=lambda row: (row.moment("at"), row.data("mid")))
    failed = [row for row in rows if _state(look, row)[0] == "failed"]
    tables: list[Row] = [
        {"mid": row["mid"], "table": row["table"]} for row in rows if row not in failed
    ]
    return ({"mid": tokens[0]["mid"], "table": telling.table(())}, *tables)  # fmt: skip


def _telling(look: Reader, row: Values) -> Row:
    state, text, by = _state(look, row)
    names = ("mid", "at", "key", "means", "count", "author")
    return {**{name: row.get(name) for name in names}, "state": state, "text": text, "by": by}


def _state(look: Reader, row: Values) -> tuple[str, Value, Value]:
    if row["means"] == "left":
        return "left", row.get("note"), None
    words = [Values(each) for each in look.find(folds.WORDS, {"of": row["mid"]}, None, 500)]
    words.sort(key=lambda each: (each.text("word") == "confirmed", each.moment("at")))
    if words:
        last = words[-1]
        return last.text("word"), last.get("text"), last.text("author")
    return ("waiting" if row["means"] == "mail" else "told"), None, None


def _shown(line: telling.Line, who: Values, now: Moment) -> Row:
    return {
        "key": who["key"],
        "at": line.at,
        "state": "stays" if line.why or not folds.is_one(who, now) else "goes",
        "why": line.why or None,
        "tlp": line.tlp,
        "values": defang(", ".join(line.values))[:_SHOWN] or None,
        "id": line.id or None,
        "mid": None if line.id else line.mid or None,  # an object names its records itself
    }


def _owner(look: Reader, key: str, value: str, now: Moment) -> Row:
    who = constituent_at(look, key)
    names = ("key", "name", "sector", "means")
    row = {name: who.get(name) for name in names}
    return {
        **row,
        "state": "stands" if folds.is_one(who, now) else "ended",
        "values": defang(value),
    }


def _matcher(look: Reader) -> Matcher | None:
    head = look.get(whose.WHOSE, "m")
    if head is None:
        return None
    places = lambda: (str(row["place"]) for row in telling.prefixed(look, "a "))  # noqa: E731
    return whose.matcher(str(head["said"]), places)


def _plain(form: str) -> str:
    if form[0] == "d":
        return ".".join(reversed(form[2:-1].split(".")))
    if form[0] == "s":
        return f"AS{int(form[1:], 16)}"
    if form[0] == "p":
        return form.split(" ", 2)[2].replace("|", ": ")
    return spots.shown(form)


_COUNT: Final = Field("count", Whole(1, 500), default=100)
_KEY: Final = Field("key", kinds.KEY.type, bare=True, about="cert.field.constituent")
_SOME_KEY: Final = Field("key", kinds.KEY.type, required=False, about="cert.field.constituent")
_STANDS: Final = Field("state", OneOf("stands", "ended"))
_VALUES: Final = Field("values", Text(_SHOWN), required=False)
_TLP: Final = Field("tlp", OneOf(*MARKINGS))
_OWNER: Final = (kinds.KEY, kinds.NAME, kinds.SECTOR, kinds.BY, _STANDS, _VALUES)
_FOUND: Final = (
    kinds.KEY,
    Field("at", When()),
    Field("state", OneOf("goes", "stays", "told")),
    Field("why", OneOf(*WHYS), required=False),
    _TLP,
    _VALUES,
    Field("id", cert_kinds.OBJECT_ID.type, required=False),
    Field("mid", Mid(), required=False),
)
LIST: Final = Look(
    name="cert/constituents",
    fields=(Field("from_key", kinds.KEY.type, required=False), _COUNT),
    read=read_list,
    columns=(
        kinds.KEY, kinds.NAME, kinds.SECTOR, Field("networks", Whole()), Field("domains", Whole()),
        kinds.BY, _STANDS, kinds.UNTIL, Field("waits", Whole()),
    ),
    example="--count 20",
)  # fmt: skip
ONE: Final = Look(
    name="cert/constituent",
    fields=(_KEY,),
    read=read_one,
    columns=(
        Field("part", OneOf(*(field.name for field in kinds.WHO), "feed", "changed")),
        Field("text", LongText(2_000)),
    ),
    example="water-north",
)
EXPORT: Final = Look(
    name="cert/constituents_export",
    fields=(),
    read=read_export,
    columns=(Field("table", FileText(2**31)),),
    example="> constituents.csv",
)
OVERLAPS: Final = Look(
    name="cert/overlaps",
    fields=(_COUNT,),
    read=read_overlaps,
    columns=(kinds.KEY, Field("range", Text(260)), Field("neighbour", kinds.KEY.type), Field("inside", Text(260))),
    example="--count 20",
)  # fmt: skip
WHOSE: Final = Look(
    name="cert/whose",
    fields=(Field("value", Text(500), bare=True),),
    read=read_whose,
    columns=_OWNER,
    example="198.51.100[.]7",
)
OWNERS: Final = Look(
    name="cert/owners",
    fields=(Field("id", cert_kinds.OBJECT_ID.type, bare=True),),
    read=read_owners,
    columns=_OWNER,
    example="indicator--33fe3b22-0201-47cf-85d0-97c02164528d",
)
ADVISORY_OWNERS: Final = Look(
    name="cert/advisory_owners",
    fields=(Field("mid", Mid(), bare=True),),
    read=read_advisory,
    columns=_OWNER,
    example="k3q7zb",
)
FOUND: Final = Look(
    name="cert/found",
    fields=(_KEY, _COUNT),
    read=read_found,
    columns=(*_FOUND[1:], Field("sightings", Whole()), Field("telling", Mid(), required=False)),
    example="water-north",
)
TO_TELL: Final = Look(
    name="cert/to_tell",
    fields=(_SOME_KEY, _COUNT),
    read=read_to_tell,
    columns=_FOUND,
    example="--key water-north",
)
TELLINGS: Final = Look(
    name="cert/tellings",
    fields=(_SOME_KEY, Field("count", Whole(1, 500), default=50)),
    read=read_tellings,
    columns=(
        Field("mid", Mid()), Field("at", When()), kinds.KEY, Field("means", OneOf(*kinds.MEANS, "left")),
        Field("count", Whole()), Field("author", Text(64)), Field("state", OneOf(*STATES)),
        Field("by", Text(64), required=False), Field("text", LongText(2_000), required=False),
    ),
    example="--key water-north",
)  # fmt: skip
TABLE: Final = Look(
    name="cert/telling_export",
    fields=(Field("mid", Mid(), bare=True),),
    read=read_table,
    columns=(Field("table", FileText(2**31)),),
    example="k3q7zb > found.csv",
)
POST: Final = Look(
    name="cert/post",
    fields=(),
    read=read_post,
    columns=(
        Field("mid", Mid()), kinds.KEY, kinds.NAME, Field("at", When()), Field("count", Whole()), _TLP,
        Field("mail", kinds.MAIL.type, many=True), kinds.LANGUAGE, kinds.NOTE,
        Field("table", FileText(2**31)),
    ),
    example="--json",
)  # fmt: skip
FEED: Final = Look(
    name="cert/own_feed",
    fields=(Field("token", Digest(), about="cert.field.feed_token"),),
    read=read_feed,
    columns=(Field("mid", Mid()), Field("table", FileText(2**31))),
    example="--token MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE=",
)
ALL: Final = (
    LIST,
    ONE,
    EXPORT,
    OVERLAPS,
    WHOSE,
    OWNERS,
    ADVISORY_OWNERS,
    FOUND,
    TO_TELL,
    TELLINGS,
    TABLE,
    POST,
    FEED,
)
