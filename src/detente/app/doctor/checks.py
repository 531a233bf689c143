"""What may be wrong with a party: small pure checks over one set of facts.

Each gives findings. A finding has a code that never changes, so that programs can watch for it; its
words stand under `finding.CODE` and `finding.CODE_try`. Source: docs/operate/doctor.md.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from detente.app.doctor.facts import CardFact, Facts, Told
from detente.core import limits
from detente.core.moment import Moment
from detente.node.ports import COURIER

WARN: Final = "warn"  # look at it today
ERROR: Final = "error"  # something does not work now
DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
CARD_SOON: Final = 60  # days before a card ends
QUEUE_OLD: Final = HOUR_MS  # a record that waits longer for the line is told
UNDELIVERED_OLD: Final = HOUR_MS  # stored over there, and no office opened it
UNREAD_OLD: Final = DAY_MS
WAL_LARGE: Final = 256 * 1024**2  # bytes
RESERVE_PART: Final = 20  # one in so many parts of the disk stays free,
RESERVE_MAX: Final = 2 * 1024**3  # or so many bytes, whichever is less
HOLDERS_DUE: Final = 2  # people who can open a desk: with one, a forgotten password loses it
SPARES_DUE: Final = 2  # signers of a desk that new people could be given


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that somebody must look at. where: party, file or half. places fill the words."""

    code: str
    severity: str
    where: str
    since: Moment | None = None
    places: dict[str, object] = field(default_factory=dict)


Check = Callable[[Facts], Iterator[Finding]]


