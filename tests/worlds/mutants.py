"""Deliberate bugs. Each is a small edit of one function, and a world that must notice it."""

import inspect
import io
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

import pytest
from tests.worlds import liars

from detente.app.world.machines import Machines, Site
from detente.app.world.run import FILES, WIRE, World
from detente.core import postquantum
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.link import frames, reconcile, sending
from detente.link.conns import Conns
from detente.link.meeting import Meeting
from detente.link.postquantum import PostQuantum
from detente.link.receiving import Receiving
from detente.link.rows import Rows
from detente.link.sending import Sending
from detente.link.state import State
from detente.node import history, inbox, outbox, roster, tail
from detente.node.books import Books
from detente.node.courier import Couriers
from detente.node.leg import LegBook
from detente.node.node import Node
from detente.node.ports import Tx
from detente.node.submitting import Submitting
from detente.node.turning import Turning
from detente.store.memory_logs import MemoryTx

Patch = Callable[[pytest.MonkeyPatch], None]


def edit(place: object, name: str, old: str, new: str) -> Patch:
    """A patch of one function's source: `old`, which must stand there once, becomes `new`."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        right = getattr(place, name)
        source = textwrap.dedent(inspect.getsource(right))
        assert source.count(old) == 1, f"the mutant fits {name} no more: {old}"
        made: dict[str, Any] = {}
        exec(source.replace(old, new), right.__globals__, made)
        monkeypatch.setattr(place, name, made[name])

    return patch


class Late:
    """A transaction that reads, and writes what it was told only when it is asked to."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.calls: list[tuple[str, tuple[object, ...]]] = []

    def __getattr__(self, name: str) -> Callable[..., object]:
        if name in {"append", "set_head", "put_tile"}:
            return lambda *given: self.calls.append((name, given))
        found: Callable[..., object] = getattr(self._tx, name)
        return found


def _late(monkeypatch: pytest.MonkeyPatch, place: object, name: str, at: int) -> None:
    # The function's writes are made durable at the next tick, and what it says is said at once.
    right = getattr(place, name)
    late: dict[int, list[tuple[str, tuple[object, ...]]]] = {}
    tick = Node.tick

    def write_late(*given: Any) -> object:  # noqa: ANN401  it stands for either of two
        tx = Late(given[at])
        answer = right(*given[:at], tx, *given[at + 1 :])
        # One store to one disk: its identity says whose late writes these are.
        late.setdefault(id(given[at]._disk), []).extend(tx.calls)
        return answer

    def tick_and_write(self: Node, now: Moment) -> None:
        with self._store.begin() as tx:
            for called, given in late.pop(id(tx._disk), []):  # type: ignore[attr-defined]
                getattr(tx, called)(*given)
        tick(self, now)

    fall = Machines._fall

    def forget(self: Machines, site: Site, where: str) -> None:
        late.pop(id(site.disk), None)
        fall(self, site, where)

    monkeypatch.setattr(place, name, write_late)
    monkeypatch.setattr(Node, "tick", tick_and_write)
    monkeypatch.setattr(Machines, "_fall", forget)


def receipt_before_store(monkeypatch: pytest.MonkeyPatch) -> None:
    _late(monkeypatch, inbox, "take", 2)


def record_before_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    _late(monkeypatch, Books, "log", 1)


