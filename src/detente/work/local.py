"""Work on this machine: in this process, or in several that map the same files.

A worker that loses its parent ends: it reads from a pipe whose other end the parent alone holds.
"""

import mmap
from collections.abc import Callable, Iterable, Iterator, Mapping
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Final

from detente.core.errors import Fault, OurFault
from detente.screening.port import Task

WORKERS_MAX: Final = 256


class Here:
    """All work in this process, one piece after the other."""

    def each(self, task: Task, pieces: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
        """Give (number, result) of every piece, in their order."""
        do = task.start(mapped(task.files), task.setup)
        for number, piece in pieces:
            yield number, do(piece)


class Processes:
    """Several processes of this machine, started anew: nothing of this process is copied."""

    def __init__(self, workers: int) -> None:
        assert 1 <= workers <= WORKERS_MAX
        self._workers = workers

    def each(self, task: Task, pieces: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
        """Give (number, result) of every piece as it is done.

        Raises the Fault of a piece; OurFault work.lost: a process is gone (killed, out of memory).
        """
        context = get_context("spawn")
        free: list[Connection] = []
        started = []
        for _ in range(self._workers):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, task), daemon=True)
            process.start()
            theirs.close()
            free.append(ours)
            started.append(process)
        try:
            yield from _shared_out(free, iter(pieces))
        finally:
            for pipe in free:
                pipe.close()
            for process in started:
                process.join(1)
                if process.is_alive():
                    process.terminate()
                    process.join()


def _shared_out(
    pipes: list[Connection], pieces: Iterator[tuple[int, bytes]]
) -> Iterator[tuple[int, bytes]]:
    # A worker gets a piece when it waits for one: so neither side waits for the other to read.
    busy: list[Connection] = []

    def give(pipe: Connection) -> None:
        piece = next(pieces, None)
        if piece is not None:
            pipe.send(piece)
            busy.append(pipe)

    try:
        for pipe in pipes:
            give(pipe)
        while busy:
            for ready in wait(busy):
                assert isinstance(ready, Connection)
                number, result = ready.recv()
                busy.remove(ready)
                if isinstance(result, tuple):
                    raise OurFault(*result)
                give(ready)
                yield number, result
    except (EOFError, OSError):
        raise OurFault(
            "work.lost",
            "a worker process ended in the middle of its work",
            "run the same command again: what is done stays; with fewer workers if memory is short",
        ) from None


def _serve(pipe: Connection, task: Task) -> None:
    """Be a worker until the parent closes the pipe, or is gone."""
    do: Callable[[bytes], bytes] | None = None
    while True:
        try:
            number, piece = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            do = do or task.start(mapped(task.files), task.setup)
            result: object = do(piece)
        except Fault as fault:
            result = (fault.code, fault.what, fault.remedy)
        try:
            pipe.send((number, result))
        except OSError:
            return


def mapped(files: Mapping[str, str]) -> dict[str, memoryview]:
    """Return the bytes of files, mapped: processes share one copy."""
    found = {}
    for name, path in files.items():
        with Path(path).open("rb") as file:
            empty = not file.seek(0, 2)
            found[name] = memoryview(
                b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            )
    return found
