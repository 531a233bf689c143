"""Several proofs in one file: the cards they stand on, the texts that are disclosed, a manifest.

A ZIP without compression that has one form of bytes only, so that nothing hides between members.
Normative: spec/log.md 7.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

from detente.core import canon, inner, limits, receipt, record
from detente.core.errors import OurFault, TheirFault
from detente.core.matter import MatterShown, judge
from detente.core.receipt import Proof, Shown, StepFailed, Strength
from detente.core.trust import Chain

MAGIC: Final = b"PK\x03\x04"  # of a ZIP's first member
NOT_COMPLETE: Final = "that these are all records of the matter"
TWO_HEADS: Final = "that the log is one: two states of one size stand in this file"

_MANIFEST = "manifest.json"
_CARD = re.compile(r"cards/([a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?)\.card")
_RECORD = re.compile(r"records/([0-9a-f]{64})\.(plain|tlog-proof)")
_NAMES = re.compile(rb"manifest\.json|%b|%b" % (_CARD.pattern.encode(), _RECORD.pattern.encode()))
_MATTER = re.compile(r"[0-9a-f]{32}")
_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o600 << 16
_VERSION = 20
_LOCAL_SIZE = 30  # bytes of a local file header before the name
_MEMBERS_MAX = 2 * limits.MAX_EVIDENCE_RECORDS + 1_024  # proofs, texts, cards, manifest


class Disclosed(NamedTuple):
    """One record for an evidence file: its proof file, and its text where that is disclosed."""

    proof: bytes
    text: bytes | None = None
    salt: bytes | None = None


@dataclass(frozen=True, slots=True)
class EvidenceShown:
    """What an evidence file shows. strength: of the weakest record."""

    records: tuple[Shown, ...]
    matter: str | None
    about: str | None
    strength: Strength
    not_shown: tuple[str, ...]
    together: MatterShown


class _Contents(NamedTuple):
    cards: Mapping[str, bytes]
    proofs: Mapping[str, Proof]  # by mid in hex
    data: Mapping[str, bytes]  # by member name
    matter: str | None
    about: str | None


def _structure(why: str, because: str = "E_CANON") -> StepFailed:
    return StepFailed(0, why, because)


def write(
    records: Sequence[Disclosed],
    cards: Iterable[Chain],
    matter: str | None = None,
    about: str | None = None,
) -> bytes:
    """Return the evidence file of these records, in order of mid.

    cards: of every party whose signature the proofs need. matter: 32 hex digits, if all records are
    of one matter. about: at most 200 characters for people. Raises StepFailed if what is given
    makes no evidence file: too many records, a doubled one, a bad proof file.
    """
    members: dict[str, bytes] = {f"cards/{chain.name}.card": chain.data for chain in cards}
    for one in records:
        name = f"records/{receipt.read(one.proof).mid.hex()}"
        if f"{name}.tlog-proof" in members:
            raise _structure("one record stands twice")
        members[f"{name}.tlog-proof"] = one.proof
        if one.text is not None:
            assert one.salt is not None, "a text is disclosed with its salt"
            members[f"{name}.plain"] = one.salt + one.text
    proofs = _proofs(members)
    manifest = _manifest(members, proofs, matter, about)
    data = _zip([(_MANIFEST, manifest), *sorted(members.items())])
    _contents(data)
    return data


def check(data: bytes, chains: Mapping[str, Chain]) -> EvidenceShown:
    """Return what an evidence file shows under these cards, by party.

    Raises StepFailed: step 0 for the file's structure, 1 for a card inside that is not the one
    given, else the step of the first record that fails. Raises OurFault("proof.cards") if no card
    was given of a party inside. Source: spec/log.md 7.
    """
    contents = _contents(data)
    inside = {name: _same_card(name, card, chains) for name, card in contents.cards.items()}
    records = []
    for mid, proof in contents.proofs.items():
        try:
            records.append(_check_record(contents, mid, proof, inside))
        except StepFailed as fault:
            raise fault.inside(f"record {mid}") from fault
    together = judge(records, is_one=contents.matter is not None)
    return EvidenceShown(
        records=tuple(records),
        matter=contents.matter,
        about=contents.about,
        strength=min((one.strength for one in records), key=_STRENGTHS.index),
        not_shown=_not_shown(records, complete=together.complete),
        together=together,
    )


def cards_inside(data: bytes) -> tuple[bytes, ...]:
    """Return the card chain files of an evidence file, by party; nothing else is judged.

    They are what the maker of the file gave: compare fingerprints. Raises StepFailed, step 0.
    """
    return tuple(card for _, card in sorted(_contents(data).cards.items()))


_STRENGTHS: Final = (receipt.FAST, receipt.FULL)  # rising


def _same_card(name: str, card: bytes, chains: Mapping[str, Chain]) -> Chain:
    if name not in chains:
        raise OurFault(
            "proof.cards", f"no card was given of {name}", "give the cards of all parties inside"
        )
    if not chains[name].holds(card):  # a file made before the newest card is as good as it was
        raise StepFailed(1, f"the card of {name} inside is not the card given", "E_CARD_FORK")
    return chains[name]


def _check_record(
    contents: _Contents, mid: str, proof: Proof, chains: Mapping[str, Chain]
) -> Shown:
    if proof.owner not in chains:
        raise StepFailed(1, f"the file has no card of {proof.owner}, who owns the log", "E_SIG")
    plain = contents.data.get(f"records/{mid}.plain")
    text, salt = None, None
    if plain is not None:
        text, salt = plain[inner.SALT_SIZE :], plain[: inner.SALT_SIZE]
    shown = receipt.check(contents.data[f"records/{mid}.tlog-proof"], chains, text, salt)
    header = shown.header
    apart = header.kind.startswith("sys.") and header.matter == record.NO_MATTER
    if contents.matter not in (None, header.matter) and not apart:
        raise _structure(f"it is of matter {header.matter}, not {contents.matter}", "E_HEADER")
    return shown


def _not_shown(records: Sequence[Shown], *, complete: bool) -> tuple[str, ...]:
    said = dict.fromkeys(receipt.NOT_SHOWN)
    for one in records:
        said |= dict.fromkeys(one.not_shown)
    if not complete:
        said[NOT_COMPLETE] = None
    roots: dict[tuple[str, int], bytes] = {}
    if any(roots.setdefault((one.origin, one.size), one.root) != one.root for one in records):
        said[TWO_HEADS] = None
    return tuple(said)


def _contents(data: bytes) -> _Contents:
    members = _members(data)
    if members[0][0] != _MANIFEST:
        raise _structure(f"{_MANIFEST} is not its first member")
    rest = dict(members[1:])
    if list(rest) != sorted(rest) or len(rest) != len(members) - 1:
        raise _structure("its members are not sorted, or one stands twice")
    proofs = _proofs(rest)
    matter, about = _matter_and_about(members[0][1])
    if _manifest(rest, proofs, matter, about) != members[0][1]:
        raise _structure(f"{_MANIFEST} lists other members, hashes or logs than the file has")
    cards = {found[1]: rest[name] for name in rest if (found := _CARD.fullmatch(name))}
    return _Contents(cards, proofs, rest, matter, about)


def _proofs(members: Mapping[str, bytes]) -> dict[str, Proof]:
    proofs: dict[str, Proof] = {}
    for name in sorted(members, reverse=True):  # so that a proof comes before its text
        found = _RECORD.fullmatch(name)
        if found is None:
            continue
        mid, sort = found.groups()
        if sort == "plain":
            if mid not in proofs:
                raise _structure(f"the text of {mid} without its proof")
            if len(members[name]) < inner.SALT_SIZE:
                raise _structure(f"the text of {mid} without its salt")
            continue
        try:
            proofs[mid] = receipt.read(members[name])
        except StepFailed as fault:
            raise fault.inside(f"record {mid}") from fault
        if proofs[mid].mid.hex() != mid:
            raise _structure(f"the proof of another record under the name {mid}")
    if not 1 <= len(proofs) <= limits.MAX_EVIDENCE_RECORDS:
        why = f"{len(proofs)} records where 1 to {limits.MAX_EVIDENCE_RECORDS} may stand"
        raise _structure(why, "E_LIMIT")
    return dict(sorted(proofs.items()))


def _matter_and_about(manifest: bytes) -> tuple[str | None, str | None]:
    try:
        value = canon.decode_object(manifest, limits.MAX_EVIDENCE)
    except TheirFault as fault:
        raise _structure(f"{_MANIFEST}: {fault.what}", fault.code) from fault
    matter, about = value.get("matter"), value.get("about")
    if matter is not None and not (isinstance(matter, str) and _MATTER.fullmatch(matter)):
        raise _structure(f"{_MANIFEST}: matter is not 32 hex digits")
    if about is not None and not (isinstance(about, str) and len(about) <= limits.MAX_ABOUT):
        raise _structure(f"{_MANIFEST}: about is no text of at most {limits.MAX_ABOUT} characters")
    return matter, about


def _manifest(
    members: Mapping[str, bytes],
    proofs: Mapping[str, Proof],
    matter: str | None,
    about: str | None,
) -> bytes:
    sizes: dict[str, int] = {}
    for proof in proofs.values():
        sizes[proof.origin] = max(proof.size, sizes.get(proof.origin, 0))
    return canon.encode(
        {
            "v": 1,
            "type": "detente-evidence",
            "matter": matter,
            "about": about,
            "logs": [{"origin": name, "size": sizes[name]} for name in sorted(sizes)],
            "files": [
                {"name": name, "sha256": sha256(members[name]).hexdigest()}
                for name in sorted(members)
            ],
        }
    )


def _zip(members: Iterable[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as whole:
        for name, data in members:
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system, info.external_attr = _UNIX, _MODE
            info.create_version = info.extract_version = _VERSION
            whole.writestr(info, data)
    return out.getvalue()


def _members(data: bytes) -> list[tuple[str, bytes]]:
    # Read forward, member by member, trusting nothing: what the ZIP's directory says is judged by
    # writing the file anew and comparing bytes. So no count or offset of a stranger is believed.
    if len(data) > limits.MAX_EVIDENCE:
        raise _structure(f"larger than {limits.MAX_EVIDENCE} bytes", "E_LIMIT")
    found: list[tuple[str, bytes]] = []
    at = 0
    while data[at : at + 4] == MAGIC:
        if len(found) == _MEMBERS_MAX:
            raise _structure(f"more than {_MEMBERS_MAX} members", "E_LIMIT")
        size = int.from_bytes(data[at + 18 : at + 22], "little")
        start = at + _LOCAL_SIZE + int.from_bytes(data[at + 26 : at + 28], "little")
        name = data[at + _LOCAL_SIZE : start]
        if not _NAMES.fullmatch(name):
            raise _structure(f"a member named {name[:80]!r}")
        found.append((name.decode("ascii"), data[start : start + size]))
        at = start + size
    names = [name for name, _ in found]
    if not found or len(set(names)) != len(names) or _zip(found) != data:
        raise _structure("it is not the one ZIP of its members")
    return found