def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code as it is: what is wrong is in the world."""


def honest(seed: int) -> None:
    World(seed).run()


def on_lying_disks(seed: int) -> None:
    World(seed, lying=True).run()


def with_clocks_set_right(seed: int) -> None:
    """Clocks a year ahead are set back while all connections are dead and nobody was told."""
    world = World(seed, calm=True)
    for site in world.sites.values():
        site.ahead_ms = Span.of(days=365).ms
    world.run_for(3_000)
    world.machines.net.go_silent()
    world.run()


def with_a_full_disk(seed: int) -> None:
    """One side cannot store, and the other connects anew: it must be told why."""
    moves = io.StringIO()
    world = World(seed, calm=True, out=moves)
    world.run_for(3_000)
    site, node = world.sites[liars.LIAR], world.sites[liars.LIAR].node
    assert node is not None, "nothing goes wrong in a calm world"
    full = OurFault("store.full", "the disk is full", "make room, then restart the node")
    world.machines.do(site, lambda: node.stop_storing(full, world.machines.now(site)))
    world.machines.net.leave(liars.HONEST)
    world.run_for(5_000)
    said = f"{liars.HONEST} {liars.TERMS.link_id} is DOWN: their side says: E_DISK"
    assert said in moves.getvalue(), "E_DISK is not told"


def by_files(seed: int) -> None:
    World(seed, carriage=FILES).run()


def with_a_later_version(seed: int) -> None:
    World(seed, later=liars.LIAR, carriage=WIRE).run()


def put_back(seed: int) -> None:
    """Disks are put back often."""
    world = World(seed, carriage=WIRE)
    world.faults.insist("restored", 0.25)
    world.run()


def restored(seed: int) -> None:
    liars.restore(seed)


def with_liar(name: str) -> Callable[[int], None]:
    return lambda seed: liars.lie(name, seed)


def with_forgetful(what: str) -> Callable[[int], None]:
    return lambda seed: liars.forget(what, seed)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug, the worlds that must notice it, and words of the law that must."""

    patch: Patch
    notice: Callable[[int], None]
    law: str


