"""Names of other standards in an advisory: language tags, package URLs, version ranges."""

import re
from typing import Final

from detente.desks.cert.formats.csaf import subtags

_PRIVATE_LANGUAGE: Final = re.compile(r"q[a-t][a-z]")
_PRIVATE_SCRIPT: Final = re.compile(r"qa[a-b][a-x]")
_PRIVATE_REGION: Final = re.compile(r"aa|q[m-z]|x[a-z]|zz")
_LETTERS_SCRIPT: Final = 4
_LETTERS_EXTENDED: Final = 3
_KEY: Final = re.compile(r"[a-z.\-_][a-z0-9.\-_]*")
_TYPE: Final = re.compile(r"[A-Za-z.\-+][A-Za-z0-9.\-+]*")
_NEED_NAMESPACE: Final = frozenset({"maven", "github", "bitbucket", "composer", "swift"})
VERS: Final = re.compile(r"vers:[a-z.\-+][a-z0-9.\-+]*/.+")


def wrong_language(tag: str) -> str | None:
    """Say which part of a language tag does not exist (RFC 5646, IANA registry), or None."""
    lower = tag.lower()
    parts = lower.split("-")
    if lower in subtags.GRANDFATHERED or parts[0] == "x":
        return None
    if parts[0] not in subtags.LANGUAGES and not _PRIVATE_LANGUAGE.fullmatch(parts[0]):
        return f"no language has the code {parts[0]!r}"
    for part in parts[1:]:
        if len(part) == 1:  # an extension, or what is private
            return None
        if not _is_known(part):
            return f"the language registry has no part {part!r}"
    return None


def _is_known(part: str) -> bool:
    if part.isalpha() and len(part) == _LETTERS_EXTENDED:
        return part in subtags.EXTENDED
    if part.isalpha() and len(part) == _LETTERS_SCRIPT:
        return part in subtags.SCRIPTS or bool(_PRIVATE_SCRIPT.fullmatch(part))
    if len(part) <= _LETTERS_EXTENDED:
        return part in subtags.REGIONS or bool(_PRIVATE_REGION.fullmatch(part))
    return part in subtags.VARIANTS


def is_private(tag: str) -> bool:
    """Say whether a language tag, or a part of it, is for private use."""
    first, *rest = tag.lower().split("-")
    if first in ("x", "qaa") or _PRIVATE_LANGUAGE.fullmatch(first):
        return True
    for part in rest:
        if part == "x":
            return True
        if len(part) == 1:
            continue
        if _PRIVATE_SCRIPT.fullmatch(part) or _PRIVATE_REGION.fullmatch(part):
            return True
    return False


def wrong_purl(purl: str) -> str | None:
    """Say what is wrong with a package URL (purl specification, "rules for each component")."""
    rest, _, subpath = purl.partition("#")
    rest, mark, qualifiers = rest.partition("?")
    scheme, _, rest = rest.partition(":")
    rest = rest.lstrip("/")
    if scheme.lower() != "pkg":
        return "does not begin with pkg:"
    kind, _, rest = rest.partition("/")
    if not _TYPE.fullmatch(kind):
        return "has no type"
    rest, at, version = _cut_version(rest)
    if at and not version:
        return "has an empty version after @"
    namespace, _, name = rest.strip("/").rpartition("/")
    if not name.strip() or (rest.endswith("/") and at):
        return "has no name"
    if kind.lower() in _NEED_NAMESPACE and not namespace:
        return f"has no namespace, which {kind.lower()} asks for"
    if any(not part for part in namespace.split("/") if namespace):
        return "has an empty part in its namespace"
    if mark:
        return _wrong_qualifiers(qualifiers)
    if any(part in ("", ".", "..") for part in subpath.strip("/").split("/") if subpath):
        return "has an empty part in its subpath"
    return None


def _cut_version(rest: str) -> tuple[str, str, str]:
    # A scope of npm may stand with a bare @ before its name.
    place = rest.rfind("@")
    if place <= 0 and not rest.startswith("@"):
        return rest, "", ""
    if place == 0 and "/" in rest:
        return rest, "", ""
    return rest[:place], "@", rest[place + 1 :]


def _wrong_qualifiers(qualifiers: str) -> str | None:
    seen: set[str] = set()
    for pair in qualifiers.split("&"):
        key = pair.partition("=")[0].lower()
        if not _KEY.fullmatch(key):
            return f"has a qualifier without a proper key: {pair[:40]!r}"
        if key in seen:
            return f"has the qualifier {key} twice"
        seen.add(key)
    return None
