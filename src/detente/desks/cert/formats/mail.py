"""A message (RFC 5322, MIME) read as drafts of incidents. Nothing is sent, opened or fetched by it.

Read with the standard library, bounded before and after: archives are not unpacked, an attachment
is named with its type, size and hash, signatures are told and not checked (docs/decisions/0062).
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from hashlib import sha256
from html.parser import HTMLParser
from typing import Final

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.cert.formats import iodef
from detente.desks.cert.formats.iodef import Draft

_NESTING: Final = re.compile(rb"(?im)^content-type:\s*(?:multipart|message)/")
_NESTING_MAX: Final = 32  # headers that may open another level: each costs a look at every line
_HEADER_MAX: Final = 2_000  # characters of one header
_CHARSETS: Final = re.compile(
    r"us-ascii|utf-?8|utf-?16(?:le|be)?|iso-8859-[0-9]{1,2}|windows-125[0-8]|cp125[0-8]|koi8-[ru]"
    r"|gb2312|gbk|gb18030|big5|shift_jis|euc-(?:jp|kr)|iso-2022-jp",
    re.IGNORECASE,
)
_XML: Final = frozenset({"application/xml", "text/xml", "application/iodef+xml"})
_SIGNED: Final = {
    "application/pkcs7-signature": "S/MIME",
    "application/x-pkcs7-signature": "S/MIME",
    "application/pgp-signature": "OpenPGP",
}
_SEALED: Final = frozenset(
    {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"}
)
_SILENT: Final = frozenset({"script", "style", "head", "title", "template"})
_BREAKS: Final = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "table", "blockquote"})


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message came to: drafts of incidents, at least one; warnings in words."""

    drafts: tuple[Draft, ...]
    warnings: tuple[str, ...]


@dataclass(slots=True)
class _Found:
    plain: list[str]
    html: list[str]
    documents: list[tuple[str, bytes]]
    attached: list[str]
    warnings: list[str]


def read_mail(data: bytes) -> Letter:
    """Return the drafts that a message holds: its IODEF incidents, or one of its own words.

    Raises OurFault("mail.form"): no message, or over a bound.
    """
    if len(data) > limits.MAX_MAIL:
        raise _bad(f"{len(data)} bytes where {limits.MAX_MAIL} are allowed", "take parts out of it")
    if data.count(b"\n") > limits.MAX_MAIL_LINES:
        raise _bad(f"more than {limits.MAX_MAIL_LINES} lines", "take the needed part out by hand")
    if sum(1 for _ in _NESTING.finditer(data)) > _NESTING_MAX:
        raise _bad("its parts are nested too often", "take the needed part out by hand")
    message = message_from_bytes(data, policy=policy.compat32)
    if not message.keys():
        raise _bad("it has no header", "give the message as it came, with its headers")
    found = _Found([], [], [], [], [])
    for part in _parts(message):
        _take(part, found)
    return _letter(message, found)


def _letter(message: Message, found: _Found) -> Letter:
    subject = _header(message, "Subject")
    sender = _header(message, "From")
    own = Draft(
        about=subject,
        text=_words(found),
        seen=_date(message, found.warnings),
        reporter=sender,
        reference=_header(message, "Message-ID"),
    )
    drafts: list[Draft] = []
    for name, document in found.documents:
        read, warnings = iodef.read(document)
        found.warnings += [f"{name}: {warning}" for warning in warnings]
        drafts += [replace(one, reporter=one.reporter or sender) for one in read]
        if not read:
            found.attached.append(_named(name, "application/xml", document))
    text = own.text
    if found.attached:
        text = f"{text}\n\nAttached:\n" + "\n".join(found.attached)
    if not drafts and not text.strip():
        found.warnings.append("the message has no words that could be read")
    whole = drafts or [replace(own, text=text[: limits.MAX_MAIL_TEXT])]
    return Letter(tuple(whole), tuple(dict.fromkeys(found.warnings)))


