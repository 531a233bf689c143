"""Codes of an authenticator: RFC 6238 with SHA-1, six digits, thirty seconds. Pure."""

import hmac
from hashlib import sha1
from typing import Final

from detente.core.moment import Moment

STEP_MS: Final = 30_000
DIGITS: Final = 6
SECRET_BYTES: Final = 20  # RFC 4226 section 4
STEPS_EACH_WAY: Final = 1  # of a clock that is a little off (RFC 6238 section 5.2)
STEPS_LOOKED_AT: Final = 10  # to say how far a clock is off whose code is refused


def step_of(now: Moment) -> int:
    """Return the number of the time step."""
    return now.ms // STEP_MS


def code_at(secret: bytes, step: int) -> str:
    """Return the code of one step."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), sha1).digest()
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def match(secret: bytes, code: str, now: Moment) -> int | None:
    """Return the step whose code this is, nearest to now first, within STEPS_LOOKED_AT; or None.

    Every step is compared, whichever fits: how long it takes tells nothing.
    """
    written, here, found = code.replace(" ", "").encode(), step_of(now), None
    for away in sorted(range(-STEPS_LOOKED_AT, STEPS_LOOKED_AT + 1), key=abs, reverse=True):
        step = here + away
        if step >= 0 and hmac.compare_digest(code_at(secret, step).encode(), written):
            found = step
    return found


def is_near(step: int, now: Moment) -> bool:
    """Say whether a step is near enough for its code to count."""
    return abs(step - step_of(now)) <= STEPS_EACH_WAY
