"""Types of fields that name something: a hash, a record, desks."""

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from detente.core import canon, limits
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.office.typed import Affinity, Cell, Flaw, Type
from detente.office.values import CUT_CHARS_MIN, MID_BYTES, Cut, Value, mid_text

ADDRESS: Final = re.compile(r"[a-z][a-z0-9-]{0,31}@[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")
_MID_TEXT = re.compile(r"[a-z2-7]{6,52}")


@dataclass(frozen=True)
class Digest(Type):
    """32 bytes: a hash. Base64 in bodies, hexadecimal at people's faces."""

    affinity: ClassVar[Affinity] = "blob"

    def flaw(self, value: Value) -> Flaw | None:
        """Say what is wrong with a hash."""
        if isinstance(value, bytes) and len(value) == MID_BYTES:
            return None
        return Flaw("form.mid", "not 32 bytes", "copy it whole")

    def to_json(self, value: Value) -> Json:
        """Return base64."""
        assert isinstance(value, bytes)
        return canon.to_base64(value)

    def _of_json(self, json: Json) -> Value:
        return canon.from_base64(json) if isinstance(json, str) else None

    def read(self, name: str, text: str) -> Value:
        """Return the bytes of 64 hexadecimal digits."""
        whole = re.fullmatch(r"[0-9a-f]{64}", text)
        return self.check(name, bytes.fromhex(text) if whole else None)

    def show(self, value: Value) -> str:
        """Return hexadecimal digits."""
        assert isinstance(value, bytes)
        return value.hex()

    @property
    def hint(self) -> str:
        """A hash."""
        return "SHA256"


@dataclass(frozen=True)
class Mid(Digest):
    """The id of a record. People may write its beginning: a Cut, which the office completes."""

    def read(self, name: str, text: str) -> Value:
        """Return a whole mid of 52 characters, else the Cut that was written."""
        if _MID_TEXT.fullmatch(text.lower()) and len(text) >= CUT_CHARS_MIN:
            cut = Cut(text.lower())
            if len(text) < len(mid_text(bytes(MID_BYTES))):
                return cut
            if cut.begins(cut.before):  # else the last character holds bits that no mid has
                return cut.before
        raise OurFault(
            "form.mid", f"{name}: {text[:60]!r} is no record's id", "copy it, 6 characters or more"
        )

    def show(self, value: Value) -> str:
        """Return the text form."""
        assert isinstance(value, bytes)
        return mid_text(value)

    @property
    def hint(self) -> str:
        """A record's id."""
        return "MID"


@dataclass(frozen=True)
class Desks(Type):
    """1 to 16 desk addresses, sorted and unique. `desk` completes a party's name written alone."""

    desk: str = ""

    def flaw(self, value: Value) -> Flaw | None:
        """Say what is wrong with addresses."""
        few = isinstance(value, tuple) and 1 <= len(value) <= limits.MAX_TO
        if not few or not isinstance(value, tuple):
            return Flaw("form.count", f"not 1 to {limits.MAX_TO} desks", "name that many")
        for address in value:
            if not isinstance(address, str) or not ADDRESS.fullmatch(address):
                what = f"{str(address)[:80]!r} is no desk's address"
                return Flaw("form.desk", what, "write it as cert@borealis.gov")
        texts = [address for address in value if isinstance(address, str)]
        if texts != sorted(set(texts)):
            return Flaw("form.desk", "addresses are not sorted and unique", "sort them")
        return None

    def to_json(self, value: Value) -> Json:
        """Return a list."""
        assert isinstance(value, tuple)
        return [str(address) for address in value]

    def _of_json(self, json: Json) -> Value:
        if not isinstance(json, list) or not all(isinstance(part, str) for part in json):
            return None
        return tuple(str(part) for part in json)

    def to_cell(self, value: Value) -> Cell:
        """Return one text."""
        return self.show(value)

    def from_cell(self, cell: Cell) -> Value:
        """Return the addresses of that text."""
        return tuple(str(cell).split(","))

    def read(self, name: str, text: str) -> Value:
        """Return the addresses between commas; a party's name stands for its desk of this name."""
        found = [part.strip() for part in text.split(",") if part.strip()]
        whole = {part if "@" in part or not self.desk else f"{self.desk}@{part}" for part in found}
        return self.check(name, tuple(sorted(whole)))

    def show(self, value: Value) -> str:
        """Return the addresses with commas between."""
        assert isinstance(value, tuple)
        return ",".join(str(address) for address in value)

    @property
    def hint(self) -> str:
        """Whom to write."""
        return "PARTY"
