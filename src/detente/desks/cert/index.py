"""Every version of every object, in the order in which it came: what TAXII, search and screens read.

One index, folded of bundles and withdrawals (indexing.py), rebuilt by `detente rebuild` to equal rows:

- INDEX: a row for each version in each *lane*. A lane is a direction to or from a party: "from
  borealis.gov", "to borealis.gov". A record to two parties has a row in each; what goes to nobody
  stands in the lane to ourselves.
- AGAIN: the same said once more, and what is beyond MAX_VERSIONS and MAX_CLASHES.
- RAWS: the bytes of each object as they stood in its bundle, never written anew.
- VALUES: by value (formats/values), the numbers of the objects that hold it.

`added` is the row's key, in microseconds since 1970: strictly increasing in the order of commits, one
for each row, equal after a rebuild (office/adding). Whoever read up to a number reads on after it and
neither misses a row nor gets one twice.

What stands is decided in `spells`, whatever order records are folded in. If contents of one edition
(same id and version) differ, that of the lowest number stands; others are kept with clash = true as
evidence and are shown to nobody as the object. What was taken back is gone = true, and a row of its
own, `taken`, tells it to programs. last: the latest edition of its id in its lane; an older one that
comes late is history. shown: what programs see a row as (spells.LANE and so on).

To read: paging.page, paging.versions, paging.raws, paging.stands, finding.find_value.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from detente.core import limits
from detente.desks.cert import folds, kinds, rules
from detente.desks.cert.formats import stix, values
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.spells import Saying, Taking, added
from detente.office.desk import Opened
from detente.office.drafting import MARKINGS
from detente.office.fields import (
    Digest,
    Field,
    File,
    Flag,
    Mid,
    OneOf,
    Text,
    Value,
    Values,
    When,
    Whole,
)
from detente.office.offering import FROM_LANE, TO_LANE, Look
from detente.office.reader import Reader, every
from detente.office.tables import Row, Table

ALL_ROWS: Final = 1_000_000

_COLUMNS: Final = (
    Field("added", Whole()),
    Field("raw", Whole()),  # key of its bytes in RAWS
    Field("id", kinds.OBJECT_ID.type),
    Field("type", Text(250)),
    # As it stands in the object; of one without a time, when its record was created.
    Field("version", Text(40)),
    Field("spec_version", Text(8)),
    Field("mid", Mid()),
    Field("place", Whole()),  # in its bundle, from 0
    Field("sha256", Digest()),
    Field("from", Text(96)),
    Field("party", Text(63)),
    Field("lane", Text(80)),
    Field("tlp", OneOf(*MARKINGS)),  # the stricter of its record's and its own
    Field("revoked", Flag()),
    Field("oid", Digest()),  # of the id: half as long as the id in each index
    Field("edition", Text(80)),  # stix.edition_of
    Field("by", Whole()),  # the saying that stands for it: its own, or one of AGAIN
    Field("taken", When(), required=False),  # tells that it was taken back then
    Field("clash", Flag()),
    Field("gone", Flag()),
    Field("last", Flag()),
    Field("shown", Whole()),
)
INDEX: Final = Table(
    name="cert_index",
    key="added",
    columns=_COLUMNS,
    find_by=(("oid",), ("lane",), ("lane", "type")),
)
AGAIN: Final = Table(name="cert_again", key="added", columns=_COLUMNS, find_by=(("oid",),))
RAWS: Final = Table(
    name="cert_raws",
    key="raw",
    columns=(Field("raw", Whole()), Field("bytes", File(size_max=stix.SIZE_MAX))),
    wide=True,
)
VALUES: Final = Table(  # its key puts equal values together, in the order of numbers
    name="cert_values",
    key="place",
    columns=(Field("place", Text(values.VALUE_CHARS_MAX + 20)),),
)
Read = stix.Bundle | stix.Flaw
_NOTHING: Final = stix.Bundle("", (), "")


def read(body: Values) -> Read:
    """Return a bundle's text as it was read; ask for it by `body.once`, so that it is read once."""
    return stix.examine(body.text("bundle").encode())


def bundle_of(body: Values) -> stix.Bundle:
    """Return the bundle of a record; an empty one where it is none, which the desk's checks refuse."""
    found = body.once(read)
    return _NOTHING if isinstance(found, stix.Flaw) else found


def objects(opened: Opened) -> Sequence[dict[str, Json]]:
    """Return the objects of a bundle in their order, read."""
    return bundle_of(opened.body).whole


def known(look: Look, identities: Sequence[str]) -> frozenset[str]:
    """Return which of these ids anything was ever said of: for the others nobody need look."""
    oids = {oid_of(each): each for each in identities}
    return frozenset(oids[each] for each in look.held(INDEX, "oid", list(oids)))  # type: ignore[index]


