"""Work on a cluster: Dask, which somebody else runs. Its workers need this very Détente.

The files of a task are sent once, pieces by one a worker and one ahead; what comes back is what a
process of this machine would have given. Who can reach a scheduler can run code on its workers: it
belongs into a network of its own, or behind TLS (`tls://`).
"""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import util
from pathlib import Path
from typing import Any, Final

from detente.core.errors import Fault, OurFault
from detente.screening.port import Start, Task

AHEAD: Final = 2  # pieces of a worker: the one it does and the next
ANSWERS_S: Final = 20  # seconds in which a scheduler answers and has a worker
_held = threading.local()  # of a worker's thread: what it does, by the task it is for


class Cluster:
    """The workers of a Dask scheduler at `address`, given `answers_s` seconds to answer.

    Raises OurFault work.missing.
    """

    def __init__(self, address: str, answers_s: float = ANSWERS_S) -> None:
        if util.find_spec("distributed") is None:
            raise OurFault(
                "work.missing",
                "Dask, which works on clusters, is not installed",
                "install it beside Détente: pip install 'detente[cluster]', then ask again",
            )
        self._address = address
        self._answers_s = answers_s

    def each(self, task: Task, pieces: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
        """Give (number, result) of every piece as it is done.

        Raises the Fault of a piece; OurFault work.cluster: nobody answers, or all workers are gone.
        """
        import distributed  # noqa: PLC0415  an optional extra

        try:
            with distributed.Client(
                self._address, timeout=self._answers_s, set_as_default=False
            ) as client:
                client.wait_for_workers(1, timeout=self._answers_s)
                yield from _shared_out(distributed, client, task, iter(pieces))
        except (OSError, ssl.SSLError, asyncio.CancelledError) as found:
            raise self._lost(found) from None
        except (
            distributed.client.FutureCancelledError, distributed.scheduler.KilledWorker,
            distributed.comm.CommClosedError,
        ) as found:  # fmt: skip
            raise self._lost(found) from None

    def _lost(self, found: BaseException) -> OurFault:
        return OurFault(
            "work.cluster",
            f"{self._address}: {type(found).__name__} {found}",
            "see that its scheduler runs there and has workers; run the same command again",
        )


def _shared_out(  # Dask is untyped, and may be absent
    dask: Any,  # noqa: ANN401
    client: Any,  # noqa: ANN401
    task: Task,
    pieces: Iterator[tuple[int, bytes]],
) -> Iterator[tuple[int, bytes]]:
    bytes_of = {name: Path(path).read_bytes() for name, path in task.files.items()}
    sent = client.scatter(list(bytes_of.values()), broadcast=True, hash=True) if bytes_of else []
    files = dict(zip(bytes_of, sent, strict=True))
    key = " ".join((str(task.start), *(f.key for f in sent), task.setup.hex()))
    room = AHEAD * sum(client.nthreads().values())

    def submit(piece: tuple[int, bytes]) -> Any:  # noqa: ANN401
        return client.submit(_do, key, task.start, files, task.setup, *piece, pure=False, retries=0)

    first = [submit(piece) for _, piece in zip(range(room), pieces, strict=False)]
    coming = dask.as_completed(first, loop=client.loop)
    for future in coming:
        number, result = future.result()
        if isinstance(result, tuple):
            raise OurFault(*result)
        following = next(pieces, None)
        if following is not None:
            coming.add(submit(following))
        yield number, result


def _do(  # runs on a worker
    key: str, start: Start, files: Mapping[str, bytes], setup: bytes, number: int, piece: bytes
) -> tuple[int, bytes | tuple[str, str, str]]:
    do: Callable[[bytes], bytes]
    try:
        if getattr(_held, "key", None) != key:
            views = {name: memoryview(data) for name, data in files.items()}
            _held.do, _held.key = start(views, setup), key
        do = _held.do
        return number, do(piece)
    except Fault as fault:
        return number, (fault.code, fault.what, fault.remedy)
