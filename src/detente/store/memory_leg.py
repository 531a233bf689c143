"""The second leg in memory: a part of the transaction of worlds and tests."""

from collections.abc import Callable
from typing import Any

from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.postquantum import Confirmed
from detente.node.leg_ports import KEPT_EVERY, LOOK_BACK

Undo = Callable[[], object]
LegRows = dict[str, dict[int, Confirmed]]
Checkpoints = dict[str, dict[int, tuple[Checkpoint, Cosignature | None]]]


class MemoryLegTx:
    """Mixed into the transaction."""

    _legs: LegRows
    _checkpoints: Checkpoints
    undo: list[Undo]
    touched: set[str]
    _put: Callable[[dict[Any, Any], Any, Any], None]

    def _drop(self, where: dict[Any, Any], key: object) -> None:
        old = where.pop(key)
        self.undo.append(lambda: where.__setitem__(key, old))

    def put_leg(self, origin: str, leg: Confirmed) -> None:
        """Keep a state under three lines or four."""
        self.touched.add(origin)
        kept = self._legs.setdefault(origin, {})
        for size in [size for size, each in kept.items() if each.receiver is None]:
            self._drop(kept, size)
        if leg.size not in kept:
            self._put(kept, leg.size, leg)

    def open_leg(self, origin: str) -> Confirmed | None:
        """Return the state of a log that lacks line 4."""
        kept = self._legs.get(origin, {})
        return next((each for each in kept.values() if each.receiver is None), None)

    def newest_leg(self, origin: str) -> Confirmed | None:
        """Return the largest state of a log under four lines."""
        kept = self._legs.get(origin, {})
        whole = [size for size, each in kept.items() if each.receiver]
        return kept[max(whole)] if whole else None

    def leg_from(self, origin: str, size: int) -> Confirmed | None:
        """Return the first state under four lines of at least `size`."""
        kept = self._legs.get(origin, {})
        whole = [at for at, each in kept.items() if each.receiver and at >= size]
        return kept[min(whole)] if whole else None

    def receipted_at(self, origin: str, size: int) -> tuple[Checkpoint, Cosignature] | None:
        """Return the receipted checkpoint of exactly this size."""
        head, receipt = self._checkpoints.get(origin, {}).get(size, (None, None))
        if head is None or receipt is None:
            return None
        # As on disk, root and size are the checkpoint's.
        return head, Cosignature(head.size, head.root, receipt.time, receipt.signature)

    def forget_checkpoints(self, origin: str, upto: int, count_max: int) -> int:
        """Forget the oldest checkpoints at or below a size, but one of each run of records."""
        kept = self._checkpoints.get(origin, {})
        covered = sorted(size for size in kept if max(0, upto - LOOK_BACK) <= size <= upto)
        newest = {(size - 1) // KEPT_EVERY: size for size in covered}
        newest.pop((upto - 1) // KEPT_EVERY, None)
        stays = set(newest.values())
        gone = [size for size in covered if size not in stays][:count_max]
        for size in gone:
            self._drop(kept, size)
        return len(gone)
