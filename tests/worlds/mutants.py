"""Deliberate bugs. Each is a small edit of one function, and a world that must notice it."""

import inspect
import io
import textwrap
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

import pytest
from tests.worlds import liars

from detente.app.world import World
from detente.app.world_machines import Machines, Site
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.link import reconcile
from detente.link.session import Session
from detente.node import inbox, roster
from detente.node.node import Node
from detente.node.ports import Tx
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
        if place is Session:
            found = {k: made[name] if v is right else v for k, v in Session._handlers.items()}
            monkeypatch.setattr(Session, "_handlers", found)

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
    _late(monkeypatch, inbox, "take", 3)


def record_before_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    _late(monkeypatch, Node, "_log", 2)


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


def restored(seed: int) -> None:
    liars.restore(seed)


def with_liar(name: str) -> Callable[[int], None]:
    return lambda seed: liars.lie(name, seed)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug, the worlds that must notice it, and words of the law that it breaks."""

    patch: Patch
    notice: Callable[[int], None]
    law: str


MUTANTS: Final[Mapping[str, Mutant]] = {
    "receipt sent before the records are durable": Mutant(
        receipt_before_store, honest, "durable|back|lost|fewer"
    ),
    "record sent before it is durable": Mutant(record_before_commit, honest, "durable"),
    "fsync left out": Mutant(nothing, on_lying_disks, "durable"),
    "no check that the shorter log begins the longer": Mutant(
        edit(reconcile, "_check_prefix", "or books.root_at(", "or True or books.root_at("),
        with_liar("states another history"),
        "not halted|E_FORK",
    ),
    "number taken twice": Mutant(
        edit(Node, "_number", "elif known[:32] != one.mid:", "elif False:"),
        honest,
        "other record|twice",
    ),
    "the same record logged twice": Mutant(
        edit(Node, "_number", "known = tx.number(one.number_key)", "known = None"),
        honest,
        "a row stands there",
    ),
    "receipts may go back": Mutant(
        edit(Session, "_read", "receipt.size > self._heads.receipted", "True"),
        honest,
        "went back",
    ),
    "root not compared at intake": Mutant(
        edit(inbox, "take", "or grown.root() != head.root", ""),
        with_liar("signs a wrong root"),
        "checkpoint of|not halted",
    ),
    "checkpoint's signature not checked at intake": Mutant(
        edit(inbox, "take", "checkpoints.check(head, ledger.origin, terms.peer.log)", "pass"),
        with_liar("signs nothing"),
        "not halted|E_HELLO",
    ),
    "a record that came again is stored again": Mutant(
        edit(
            Session,
            "_take_record",
            "again.append((seq, envelope))",
            "self._held.setdefault(size, envelope)",
        ),
        honest,
        "HALTED|two records at",
    ),
    "records that came again are not compared": Mutant(
        edit(inbox, "compare", "if envelopes", "if False and envelopes"),
        with_liar("changes old records"),
        "not halted",
    ),
    "the queue keeps what was logged": Mutant(
        edit(Node, "_dispatch", "tx.unqueue([row.id for row in rows])", "pass"),
        honest,
        "urgent|other records|same row",
    ),
    "the newest first out of the queue": Mutant(
        edit(MemoryTx, "queued", "(-row.rank, row.id)", "-row.id"), honest, "urgent"
    ),
    "resent from one too far": Mutant(
        edit(
            Session,
            "_judged",
            "Resend(given.conn, start)",
            "Resend(given.conn, start + 1)",
        ),
        honest,
        "not all has arrived",
    ),
    "nothing resent after a new connection": Mutant(
        edit(Session, "_judged", "if start < self._heads.out_size:", "if False:"),
        honest,
        "not all has arrived",
    ),
    "nothing resent on the connection that remains": Mutant(
        edit(
            Session,
            "_after_loss",
            "return [Resend(self._live, self._heads.receipted)]",
            "return []",
        ),
        honest,
        "not all has arrived",
    ),
    "receipt's root not compared with ours": Mutant(
        edit(inbox, "check_receipt", "if receipt.root != root:", "if False:"),
        with_liar("receipts a wrong root"),
        "never signed|not halted",
    ),
    "receipt's signature not checked": Mutant(
        edit(
            inbox,
            "check_receipt",
            "checkpoints.check_cosignature(receipt, ledger.origin, receiver_key)",
            "pass",
        ),
        with_liar("receipts unsigned"),
        "not halted",
    ),
    "receipt not written": Mutant(
        edit(Node, "_take_receipt", "link.out.keep_receipt(tx, receipt)", "pass"),
        honest,
        "not receipted|not_yet|no two signatures|newest",
    ),
    "live before the peer's heads are judged": Mutant(
        edit(
            Session,
            "_path_up",
            "conn.up, conn.heard_at = True, now",
            "conn.up, conn.heard_at = True, now; self._live = given.conn; self.state = LIVE",
        ),
        restored,
        "nothing is appended|HALTED",
    ),
    "RECOVER forgotten at the next connection": Mutant(
        edit(Session, "_path_up", "or self.state == RECOVER", ""), restored, "RECONCILE"
    ),
    "lost records taken for an old HELLO": Mutant(
        edit(reconcile, "_judge_theirs", "stated.out_size < baseline.in_size", "False"),
        restored,
        "nothing is appended|RECOVER|LIVE",
    ),
    "an old HELLO taken for lost records": Mutant(
        edit(
            Session,
            "_take_hello",
            "stated.heads, self._heads, conn.baseline",
            "stated.heads, self._heads, self._heads",
        ),
        honest,
        "RECOVER",
    ),
    "the window is not heeded": Mutant(
        edit(
            Session,
            "room",
            "if self.state != LIVE:\n        return 0, 0",
            "if self.state == LIVE:\n        return 4_096, 8_388_608\n    return 0, 0",
        ),
        honest,
        "E_SEQ_GAP|E_BUSY",
    ),
    "what is receipted still counts as under way": Mutant(
        edit(Session, "_keep_receipt", "if end > receipt.size", "if True"),
        honest,
        "not all has arrived",
    ),
    "a clock set back makes connections young": Mutant(
        edit(Session, "_follow", "if now < self._now:", "if False:"),
        with_clocks_set_right,
        "not all has arrived",
    ),
    "the opening waits its turn": Mutant(
        edit(roster, "link_open", ', "FLASH")', ")"), honest, "other records"
    ),
    "a halt is not remembered": Mutant(
        edit(
            Node,
            "_keep_halt",
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
}

FIRST: Final = 1_000  # the other tests say that these seeds are quiet without a bug
SEEDS_MAX: Final = 100

_Context = AbstractContextManager[pytest.MonkeyPatch]


def caught_after(mutant: Mutant, context: Callable[[], _Context]) -> tuple[int, str]:
    """How many seeds it took, and what the world said; 0 if nobody noticed."""
    with context() as monkeypatch:
        mutant.patch(monkeypatch)
        for count in range(1, SEEDS_MAX + 1):
            try:
                mutant.notice(FIRST + count - 1)
            except Exception as fault:  # noqa: BLE001  whatever comes out of a world, it noticed
                return count, f"{type(fault).__name__}: {fault}"
    return 0, ""
