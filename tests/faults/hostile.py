"""A party whose keys are real and whose node is a test: it can send any bytes."""

import json
import select
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from tests.faults.runs import PATIENCE, SECRETS

from detente.app import build, system
from detente.app.meeting import Meeting
from detente.core import body, canon, checkpoint, envelope, epoch, names, record, tree
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.epoch import Epoch
from detente.core.errors import Fault, TheirFault
from detente.core.record import Header, Signature
from detente.link import frames, frames_stage, hello, tail_frames
from detente.link.carried import Staged
from detente.link.frames import Complaint, Message
from detente.link.frames_stage import Want
from detente.link.hello import Heads, Hello
from detente.node import history, roster
from detente.node.seat import Seat
from detente.paths.tls import TlsConnection, TlsContext
from detente.vault.file import FileVault

Entropy = system.SystemEntropy
DESK: Final = "cert"
PINGS_IN_VAIN: Final = 12  # each says that nothing came for seconds


class Line:
    """One TLS connection to the victim, driven by the test."""

    def __init__(self, party: "Hostile", port: int, context: TlsContext) -> None:
        self._party = party
        self._sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
        victim = party.peer
        self.tls = TlsConnection(
            context,
            self._sock,
            dialled=True,
            pins=lambda: dict.fromkeys(victim.pins, victim.name),
            since=system.now(),
            expect=victim.name,
        )
        self._reader = frames.Reader()
        self.messages: list[Message] = []
        self.fault: Fault | None = None
        self._pings = 0  # that came while one thing was waited for
        self._until(lambda: self.tls.established)

    def raw(self, data: bytes) -> None:
        """Send bytes into the socket, beside TLS."""
        self._sock.sendall(data)

    def send(self, data: bytes) -> None:
        self.tls.send(data)
        while self.tls.wants_write:
            select.select([], [self._sock], [], PATIENCE)
            self.tls.writable()

    def _turn(self) -> None:
        ready, writable, _ = select.select(
            [self._sock], [self._sock] if self.tls.wants_write else [], [], PATIENCE
        )
        assert ready or writable, "the victim says nothing"
        try:
            if writable:
                self.tls.writable()
            if ready:
                found = self._reader.feed(b"".join(self.tls.readable()))
                for message in found:
                    self.messages.append(message)
                    self._pings += message.type == frames.PING
                    self._party.hear(self, message)
                is_up = any(each.type == frames.STATUS for each in self.messages)
                if self._reader.asks and is_up and not self.tls.fault:
                    self._reader.asks = False
                    self.send(frames.credit(self._reader.taken))  # as a good peer does
                if self.tls.fault:
                    raise self.tls.fault
        except Fault as fault:
            self.fault = fault

    def _until(self, done: Callable[[], object]) -> None:
        self._pings = 0
        while not done() and self.fault is None:
            assert self._pings < PINGS_IN_VAIN, "the victim has nothing more to say"
            self._turn()

    def until(self, done: Callable[[], object]) -> None:
        """Go on until this is so. The victim must not have closed before."""
        self._until(done)
        assert done(), f"the victim closed: {self.fault}"

    def wait(self, kind: int) -> bytes:
        """Wait for a message of this type; return the payload of the first."""
        self.until(lambda: any(each.type == kind for each in self.messages))
        return next(each.payload for each in self.messages if each.type == kind)

    def refusal(self) -> Complaint:
        """Return what the victim complained of, once it has closed the path or halted."""
        self._until(lambda: any(each.type == frames.ERROR for each in self.messages))
        said = [each for each in self.messages if each.type == frames.ERROR]
        assert said, f"it closed without a word: {self.fault}"
        return frames.read_error(said[-1].payload)

    def closed(self) -> bool:
        self._until(lambda: False)
        return self.fault is not None

    def close(self) -> None:
        self.tls.close("test")


class Hostile:
    """One party in the hands of a test. Its log and the victim's are kept as the protocol says."""

    def __init__(self, folder: Path, victim: Path, port: int) -> None:
        node = FileVault.open(folder / "node" / "vault", SECRETS.node)
        self._office = FileVault.open(folder / "office" / "vault", SECRETS.office)
        self.card, self.peer = Meeting(folder).card(), Meeting(victim).card()
        self.terms = build.terms_of(Meeting(folder).chain(), Meeting(folder).find(self.peer.name))
        self._log, self.cosigner = node.signer("log"), node.signer("cosign")
        self.log_pq = node.context_signer("log-mldsa44")
        self._opener = self._office.opener(f"desk-{DESK}")
        self._port = port
        identity = node.tls_identity("tls")
        self._context = TlsContext(identity.certificate, identity.key)
        self.number = 0
        self.mute = False  # gives no receipts
        self.incarnation = bytes(16)  # the victim's, as its HELLO says
        self._answers: dict[bytes, Mapping[str, Any]] = {}
        self._staged: dict[bytes, dict[int, bytes]] = {}  # blocks of what the victim offers
        self.lines: list[Line] = []
        self.seat = Seat(
            self.card, self._log, self.cosigner, self.log_pq,
            node.signer("n-01"), "n-01", Entropy(), bytes(16),
        )  # fmt: skip
        self._begin()

    def _begin(self) -> None:
        """Begin both logs of an epoch."""
        self.origin = self.terms.out_origin(self.card.name)
        self.range, self.in_range = tree.Range(), tree.Range()
        self.log: list[bytes] = []
        self.heard: list[bytes] = []  # the victim's log
        self.head: Checkpoint | None = None
        self.receipt: Cosignature | None = None
        self.in_head: Checkpoint | None = None
        self.in_receipt: Cosignature | None = None
        self._opened = 0
        self._early: dict[int, bytes] = {}  # records and heads that wait for others
        self._heads: dict[int, Checkpoint] = {}
        self.opening = roster.link_open(self.seat, self.terms, system.now())

    # The wire.

    def line(self) -> Line:
        """Connect; nothing is said yet."""
        found = Line(self, self._port, self._context)
        self.lines.append(found)
        return found

    def close(self) -> None:
        for each in self.lines:
            each.close()

    def hello(self, **changes: Any) -> bytes:  # noqa: ANN401  members of Hello
        """Return HELLO, as it should be but for the changes."""
        heads = Heads(self.head, self.receipt, self.in_head, self.in_receipt)
        true = Hello(
            self.card.name, self.terms.link_id, 1, self.card.hash, bytes(16), bytes(16), None,
            "wire", heads, system.now().ms,
        )  # fmt: skip
        return frames.encode(frames.HELLO, hello.write(replace(true, **changes)))

    def meet(self) -> Line:
        """Connect and greet, until the victim counts the link as up; open our log if it is new."""
        line = self.line()
        line.send(self.hello())
        line.until(lambda: any(each.type == frames.STATUS for each in line.messages))
        if not self.log:
            self.tell(line, [self.opening])
        return line

    def agree(self, line: Line) -> Epoch:
        """Open an emergency epoch with the victim, whoever must propose it, and go on there."""
        if self.card.fp60 < self.peer.fp60:
            life = epoch.life_of(bytes(16), self.incarnation)
            note = epoch.make(self.terms.link_id, 1, [], epoch.EMERGENCY, None, life)
            line.send(tail_frames.epoch(epoch.sign(note, self.seat.epoch_keys).note))
            whole = epoch.read(line.wait(frames.EPOCH))
        else:
            whole = epoch.sign(epoch.read(line.wait(frames.EPOCH)), self.seat.epoch_keys)
            line.send(tail_frames.epoch(whole.note))
        assert line.closed()
        self.terms = history.terms_after(self.seat, self.terms, whole)
        self._begin()
        return whole

    def hear(self, line: Line, message: Message) -> None:
        """Do what a good peer does: keep their records, receipt them, keep their receipts."""
        if message.type == frames.HELLO:
            self.incarnation = hello.read(message.payload).incarnation
        elif message.type == frames.RECORD:
            seq, said = frames.read_record(message.payload)
            self._early[seq] = self._whole(said.leaf) if isinstance(said, Staged) else said
            self._take_in(line)
        elif message.type == frames.CHECKPOINT:
            head = frames.read_checkpoint(message.payload)
            self._heads[head.size] = head
            self._take_in(line)
        elif message.type in (frames.OFFER, frames.CHUNK):
            self._stage(line, message)
        elif message.type == frames.PING:
            line.send(frames.pong(frames.read_ping(message.payload), system.now().ms))
        elif message.type == frames.COSIGN:
            found = frames.read_cosign(message.payload)
            if self.receipt is None or found.size > self.receipt.size:
                self.receipt = found

    def _take_in(self, line: Line) -> None:
        # What is urgent overtakes records that stand before it in the log.
        while True:
            head = self._heads.pop(len(self.heard), None)
            if head is not None and not self.mute:
                assert head.root == self.in_range.root(), "the victim's log is whole"
                self.in_head = head
                self.in_receipt = checkpoint.cosign(
                    self.cosigner, self.terms.in_origin, head.size, head.root, system.now()
                )
                line.send(frames.cosign(self.in_receipt))
            data = self._early.pop(len(self.heard), None)
            if data is None:
                return
            self.heard.append(data)
            self.in_range.append(envelope.leaf_of(data))

    def _whole(self, name: bytes) -> bytes:
        blocks = self._staged[name]
        return b"".join(blocks[number] for number in sorted(blocks))

    def _is_whole(self, name: bytes) -> bool:
        with suppress(TheirFault):
            return envelope.leaf_of(self._whole(name)) == name
        return False

    def _stage(self, line: Line, message: Message) -> None:
        # A line that a busy machine makes slow carries long records so, before the log names them.
        if message.type == frames.OFFER:
            given = frames_stage.read_offer(message.payload)
            if given.what == frames_stage.ENVELOPE:
                self._staged[given.hash] = {}
                line.send(frames_stage.want(Want(given.hash, 0, given.blocks), 1))
        else:
            name, number, data = frames_stage.read_chunk(message.payload)
            self._staged[name][number] = data
            if self._is_whole(name):
                line.send(frames_stage.want(Want(name, 0, 0), 1))

    def sign(self, size: int, root: bytes) -> Checkpoint:
        return checkpoint.sign(self._log, self.origin, size, root)

    def tell(self, line: Line, envelopes: Sequence[bytes]) -> None:
        """Put records into our log and send them, until they are receipted."""
        first = len(self.log)
        for each in envelopes:
            self.log.append(each)
            self.range.append(envelope.leaf_of(each))
        self.head = self.sign(len(self.log), self.range.root())
        rows = [frames.record(first + i, each, 1) for i, each in enumerate(envelopes)]
        line.send(b"".join(rows) + frames.checkpoint(self.head, 1))
        size = len(self.log)
        line.until(lambda: self.receipt is not None and self.receipt.size >= size)

    # Records.

    def draft(self, text: bytes, **changes: Any) -> tuple[dict[str, Any], body.Content]:  # noqa: ANN401
        """Return the members of a header to the victim's desk, with the changes, and its content."""
        self.number += 1
        content = body.prepare(text, Entropy())
        head = Header(
            kind="cert.answer",
            from_=f"{DESK}@{self.card.name}",
            to=(f"{DESK}@{self.peer.name}",),
            prec="ROUTINE",
            tlp="AMBER",
            matter=sha256(b"a matter").hexdigest()[:32],
            s="1f0a93c2",
            n=self.number,
            created=system.now(),
            commit=content.commit,
            ck=content.ck,
            size=content.size,
        )
        value: dict[str, Any] = json.loads(record.write_header(head))
        return value | changes, content

    def finish(
        self,
        header: bytes,
        content: body.Content,
        *,
        author: str = "s-01",
        signer: str = "s-01",
        key_id: bytes | None = None,
        seals: bool = True,
    ) -> bytes:
        """Return the envelope of these header bytes, sealed to the victim's desk and signed."""
        mid = record.mid_of(header)
        closed = body.close(content, mid)
        message = record.statement(record.AUTHOR, mid, sha256(closed).digest())
        signature = Signature(record.AUTHOR, author, self._office.signer(signer).sign(message))
        desk = self.peer.desks[DESK]
        sealed = envelope.Seal(
            f"{DESK}@{self.peer.name}",
            key_id or desk.key_id,
            body.seal_key(content.key, desk.hpke, mid),
        )
        return envelope.encode(
            envelope.Parts(
                header,
                record.write_signatures([signature]),
                envelope.write_seals([sealed] if seals else []),
                closed,
            )
        )

    def letter(self, text: bytes, **changes: Any) -> bytes:  # noqa: ANN401  members of a header
        """Return a record that is in order but for the changes."""
        value, content = self.draft(text, **changes)
        return self.finish(canon.encode(value), content)

    def answers(self) -> dict[bytes, Mapping[str, Any]]:
        """Return the victim's refusals by the mid that they refuse."""
        for data in self.heard[self._opened :]:
            self._opened += 1
            parts = envelope.split(data)
            header = record.read_header(parts.header)
            if header.kind != "sys.reject":
                continue
            mid = record.mid_of(parts.header)
            for seal in envelope.read_seals(parts.seals):
                if names.party_of(seal.address) == self.card.name:
                    said = (header.ck, header.size, header.commit)
                    text = body.open_body(parts.body, seal.sealed, self._opener, mid, said)[1]
                    assert header.reply_to is not None
                    self._answers[header.reply_to] = canon.decode_object(text, 4096)
        return self._answers
