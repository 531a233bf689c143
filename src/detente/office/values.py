"""Values: what stands in a body, a row or a form, whole and typed; immutable."""

from base64 import b32decode, b32encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from detente.core.moment import Moment, Span

MID_BYTES = 32
CUT_CHARS_MIN = 6  # a shorter beginning is a guess, not a name
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Cut:
    """The beginning of a mid as people write it: base32, lower case, 6 to 51 characters."""

    text: str

    def begins(self, mid: bytes) -> bool:
        """Return whether this is the beginning of `mid`."""
        return mid_text(mid).startswith(self.text)

    @property
    def before(self) -> bytes:
        """A key that sorts before every mid beginning so, to search rows from (exclusive)."""
        bits = len(self.text) * 5
        whole = self.text.ljust((len(self.text) + 7) // 8 * 8, "a").upper()
        return b32decode(whole)[: bits // 8]


def mid_text(mid: bytes) -> str:
    """Return the full text form of a mid: 52 characters, its first 20 are what people read."""
    return b32encode(mid).decode().lower().rstrip("=")


class Values(Mapping[str, "Value"]):
    """Named values that never change. A field that was not given is absent, never None.

    The narrow getters (`text`, `mid`, ...) assert the type that the field's check has proved.
    """

    __slots__ = ("_made", "_named")

    def __init__(self, named: Mapping[str, "Value"]) -> None:
        self._named = {name: value for name, value in named.items() if value is not None}
        self._made: dict[Callable[[Values], Any], Any] = {}

    def __getitem__(self, name: str) -> "Value":
        """Return the value, or raise KeyError."""
        return self._named[name]

    def __iter__(self) -> Iterator[str]:
        """Walk the names in the order given."""
        return iter(self._named)

    def __len__(self) -> int:
        """Return how many values there are."""
        return len(self._named)

    def __eq__(self, other: object) -> bool:
        """Return whether names and values are equal; order does not matter."""
        return isinstance(other, Values) and self._named == other._named

    def __hash__(self) -> int:
        """Return a hash that goes with equality."""
        return hash(frozenset(self._named.items()))

    def __repr__(self) -> str:
        """Write the values as Python would."""
        return f"Values({self._named!r})"

    def without(self, *names: str) -> "Values":
        """Return the same values but those named."""
        return Values({name: value for name, value in self._named.items() if name not in names})

    def with_(self, **named: "Value") -> "Values":
        """Return the same values with these put in or replaced; None takes one out."""
        return Values({**self._named, **named})

    def once(self, make: "Callable[[Values], _T]") -> "_T":
        """Return what `make` makes of these values: made once, and nobody changes it.

        It stands with the values and ends with them, or with `forget`: a text that was read is in no
        memory but that of who holds it.
        """
        if make not in self._made:
            self._made[make] = make(self)
        found: _T = self._made[make]
        return found

    def keep(self, make: "Callable[[Values], Any]", made: object) -> "Values":
        """Keep what `make` would make of these values, where it is known already; return them."""
        self._made[make] = made
        return self

    def forget(self) -> None:
        """Let go of what was made of these values."""
        self._made.clear()

    def text(self, name: str, default: str = "") -> str:
        """Return a text, or `default` if it was not given."""
        value = self._named.get(name, default)
        assert isinstance(value, str)
        return value

    def whole(self, name: str, default: int = 0) -> int:
        """Return a whole number, or `default` if it was not given."""
        value = self._named.get(name, default)
        assert type(value) is int
        return value

    def flag(self, name: str) -> bool:
        """Return a flag; one that was not given is down."""
        value = self._named.get(name, False)
        assert isinstance(value, bool)
        return value

    def data(self, name: str) -> bytes:
        """Return bytes: a file's, a digest's or a whole mid."""
        value = self._named[name]
        assert isinstance(value, bytes)
        return value

    def moment(self, name: str) -> Moment:
        """Return a moment."""
        value = self._named[name]
        assert isinstance(value, Moment)
        return value

    def span(self, name: str) -> Span | None:
        """Return a span, or None if it was not given."""
        value = self._named.get(name)
        assert value is None or isinstance(value, Span)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return many texts; none if they were not given."""
        return tuple(value for value in self._many(name) if isinstance(value, str))

    def parts(self, name: str) -> "tuple[Values, ...]":
        """Return many parts; none if they were not given."""
        return tuple(value for value in self._many(name) if isinstance(value, Values))

    def _many(self, name: str) -> "tuple[Value, ...]":
        value = self._named.get(name, ())
        assert isinstance(value, tuple)
        return value


Value = bool | int | str | bytes | Moment | Span | Cut | Values | tuple["Value", ...] | None
