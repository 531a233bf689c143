"""Addresses written so that nobody follows them by a slip: hxxp, [.], [:] and [@]; and back.

Defanged on every screen, never in what is sent. Source: the common habit of analysts' reports.
"""

import re
from ipaddress import IPv6Address
from typing import Final

_SCHEME: Final = re.compile(r"\b(h)tt(ps?)(?=://)|\b(f)t(p)(?=://)", re.IGNORECASE)
_HOST: Final = re.compile(
    # an address with a scheme, the host and the rest, an IPv4 address, a mail address, or a name with a dot
    r"(?<=://)([^/\s?#\"'<>]+)([^\s\"'<>]*)"
    r"|\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b"
    r"|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\b(?:[\w-]+\.)+[^\W\d_]{2,24}\b"
)
# An IPv6 address has two colons at least: eight groups, or fewer and one gap. What merely looks like
# one (a time, a fingerprint, a number of a MAC) is told apart by reading it.
_SIX: Final = re.compile(
    r"(?<![\w:.\[])(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{2,39}(?:(?<=:)(?:[0-9]{1,3}\.){3}[0-9]{1,3})?"
    r"(?![\w:])(?!\.\w)|(?<=\[)[0-9A-Fa-f:]{2,39}(?:(?<=:)(?:[0-9]{1,3}\.){3}[0-9]{1,3})?(?=[\]%])"
)
_BACK: Final = (
    (re.compile(r"\bh(?:xx|\*\*|tt)p(s?)(?=\[?:\]?//|\[?:?//\]?)", re.IGNORECASE), r"http\1"),
    (re.compile(r"\bfxp(?=\[?:)", re.IGNORECASE), "ftp"),
    (re.compile(r"\[:\]//|\[://\]|:\[//\]"), "://"),
    (
        re.compile(r"\s*(?:\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|\{dot\}|\[d\])\s*", re.IGNORECASE),
        ".",
    ),
    (re.compile(r"\s*(?:\[@\]|\(@\)|\[at\]|\(at\)|\{at\})\s*", re.IGNORECASE), "@"),
    (re.compile(r"\[:\]"), ":"),
    (re.compile(r"\\\."), "."),
)

_BROKEN: Final = re.compile(r"[\[({\\]|h(?:xx|\*\*)p|fxp", re.IGNORECASE)  # in whatever _BACK mends


def defang(text: str) -> str:
    """Return a text in which no address can be clicked: `hxxps://evil[.]example/a.php`.

    A path keeps its dots; what is defanged already stays as it is.
    """
    shown = _SCHEME.sub(_scheme, text)
    shown = _SIX.sub(lambda found: _six(found[0]), shown)
    return _HOST.sub(lambda found: _broken(found[1] or found[0]) + (found[2] or ""), shown)


def refang(text: str) -> str:
    """Return the addresses of a text as they are, from any of the usual forms."""
    for pattern, plain in _BACK if _BROKEN.search(text) else ():
        text = pattern.sub(plain, text)
    return text


def _scheme(found: re.Match[str]) -> str:
    return f"{found[1]}xx{found[2]}" if found[1] else f"{found[3]}x{found[4]}"


def _six(found: str) -> str:
    if not found.strip(":"):
        return found  # a word of some grammar more often than the address of nobody
    try:
        IPv6Address(found)
    except ValueError:
        return found
    return found.replace(":", "[:]")


def _broken(host: str) -> str:
    broken = host if "[.]" in host else host.replace(".", "[.]")
    return broken if "[@]" in broken else broken.replace("@", "[@]")