def other_content(look: Reader, ref: stix.Ref) -> Row | None:
    """Return the row that holds another content under an object's id and time; None for none."""
    edition = stix.instant_of(ref.modified)
    rows = look.find(INDEX, {"oid": oid_of(ref.id)}, None, limits.MAX_VERSIONS) if edition else ()
    same = (row for row in rows if row["edition"] == edition and row["taken"] is None)
    first = next(same, None)
    return None if first is None or first["sha256"] == ref.sha256 else first


def of_record(look: Reader, mid: Value) -> list[Row]:
    """Return every object of a bundle in its order, each once."""
    found = look.get(folds.BUNDLES, mid)
    return [] if found is None else sayings_of(look, Values(found))[: Values(found).whole("count")]


def versions_of(look: Reader, mid: Value) -> tuple[rules.Version, ...]:
    """Return id and modified of every object of a bundle in its order."""
    return tuple((str(row["id"]), modified_of(row)) for row in of_record(look, mid))


def gone_of(look: Reader, bundle: Values) -> frozenset[rules.Version]:
    """Return which versions of a bundle its author took back."""
    party, mid = bundle.text("party"), bundle.data("mid")
    # Asked by party too: a stranger's thousand withdrawals must not cost us a thousand reads.
    found = every(look, folds.WITHDRAWALS, {"of": mid, "party": party})
    named = [folds.withdrawal_of(row) for row in found]
    return rules.withdrawn(party, versions_of(look, mid), named) if named else frozenset()


def modified_of(row: Row) -> str:
    """Return the time that an object itself tells; "" for one without."""
    return "" if str(row["edition"]).startswith("#") else str(row["version"])


def said(look: Reader, identity: str) -> list[Values]:
    """Return every saying of an object in the order in which it was added, once for each record."""
    where: dict[str, Value] = {"oid": oid_of(identity)}
    both = (row for table in (AGAIN, INDEX) for row in every(look, table, where))
    found = {row.whole("raw"): row for row in both if "taken" not in row}
    return [found[raw] for raw in sorted(found)]


def standing_records(look: Reader, row: Row) -> list[bytes]:
    """Return the records that say the very version of a row in its lane and were not taken back."""
    taking = Takings(look)
    same = [row, *look.find(AGAIN, {"oid": row["oid"]}, None, ALL_ROWS)]
    found = [
        Values(each).data("mid")
        for each in same
        if is_same(each, dict(row)) and each["edition"] == row["edition"]
        if taking.of(dict(each)) is None
    ]
    return list(dict.fromkeys(found))


def value_place(form: str, raw: int) -> str:
    """Return the key of a value's row; raw -1: what comes before every row of this value."""
    return f"{form}\t" if raw < 0 else f"{form}\t{raw:014x}"


def oid_of(identity: str) -> bytes:
    """Return what stands for an id in the index."""
    return sha256(identity.encode()).digest()


def lanes_of(ours: bool, party: str, to: Sequence[str]) -> Sequence[str]:  # noqa: FBT001
    """Return the lanes in which a record stands."""
    if not ours:
        return [FROM_LANE + party]
    others = sorted({address.partition("@")[2] for address in to} - {party})
    return [TO_LANE + each for each in others or [party]]


def sayings_of(look: Reader, bundle: Values) -> list[Row]:
    """Return every row that a bundle made, in the order of numbers. bundle: a row of BUNDLES."""
    lanes = lanes_of(bundle.flag("ours"), bundle.text("party"), bundle.texts("to"))
    first, many = bundle.whole("added"), bundle.whole("count") * len(lanes)
    found = [
        row
        for table in (INDEX, AGAIN)
        for row in look.find(table, {}, first - 1, many)
        if added(row) < first + many
    ]
    return sorted(found, key=added)


def is_same(row: Row, new: Saying) -> bool:
    """Return whether a row says what a saying says, in the same lane."""
    return row["lane"] == new["lane"] and row["sha256"] == new["sha256"]


class Takings:
    """Withdrawals of sayings by who said them, each record's read once."""

    def __init__(self, look: Reader) -> None:
        self._look = look
        self._read: dict[tuple[Value, Value], list[tuple[Values, frozenset[tuple[str, str]]]]] = {}

    def of(self, row: Saying) -> Taking | None:
        """Return the first withdrawal of a saying."""
        key = (row["mid"], row["party"])
        if key not in self._read:
            where = {"of": row["mid"], "party": row["party"]}
            self._read[key] = [
                (each, folds.instants_of(each))
                for each in every(self._look, folds.WITHDRAWALS, where)
            ]
        identity, edition = str(row["id"]), str(row["edition"])
        found = [
            each
            for each, named in self._read[key]
            if each.flag("all")
            or each.flag("part")
            or (identity, "") in named
            or (identity, edition) in named
        ]
        if not found:
            return None
        first = min(found, key=lambda each: each.whole("added"))
        raw, place = row["raw"], row["place"]
        assert isinstance(raw, int)
        assert isinstance(place, int)
        offset = added(row) - (raw - place)
        return Taking(first.whole("added"), first.whole("added") + offset, first.moment("created"))
