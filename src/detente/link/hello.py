"""HELLO: what each side states of both logs when a path opens. Normative: spec/link.md 3."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from detente.core import canon, keys, limits, names
from detente.core.canon import Json
from detente.core.checkpoint import MAX_TIME, Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.core.tree import EMPTY_ROOT

VERSIONS: Final = (1,)
FEATURES: Final[tuple[str, ...]] = ()  # what this version can do beyond, sorted
# What a HELLO may lower: the most that its sender takes without receipt, and staged.
LOWERED: Final[tuple[str, ...]] = ("inflight_bytes", "inflight_count", "staged_bytes")
NONCE_SIZE: Final = 16
_HELLO_MAX: Final = 8 * limits.KIB
_TIME_AND_SIGNATURE: Final = 8 + keys.ED25519_SIGNATURE


@dataclass(frozen=True, slots=True)
class Heads:
    """What one side holds of the two logs of a link.

    out is its own log and the newest receipt it has for it; in is the peer's log as it stored it,
    with the receipt that it gave. A log without records has size 0 and no signatures.
    """

    out: Checkpoint | None
    out_receipt: Cosignature | None
    in_: Checkpoint | None
    in_receipt: Cosignature | None

    @property
    def out_size(self) -> int:
        """Records in the own log."""
        return self.out.size if self.out else 0

    @property
    def in_size(self) -> int:
        """Records stored of the peer's log."""
        return self.in_.size if self.in_ else 0

    @property
    def receipted(self) -> int:
        """Records of the own log that the peer has receipted."""
        return self.out_receipt.size if self.out_receipt else 0


@dataclass(frozen=True, slots=True)
class Hello:
    """One HELLO as values. `limits` holds what its sender lowers, by the names in LOWERED."""

    party: str
    link_id: str
    card_serial: int
    card_hash: bytes
    incarnation: bytes
    nonce: bytes
    echo: bytes | None
    path: str
    heads: Heads
    clock_ms: int
    versions: tuple[int, ...] = VERSIONS
    features: tuple[str, ...] = FEATURES
    limits: Mapping[str, int] = field(default_factory=dict)
    carried: bytes = b""  # in a courier file: the node's signature over the key (spec/courier.md)


def _signed_state(head: Checkpoint | None) -> dict[str, Json]:
    if head is None:
        return {"size": 0, "root": canon.to_base64(EMPTY_ROOT), "line1": None}
    return {
        "size": head.size,
        "root": canon.to_base64(head.root),
        "line1": canon.to_base64(head.signature),
    }


def _line3(receipt: Cosignature | None) -> Json:
    if receipt is None:
        return None
    return canon.to_base64(receipt.time.to_bytes(8, "big") + receipt.signature)


def write(hello: Hello) -> bytes:
    """Return the payload of HELLO."""
    heads = hello.heads
    got = heads.out_receipt
    out = _signed_state(heads.out)
    out["got"] = {
        "size": got.size if got else 0,
        "root": canon.to_base64(got.root if got else EMPTY_ROOT),
        "line3": _line3(got),
    }
    incoming = _signed_state(heads.in_)
    incoming["line3"] = _line3(heads.in_receipt)
    carried: dict[str, Json] = {"carried": canon.to_base64(hello.carried)} if hello.carried else {}
    return canon.encode(
        {
            **carried,
            "versions": list(hello.versions),
            "party": hello.party,
            "card_serial": hello.card_serial,
            "card_hash": canon.to_base64(hello.card_hash),
            "link_id": hello.link_id,
            "incarnation": canon.to_base64(hello.incarnation),
            "nonce": canon.to_base64(hello.nonce),
            "echo": None if hello.echo is None else canon.to_base64(hello.echo),
            "path": hello.path,
            "features": list(hello.features),
            "limits": dict(hello.limits),
            "out": out,
            "in": incoming,
            "clock": hello.clock_ms,
        }
    )


def _bad(what: str) -> TheirFault:
    return TheirFault("E_HELLO", f"HELLO: {what}", "upgrade or mend the other side")


