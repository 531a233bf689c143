"""Check a proof or evidence file on any machine: no network, no key, no party of one's own.

It stands on core alone, so that a court can read all that decides. What is trusted are the cards
given; compare their fingerprints with the parties, not with whoever brought the file.
Normative: spec/log.md 6 (steps, exit codes).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detente.app import printed
from detente.app.verify import audit, conflict, log, matter
from detente.core import evidence, limits, receipt, record, trust
from detente.core.canon import Json
from detente.core.errors import OurFault, TheirFault
from detente.core.evidence import EvidenceShown
from detente.core.matter import judge
from detente.core.receipt import Shown, StepFailed, Strength
from detente.core.trust import Chain
from detente.core.whole import WholeShown

VALID: Final = 0
INVALID: Final = 1
UNREADABLE: Final = 2
FAST_ONLY: Final = 3
_INDENT: Final = " " * 14  # the width of "VALID (FULL)  "
_NOT_OF_A_LOG: Final = (
    "what the records say",
    "who wrote them",
    "that a clock was right",
    "that the link id belongs to these two parties",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer: exit code, the document for machines, the lines for people."""

    exit_code: int
    document: dict[str, Json]
    lines: tuple[str, ...]


def run(file: Path, cards: Sequence[Path], plaintext: Path | None, *, accept_fast: bool) -> Verdict:
    """Check one file under the cards given and say what it shows.

    Exit codes: 0 valid, 1 not valid, 2 unreadable or wrongly used, 3 valid but FAST only and
    accept_fast is not set. Raises nothing: every fault becomes a verdict.
    """
    chains: dict[str, Chain] = {}
    try:
        chains = read_cards(cards)
        if log.is_log(file):
            return _whole_log(log.check(file, chains), chains, accept_fast=accept_fast)
        if audit.is_audit(file):
            return _home_log(file, chains)
        if conflict.is_conflict(file):
            return _conflict(file, chains)
        shown = _check(file, chains, plaintext)
    except OurFault as fault:
        return _refusal(fault, chains)
    document: dict[str, Json] = {
        "matter": shown.matter,
        "about": shown.about,
        "records": [{**_record(one), **matter.fate(one, shown.together)} for one in shown.records],
        **matter.document(shown.together),
        "not_shown": list(shown.not_shown),
    }
    return _valid(shown.strength, document, _lines(shown), chains, accept_fast=accept_fast)


def _valid(
    strength: Strength, more: Mapping[str, Json], lines: Sequence[str],
    chains: Mapping[str, Chain], *, accept_fast: bool,
) -> Verdict:  # fmt: skip
    strength_is_enough = strength == receipt.FULL or accept_fast
    document: dict[str, Json] = {
        "valid": True,
        "strength": strength,
        "accepted": strength_is_enough,
        "code": None,
        "step": None,
        "because": None,
        "why": None,
        "remedy": None,
        **more,
        "fingerprints": _fingerprints(chains),
        "former_fingerprints": _former(chains),
    }
    lines = [*lines, *_card_lines(chains)]
    if not strength_is_enough:
        lines.append(
            "FAST only: the post-quantum signatures of both sides are not in it; "
            "ask for a FULL file, or take it as it is with --accept-fast"
        )
    return Verdict(VALID if strength_is_enough else FAST_ONLY, document, tuple(lines))


def _whole_log(shown: WholeShown, chains: Mapping[str, Chain], *, accept_fast: bool) -> Verdict:
    more: dict[str, Json] = {
        "matter": None,
        "about": None,
        "records": [],
        "log": log.document(shown),
        "not_shown": list(_NOT_OF_A_LOG),
    }
    told = log.lines(shown)
    told.append(f"{_INDENT}Not shown by this file: {'; '.join(_NOT_OF_A_LOG)}.")
    return _valid(shown.strength, more, told, chains, accept_fast=accept_fast)


