"""A kind: the shape of a body, declared; its bytes written and read."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from detente.core import canon, limits
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Span
from detente.office.fields import (
    Field,
    Values,
    check_values,
    members_of,
    values_from_json,
    values_to_json,
)

_NAME: Final = re.compile(r"[a-z]+(\.[a-z_]+){1,3}")


@dataclass(frozen=True)
class Newer:
    """A body of a version that we cannot read: kept and shown as such, never rejected."""

    kind: str
    version: int
    plaintext: bytes


@dataclass(frozen=True)
class Kind:
    """The shape of a body.

    fields: what stands in the body beside `v`, its version. answered_by: names of the kinds that
    answer it, within answer_within if nothing else was asked. open_body: sent in clear
    (spec/record.md 3.6). second_person: a releaser must sign too. by_itself: programs write and read it,
    and no person is asked to. source: the sentence it serves.
    """

    name: str
    version: int
    fields: tuple[Field, ...]
    source: str
    answered_by: tuple[str, ...] = ()
    answer_within: Span | None = None
    open_body: bool = False
    second_person: bool = False
    by_itself: bool = False

    def __post_init__(self) -> None:
        """Hold the declaration to the form of spec/record.md 3.1."""
        assert _NAME.fullmatch(self.name), self.name
        assert len(self.name) <= limits.MAX_KIND, self.name
        assert self.version >= 1, self.name
        assert "v" not in self.members, "v is the body's version"

    @cached_property
    def members(self) -> dict[str, Field]:
        """The fields by name."""
        return members_of(self.fields)

    def write(self, values: Values) -> bytes:
        """Return the plaintext of a body; `read` gives the values back.

        Raises OurFault("form.*"), of which "form.size" above limits.MAX_BODY bytes.
        """
        plaintext = values.once(self._encode)
        if len(plaintext) > limits.MAX_BODY:
            what = f"{self.name}: {len(plaintext)} bytes where {limits.MAX_BODY} are allowed"
            raise OurFault("form.size", what, "shorten it or split it into several records")
        return plaintext

    def size_bytes(self, values: Values) -> int:
        """Return how long the plaintext would be, with no limit; raises OurFault("form.*")."""
        return len(values.once(self._encode))

    def read(self, plaintext: bytes) -> Values | Newer:
        """Return a stranger's body as values, or Newer if its version is above ours.

        Raises TheirFault("E_CANON" | "E_SIZE"): unknown, missing and ill-formed members.
        """
        body = canon.decode_object(plaintext, limits.MAX_BODY)
        version = body.pop("v", None)
        if type(version) is not int or version < 1:
            raise TheirFault("E_CANON", f"{self.name}: no version in v", "write v, from 1")
        if version > self.version:
            return Newer(self.name, version, plaintext)
        if version < self.version:
            what = f"{self.name}: version {version} is no longer read"
            raise TheirFault("E_CANON", what, f"write version {self.version}")
        return values_from_json(self.members, body)

    def _encode(self, values: Values) -> bytes:
        members = values_to_json(self.members, check_values(self.members, values))
        return canon.encode({**members, "v": self.version})
