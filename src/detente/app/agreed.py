"""What a party agreed with its peers about their lines, as its settings say it."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from detente.core import names
from detente.core.errors import OurFault

_RATE: Final = re.compile(r"([a-z0-9.-]{1,63})/([a-z0-9-]{1,32}) *= *([1-9][0-9]{0,12})")
_BITS: Final = 8
RATE_LEAST: Final = 300  # bits a second


def rates(told: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
    """Return bytes a second by party and path, from texts as `borealis.gov/path-2 = 9600`.

    Raises OurFault("config.bad").
    """
    found: dict[str, dict[str, int]] = {}
    for each in told:
        read = _RATE.fullmatch(each)
        if read is None or not names.is_party(read[1]) or int(read[3]) < RATE_LEAST:
            raise OurFault(
                "config.bad",
                f"link.rates: {each[:80]!r} is no rate of a path",
                f"write PARTY/PATH = BITS_PER_SECOND, from {RATE_LEAST}: borealis.gov/path-2 = 9600",
            )
        found.setdefault(read[1], {})[read[2]] = int(read[3]) // _BITS
    return found


def classic(told: Sequence[str]) -> frozenset[str]:
    """Return the parties whose lines may do without the post-quantum key exchange.

    Raises OurFault("config.bad").
    """
    for each in told:
        if not names.is_party(each):
            raise OurFault(
                "config.bad", f"link.classic_ok: {each[:80]!r} is no party", "write names of peers"
            )
    return frozenset(told)


def strangers(told: Sequence[str], known: Collection[str]) -> list[OurFault]:
    """Return a fault for each party of `link.courier` that is not known here: its line is dialled."""
    return [
        OurFault(
            "config.bad",
            f"link.courier: {each[:80]!r} is no party known here, so nothing goes by files",
            "mind the spelling: detente party list; or meet the party first",
        )
        for each in told
        if each not in known
    ]