def _member(value: Json, name: str) -> Json:
    if not isinstance(value, dict) or name not in value:
        raise _bad(f"{name} is missing")
    return value[name]


def _text(value: Json, name: str, most: int = 256) -> str:
    found = _member(value, name)
    if not isinstance(found, str) or len(found) > most:
        raise _bad(f"{name} is no text of at most {most} characters")
    return found


def _count(value: Json, name: str, most: int = limits.MAX_INTEGER) -> int:
    found = _member(value, name)
    if type(found) is not int or not 0 <= found <= most:
        raise _bad(f"{name} is no number")
    return found


def _bytes(value: Json, name: str, size: int) -> bytes:
    return canon.from_base64(_text(value, name), size)


def _read_checkpoint(value: Json) -> Checkpoint | None:
    size = _count(value, "size", limits.MAX_TREE)
    if size == 0:
        return None
    signature = _bytes(value, "line1", keys.ED25519_SIGNATURE)
    return Checkpoint(size, _bytes(value, "root", 32), signature)


def _read_receipt(value: Json) -> Cosignature | None:
    size = _count(value, "size", limits.MAX_TREE)
    if size == 0 or _member(value, "line3") is None:
        return None
    line = _bytes(value, "line3", _TIME_AND_SIGNATURE)
    time = int.from_bytes(line[:8], "big")
    if time > MAX_TIME:
        raise _bad("a receipt from beyond all years")
    return Cosignature(size, _bytes(value, "root", 32), time, line[8:])


def _read_versions(value: Json) -> tuple[int, ...]:
    found = _member(value, "versions")
    if not isinstance(found, list) or len(found) > limits.MAX_CHANS:
        raise _bad("versions is no list")
    versions = tuple(each for each in found if type(each) is int)
    if not set(versions) & set(VERSIONS):
        raise TheirFault(
            "E_VERSION",
            f"they speak versions {list(versions)}, we speak {list(VERSIONS)}",
            "upgrade the older side",
        )
    return versions


def _read_limits(value: Json) -> dict[str, int]:
    found = _member(value, "limits")
    if not isinstance(found, dict):
        raise _bad("limits is no object")
    told = {name: _count(found, name) for name in LOWERED if name in found}
    if 0 in told.values():
        raise _bad("a limit of nothing")
    return told


def _carried(value: Json) -> bytes:
    if not isinstance(value, dict) or "carried" not in value:
        return b""
    return _bytes(value, "carried", keys.ED25519_SIGNATURE)


def read(payload: bytes) -> Hello:
    """Return the HELLO. Members of later versions are ignored.

    Raises TheirFault: E_CANON, E_SIZE, E_HELLO for a member missing or misshapen, E_VERSION when
    no version is common.
    """
    value = canon.decode_object(payload, _HELLO_MAX)
    versions = _read_versions(value)
    echo = _member(value, "echo")
    out, incoming = _member(value, "out"), _member(value, "in")
    features = _member(value, "features")
    link_id = _text(value, "link_id")
    if not names.LINK_ID.fullmatch(link_id):
        raise _bad("link_id has the wrong form")
    return Hello(
        party=_text(value, "party"),
        link_id=link_id,
        card_serial=_count(value, "card_serial"),
        card_hash=_bytes(value, "card_hash", 32),
        incarnation=_bytes(value, "incarnation", NONCE_SIZE),
        nonce=_bytes(value, "nonce", NONCE_SIZE),
        echo=None if echo is None else _bytes(value, "echo", NONCE_SIZE),
        path=_text(value, "path", 32),
        heads=Heads(
            out=_read_checkpoint(out),
            out_receipt=_read_receipt(_member(out, "got")),
            in_=_read_checkpoint(incoming),
            in_receipt=_read_receipt(incoming),
        ),
        clock_ms=_count(value, "clock"),
        versions=versions,
        features=tuple(each for each in features if isinstance(each, str))
        if isinstance(features, list)
        else (),
        limits=_read_limits(value),
        carried=_carried(value),
    )
