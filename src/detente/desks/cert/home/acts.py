"""What a person may do about our constituents. Each act is a record to ourselves."""

from hashlib import sha256
from typing import Final

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.cert.home import folds, kinds, register, telling
from detente.desks.cert.kinds import OBJECT_ID
from detente.office.desk import Act, Role
from detente.office.drafting import MARKINGS, Draft, Enclosure
from detente.office.fields import Digest, Field, File, Mid, OneOf, Values
from detente.office.kind import Kind
from detente.office.reader import Reader

_KEY: Final = Field("key", kinds.KEY.type, bare=True, about="cert.field.constituent")
_CHANGED: Final = tuple(
    Field(each.name, each.type, required=False, many=each.many, count_max=each.count_max)
    for each in kinds.WHO[1:]
)
_TABLE_MAX: Final = limits.MAX_BODY - 64 * limits.KIB  # of what one telling says
_PLAIN: Final = "-"  # in place of a list: none of them any more


def build_add(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Enter a constituent that is not known yet."""
    key = values.text("key")
    if look.get(folds.CONSTITUENTS, key) is not None:
        what = f"{key} is entered already"
        raise OurFault("cert.constituent", what, "change it: detente cert constituent_change")
    return _draft(kinds.CONSTITUENT, register.checked(values), now)


def build_change(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Change what is named of a constituent; a list is put in place of the one before."""
    before = constituent_at(look, values.text("key")).without("mid", "changed", "n")
    given = {name: None if value == (_PLAIN,) else value for name, value in values.items()}
    return _draft(kinds.CONSTITUENT, register.checked(before.with_(**given)), now)


def build_end(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """End a constituent: what was found and told stays, nothing more is told."""
    before = constituent_at(look, values.text("key")).without("mid", "changed", "n")
    if register.ends(before, now):
        what = f"{before.text('key')} ended at {before.moment('until')}"
        raise OurFault("cert.constituent", what, "change its until")
    until = values.moment("until") if "until" in values else now
    return _draft(kinds.CONSTITUENT, register.checked(before.with_(until=until)), now)


def build_import(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Enter or change every constituent of a table; those it does not name stay as they are."""
    data = values.data("file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"byte {error.start} is no UTF-8"
        raise OurFault("cert.constituent", what, "save the table as UTF-8") from None
    register.taken(text)
    body = Values({"text": text})
    kind, enclose = kinds.CONSTITUENTS, tuple[Enclosure, ...]()
    if len(data) > limits.MAX_BODY or kind.size_bytes(body) > limits.MAX_BODY:
        kind, enclose = kinds.CONSTITUENTS_FILE, (Enclosure("constituents.csv", data),)
        body = Values({"sha256": sha256(data).digest()})
    return _draft(kind, body, now, enclose)


def build_tell(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Tell a constituent all that waits and may go, by its means or the one named."""
    who = constituent_at(look, values.text("key"))
    if not folds.is_one(who, now):
        raise OurFault("cert.constituent", "it is no constituent now", "change its since or until")
    means = values.text("means") or who.text("means")
    if means == "mail" and "mail" not in who:
        raise OurFault("cert.constituent", "it has no mail address", "choose other means")
    if means == "feed" and folds.token_of(look, who.text("key")) is None:
        raise OurFault("cert.constituent", "it has no feed", "give it a token for one")
    places = telling.open_places(look, who.text("key"), telling.OPEN_MAX)
    found = telling.lines(look, who, places[: limits.MAX_TOLD_AT_ONCE])
    goes = [line for line in found if not line.why]
    if not goes:
        what = f"nothing may be told: {len(found)} wait" if found else "nothing waits to be told"
        raise OurFault("cert.nothing_to_tell", what, "see: detente cert to_tell")
    while len(telling.table(goes).encode()) > _TABLE_MAX:
        goes = goes[: len(goes) // 2]  # the rest waits for the next telling
    body = Values(
        {
            "key": who["key"],
            "means": means,
            "version": tuple(line.version for line in goes),
            "table": telling.table(goes),
            "mail": who.get("mail") if means == "mail" else None,
            "language": who["language"],
            "note": values.get("note"),
        }
    )
    return _draft(kinds.TOLD, body, now, tlp=max((line.tlp for line in goes), key=MARKINGS.index))


def build_leave(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Take things off the list without telling them, and say why."""
    who = constituent_at(look, values.text("key"))
    places = telling.open_places(look, who.text("key"), telling.OPEN_MAX)
    waits = telling.lines(look, who, places)
    records = values.get("record")
    wanted = {*values.texts("object"), *(records if isinstance(records, tuple) else ())}
    chosen = [line for line in waits if {line.id, line.mid} & wanted]
    if not chosen or wanted - {each for line in chosen for each in (line.id, line.mid)}:
        what = "what was named does not wait, or nothing was named"
        raise OurFault("cert.nothing_to_tell", what, "see: detente cert to_tell")
    versions = tuple(line.version for line in chosen[: limits.MAX_TOLD_AT_ONCE])
    body = {"key": who["key"], "means": "left", "version": versions, "language": who["language"]}
    return _draft(kinds.TOLD, Values({**body, "note": values["note"]}), now)


def build_word(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Note what became of a telling: sent, failed, or confirmed by the constituent."""
    row = look.get(folds.TELLINGS, values.data("mid"))
    if row is None or row["means"] == "left":
        raise OurFault("cert.unknown_record", "no telling has this id", "look at cert tellings")
    words = [
        Values(each).text("word")
        for each in look.find(folds.WORDS, {"of": values["mid"]}, None, 500)
    ]
    if "failed" in words:
        raise OurFault("cert.constituent", "it failed, and waits to be told again", "tell it again")
    if values.text("word") == "failed" and "text" not in values:
        raise OurFault("cert.constituent", "nobody knows why it failed", "give --text")
    body = Values({"of": values["mid"], "word": values["word"], "text": values.get("text")})
    return _draft(kinds.TOLD_WORD, body, now)  # fmt: skip


def build_token(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Give a constituent a token for its own feed by the token's hash, or none any more."""
    who = constituent_at(look, values.text("key"))
    return _draft(kinds.FEED_TOKEN, Values({"key": who["key"], "token": values.get("token")}), now)


def constituent_at(look: Reader, key: str) -> Values:
    """Return a constituent; raises OurFault("cert.constituent")."""
    row = look.get(folds.CONSTITUENTS, key)
    if row is None:
        raise OurFault("cert.constituent", f"no constituent is {key}", "look at cert constituents")
    return Values(row)


def _draft(
    kind: Kind, body: Values, now: Moment, enclose: tuple[Enclosure, ...] = (), tlp: str = "AMBER"
) -> tuple[Draft, ...]:
    return (Draft(kind=kind, to=(), body=body, created=now, tlp=tlp, enclose=enclose),)


def _act(name: str, fields: tuple[Field, ...], build: "object", example: str) -> Act:
    assert callable(build)
    return Act(
        name=f"cert/{name}", fields=fields, build=build, role=Role.AUTHOR,
        source=kinds.CONSTITUENT.source, example=example,
    )  # fmt: skip


_MEANS: Final = Field("means", OneOf(*kinds.MEANS), default="csv")
_LANGUAGE: Final = Field("language", kinds.LANGUAGE.type, default="en")
_GIVEN: Final = {"means": _MEANS, "language": _LANGUAGE}
ALL: Final = (
    _act(
        "constituent_add",
        (_KEY, *(_GIVEN.get(each.name, each) for each in kinds.WHO[1:])),
        build_add,
        'water-north --name "Northern Water" --network 198.51.100.0/24 --domain water.example'
        " --sector water --means mail --mail soc@water.example",
    ),
    _act("constituent_change", (_KEY, *_CHANGED), build_change, "water-north --asn 64500"),
    _act("constituent_end", (_KEY, kinds.UNTIL), build_end, "water-north"),
    _act(
        "constituents_import",
        (Field("file", File(size_max=limits.MAX_BUNDLE), bare=True, about="cert.field.constituents_file"),),
        build_import, "constituents.csv",
    ),
    _act(
        "tell", (_KEY, Field("means", OneOf(*kinds.MEANS), required=False), kinds.NOTE), build_tell,
        "water-north",
    ),
    _act(
        "leave_untold",
        (
            _KEY,
            Field("object", OBJECT_ID.type, required=False, many=True, about="cert.field.id"),
            Field("record", Mid(), required=False, many=True),
            Field("note", kinds.NOTE.type),
        ),
        build_leave,
        'water-north --record k3q7zb --note "Told by telephone"',
    ),
    _act(
        "told_word",
        (
            Field("mid", Mid(), bare=True),
            Field("word", OneOf(*kinds.WORDS)),
            Field("text", kinds.TOLD_WORD.members["text"].type, required=False),
        ),
        build_word,
        'k3q7zb --word confirmed --text "Their duty officer, by telephone"',
    ),
    _act(
        "constituent_token",
        (_KEY, Field("token", Digest(), required=False)),
        build_token,
        "water-north",
    ),
)  # fmt: skip
