"""So many connections and requests a second from one address, so that nobody crowds others out.

In the thread of sockets. A network of IPv6 counts as one address (/64). Who stands on this machine is
not counted: a proxy of this machine tells each one's address, and a program here could do worse.
"""

from collections import OrderedDict
from ipaddress import ip_address

from detente.app.console import limits
from detente.core.errors import OurFault
from detente.office.limiter import network_of


class Gate:
    """Counts by address: connections that stand, and requests by a bucket that fills again."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when

    def come(self, address: str) -> bool:
        """Count a connection; return whether it may stay. Then `go` must be called at its end."""
        if is_here(address):
            return True
        key = network_of(address)
        if self._open.get(key, 0) >= limits.ADDRESS_CONNECTIONS_MAX:
            return False
        self._open[key] = self._open.get(key, 0) + 1
        return True

    def go(self, address: str) -> None:
        """Hear that a connection ended that was let in."""
        key = network_of(address)
        left = self._open.get(key, 0) - 1
        if left > 0:
            self._open[key] = left
        else:
            self._open.pop(key, None)

    def check(self, address: str, moment: float) -> None:
        """Count a request; moment: seconds that only grow. Raises OurFault("console.too_often")."""
        if is_here(address):
            return
        key = network_of(address)
        tokens, at = self._buckets.pop(key, (float(limits.ADDRESS_BURST), moment))
        tokens += (moment - at) * limits.ADDRESS_RATE
        tokens = min(tokens, float(limits.ADDRESS_BURST))
        self._buckets[key] = max(tokens - 1, 0.0) if tokens >= 1 else tokens, moment
        while len(self._buckets) > limits.ADDRESSES_MAX:
            self._buckets.popitem(last=False)
        if tokens < 1:
            raise OurFault(
                "console.too_often",
                f"more than {limits.ADDRESS_RATE} requests a second came from this address",
                "ask again in some seconds, and less often",
            )


def is_here(address: str) -> bool:
    """Say whether an address is of this machine."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback
