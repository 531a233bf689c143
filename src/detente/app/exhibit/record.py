"""An exhibit: what an evidence file shows, in the order it was said, for somebody who decides.

Made of what `verify` found and of nothing else; the words are those of the language asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from detente.app.face import say
from detente.app.printed import plain
from detente.core import canon, evidence, limits, matter, receipt, record, talk, trust
from detente.core.canon import Json
from detente.core.errors import OurFault, TheirFault
from detente.core.evidence import EvidenceShown
from detente.core.moment import Moment
from detente.core.receipt import Shown
from detente.core.trust import Chain

_NOT_PROVED: Final = {
    receipt.NOT_SHOWN[0]: "not_read",
    receipt.NOT_SHOWN[1]: "not_clock",
    receipt.NOT_SHOWN[2]: "not_link",
    receipt.RULE_UNKNOWN: "not_rule",
    evidence.NOT_COMPLETE: "not_complete",
    evidence.TWO_HEADS: "not_one_log",
}
_JOINERS: Final = frozenset("\u200c\u200d")
_MARKS: Final = {"exercise": "EXERCISE", "unreleased": "UNRELEASED", "unaudited": "UNAUDITED"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One record: who, to whom, when, what became of it, and its text as named parts."""

    number: int
    sender: str
    side: int  # 0 for the party that sorts first, 1 for the other
    facts: tuple[tuple[str, str], ...]
    marking: str
    marks: tuple[str, ...]
    fate: str
    is_gone: bool  # withdrawn, corrected or refused
    stops: tuple[tuple[str, bool], ...]  # words, and whether a signature is behind each
    text: tuple[tuple[str, str], ...] | None
    trace: str


@dataclass(frozen=True, slots=True)
class Party:
    """A party: its name, 12 groups of digits, and hashes of the keys that signed here."""

    name: str
    digits: tuple[str, ...]
    keys: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Exhibit:
    """All that a page says; every text is a line unless it stands in an entry's text.

    marking is empty where no record stands on the page.
    """

    title: str
    about: str
    marking: str
    marks: tuple[str, ...]
    mark_names: tuple[str, ...]
    verdict: str
    whole: tuple[str, ...]
    proved: tuple[str, ...]
    not_proved: tuple[str, ...]
    entries: tuple[Entry, ...]
    receipts: tuple[tuple[str, str], ...]
    parties: tuple[Party, ...]
    how: tuple[str, ...]
    name: str
    sha256: str


def make(name: str, data: bytes, chains: Mapping[str, Chain], *, own_cards: bool) -> Exhibit:
    """Return the exhibit of an evidence or proof file under these cards.

    own_cards: the cards are those inside the file, which its reader must compare. Raises
    StepFailed if the file is not valid, OurFault("proof.cards") if a card is missing.
    """
    shown = read(data, chains)
    numbers = {one.mid: place for place, one in enumerate(_in_order(shown), 1)}
    entries = tuple(_entry(one, shown, numbers) for one in _in_order(shown))
    markings = [one.header.tlp for one in shown.records]
    return Exhibit(
        title=say("exhibit.title_matter" if shown.matter else "exhibit.title"),
        about=plain(shown.about or ""),
        marking=max(markings, key=record.MARKINGS.index),
        marks=tuple(dict.fromkeys(mark for one in entries for mark in one.marks)),
        mark_names=tuple(
            mark
            for key, mark in _MARKS.items()
            if any(key in (one.header.ext or {}) for one in shown.records)
        ),
        verdict=say(f"exhibit.{shown.strength.lower()}"),
        whole=tuple(_whole(shown, numbers)),
        proved=tuple(_proved(shown)),
        not_proved=tuple(_not_proved(shown)),
        entries=entries,
        receipts=tuple(_receipts(shown, numbers)),
        parties=tuple(party(each, shown) for _, each in sorted(chains.items())),
        how=tuple(say(f"exhibit.how_{step}", file=name) for step in _steps(own_cards=own_cards)),
        name=name,
        sha256=sha256(data).hexdigest(),
    )


def read(data: bytes, chains: Mapping[str, Chain]) -> EvidenceShown:
    """Return what a file shows; faults as `make`."""
    if data.startswith(evidence.MAGIC):
        return evidence.check(data, chains)
    one = receipt.check(data, chains, None)
    together = matter.judge([one], is_one=False)
    return EvidenceShown((one,), None, None, one.strength, one.not_shown, together)


