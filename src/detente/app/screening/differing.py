"""Where two decisions differ, for whoever wonders why a replay gives another answer."""

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from detente.screening.decision import Decision


def differences(one: "Decision", other: "Decision") -> list[str]:
    """Return what differs between two decisions, in order: `hits.2.score`."""
    old, new = msgspec.to_builtins(one), msgspec.to_builtins(other)
    return list(_differing("", old, new))


def _differing(place: str, old: Any, new: Any) -> list[str]:  # noqa: ANN401  any JSON
    if old == new:
        return []
    if isinstance(old, dict) and isinstance(new, dict):
        names = sorted({*old, *new})
        return [d for n in names for d in _differing(f"{place}.{n}", old.get(n), new.get(n))]
    both = isinstance(old, list | tuple) and isinstance(new, list | tuple)
    if both and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return [d for n, (a, b) in pairs for d in _differing(f"{place}.{n}", a, b)]
    return [place.lstrip(".")]
