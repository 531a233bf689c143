"""Mandatory tests about a document's tracking, language and category.

6.1.12, 6.1.14 to 6.1.22, 6.1.26, 6.1.28 and 6.1.30.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from detente.desks.cert.formats.csaf import tags
from detente.desks.cert.formats.csaf.finding import Finding
from detente.desks.cert.formats.csaf.shape import shown
from detente.desks.cert.formats.csaf.versions import Instant, Version, instant
from detente.desks.cert.formats.csaf.walk import Node, nodes, text

_HISTORY: Final = "/document/tracking/revision_history"
_VERSION: Final = "/document/tracking/version"
PROFILES: Final = frozenset(
    {
        "csaf_base",
        "csaf_security_incident_response",
        "csaf_informational_advisory",
        "csaf_security_advisory",
        "csaf_vex",
    }
)
# Names and values of the profiles as 6.1.26 compares them: no case, no dash, blank or underline.
_TAKEN: Final = frozenset(
    name for profile in PROFILES - {"csaf_base"} for name in (
        profile.replace("_", ""), profile.removeprefix("csaf_").replace("_", "")
    )
)  # fmt: skip
_LEFT_OUT: Final = re.compile(r"[-_\s\u2010-\u2015]+")


class Revision(NamedTuple):
    """An entry of the revision history."""

    at: Instant
    version: Version
    place: int
    number: str

    @property
    def path(self) -> str:
        """Where its number stands."""
        return f"{_HISTORY}/{self.place}/number"


def history(document: Node) -> list[Revision]:
    """Return the revisions in the order in which they stand."""
    return [
        Revision(
            instant(text(one, "date")), Version(text(one, "number")), place, text(one, "number")
        )
        for place, (_, one) in enumerate(nodes(document, f"{_HISTORY}[]"))
    ]


def tracking(document: Node) -> Iterator[Finding]:
    """6.1.14, 6.1.16 to 6.1.22 and 6.1.30: versions, their order and the document's status."""
    revisions = history(document)
    by_date = sorted(revisions, key=lambda one: (one.at, one.version.key))
    yield from _order(by_date)
    yield from _latest(document, by_date)
    yield from _status(document, revisions)
    yield from _gaps(by_date)
    seen: dict[str, int] = {}
    for one in revisions:
        if seen.setdefault(one.number, one.place) != one.place:
            yield Finding(
                "6.1.22", one.path, f"version {one.number} stands in the history twice",
                "give each revision its own version",
            )  # fmt: skip
    numbers = [Version(text(document, _VERSION)), *(one.version for one in revisions)]
    if len({one.is_whole for one in numbers}) > 1:
        yield Finding(
            "6.1.30", _VERSION, "whole numbers and semantic versions are mixed in one document",
            "use one of the two for the document and all of its history",
        )  # fmt: skip


def _order(by_date: list[Revision]) -> Iterator[Finding]:
    for before, after in pairwise(by_date):
        if after.version < before.version:
            yield Finding(
                "6.1.14", after.path,
                f"version {after.number} is dated after version {before.number}",
                "correct the date or the number of one of the two",
            )  # fmt: skip


def _latest(document: Node, by_date: list[Revision]) -> Iterator[Finding]:
    said = Version(text(document, _VERSION))
    last = by_date[-1]
    is_draft = text(document, "/document/tracking/status") == "draft"
    same = said.without_pre() == last.version.without_pre() if is_draft else said == last.version
    if not same:
        yield Finding(
            "6.1.16", _VERSION,
            f"is {text(document, _VERSION)}, while the newest revision is {last.number}",
            "add the missing revision, or correct the version",
        )  # fmt: skip


def _status(document: Node, revisions: list[Revision]) -> Iterator[Finding]:
    version = Version(text(document, _VERSION))
    is_draft = text(document, "/document/tracking/status") == "draft"
    shows = text(document, _VERSION)
    if not is_draft and (version.major == 0 or version.pre):
        yield Finding(
            "6.1.17", _VERSION, f"version {shows} is one of a draft, and the status is not draft",
            "set the status to draft, or give the version of a release",
        )  # fmt: skip
    if not is_draft and version.pre:
        yield Finding(
            "6.1.20", _VERSION, f"a released document has the pre-release version {shows}",
            "take the part after the dash out of the version",
        )  # fmt: skip
    for one in revisions:
        if not is_draft and one.version.major == 0:
            yield Finding(
                "6.1.18", one.path, f"version {one.number} stands in a released document's history",
                "take the entries of drafts out of the history",
            )  # fmt: skip
        if one.version.pre:
            yield Finding(
                "6.1.19", one.path, f"the pre-release {one.number} stands in the history",
                "keep only versions without a part after a dash",
            )  # fmt: skip


def _gaps(by_date: list[Revision]) -> Iterator[Finding]:
    first = by_date[0]
    if first.version.major > 1:
        yield Finding(
            "6.1.21", first.path, f"the history begins with version {first.number}",
            "add the revisions since version 0 or 1",
        )  # fmt: skip
    there = sorted({one.version.major for one in by_date})
    for before, after in pairwise(there):
        if after > before + 1:
            yield Finding(
                "6.1.21", _HISTORY, f"no revision stands between versions {before} and {after}",
                "add the missing revisions",
            )  # fmt: skip


def languages(document: Node) -> Iterator[Finding]:
    """6.1.12, 6.1.15 and 6.1.28: languages exist, and a translation says from which and to which."""
    for name in ("lang", "source_lang"):
        tag = text(document, f"/document/{name}")
        wrong = tags.wrong_language(tag) if tag else None
        if wrong:
            yield Finding("6.1.12", f"/document/{name}", wrong, "use a code of the registry")
    lang, source = text(document, "/document/lang"), text(document, "/document/source_lang")
    if text(document, "/document/publisher/category") == "translator" and not source:
        yield Finding(
            "6.1.15", "/document/source_lang", "a translator published it, and it names no language"
            " from which it was translated", "add source_lang",
        )  # fmt: skip
    if lang and lang.lower() == source.lower():
        yield Finding(
            "6.1.28", "/document/lang", f"{shown(lang)} is both its language and the source's",
            "correct one of the two, or take source_lang out",
        )  # fmt: skip


def category(document: Node) -> Iterator[Finding]:
    """6.1.26: a category of one's own is not taken for a profile."""
    name = text(document, "/document/category")
    if name in PROFILES:
        return
    folded = _LEFT_OUT.sub("", name).casefold()
    if folded in _TAKEN or name.casefold().startswith("csaf_"):
        yield Finding(
            "6.1.26", "/document/category", f"{shown(name)} is like the name of a profile, and is none",
            "write the profile as the standard does, or choose another name",
        )  # fmt: skip
