"""The bytes of an index: a head in JSON, then arrays of whole numbers, each at a multiple of 64.

    b"DETIDX01"  u32 length of head  head  padding  arrays

The head names the engine's version, the list versions, the count of names, and for each array its
type, length and place. Little-endian. Written whole, then only read: many processes map one file.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detente.core.errors import OurFault

MAGIC: Final = b"DETIDX01"
_ALIGN: Final = 64
_TYPES: Final = {"u1", "<u2", "<u4", "<i4"}

Array = NDArray[Any]


def pack(arrays: Mapping[str, Array], head: Mapping[str, object]) -> bytes:
    """Return the bytes of an index."""
    places: dict[str, tuple[str, int, int]] = {}
    at = 0
    for name, array in arrays.items():
        places[name] = (array.dtype.str.replace("|", ""), len(array), at)
        at += -(-array.nbytes // _ALIGN) * _ALIGN
    text = json.dumps({**head, "arrays": places}, sort_keys=True, ensure_ascii=False).encode()
    start = -(-(len(MAGIC) + 4 + len(text)) // _ALIGN) * _ALIGN
    out = bytearray(start + at)
    out[:8] = MAGIC
    out[8:12] = len(text).to_bytes(4, "little")
    out[12 : 12 + len(text)] = text
    for name, array in arrays.items():
        place = start + places[name][2]
        out[place : place + array.nbytes] = array.tobytes()
    return bytes(out)


def unpack(data: bytes | memoryview, engine: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return (head, arrays); the arrays are views of the bytes, nothing is copied.

    Raises OurFault index.form if the bytes are no index, are cut, or of another engine's version.
    """
    view = memoryview(data)
    if bytes(view[:8]) != MAGIC:
        raise _bad("these bytes are no screening index")
    size = int.from_bytes(view[8:12], "little")
    try:
        head = json.loads(bytes(view[12 : 12 + size]))
    except ValueError:
        raise _bad("the head of the screening index is damaged") from None
    if head.get("engine") != engine:
        raise _bad(f"the index was built by engine {head.get('engine')}, this is {engine}")
    start = -(-(12 + size) // _ALIGN) * _ALIGN
    arrays = {}
    for name, (kind, count, at) in head["arrays"].items():
        if kind not in _TYPES or start + at + count * int(kind[-1]) > len(view):
            raise _bad("the screening index is cut or damaged")
        arrays[name] = np.frombuffer(view, dtype=kind, count=count, offset=start + at)
    return head, arrays


def runs(starts: Array, ends: Array) -> tuple[Array, Array]:
    """Return (places, sizes): the numbers from each start to its end, one run after the other.

    Counted in int64: sums of uint32 would wrap.
    """
    sizes = ends.astype(np.int64) - starts
    return np.repeat(starts - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum()), sizes


def digest(data: bytes) -> str:
    """Return the hash by which an index or a list version is named in a decision."""
    return hashlib.sha256(data).hexdigest()


def _bad(what: str) -> OurFault:
    return OurFault("index.form", what, "build the index again from the stored list versions")
