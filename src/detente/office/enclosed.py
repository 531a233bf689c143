"""Files enclosed in a record: the field of a body that any kind may have, and the act's own.

The header names attachments by hash (enclosing.py); the body gives each its name and key.
Normative: spec/record.md 7.
"""

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from detente.core import limits
from detente.office.fields import Digest, Field, Parts, Text, Value, Whole
from detente.office.typed import Flaw

NAME_MAX: Final = 200  # characters
# What would name another folder, or show another name than it is.
_UNSAFE: Final = re.compile(r"[/\\:\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_ENDS: Final = " ."  # what some systems drop at the end of a name, or hide files by
_HANDLE: Final = r"[0-9a-f]{32}"


@dataclass(frozen=True)
class FileName(Text):
    """The name of a file, without a folder: nothing in it leads elsewhere or shows otherwise."""

    max_chars: int = NAME_MAX

    def flaw(self, value: Value) -> Flaw | None:
        """Say what is wrong with a name."""
        flaw = super().flaw(value)
        if flaw is None and isinstance(value, str) and value != safe_name(value):
            flaw = Flaw("form.text", f"{value[:80]!r} is no plain file name", "rename the file")
        return flaw


@dataclass(frozen=True)
class Upload(Text):
    """A file that was handed to the office before the act, by the name it got there."""

    max_chars: int = 32
    form: str = _HANDLE
    is_file: ClassVar[bool] = True

    @property
    def hint(self) -> str:
        """A file's name."""
        return "FILE"


FILES: Final = Field(
    "files",
    Parts(
        (
            Field("name", FileName()),
            Field("aid", Digest()),
            Field("size", Whole(0, limits.MAX_ATT_SIZE)),
            Field("key", Digest()),
        )
    ),
    required=False,
    many=True,
    count_max=limits.MAX_ATT,
    about="ui.field.files",
)
ATTACH: Final = Field(
    "attach", Upload(), required=False, many=True, count_max=limits.MAX_ATT,
    about="ui.field.attach",
)  # fmt: skip


def safe_name(text: str) -> str:
    """Return a file's name as it may travel: of a path its last part, nothing that misleads."""
    last = re.split(r"[/\\]", text)[-1]
    plain = _UNSAFE.sub("_", last).strip(_ENDS)[:NAME_MAX]
    return plain.strip(_ENDS) or "file"
