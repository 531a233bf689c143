"""Time as a value. Nothing here reads a clock: the roof does, and hands a Moment down."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from detente.core.errors import OurFault, TheirFault

_FORM = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"
)  # hours here: some versions of datetime read 24:00 as the next day
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """A length of time, in whole milliseconds. May be negative."""

    ms: int

    @classmethod
    def of(cls, *, days: int = 0, hours: int = 0, minutes: int = 0, seconds: int = 0) -> Self:
        """Return the sum of the parts."""
        return cls((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000)


@dataclass(frozen=True, order=True, slots=True)
class Moment:
    """A point in time: milliseconds since 1970-01-01T00:00:00Z, without leap seconds."""

    ms: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `YYYY-MM-DDTHH:MM:SS.mmmZ`, exactly 24 ASCII characters (spec/record.md 1).

        Raises TheirFault("E_HEADER").
        """
        if _FORM.fullmatch(text):
            try:
                return cls((datetime.fromisoformat(text) - _EPOCH) // _MS)
            except ValueError:  # a day or a minute that is none
                pass
        raise TheirFault(
            "E_HEADER", f"not a time: {text[:40]!r}", "write it as 2026-11-21T23:10:04.117Z"
        )

    def __str__(self) -> str:
        """Write the form that `parse` reads."""
        try:
            at = _EPOCH + timedelta(milliseconds=self.ms)
        except OverflowError:
            raise OurFault(
                "time.range", "a time outside the years 1 to 9999", "set the clock"
            ) from None
        return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z".rjust(24, "0")

    @property
    def seconds(self) -> int:
        """Whole seconds since 1970, as cosignatures carry them."""
        return self.ms // 1000

    def __add__(self, span: Span) -> "Moment":
        """Return the moment `span` later."""
        return Moment(self.ms + span.ms)

    def __sub__(self, other: "Moment") -> Span:
        """Return how long after `other` this is."""
        return Span(self.ms - other.ms)
