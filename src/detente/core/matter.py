"""What an evidence file shows of a matter as a whole: complete as of which sizes, what still stands.

A log cannot show absence. Only the signed count of both desks does: their `matter.digest`.
Normative: spec/log.md 7.5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from detente.core import names, talk
from detente.core.errors import TheirFault
from detente.core.receipt import Shown
from detente.core.talk import Digest, Said

Later = Literal["stands", "withdrawn", "corrected", "rejected", "not_shown"]
REJECTED: Final = "rejected"
NOT_SHOWN: Final = "not_shown"


@dataclass(frozen=True, slots=True)
class Stated:
    """The newest digest of one desk about its talk with another, and whether the file agrees."""

    desk: str
    other: str
    mid: bytes
    digest: Digest
    found: int
    agrees: bool

    def covers(self, one: Shown) -> bool:
        """Say whether a record stands below the sizes that this digest speaks of."""
        return one.index < dict(self.digest.logs).get(one.origin, 0)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a record, as far as the file shows it. by: mids, sorted."""

    later: Later
    by: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class MatterShown:
    """What the file shows of the matter.

    complete: both desks of every pair signed a digest that agrees with the file. as_of: sizes by
    origin up to which that holds, empty if it does not. fates: by mid, of what was said.
    """

    complete: bool
    as_of: tuple[tuple[str, int], ...]
    digests: tuple[Stated, ...]
    fates: Mapping[bytes, Fate]
    twins: tuple[tuple[bytes, bytes], ...]


def judge(records: Sequence[Shown], *, is_one: bool = True) -> MatterShown:
    """Return what checked records of one matter show together. Source: spec/log.md 7.5.

    is_one: they are said to be of one matter; else nothing is complete, for a digest is of one.
    """
    refused = _refused(records)
    spoken = [one for one in records if talk.is_said(one.header.kind) and one.mid not in refused]
    pairs = sorted({pair for one in spoken for pair in _pairs(one)})
    digests = _newest(records, spoken)
    needed = [way for one, other in pairs for way in ((one, other), (other, one))]
    complete = (
        is_one and bool(pairs) and all(way in digests and digests[way].agrees for way in needed)
    )
    counted = [digests[way] for way in needed] if complete else []
    standing = talk.standings([_said(one) for one in spoken])
    fates = {mid: Fate(REJECTED, by) for mid, by in refused.items()}
    for one in spoken:
        state, by = standing[one.mid]
        ways = [way for a, b in _pairs(one) for way in ((a, b), (b, a))]
        covered = complete and all(digests[way].covers(one) for way in ways)
        fates[one.mid] = Fate(state if state != talk.STANDS or covered else NOT_SHOWN, by)
    return MatterShown(complete, _as_of(counted), tuple(digests.values()), fates, _twins(records))


def _refused(records: Sequence[Shown]) -> dict[bytes, tuple[bytes, ...]]:
    # What an addressee refused was never part of what was said between the two.
    held = {one.mid: one.header for one in records if talk.is_said(one.header.kind)}
    by: dict[bytes, list[bytes]] = {}
    for one in records:
        about = held.get(one.header.reply_to or b"")
        if one.header.kind == "sys.reject" and about and one.header.from_ in about.to:
            by.setdefault(one.header.reply_to or b"", []).append(one.mid)
    return {mid: tuple(sorted(mids)) for mid, mids in by.items()}


def _said(one: Shown) -> Said:
    return talk.said(one.mid, one.header)


def _pairs(one: Shown) -> list[tuple[str, str]]:
    """Return the two desks between which a proof's record passed, sorted, for each addressee."""
    header = one.header
    theirs = [each for each in header.to if names.party_of(each) == one.receiver]
    return [(min(header.from_, each), max(header.from_, each)) for each in theirs]


def _newest(records: Sequence[Shown], spoken: Sequence[Shown]) -> dict[tuple[str, str], Stated]:
    found: dict[tuple[str, str], tuple[Shown, Digest]] = {}
    for one in records:
        stated = _digest(one)
        if stated is None:
            continue
        for pair in _pairs(one):
            way = (one.header.from_, pair[0] if pair[1] == one.header.from_ else pair[1])
            if way not in found or sum(size for _, size in found[way][1].logs) < sum(
                size for _, size in stated.logs
            ):
                found[way] = (one, stated)
    return {way: _stated(way, *found[way], spoken) for way in sorted(found)}


def _digest(one: Shown) -> Digest | None:
    if one.header.kind != talk.DIGEST_KIND or one.text is None:
        return None
    try:
        stated = talk.read(one.text)
    except TheirFault:
        return None  # its author said nothing that can be compared
    parties = {one.owner, one.receiver}
    owners = {origin.partition("/")[0] for origin, _ in stated.logs}
    return stated if owners <= parties else None


def _stated(way: tuple[str, str], one: Shown, stated: Digest, spoken: Sequence[Shown]) -> Stated:
    sizes = dict(stated.logs)
    held = [
        _said(each)
        for each in spoken
        if talk.is_between(_said(each), *way) and each.index < sizes.get(each.origin, 0)
    ]
    agrees = talk.digest(held, sizes).agrees(stated)
    return Stated(way[0], way[1], one.mid, stated, len(held), agrees)


def _as_of(digests: Sequence[Stated]) -> tuple[tuple[str, int], ...]:
    sizes: dict[str, int] = {}
    for one in digests:
        for origin, size in one.digest.logs:
            sizes[origin] = min(size, sizes.get(origin, size))
    return tuple(sorted(sizes.items()))


def _twins(records: Sequence[Shown]) -> tuple[tuple[bytes, bytes], ...]:
    # Two validly signed headers of one number: their author told two people two things.
    first: dict[tuple[str, str, str, int], bytes] = {}
    found = []
    for one in records:
        header = one.header
        number = (header.from_, header.matter, header.s, header.n)
        if first.setdefault(number, one.mid) != one.mid:
            found.append((first[number], one.mid))
    return tuple(found)
