"""The wiring of work: this process, processes of this machine, or a cluster."""

from detente.core.errors import OurFault
from detente.screening.port import Work
from detente.work.local import WORKERS_MAX, Here, Processes


def workers(count: int, address: str | None = None) -> Work:
    """Return what does the work. Raises OurFault bulk.workers, work.missing."""
    if not 1 <= count <= WORKERS_MAX:
        raise OurFault("bulk.workers", f"{count} workers", f"give a number from 1 to {WORKERS_MAX}")
    if address is not None:
        from detente.work.cluster import Cluster  # noqa: PLC0415  an optional extra

        return Cluster(address)
    return Here() if count == 1 else Processes(count)
