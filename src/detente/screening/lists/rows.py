"""Lists in lines: FollowTheMoney and our own JSON, and CSV with a mapping."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from detente.screening.columns import joined, named
from detente.screening.listed import ORIGINAL, STRONG, WEAK, Alias, Listed, Paper, schema_of
from detente.screening.lists import country
from detente.screening.text import LATIN, script_of

LINE_MAX: Final = 1 << 20  # bytes of one line
PARTED: Final = ";"
NO_UTF_8: Final = "it is not UTF-8"
_FTM_KIND: Final = {
    "Person": "Person", "Vessel": "Vessel", "Airplane": "Aircraft", "Company": "Organization",
    "Organization": "Organization", "PublicBody": "Organization", "LegalEntity": "LegalEntity",
}  # fmt: skip
_FTM_PAPERS: Final = (
    "passportNumber", "idNumber", "taxNumber", "registrationNumber", "innCode", "ogrnCode", "imoNumber",
    "leiCode", "swiftBic", "mmsi", "cryptoWallet",
)  # fmt: skip
_OWN: Final = msgspec.json.Decoder(Listed)
OWN_FORM: Final = "detente-list-1"


class Head(msgspec.Struct, frozen=True):
    """What our own list may say of itself in its first line: how many entities follow, also none."""

    form: str
    entities: int


_HEAD: Final = msgspec.json.Decoder(Head)


class Unread(msgspec.Struct, frozen=True):
    """A line that was not read, and why. The others are."""

    line: int
    why: str


def of_ftm(lines: Iterable[bytes], source: str) -> Iterator[Listed | Unread]:
    """Give the parties of a FollowTheMoney file; what is no party (addresses, ties) is passed over."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if len(line) > LINE_MAX:
            yield Unread(number, f"longer than {LINE_MAX} bytes")
            continue
        try:
            entity = msgspec.json.decode(line)
            kind = _FTM_KIND.get(entity["schema"])
            if kind is not None:
                yield _party(entity["id"], kind, entity["properties"], source)
        except msgspec.DecodeError as found:
            yield Unread(number, str(found))
        except UnicodeDecodeError:
            yield Unread(number, NO_UTF_8)
        except (KeyError, TypeError, AttributeError) as found:
            yield Unread(number, another_form(found))


def another_form(error: Exception) -> str:
    """Return why an entry was not read whose form is another than its list promises."""
    if isinstance(error, KeyError) and error.args:
        return f"it lacks the field {str(error.args[0])[:60]!r}"
    return f"it has another form: {type(error).__name__}"


def _party(name: str, kind: str, found: Mapping[str, list[str]], source: str) -> Listed:
    names = [str(n) for n in found.get("name", ())]
    aliases = [Alias(n, STRONG if script_of(n) == LATIN else ORIGINAL) for n in names[1:]]
    aliases += [Alias(n) for key in ("alias", "previousName") for n in found.get(key, ())]
    aliases += [Alias(n, WEAK) for n in found.get("weakAlias", ())]
    places = [
        c
        for key in ("nationality", "country", "citizenship", "jurisdiction", "flag")
        for c in found.get(key, ())
    ]
    return Listed(
        name, kind, tuple(names[:1]), tuple(aliases), tuple(found.get("birthDate", ())),
        country.codes(places),
        tuple(Paper(v, key) for key in _FTM_PAPERS for v in found.get(key, ())),
        tuple(found.get("topics", ())), source,
    )  # fmt: skip


def head_of_own(line: bytes) -> Head | None:
    """Return what the first line of our own JSON lines says of the list, None if it is an entity."""
    try:
        head = _HEAD.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return head if head.form == OWN_FORM else None


def of_own(lines: Iterable[bytes]) -> Iterator[Listed | Unread]:
    """Give the entities of our own JSON lines; a list that holds fewer or more than it says is told."""
    head: Head | None = None
    number = seen = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if number == 1 and (head := head_of_own(line)):
            continue
        seen += 1
        try:
            if len(line) > LINE_MAX:
                yield Unread(number, f"longer than {LINE_MAX} bytes")
            else:
                yield _OWN.decode(line)
        except msgspec.DecodeError as found:
            yield Unread(number, str(found))
        except UnicodeDecodeError:
            yield Unread(number, NO_UTF_8)
    if head is not None and head.entities != seen:
        yield Unread(number, f"the list says that it has {head.entities} entities, here are {seen}")


def of_cells(row: Mapping[str, str], mapping: Mapping[str, str], source: str) -> Listed | None:
    """Return what a row of a CSV file says, None without id or name. `mapping`: {our field: theirs}.

    Our fields: id, schema, name, aliases, weak_aliases, births, countries, ids; several values in
    a cell are parted by `;`. A field may be made of several columns, parted by `+`.
    """
    cells = {ours: joined(map(row.get, named(theirs, row))) for ours, theirs in mapping.items()}
    if not cells.get("id") or not cells.get("name"):
        return None
    many = {
        ours: [v.strip() for v in cell.split(PARTED) if v.strip()] for ours, cell in cells.items()
    }
    kind = cells.get("schema", "")
    return Listed(
        cells["id"], schema_of(kind) or "Thing", (cells["name"],),
        (*(Alias(n) for n in many.get("aliases", ())), *(Alias(n, WEAK) for n in many.get("weak_aliases", ()))),
        tuple(many.get("births", ())), country.codes(many.get("countries", [])),
        tuple(Paper(v) for v in many.get("ids", ())), (), source,
    )  # fmt: skip
