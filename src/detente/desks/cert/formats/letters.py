"""A file that tells of incidents in words, a message or IODEF, as what a person would begin to write.

Nothing is invented: kind, severity and impact that the file does not say stay for the person.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from detente.core.errors import OurFault
from detente.desks.cert.formats import iodef, mail
from detente.desks.cert.formats.defang import defang
from detente.desks.cert.formats.iodef import Draft

_HEAD: Final = 65_536  # bytes of a file in which it shows what it is
_HEADER: Final = re.compile(rb"[!-9;-~]+:(?:[^\n]*)(?:\r?\n[ \t][^\n]*)*\r?\n")
_KNOWN: Final = re.compile(
    rb"^(?:from|subject|date|message-id|received|mime-version|return-path):", re.IGNORECASE
)
ABOUT_MAX: Final = 200  # characters, of an incident's line
TEXT_MAX: Final = 16_000
_ADDRESSES_MAX: Final = 200


class Begun(NamedTuple):
    """The fields of an incident as texts, and what of the file was left out or not checked."""

    values: Mapping[str, tuple[str, ...]]
    warnings: tuple[str, ...]


def is_one(data: bytes) -> bool:
    """Say whether a file is a message or IODEF, by what it begins with."""
    return _is_mail(data) or _is_iodef(data)


def read(data: bytes) -> tuple[Begun, ...]:
    """Return the incidents of a file. Raises OurFault: mail.form, exchange.unknown."""
    if _is_mail(data):
        letter = mail.read_mail(data)
        drafts, warnings = letter.drafts, letter.warnings
    else:
        drafts, warnings = iodef.read(data)
        if not drafts:
            what = f"IODEF without an incident that can be read; {'; '.join(warnings)[:300]}"
            raise OurFault("exchange.unknown", what, "see what its author's program wrote")
    source = f"SHA-256 {sha256(data).hexdigest()}"
    return tuple(Begun(_values(one, source), warnings) for one in drafts)


def _is_mail(data: bytes) -> bool:
    # A list of indicators may begin with one line that looks like a header; two known ones are a message's.
    known, at = 0, 0
    head = data[:_HEAD]
    while found := _HEADER.match(head, at):
        known += bool(_KNOWN.match(found[0]))
        at = found.end()
    return known >= 2  # noqa: PLR2004


def _is_iodef(data: bytes) -> bool:
    head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith(b"<") and b"IODEF-Document" in head


def _values(one: Draft, source: str) -> Mapping[str, tuple[str, ...]]:
    lines = [one.text.strip()]
    if one.addresses:
        named = (f"{defang(each)} {role}".strip() for each, role in one.addresses[:_ADDRESSES_MAX])
        lines += ["", *named]
    lines += ["", *(f"{each}" for each in (one.reporter, source) if each)]
    found = {
        "about": one.about[:ABOUT_MAX],
        "text": "\n".join(lines).strip()[:TEXT_MAX],
        "severity": one.severity,
        "tlp": one.tlp,
        "seen": "" if one.seen is None else str(one.seen),
        "reference": one.reference[:ABOUT_MAX],
    }
    return {name: (text,) for name, text in found.items() if text}
