"""What a world's seed decides: when things happen, and which of them go wrong."""

from collections import Counter
from collections.abc import Callable
from heapq import heappop, heappush
from random import Random
from typing import Final, TextIO

NETWORK: Final = (
    "refused",  # a dial is not answered
    "cut",  # a connection ends at any byte of what was sent; the rest is lost
    "lost",  # bytes given to a connection that had ended without its sender's knowing
    "half_open",  # one side is not told that a connection ended
    "split",  # one send arrives in several reads
    "stalled",  # bytes arrive seconds late
    "doubled",  # a message arrives twice
    "replayed",  # a message of an earlier connection arrives again
    "reordered",  # messages of one send arrive in another order
    "moved",  # a message arrives on another connection of the link
    "crossed",  # both sides dial one path at once
    "path_gone",  # one of two paths ends for good
)
MACHINE: Final = (
    "crash_before_commit",
    "crash_after_commit",
    "crash_before_send",
    "disk_full",
    "clock_jump",
)
OFFICE: Final = (
    "submitted_twice",
    "submitted_again",  # after a crash: the answer may have been lost
    "number_reused",  # another record under a number that was used
)
COURIER: Final = (
    "file_lost",
    "file_doubled",
    "file_late",  # a minute late, so that newer files overtake it
    "file_altered",  # a byte of it; it must be refused whole
    "import_given_up",  # in the midst; the file is read again later
    "import_cut",  # the machine falls in the midst; the file is read again
)
DISK: Final = (
    "restored",  # a disk is put back to an earlier state
    "commits_lost",  # a power failure takes commits that were durable
    "rotted",  # a bit of a stored record flips
)
OTHERS: Final = ("later_version",)  # a side says what we do not know
KINDS: Final = NETWORK + MACHINE + OFFICE + COURIER + DISK + OTHERS
_RATES: Final = {
    "refused": 0.2, "cut": 0.02, "half_open": 0.6, "split": 0.2, "stalled": 0.03,
    "path_gone": 2.0, "doubled": 0.08, "replayed": 0.08, "reordered": 0.2, "moved": 0.15,
    "crash_before_commit": 0.02, "crash_after_commit": 0.02, "crash_before_send": 0.02,
    "disk_full": 0.01, "clock_jump": 0.06, "submitted_twice": 0.15, "number_reused": 0.15,
}  # fmt: skip
# Drawn with dice of their own: who replays an older seed finds the same world.
_MORE_RATES: Final = {
    "file_lost": 0.15, "file_doubled": 0.15, "file_late": 0.15, "file_altered": 0.1,
    "import_given_up": 0.15, "restored": 0.15,
}  # fmt: skip
_LAST_RATES: Final = {"rotted": 0.3, "import_cut": 0.1}


class Faults:
    """Which faults a world has and how often; counts each that was injected."""

    def __init__(self, dice: Random, more: Random, last: Random, *, calm: bool = False) -> None:
        self._dice, self._last = dice, last
        self.counts: Counter[str] = Counter()
        self._rates: dict[str, float] = {}
        for kind, rate in _RATES.items():
            # Half of all worlds lack a kind, so that faults meet in ever other company.
            weight = dice.choice((0, 0, 0.5, 1, 2.5))
            self._rates[kind] = 0 if calm else rate * weight
        for kind, rate in _MORE_RATES.items():
            self._rates[kind] = 0 if calm else rate * more.choice((0, 0, 0.5, 1, 2.5))
        for kind, rate in _LAST_RATES.items():
            self._rates[kind] = 0 if calm else rate * last.choice((0, 0, 0.5, 1, 2.5))

    def hits(self, kind: str) -> bool:
        """Say whether this fault happens now, and count it."""
        rate, dice = self._rates[kind], self._last if kind in _LAST_RATES else self._dice
        if rate and dice.random() < rate:
            self.counts[kind] += 1
            return True
        return False

    def may(self, kind: str) -> bool:
        """Say whether a world has this kind of fault at all."""
        return bool(self._rates[kind])

    def insist(self, kind: str, rate: float) -> None:
        """Let a kind of fault happen so often, whatever the seed says."""
        self._rates[kind] = rate

    def mend(self) -> None:
        """Let nothing go wrong any more."""
        self._rates = dict.fromkeys(self._rates, 0.0)


class Timeline:
    """Virtual milliseconds, and what happens at which."""

    def __init__(self, out: TextIO | None) -> None:
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._made = 0
        self._out = out
        self.ms = 0

    @property
    def is_told(self) -> bool:
        """Whether anybody reads the log of moves."""
        return self._out is not None

    def tell(self, what: str) -> None:
        """Write one move."""
        if self._out is not None:
            seconds, ms = divmod(self.ms, 1_000)
            clock = f"{seconds // 3_600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{ms:03d}"
            self._out.write(f"{clock} {what}\n")

    def at(self, ms: int, act: Callable[[], None]) -> None:
        """Let something happen; of two things at one time, the one that was named first."""
        self._made += 1
        heappush(self._heap, (max(ms, self.ms), self._made, act))

    def after(self, ms: int, act: Callable[[], None]) -> None:
        """Let something happen in so many milliseconds."""
        self.at(self.ms + ms, act)

    def run(self, until_ms: int) -> None:
        """Let everything happen up to this time."""
        while self._heap and self._heap[0][0] <= until_ms:
            self.ms, _, act = heappop(self._heap)
            act()
        self.ms = max(self.ms, until_ms)
