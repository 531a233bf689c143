"""What scanners and keyboards do to letters."""

from functools import lru_cache
from typing import Final

_PAIRS: Final = (("rn", "m"), ("cl", "d"), ("vv", "w"), ("ii", "u"))
_CLASS: Final = str.maketrans("015688|!$uhelj", "oissbbiisvbcii")


@lru_cache(maxsize=1 << 18)
def scanned(word: str) -> str:
    """Return a word with letters and figures that scanners mix up made one."""
    for old, new in _PAIRS:
        if old in word:
            word = word.replace(old, new)
    return word.translate(_CLASS)