def reserve(total: int) -> int:
    """Return how many bytes of a disk must stay free."""
    return min(total // RESERVE_PART, RESERVE_MAX)


def rights(facts: Facts) -> Iterator[Finding]:
    """Find what others could read or write."""
    for what, remedy in facts.open_rights:
        yield Finding("rights", ERROR, facts.folder, None, {"what": what, "remedy": remedy})


def disk(facts: Facts) -> Iterator[Finding]:
    """Find a disk that is nearly full."""
    if facts.free < reserve(facts.total):
        free, due = facts.free // 1024**2, reserve(facts.total) // 1024**2
        yield Finding("disk", ERROR, facts.folder, None, {"free": free, "due": due})


def backup(facts: Facts) -> Iterator[Finding]:
    """Find a party that was not backed up for too long."""
    last = facts.backup_at or facts.begun_at
    if facts.remind and last and (facts.now - last).ms > facts.remind * DAY_MS:
        code = "backup_old" if facts.backup_at else "backup_none"
        yield Finding(code, WARN, facts.folder, last, {"at": last, "folder": facts.folder})


def cards(facts: Facts) -> Iterator[Finding]:
    """Find cards that have ended or soon will, and copies of cards that are something else."""
    if facts.own_card is not None:
        yield from _card(facts, facts.own_card, "card_own")
    for each in facts.peer_cards:
        yield from _card(facts, each, "card_peer")
    for party, file in facts.card_copies:
        yield Finding("card_copy", WARN, party, None, {"party": party, "file": file})


def _card(facts: Facts, card: CardFact, code: str) -> Iterator[Finding]:
    left = (card.expires - facts.now).ms
    if left < CARD_SOON * DAY_MS:
        severity = ERROR if left <= 0 else WARN
        yield Finding(code, severity, card.party, None, {"party": card.party, "at": card.expires})


def meetings(facts: Facts) -> Iterator[Finding]:
    """Find peers whose digits nobody compared."""
    for party, state in facts.not_compared:
        yield Finding("not_compared", WARN, party, None, {"party": party, "state": state})
    for party in facts.root_changed:
        yield Finding("root_changed", WARN, party, None, {"party": party})


def halves(facts: Facts) -> Iterator[Finding]:
    """Find a half that does not answer."""
    for half, fault in (("node", facts.node_fault), ("office", facts.office_fault)):
        if fault is not None:
            yield _told(f"{half}_dead", half, fault)


def _told(code: str, where: str, fault: Told, severity: str = ERROR) -> Finding:
    places: dict[str, object] = {
        "code": fault.code, "what": fault.what, "remedy": fault.remedy,
    }  # fmt: skip
    return Finding(code, severity, where, None, places)


def store(facts: Facts) -> Iterator[Finding]:
    """Find a node that stores no more, or whose WAL is not folded back."""
    if facts.node is None:
        return
    if facts.node.store_fault is not None:
        yield _told("store", "node", facts.node.store_fault)
    if facts.node.wal_bytes > WAL_LARGE:
        yield Finding("wal", WARN, "node", None, {"size": facts.node.wal_bytes // 1024**2})
    if facts.node.restored:
        yield Finding("restored", ERROR, "node")
    for each in facts.node.roots:
        code = "root_line" if each.compared else "root_peer"
        yield Finding(code, WARN, each.party, None, {"party": each.party})


def faults(facts: Facts) -> Iterator[Finding]:
    """Find what a node met and told; that of a path is told with its link."""
    if facts.node is None:
        return
    # Of a link that works, a path that does not is told here.
    told = tuple(f"path {each.party}/" for each in facts.node.links if each.state != "LIVE")
    stopped = facts.node.store_fault.code if facts.node.store_fault else ""
    for where, why in facts.node.faults.items():
        if not where.startswith(told) and where != stopped:
            yield Finding("fault", ERROR, where, None, {"where": where, "why": why})


_STATES: Final = {
    "HALTED": "halted",
    "DISPUTED": "halted",
    "RECOVER": "recover",
    "PEER_READ_ONLY": "peer_full",
    "PATH_DOWN": "path_down",
    "NODE_DOWN": "node_down",
    "KEY_MISMATCH": "key_mismatch",
}


def links(facts: Facts) -> Iterator[Finding]:
    """Find links that do not work, clocks that differ, and queues that do not move."""
    for each in facts.node.links if facts.node else ():
        about: dict[str, object] = {"party": each.party, "why": each.path_fault or each.why}
        if each.state not in ("LIVE", COURIER):
            code = _STATES.get(each.state, "link_down")
            severity = WARN if code == "peer_full" else ERROR
            yield Finding(code, severity, each.party, each.since, {**about, "state": each.state})
        if each.clock_ahead_ms is not None and abs(each.clock_ahead_ms) > limits.MAX_SKEW:
            ahead = each.clock_ahead_ms // 1000
            theirs = Moment(facts.now.ms + each.clock_ahead_ms)
            places = {**about, "seconds": ahead, "ours": facts.now, "theirs": theirs}
            yield Finding("clock", WARN, each.party, None, places)
        if each.waiting_since is not None and (facts.now - each.waiting_since).ms > QUEUE_OLD:
            places = {**about, "count": each.waiting, "since": each.waiting_since}
            yield Finding("queue", WARN, each.party, each.waiting_since, places)
        if each.late:
            yield Finding("pq_late", WARN, each.party, None, {**about, "late": each.late})


_THERE: Final = {
    "UNATTENDED": ("unattended", UNDELIVERED_OLD),
    "READ_UNANSWERED": ("unanswered", 0),
}


def records(facts: Facts) -> Iterator[Finding]:
    """Find records that were refused, not opened over there, or not read here."""
    if facts.office is None:
        return
    for code, rows in (
        ("refused", facts.office.refused), ("unsent", facts.office.unsent),
        ("held", facts.office.held),
    ):  # fmt: skip
        for mid, fault in rows.items():
            told = _told(code, mid, fault, WARN)
            yield replace(told, places={"id": mid, **told.places})
    for where, fault in facts.office.odd.items():
        yield _told("odd_row", where, fault, ERROR)
    for name, why in facts.office.cards.items():
        yield Finding("card_refused", ERROR, name, None, {"party": name, "why": why})
    for desk, count in sorted(facts.office.spares.items()):
        if count < SPARES_DUE:
            yield Finding("signers_low", WARN, desk, None, {"desk": desk, "count": count})
    for each in facts.office.twins:
        pair: dict[str, object] = {
            "sender": each.sender, "matter": each.matter, "s": each.s, "n": each.n,
            "first": each.first, "second": each.second,
        }  # fmt: skip
        yield Finding("equivocation", ERROR, each.sender, None, pair)
    for party, state, waits in facts.office.there:
        if state in _THERE and waits.since is not None:
            code, term = _THERE[state]
            about: dict[str, object] = {"party": party, "count": waits.count, "since": waits.since}
            if (facts.now - waits.since).ms > term:
                yield Finding(code, WARN, party, waits.since, about)
    for code, waits, term in (
        ("undelivered", facts.office.undelivered, UNDELIVERED_OLD),
        ("unread", facts.office.unread, UNREAD_OLD),
        ("owed", facts.office.owed, 0),
    ):
        if waits.since is not None and (facts.now - waits.since).ms > term:
            waiting: dict[str, object] = {"count": waits.count, "since": waits.since}
            yield Finding(code, WARN, "office", waits.since, waiting)


def desk_keys(facts: Facts) -> Iterator[Finding]:
    """Find desks that one password can lose, that alarms wait at, or that the office may not open."""
    for each in facts.office.desks if facts.office else ():
        about: dict[str, object] = {"desk": each.desk}
        if each.entrusted and each.holders < HOLDERS_DUE:
            yield Finding("desk_alone", WARN, each.desk, None, about)
        if each.entrusted and not each.open and each.flashes.count:
            about |= {"count": each.flashes.count, "since": each.flashes.since}
            yield Finding("desk_flash", ERROR, each.desk, each.flashes.since, about)
        if not each.entrusted and not each.may_unattended:
            yield Finding("desk_unattended", WARN, each.desk, None, about)


def bells(facts: Facts) -> Iterator[Finding]:
    """Find a command or a web address that the last alarm did not get through."""
    for each in facts.office.bells if facts.office else ():
        if each.failing:
            told: dict[str, object] = {
                "why": each.why, "since": each.failed_at, "waiting": each.waiting,
                "tries": each.tries, "tries_max": each.tries_max,
            }  # fmt: skip
            yield Finding(f"alarm_{each.by}", ERROR, f"alarms.{each.by}", each.failed_at, told)


def defects(facts: Facts) -> Iterator[Finding]:
    """Find reports of defects that nobody took away."""
    for each in facts.defects:
        yield Finding("defect", WARN, each, None, {"file": each})


CHECKS: Final[tuple[Check, ...]] = (
    rights, disk, backup, cards, meetings, halves, store, faults, links, records,
    desk_keys, bells, defects,
)  # fmt: skip
CODES: Final = frozenset(
    {
        "rights", "disk", "backup_old", "backup_none", "card_own", "card_peer", "card_copy",
        "card_refused", "signers_low", "not_compared",
        "node_dead", "office_dead", "store", "wal", "restored", "fault", "halted", "recover",
        "peer_full", "path_down", "node_down", "key_mismatch", "link_down", "clock", "queue", "pq_late", "refused", "unsent", "held", "equivocation",
        "odd_row",
        "undelivered", "unattended", "unanswered", "owed", "unread", "defect",
        "root_changed", "root_peer", "root_line",
        "desk_alone", "desk_flash", "desk_unattended", "alarm_command", "alarm_webhook",
    }
)  # fmt: skip


def judge(facts: Facts) -> list[Finding]:
    """Return all that is wrong, what does not work first."""
    found = [each for check in CHECKS for each in check(facts)]
    assert {each.code for each in found} <= CODES, "every finding stands on its page"
    return sorted(found, key=lambda each: each.severity != ERROR)