def _parts(message: Message) -> Iterator[Message]:
    waiting: list[tuple[Message, int]] = [(message, 1)]
    count = 0
    while waiting:
        part, depth = waiting.pop()
        count += 1
        if count > limits.MAX_MAIL_PARTS:
            raise _bad(
                f"more than {limits.MAX_MAIL_PARTS} parts", "take the needed part out by hand"
            )
        if depth > limits.MAX_MAIL_DEPTH:
            raise _bad(f"parts more than {limits.MAX_MAIL_DEPTH} deep", "take the needed part out")
        inner = part.get_payload()
        if isinstance(inner, list):
            ours = [one for one in inner if isinstance(one, Message)]
            waiting += [(one, depth + 1) for one in reversed(ours)]
        yield part


def _take(part: Message, found: _Found) -> None:
    kind = part.get_content_type()
    if part.defects:
        found.warnings.append("a part of the message is damaged")
    if kind in _SEALED and part.get_param("smime-type") != "signed-data":
        found.warnings.append("a part is encrypted: it is not read; decrypt it first")
    elif kind in _SEALED:
        found.warnings.append("signed by S/MIME in a form that hides its words: it is not read")
    if kind in _SIGNED:
        found.warnings.append(f"signed with {_SIGNED[kind]}; the signature was not checked here")
        return
    if part.is_multipart():
        return
    body = _body(part, found)
    name = _line(part.get_filename("") or "")
    if kind in _XML or name.lower().endswith(".xml"):
        found.documents.append((name or "XML", body))
    elif name or part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
        found.attached.append(_named(name or "-", kind, body))
    elif kind == "text/html":
        found.html.append(_stripped(_decoded(part, body, found)))
    else:
        found.plain.append(_decoded(part, body, found))


def _body(part: Message, found: _Found) -> bytes:
    try:
        body = part.get_payload(decode=True)
    except (binascii.Error, ValueError, LookupError):
        found.warnings.append("a part is coded in a way that cannot be read")
        return b""
    return body if isinstance(body, bytes) else b""


def _decoded(part: Message, body: bytes, found: _Found) -> str:
    charset = str(part.get_content_charset("utf-8"))
    if not _CHARSETS.fullmatch(charset):
        found.warnings.append(f"the character set {charset[:40]!r} is not known: read as Latin-1")
        charset = "latin-1"
    text = body[: 4 * limits.MAX_MAIL_TEXT].decode(charset, "replace")
    if "\ufffd" in text:
        found.warnings.append("some characters could not be read")
    return text


def _words(found: _Found) -> str:
    text = "\n\n".join(one.strip() for one in (found.plain or found.html))
    text = "".join(
        one if one.isprintable() or one == "\n" else " " for one in text.replace("\r\n", "\n")
    )
    if len(text) > limits.MAX_MAIL_TEXT:
        found.warnings.append(f"only the first {limits.MAX_MAIL_TEXT} characters are taken over")
    return text[: limits.MAX_MAIL_TEXT]


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _SILENT:
            self._silent += 1
        elif tag in _BREAKS:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BREAKS:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def _stripped(html: str) -> str:
    reader = _Text()
    reader.feed(html)
    reader.close()
    lines = "".join(reader.found).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def _header(message: Message, name: str) -> str:
    raw = str(message.get(name, ""))[:_HEADER_MAX]
    try:
        parts = decode_header(raw)
    except (HeaderParseError, binascii.Error, ValueError):
        return _line(raw)
    return _line("".join(_piece(*part) for part in parts))


def _piece(value: bytes | str, charset: str | None) -> str:
    if isinstance(value, str):
        return value
    known = charset if charset and _CHARSETS.fullmatch(charset) else "latin-1"
    return value.decode(known, "replace")


def _date(message: Message, warnings: list[str]) -> Moment | None:
    raw = str(message.get("Date", ""))[:_HEADER_MAX]
    if not raw:
        return None
    try:
        at = parsedate_to_datetime(raw)
        at = at.replace(tzinfo=at.tzinfo or UTC)
        return Moment(int(at.timestamp()) * 1000)
    except (ValueError, TypeError, OverflowError, IndexError):
        warnings.append("its date cannot be read")
        return None


def _named(name: str, kind: str, data: bytes) -> str:
    # Both are the sender's words: a type says nothing of what the bytes are.
    told = f"{_line(kind)[:80]}, {len(data)} bytes, SHA-256 {sha256(data).hexdigest()}"
    return f"{_line(name)[:120]} ({told})"


def _line(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _bad(what: str, remedy: str) -> OurFault:
    return OurFault("mail.form", f"the message is not read: {what}", remedy)