def cards_of(data: bytes) -> dict[str, Chain]:
    """Return the cards inside an evidence file; a proof file has none. Raises StepFailed."""
    if not data.startswith(evidence.MAGIC):
        return {}
    chains = (trust.read_chain(card) for card in evidence.cards_inside(data))
    return {chain.name: chain for chain in chains}


def _steps(*, own_cards: bool) -> tuple[str, ...]:
    return ("cards_inside" if own_cards else "cards_given", "digits", "verify", "second")


def _in_order(shown: EvidenceShown) -> list[Shown]:
    by_mid = {one.mid: one for one in shown.records if talk.is_said(one.header.kind)}
    times = {mid: one.stored_at for mid, one in by_mid.items()}
    said = talk.order((talk.said(mid, one.header) for mid, one in by_mid.items()), times)
    return [by_mid[one.mid] for one in said]


# The records.


def _entry(one: Shown, shown: EvidenceShown, numbers: Mapping[bytes, int]) -> Entry:
    header, fate = one.header, shown.together.fates[one.mid]
    by = ", ".join(_named(mid, numbers) for mid in fate.by)
    parties = sorted({one.owner, one.receiver})
    return Entry(
        number=numbers[one.mid],
        sender=header.from_,
        side=parties.index(one.owner),
        facts=tuple(_facts(one, numbers)),
        marking=f"TLP:{header.tlp}",
        marks=tuple(
            say(f"mark.{mark}", why=plain(str((header.ext or {})[key])))
            for key, mark in _MARKS.items()
            if key in (header.ext or {})
        ),
        fate=say(f"exhibit.fate_{fate.later}", by=by),
        is_gone=fate.later not in (talk.STANDS, matter.NOT_SHOWN),
        stops=tuple(_stops(one)),
        text=_text(one, numbers),
        trace=say(
            "exhibit.trace", mid=one.mid.hex(), origin=one.origin, index=f"{one.index:,}",
            size=f"{one.size:,}", strength=one.strength,
        ),
    )  # fmt: skip


def _facts(one: Shown, numbers: Mapping[bytes, int]) -> Iterator[tuple[str, str]]:
    header = one.header
    yield say("exhibit.said_by"), say("exhibit.who", desk=header.from_, author=plain(one.author))
    if one.releaser:
        yield say("exhibit.released_by"), plain(one.releaser)
    yield say("exhibit.said_to"), ", ".join(header.to)
    yield say("exhibit.said_at"), say("exhibit.own_clock", at=time_shown(header.created.ms))
    stored = say("exhibit.received", who=one.receiver, at=time_shown(one.stored_at * 1000))
    yield say("exhibit.received_at"), stored
    yield say("exhibit.kind"), f"{header.kind}, {header.prec}, TLP:{header.tlp}"
    if header.caveats:
        yield say("exhibit.caveats"), ", ".join(header.caveats)
    if header.reply_to is not None:
        yield say("exhibit.about_record"), _named(header.reply_to, numbers)
    if header.deadline is not None:
        yield say("exhibit.deadline"), time_shown(header.deadline.ms)


def _stops(one: Shown) -> Iterator[tuple[str, bool]]:
    full = one.strength == receipt.FULL
    yield say("exhibit.stop_author", who=plain(one.author)), True
    yield say("exhibit.stop_owner", who=one.owner), True
    yield say("exhibit.stop_receiver", who=one.receiver), True
    yield say("exhibit.stop_pq"), full


def _text(one: Shown, numbers: Mapping[bytes, int]) -> tuple[tuple[str, str], ...] | None:
    if one.text is None:
        return None
    try:
        value = canon.decode_object(one.text, limits.MAX_BODY)
    except TheirFault:  # its kind is not ours to know: the bytes as they are
        return (("", _visible(one.text.decode("utf-8", "backslashreplace"))),)
    return tuple(
        (name, _visible(_value(each, numbers)))
        for name, each in sorted(value.items())
        if name != "v"
    )


def _visible(text: str) -> str:
    # Signs that turn a line round or hide in it are written out; those that join letters stay.
    kept = _JOINERS | {"\n"}
    return "".join(each if each in kept else plain(each) for each in text)


