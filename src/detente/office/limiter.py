"""How often somebody may be wrong: counted by address and by account before anything is hashed.

An account that is attacked from many addresses still opens from one that it was opened from before,
and an attacker at one address is stopped there: so nobody is locked out by another. Held in memory:
a restart forgives, and takes longer than a minute's worth of tries.
"""

from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address
from typing import Final

from detente.core.moment import Moment, Span

WINDOW: Final = Span(60_000)
CODE_WINDOW: Final = Span(3_600_000)
ACCOUNT_FACTOR: Final = 5  # addresses' worth of tries that one account takes from strangers
CODES_WRONG_MAX: Final = 20  # an hour, by who knows the password
KEYS_MAX: Final = 10_000  # addresses and accounts remembered


class Limiter:
    """Counts tries. `wrong_per_minute` of one address; of one account that times ACCOUNT_FACTOR."""

    def __init__(self, wrong_per_minute: int) -> None:
        self._per_minute = wrong_per_minute
        self._tries: OrderedDict[tuple[str, str], deque[int]] = OrderedDict()

    def may_try(self, name: str, address: str, now: Moment, *, known: bool) -> bool:
        """Count a try and say whether it may go on. known: the account was opened from there."""
        here = ("address", network_of(address))
        account = ("account", name)
        if self._count(here, WINDOW, now) >= self._per_minute:
            return False
        most = self._per_minute * ACCOUNT_FACTOR
        if not known and self._count(account, WINDOW, now) >= most:
            return False
        if not known and self._count(("code", name), CODE_WINDOW, now) >= CODES_WRONG_MAX:
            return False
        self._add(here, now)
        self._add(account, now)
        return True

    def was_right(self, name: str, address: str) -> None:
        """Take a try back: it was right."""
        for key in (("address", network_of(address)), ("account", name)):
            tries = self._tries.get(key)
            if tries:
                tries.pop()

    def wrong_code(self, name: str, now: Moment) -> None:
        """Count a wrong code that came with the right password."""
        self._add(("code", name), now)

    def _count(self, key: tuple[str, str], window: Span, now: Moment) -> int:
        tries = self._tries.get(key)
        if tries is None:
            return 0
        while tries and not now.ms - window.ms < tries[0] <= now.ms:
            tries.popleft()  # too old; or the clock was set back
        return len(tries)

    def _add(self, key: tuple[str, str], now: Moment) -> None:
        self._tries.setdefault(key, deque(maxlen=1_000)).append(now.ms)
        self._tries.move_to_end(key)
        while len(self._tries) > KEYS_MAX:
            self._tries.popitem(last=False)


def network_of(address: str) -> str:
    """Return what counts as one address: of IPv6 its /64, which one machine may roam in."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return str(found)
