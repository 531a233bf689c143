"""What a node remembers of the courier files of one link. Normative: spec/courier.md 4 and 5."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from detente.core import canon, limits
from detente.core.canon import Json
from detente.core.moment import Moment
from detente.link import hello
from detente.link.hello import Heads
from detente.node.history import Stand
from detente.node.ports import Tx

NOTHING_HELD = Heads(None, None, None, None)
_SIZE_MAX = 64 * limits.KIB * limits.KIB


def _name(link_id: str) -> str:
    return f"courier:{link_id}"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that we wrote: what marks it, and the payload of its HELLO."""

    mark: bytes
    greeting: bytes


@dataclass(slots=True)
class Trail:
    """Files sent, newest last; the newest nonce had; when; and where the peer stands.

    incarnation: the one stated with that nonce.
    """

    sent: list[Sent] = field(default_factory=list)
    echo: bytes | None = None
    echo_sizes: tuple[int, int] = (0, 0)
    out_at: Moment | None = None
    in_at: Moment | None = None
    incarnation: bytes = bytes(16)
    stand: Stand = field(default_factory=Stand)
    stopped: str = ""  # by a version before this one: why nothing may be appended

    def is_ours(self, mark: bytes) -> bool:
        """Say whether we wrote the file with this mark."""
        return any(each.mark == mark for each in self.sent)

    def baseline(self, echo: bytes | None) -> Heads:
        """Return what was held when the nonce that a file echoes was sent; else nothing."""
        for greeting in self._greetings():
            if greeting.nonce == echo:
                return greeting.heads
        return NOTHING_HELD

    def _greetings(self) -> Iterator[hello.Hello]:
        return (hello.read(each.greeting) for each in self.sent)

    def add(self, mark: bytes, greeting: bytes, now: Moment) -> None:
        """Remember one more file; the oldest is forgotten above MAX_COURIER_NONCES."""
        self.sent = [*self.sent, Sent(mark, greeting)][-limits.MAX_COURIER_NONCES :]
        self.out_at = now

    def keep(self, tx: Tx, link_id: str) -> None:
        """Write it into the store."""
        sent: list[Json] = [
            {"mark": canon.to_base64(each.mark), "hello": canon.to_base64(each.greeting)}
            for each in self.sent
        ]
        value: dict[str, Json] = {
            "sent": sent,
            "echo": None if self.echo is None else canon.to_base64(self.echo),
            "sizes": [*self.echo_sizes],
            "out_at": None if self.out_at is None else self.out_at.ms,
            "in_at": None if self.in_at is None else self.in_at.ms,
            "incarnation": canon.to_base64(self.incarnation),
            "stand": self.stand.link_id,
            "asked": [[log, start] for log, start in sorted(self.stand.asked.items())],
        }
        tx.set_note(_name(link_id), canon.encode(value))


def load(tx: Tx, link_id: str) -> Trail:
    """Read it from the store; of a link that never saw a file, an empty one."""
    data = tx.note(_name(link_id))
    if data is None:
        return Trail()
    value = canon.decode_object(data, _SIZE_MAX)
    sent, sizes = value["sent"], value["sizes"]
    assert isinstance(sent, list), "as it was written"
    assert isinstance(sizes, list), "as it was written"
    return Trail(
        [Sent(_bytes(each, "mark"), _bytes(each, "hello")) for each in sent],
        None if value["echo"] is None else _bytes(value, "echo"),
        (_number(sizes[0]), _number(sizes[1])),
        None if value["out_at"] is None else Moment(_number(value["out_at"])),
        None if value["in_at"] is None else Moment(_number(value["in_at"])),
        _bytes(value, "incarnation") if "incarnation" in value else bytes(16),
        _stand(value),
        str(value.get("recover", "")),
    )


def _stand(value: dict[str, Json]) -> Stand:
    asked = value.get("asked", [])
    assert isinstance(asked, list), "as it was written"
    pairs = [(_number(log), _number(start)) for log, start in cast(list[list[Json]], asked)]
    return Stand(str(value.get("stand", "")), dict(pairs))


def _bytes(value: Json, name: str) -> bytes:
    assert isinstance(value, dict), "as it was written"
    text = value[name]
    assert isinstance(text, str), "as it was written"
    return canon.from_base64(text)


def _number(value: Json) -> int:
    assert isinstance(value, int), "as it was written"
    return value
