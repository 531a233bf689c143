"""What the admin asks of disputed histories: the heads that two persons compare, and the proof."""

from typing import Final

from detente.app import system
from detente.app.http import Reply, Request
from detente.app.node.admin import Routes
from detente.app.node.ground import Ground
from detente.core import limits
from detente.core.canon import Json
from detente.core.epoch import Close
from detente.core.errors import OurFault

_HEX_ROOT: Final = 64


def show(ground: Ground, request: Request) -> Reply:
    """Return size and root of both logs with a party, ours first; `ours`, `theirs` ask for fewer."""
    party = request.path[-1]
    whole = [each.size for each in ground.node.ends(party, ())]
    sizes = [
        _size(request.query.get(name), most)
        for name, most in zip(("ours", "theirs"), whole, strict=True)
    ]
    rows: list[Json] = [
        {"origin": each.origin, "size": each.size, "of": most, "root": each.root.hex()}
        for each, most in zip(ground.node.ends(party, sizes), whole, strict=True)
    ]
    return Reply({"party": party, "logs": rows})


def confirm(ground: Ground, request: Request) -> Reply:
    """Keep where a person here says that both logs end."""
    party = request.path[-2]
    said = request.json()
    ends = []
    for name, held in zip(("ours", "theirs"), ground.node.ends(party, ()), strict=True):
        row = said.get(name)
        if not isinstance(row, dict):
            raise OurFault("form.usage", f"{name} is missing", "say size and root of both logs")
        ends.append(Close(held.origin, _size(str(row.get("size")), 0), _root(row.get("root"))))
    ground.node.confirm(party, ends, system.now())
    return Reply({"party": party, "confirmed": True})


def conflict(ground: Ground, request: Request) -> Reply:
    """Return the newest proof of a conflict with a party."""
    return Reply(data=ground.node.conflict(request.path[-1]))


def _size(told: str | None, default: int) -> int:
    if told is None:
        return default
    if not told.isascii() or not told.isdecimal() or int(told[:20]) > limits.MAX_TREE:
        raise OurFault("form.usage", f"{told[:40]!r} is no size", "write a whole number")
    return int(told)


def _root(told: Json) -> bytes:
    text = "".join(str(told).split()).lower()
    if len(text) != _HEX_ROOT or set(text) - set("0123456789abcdef"):
        raise OurFault("form.usage", "the root is not 64 hex digits", "read all 16 groups of four")
    return bytes.fromhex(text)


ROUTES: Final[Routes] = {
    ("GET", ("v1", "epoch", "*")): show,
    ("POST", ("v1", "epoch", "*", "confirm")): confirm,
    ("GET", ("v1", "conflict", "*")): conflict,
}