MUTANTS: Final[Mapping[str, Mutant]] = {
    "receipt sent before the records are durable": Mutant(
        receipt_before_store, honest, r"made \d+ durable"
    ),
    "record sent before it is durable": Mutant(record_before_commit, honest, "durable"),
    "fsync left out": Mutant(nothing, on_lying_disks, "durable"),
    "no check that the shorter log begins the longer": Mutant(
        edit(reconcile, "_check_prefix", "or books.root_at(", "or True or books.root_at("),
        with_liar("states another history"),
        "not halted",
    ),
    "number taken twice": Mutant(
        edit(Submitting, "_number", "elif known[:32] != one.mid:", "elif False:"),
        honest,
        r"took number \d+ twice",
    ),
    "the same record logged twice": Mutant(
        edit(Submitting, "_number", "known = tx.number(one.number_key)", "known = None"),
        honest,
        "a row stands there",
    ),
    "receipts may go back": Mutant(
        edit(Sending, "read_ends", "receipt.size > self.link.heads.receipted", "True"),
        honest,
        "went back",
    ),
    "root not compared at intake": Mutant(
        edit(inbox, "take", "or grown.root() != head.root", ""),
        with_liar("signs a wrong root"),
        "is not of its records",
    ),
    "checkpoint's signature not checked at intake": Mutant(
        edit(inbox, "take", "cards.check_head(head)", "pass"),
        with_liar("signs nothing"),
        "not halted",
    ),
    "a record that came again is stored again": Mutant(
        edit(
            Receiving,
            "_take_record",
            "self._again.append((seq, given))",
            "link.held.records.setdefault(size, given)",
        ),
        honest,
        "two records at",
    ),
    "records that came again are not compared": Mutant(
        edit(inbox, "compare", "if not odd:", "if True:"),
        with_liar("changes old records"),
        "changes old records: Counter",
    ),
    "the queue keeps what was logged": Mutant(
        edit(Books, "next", "tx.unqueue([row.id for row in rows])", "pass"),
        honest,
        "a record stands twice",
    ),
    "the newest first out of the queue": Mutant(
        edit(MemoryTx, "queued", "(-row.rank, row.id)", "-row.id"), honest, "urgent"
    ),
    "resent from one too far": Mutant(
        edit(
            Meeting,
            "_judged",
            "Resend(given.conn, start)",
            "Resend(given.conn, start + 1)",
        ),
        honest,
        "not all has arrived",
    ),
    "nothing resent after a new connection": Mutant(
        edit(Meeting, "_judged", "if start < link.heads.out_size and", "if False and"),
        honest,
        "not all has arrived",
    ),
    "receipt's root not compared with ours": Mutant(
        edit(inbox, "check_receipt", "if receipt.root != root:", "if False:"),
        with_liar("receipts a wrong root"),
        "never signed",
    ),
    "receipt's signature not checked": Mutant(
        edit(
            inbox,
            "check_receipt",
            "if not cards.is_their_receipt(receipt):",
            "if False:",
        ),
        with_liar("receipts unsigned"),
        "not halted",
    ),
    "receipt not written": Mutant(
        edit(Books, "_take_receipt", "self.out.keep_receipt(tx, receipt)", "pass"),
        honest,
        "ahead of line 3",
    ),
    "line 4 not written": Mutant(
        edit(LegBook, "answer", "tx.put_leg(ledger.origin, Confirmed(*fast, given, ours))", "pass"),
        honest,
        "not durable at its giver",
    ),
    "line 2 not sent again": Mutant(
        edit(PostQuantum, "_sign", "return self._send(link.live, signed)\n", "return []\n"),
        honest,
        "not all has arrived",
    ),
    "live before the peer's heads are judged": Mutant(
        edit(
            Conns,
            "_up",
            "conn.up, conn.heard_at = True, link.now",
            "conn.up, conn.heard_at = True, link.now; link.live, link.phase = given.conn, 'LIVE'",
        ),
        restored,
        "old logs alike",
    ),
    "lost records taken for an old HELLO": Mutant(
        edit(reconcile, "_judge_theirs", "stated.out_size < baseline.in_size", "False"),
        with_forgetful("its own log"),
        "the loss is not noticed",
    ),
    "lost receipts taken for an old HELLO": Mutant(
        edit(reconcile, "_judge_ours", "stated.in_size < baseline.receipted", "False"),
        with_forgetful("what it receipted"),
        "the loss is not noticed",
    ),
    "an old HELLO taken for lost records": Mutant(
        edit(
            Meeting,
            "_take_hello",
            "stated.heads, link.heads, conn.baseline",
            "stated.heads, link.heads, link.heads",
        ),
        honest,
        "RECOVER",
    ),
    "the window is not heeded": Mutant(
        edit(
            Sending,
            "room",
            "if link.phase != LIVE or link.rests or (link.peer_stopped and not urgent):\n        return 0, 0",
            "if link.phase == LIVE:\n        return 4_096, 8_388_608\n    return 0, 0",
        ),
        honest,
        "closed by E_SEQ_GAP",
    ),
    "what is receipted still counts as under way": Mutant(
        edit(sending, "keep_receipt", "if end > receipt.size", "if True"),
        honest,
        "not all has arrived",
    ),
    "a clock set back makes connections young": Mutant(
        edit(State, "follow", "if now < self.now:", "if False:"),
        with_clocks_set_right,
        "not all has arrived",
    ),
    "the opening waits its turn": Mutant(
        edit(roster, "link_open", ', "FLASH")', ")"), honest, "has no opening"
    ),
    "a halt is not remembered": Mutant(
        edit(
            Books,
            "keep_halt",
            "with self._store.begin() as tx:",
            "return\n    with self._store.begin() as tx:",
        ),
        with_liar("signs a wrong root"),
        "not halted",
    ),
    "a node that cannot store says nothing of it": Mutant(
        edit(
            Node,
            "_do",
            "return session.Refused(effect.conn, fault, session.NO_GROUNDS)",
            "return None",
        ),
        with_a_full_disk,
        "E_DISK",
    ),
    "an old file taken for lost records": Mutant(
        edit(Couriers, "begin", ".baseline(echo)", ".baseline(echo) and link.session.heads"),
        by_files,
        "RECOVER",
    ),
    "a file begins one too far": Mutant(
        edit(
            Couriers,
            "_cargo",
            "self._rows(link, heads.receipted)",
            "self._rows(link, heads.receipted + 1)",
        ),
        by_files,
        "carry.gap",
    ),
    "a file without the second leg": Mutant(
        edit(PostQuantum, "carried", "return given +", "return"),
        by_files,
        "not all has arrived",
    ),
    "lines over closing heads are told once": Mutant(
        edit(Turning, "_untold", "while lost:", "while False:"),
        put_back,
        "shows something else",
    ),
    "what came back from one goes to no other": Mutant(
        edit(outbox, "not_sent", "if not missing or", "if True or"),
        put_back,
        "other records",
    ),
    "a resend that ends short is the end": Mutant(
        edit(Sending, "_receipted", "if stopped is None or", "if True or"),
        put_back,
        "not all has arrived",
    ),
    "a restored side counts a note that it signed before": Mutant(
        edit(
            Turning,
            "_follow",
            "fresh=fresh or not mark(tx, history.RESTORED, self.name)",
            "fresh=True",
        ),
        put_back,
        "stood there before",
    ),
    "a restored side forgets it": Mutant(
        edit(history, "mark_restored", "set_mark(tx, FROZEN, name, why.encode())", "pass"),
        put_back,
        "stood there before",
    ),
    "numbers that came back are free": Mutant(
        edit(tail, "remember_own", "tx.put_numbers([(key, mid + seals[:8])])", "pass"),
        put_back,
        "other records",
    ),
    "what came back waits as well": Mutant(
        edit(tail, "remember_own", "not in mids", "not in ()"),
        put_back,
        "other records",
    ),
    "what comes of a later version ends the path": Mutant(
        edit(frames.Reader, "_take", "if flags & CONTROL:", "if True:"),
        with_a_later_version,
        "closed by E_FRAME",
    ),
    "two roots for one size are not compared": Mutant(
        edit(
            Receiving,
            "_take_checkpoint",
            "known is not None and known.root != head.root",
            "False",
        ),
        with_liar("shows two histories"),
        "shows two histories: ",
    ),
    "an entry that the disk changed accuses the peer": Mutant(
        edit(Books, "do", "_accuses(answer) and self._mend(effect)", "False"),
        honest,
        "HALTED among honest parties",
    ),
    "rows that a disk lost are not asked for": Mutant(
        edit(Rows, "_ask", "[: limits.MAX_ROWS_ASKED - len(self._asked)]", "[:0]"),
        honest,
        "not all has arrived",
    ),
    "line 2 is not checked": Mutant(
        edit(postquantum, "check_owner", "if not holds", "if False and not holds"),
        with_liar("signs a wrong line 2"),
        "halted",
    ),
    "line 2 runs ahead of the receipt": Mutant(
        edit(
            PostQuantum,
            "_turn",
            "receipted = self.link.heads.receipted",
            "receipted = self.link.heads.out_size",
        ),
        honest,
        "only for what is receipted",
    ),
}

FIRST: Final = 1_000  # the other tests say that these seeds are quiet without a bug
SEEDS_MAX: Final = 100

_Context = AbstractContextManager[pytest.MonkeyPatch]


def caught_after(mutant: Mutant, context: Callable[[], _Context]) -> tuple[int, Counter[str]]:
    """How many seeds it took until the law that it breaks said so, and what else was said before.

    0 seeds if that law never did: another that notices a bug by its traces is no stand-in.
    """
    other: Counter[str] = Counter()
    with context() as monkeypatch:
        mutant.patch(monkeypatch)
        for count in range(1, SEEDS_MAX + 1):
            try:
                mutant.notice(FIRST + count - 1)
            except Exception as fault:  # noqa: BLE001  whatever comes out of a world, it noticed
                said = f"{type(fault).__name__}: {fault}"
                if re.search(mutant.law, said):
                    return count, other
                other[said] += 1
    return 0, other