def _value(value: Json, numbers: Mapping[bytes, int]) -> str:
    if isinstance(value, str):
        return _named_or(value, numbers)
    if isinstance(value, list):
        return "\n".join(_value(one, numbers) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_value(one, numbers)}" for name, one in sorted(value.items()))
    return canon.encode(value).decode()


def _named_or(text: str, numbers: Mapping[bytes, int]) -> str:
    try:
        mid = canon.from_base64(text, 32)
    except TheirFault:
        return text
    return _named(mid, numbers) if mid in numbers else text


def _named(mid: bytes, numbers: Mapping[bytes, int]) -> str:
    key = "exhibit.number" if mid in numbers else "exhibit.elsewhere"
    return say(key, number=numbers.get(mid, 0), id=record.mid_text(mid))


def _receipts(shown: EvidenceShown, numbers: Mapping[bytes, int]) -> Iterator[tuple[str, str]]:
    for one in sorted(shown.records, key=lambda each: (each.stored_at, each.mid)):
        header = one.header
        if talk.is_said(header.kind):
            continue
        about = "" if header.reply_to is None else _named(header.reply_to, numbers)
        key = header.kind.replace(".", "_")
        known = key in ("sys_read", "sys_reject", "matter_digest")
        yield (
            say(
                f"exhibit.{key if known else 'other'}", who=header.from_, about=about,
                author=plain(one.author), kind=header.kind,
            ),
            say("exhibit.received", who=one.receiver, at=time_shown(one.stored_at * 1000)),
        )  # fmt: skip


# The whole.


def _whole(shown: EvidenceShown, numbers: Mapping[bytes, int]) -> Iterator[str]:
    together = shown.together
    for first, second in together.twins:
        yield say("exhibit.twins", a=_named(first, numbers), b=_named(second, numbers))
    if together.complete:
        sizes = ", ".join(f"{origin} {size:,}" for origin, size in together.as_of)
        yield say("exhibit.complete", sizes=sizes)
    for one in together.digests:
        if not one.agrees:
            yield say(
                "exhibit.differs", desk=one.desk, other=one.other, count=one.digest.count,
                found=one.found,
            )  # fmt: skip


def _proved(shown: EvidenceShown) -> Iterator[str]:
    yield say("exhibit.proved_said")
    if any(one.text is not None for one in shown.records):
        yield say("exhibit.proved_text")
    yield say("exhibit.proved_had")
    yield say("exhibit.proved_place")
    if shown.together.complete:
        yield say("exhibit.proved_complete")


def _not_proved(shown: EvidenceShown) -> Iterator[str]:
    yield say("exhibit.not_true")
    for each in shown.not_shown:
        yield say(f"exhibit.{_NOT_PROVED[each]}") if each in _NOT_PROVED else each
    if any(fate.later == matter.NOT_SHOWN for fate in shown.together.fates.values()):
        yield say("exhibit.not_later")


def party(chain: Chain, shown: EvidenceShown | None = None) -> Party:
    """Return a party as the page names it, with the keys of those who signed what is shown."""
    card = chain.newest
    digits = card.fingerprint.split()
    keys = [
        (say("exhibit.key_log"), card.log),
        (say("exhibit.key_receipt"), card.cosign),
        (say("exhibit.key_pq"), card.mldsa44),
    ]
    people = sorted(
        {
            (one.header.from_.partition("@")[0], who)
            for one in (shown.records if shown else ())
            if one.owner == chain.name
            for who in (one.author, one.releaser)
            if who
        }
    )
    for desk, who in people:
        signer = card.desks[desk].signers.get(who) if desk in card.desks else None
        if signer is not None:
            keys.append((f"{plain(who)}, {desk}@{chain.name}", signer.ed25519))
    return Party(chain.name, tuple(digits), tuple((word, _hash(key)) for word, key in keys))


def _hash(key: bytes) -> str:
    digits = sha256(key).hexdigest()
    return " ".join(digits[i : i + 8] for i in range(0, len(digits), 8))


def time_shown(ms: int) -> str:
    """Return a moment, in ms since 1970, as the page writes it."""
    try:
        at = str(Moment(ms))
    except OurFault:  # a clock may say any year
        return say("exhibit.seconds", count=ms // 1000)
    return f"{at[:10]} {at[11:19]} UTC"