def _home_log(file: Path, chains: Mapping[str, Chain]) -> Verdict:
    good, document, lines = audit.check(file, chains)
    document["fingerprints"] = _fingerprints(chains)
    return Verdict(VALID if good else INVALID, document, (*lines, *_card_lines(chains)))


def _conflict(file: Path, chains: Mapping[str, Chain]) -> Verdict:
    data = _read(file, limits.MAX_CONFLICT, "proof.shape")
    code, document, lines = conflict.check(data, chains)
    document["fingerprints"] = _fingerprints(chains)
    document["former_fingerprints"] = _former(chains)
    return Verdict(code, document, (*lines, *_card_lines(chains)))


def _read(path: Path, size_max: int, code: str) -> bytes:
    try:
        with path.open("rb") as opened:
            data = opened.read(size_max + 1)
    except OSError as fault:
        raise OurFault(
            "file.unreadable",
            f"{path}: {fault.strerror or fault}",
            "check the name and the permissions",
        ) from fault
    if len(data) > size_max:
        raise OurFault(code, f"{path} is larger than {size_max} bytes", "give the file itself")
    return data


def read_file(file: Path) -> bytes:
    """Return an evidence or proof file's bytes. Raises OurFault: file.unreadable, proof.shape."""
    return _read(file, limits.MAX_EVIDENCE, "proof.shape")


def read_cards(paths: Sequence[Path]) -> dict[str, Chain]:
    """Return the cards of two parties or more, by name.

    Raises OurFault: file.unreadable, card.size, card.bad, proof.cards.
    """
    chains: dict[str, Chain] = {}
    for path in paths:
        try:
            chain = trust.read_chain(_read(path, limits.MAX_CHAIN, "card.size"))
        except TheirFault as fault:
            raise OurFault("card.bad", f"step 1: {path}: {fault.what}", fault.remedy) from fault
        if chain.name in chains:
            raise OurFault(
                "proof.cards",
                f"two card files of {chain.name}",
                "put a party's cards into one file, oldest first",
            )
        chains[chain.name] = chain
    if len(chains) < 2:  # noqa: PLR2004  the two that a proof is between
        raise OurFault(
            "proof.cards",
            "a proof is between two parties",
            "give the cards of both:  --card A.card --card B.card",
        )
    return chains


def _check(file: Path, chains: Mapping[str, Chain], plaintext: Path | None) -> EvidenceShown:
    data = _read(file, limits.MAX_EVIDENCE, "proof.shape")
    if data.startswith(evidence.MAGIC):
        if plaintext is not None:
            raise OurFault(
                "file.shape", "an evidence file brings its own texts", "leave out --plaintext"
            )
        return evidence.check(data, chains)
    if not data.startswith(receipt.MAGIC):
        raise OurFault(
            "proof.shape",
            f"{file} is no proof file",
            "give a file that ends in .tlog-proof, .evidence or .log",
        )
    text = None if plaintext is None else _read(plaintext, limits.MAX_BODY, "file.shape")
    shown = receipt.check(data, chains, text)
    together = judge([shown], is_one=False)
    return EvidenceShown((shown,), None, None, shown.strength, shown.not_shown, together)


def _refusal(fault: OurFault, chains: Mapping[str, Chain]) -> Verdict:
    failed = fault if isinstance(fault, StepFailed) else None
    document: dict[str, Json] = {
        "valid": False,
        "strength": None,
        "accepted": False,
        "code": fault.code,
        "step": None if failed is None else failed.step,
        "because": None if failed is None else failed.because,
        "why": fault.what,
        "remedy": fault.remedy,
        "matter": None,
        "about": None,
        "records": [],
        "not_shown": [],
        "fingerprints": _fingerprints(chains),
        "former_fingerprints": _former(chains),
    }
    head = "UNREADABLE" if failed is None else "NOT VALID"
    lines = (
        f"{head:<14}{fault.code}: {printed.plain(fault.what)}",
        f"{'try':<14}{printed.plain(fault.remedy)}",
        *_card_lines(chains),
    )
    return Verdict(UNREADABLE if failed is None else INVALID, document, lines)


