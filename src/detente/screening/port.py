"""The port to whatever does the same work many times: this process, several, a cluster."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

Start = Callable[[Mapping[str, memoryview], bytes], Callable[[bytes], bytes]]


class Task(NamedTuple):
    """What is to be done to each piece.

    `start` is a function of a module, called once by each worker with the bytes of the files (mapped,
    where the worker can see them) and the setup; what it returns takes a piece and gives its result.
    It hangs on nothing else, so that any worker gives the same result.
    """

    start: Start
    files: Mapping[str, str]
    setup: bytes


class Work(Protocol):
    """Workers."""

    def each(self, task: Task, pieces: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
        """Give (number, result) of every numbered piece, in whatever order they are done.

        Pieces are taken as workers get free, a few ahead.
        Raises the Fault of a piece; OurFault work.lost: a worker is gone.
        """
        ...