def _record(one: Shown) -> dict[str, Json]:
    header = one.header
    return {
        "mid": one.mid.hex(),
        "short": record.mid_text(one.mid),
        "kind": header.kind,
        "from": header.from_,
        "to": list(header.to),
        "prec": header.prec,
        "tlp": header.tlp,
        "caveats": list(header.caveats),
        "matter": header.matter,
        "s": header.s,
        "n": header.n,
        "created": str(header.created),
        "ext": None if header.ext is None else dict(header.ext),
        "origin": one.origin,
        "index": one.index,
        "size": one.size,
        "root": one.root.hex(),
        "owner": one.owner,
        "receiver": one.receiver,
        "stored_at": printed.said(one.stored_at),
        "stored_at_seconds": str(one.stored_at),
        "author": one.author,
        "releaser": one.releaser,
        "strength": one.strength,
        "text": None if one.text is None else one.text.decode("utf-8", "backslashreplace"),
        "unknown_lines": list(one.unknown_lines),
        "not_shown": list(one.not_shown),
    }


def _fingerprints(chains: Mapping[str, Chain]) -> dict[str, Json]:
    return {name: chain.newest.fingerprint for name, chain in sorted(chains.items())}


def _former(chains: Mapping[str, Chain]) -> dict[str, Json]:
    """Return the fingerprints that parties gave up, oldest first; the newest names them."""
    return {
        name: [card.fingerprint for card in chain.roots[:-1]]
        for name, chain in sorted(chains.items())
        if chain.turns
    }


def _card_lines(chains: Mapping[str, Chain]) -> list[str]:
    found = []
    for name, chain in sorted(chains.items()):
        found.append(f"card of {name}: {chain.newest.fingerprint}")
        for old, new in zip(chain.roots, chain.turns, strict=False):
            found.append(
                f"{_INDENT}to card {new.serial - 1} under other root keys: {old.fingerprint}"
            )
    return found


def _lines(shown: EvidenceShown) -> list[str]:
    found = []
    for one in shown.records:
        found += [*_record_lines(one), *matter.fate_lines(one, shown.together)]
    if len(shown.records) > 1 or shown.matter is not None or shown.about is not None:
        count = len(shown.records)
        found.append(f"VALID ({shown.strength})  {count:,} record{'s'[: count != 1]} in this file")
        if shown.about is not None:
            found.append(f"{_INDENT}its maker says it is about: {printed.plain(shown.about)}")
        if shown.matter is not None:
            found.append(f"{_INDENT}all of matter {shown.matter}")
    found += matter.lines(shown.together)
    found.append(f"{_INDENT}Not shown by this file: {'; '.join(shown.not_shown)}.")
    return found


def _record_lines(one: Shown) -> list[str]:
    header = one.header
    released = f"releaser {one.releaser}" if one.releaser else "released by nobody"
    both = " and post-quantum signature" if one.strength == receipt.FULL else ""
    text = "no text was given" if one.text is None else f"its text holds, {header.size:,} bytes"
    found = [
        (
            f"VALID ({one.strength})  {one.owner} said this (record {record.mid_text(one.mid)}, "
            f"n {header.n:,}, author {printed.plain(one.author)}, {printed.plain(released)})"
        ),
        (
            f"{_INDENT}{header.kind}, {header.prec}, TLP:{header.tlp}, "
            f"from {header.from_} to {', '.join(header.to)}; {text}"
        ),
        (
            f"{_INDENT}{one.receiver} had it by {printed.said(one.stored_at)} "
            f"(their signature{both} over size {one.size:,})"
        ),
    ]
    for mark, value in sorted((header.ext or {}).items()):
        found.append(f"{_INDENT}marked {mark.upper()}: {printed.plain(str(value))}")
    found += [
        f"{_INDENT}a line of an unknown key, not counted: {printed.plain(line)}"
        for line in one.unknown_lines
    ]
    return found
