"""Incidents in IODEF, version 2 (RFC 7970) and 1 (RFC 5070), read as drafts.

XML without document types and entities, an incident at a time, all bounded. What has no place in a
draft is told by a warning: a draft is for a person to complete, not a store of IODEF.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.screening.lists import tree
from detente.screening.lists.tree import Node

INCIDENTS_MAX: Final = limits.MAX_IODEF  # of one document
_SEVERITIES: Final = {"low": "low", "medium": "medium", "high": "high"}
# RFC 7970 3.3.1: of restriction, the words of version 1 and those of TLP.
_MARKINGS: Final = {
    "white": "CLEAR", "green": "GREEN", "amber": "AMBER", "red": "RED",
    "public": "CLEAR", "partner": "GREEN", "need-to-know": "AMBER", "private": "RED",
}  # fmt: skip
_CHILDREN: Final = frozenset(
    {
        "IncidentID", "AlternativeID", "RelatedActivity", "DetectTime", "StartTime", "EndTime",
        "RecoveryTime", "ReportTime", "GenerationTime", "Description", "Assessment", "Contact",
        "EventData", "IndicatorData", "Discovery", "Method", "History", "AdditionalData",
    }
)  # fmt: skip
_NOT_TAKEN: Final = ("IndicatorData", "History", "AdditionalData", "RelatedActivity")


@dataclass(frozen=True, slots=True)
class Draft:
    """An incident as a person would begin to write it. Empty: the source says nothing of it.

    severity: one of the desk's words. tlp: as record headers write it; "" asks a person to choose.
    addresses: what was affected or attacked, with the role that the source gives.
    """

    about: str
    text: str
    seen: Moment | None = None
    severity: str = ""
    tlp: str = ""
    reporter: str = ""
    reference: str = ""
    addresses: tuple[tuple[str, str], ...] = ()


def read(data: bytes) -> tuple[tuple[Draft, ...], tuple[str, ...]]:
    """Return the incidents of a document and warnings; none if it is no IODEF."""
    warnings: list[str] = []
    drafts: list[Draft] = []
    if b"IODEF-Document" not in data:
        return (), ()
    try:
        for node in tree.read((data,), frozenset({"Incident"})):
            if len(drafts) == INCIDENTS_MAX:
                warnings.append(f"only the first {INCIDENTS_MAX} incidents are read")
                break
            drafts.append(_draft(node, warnings))
    except OurFault as fault:
        warnings.append(f"not read to its end: {fault.what}")
    return tuple(drafts), tuple(dict.fromkeys(warnings))


def _draft(node: Node, warnings: list[str]) -> Draft:
    tags = {child.tag for child in node.children}
    warnings.extend(f"{tag} is not taken over" for tag in _NOT_TAKEN if tag in tags)
    unknown = sorted(tags - _CHILDREN)
    if unknown:
        warnings.append(f"not known: {', '.join(unknown[:5])[:200]}")
    descriptions = [_line(each.text) for each in node.children if each.tag == "Description"]
    restriction = node.attributes.get("restriction", "")
    said = [text for text in descriptions if text]
    reference = _line(node.get("IncidentID"))
    parts = ["\n".join(said), *_assessed(node), *_methods(node)]
    return Draft(
        about=(said[0] if said else f"Incident {reference}")[:200],
        text="\n\n".join(part for part in parts if part)[: limits.MAX_MAIL_TEXT],
        seen=_time(node, ("StartTime", "DetectTime", "ReportTime", "GenerationTime")),
        severity=_severity(node),
        tlp=_MARKINGS.get(restriction, ""),
        reporter=_contact(node),
        reference=reference[:200],
        addresses=tuple(_addresses(node)),
    )


def _assessed(node: Node) -> Iterator[str]:
    for impact in ("Impact", "SystemImpact", "BusinessImpact"):
        for each in node.all(impact):
            words = [each.attributes.get(name, "") for name in ("type", "completion", "severity")]
            shown = ", ".join(word for word in words if word)
            text = _line(each.text) or _line(each.get("Description"))
            if shown or text:
                yield f"{impact}: {': '.join(part for part in (shown, text) if part)}"


def _methods(node: Node) -> Iterator[str]:
    for each in node.all("Method"):
        text = _line(each.get("Description"))
        if text:
            yield f"Method: {text}"


def _severity(node: Node) -> str:
    found = [
        each.attributes.get("severity", "")
        for impact in ("Impact", "SystemImpact", "BusinessImpact")
        for each in node.all(impact)
    ]
    order = list(_SEVERITIES)
    known = [one for one in found if one in _SEVERITIES]
    return _SEVERITIES[max(known, key=order.index)] if known else ""


def _contact(node: Node) -> str:
    for contact in node.children:
        if contact.tag == "Contact":
            name = contact.get("ContactName")
            mail = contact.get("Email")
            for inner in contact.children:  # version 2 wraps the address
                if inner.tag == "Email":
                    mail = mail or inner.get("EmailTo")
            return _line(" ".join(part for part in (name, mail) if part))[:200]
    return ""


def _addresses(node: Node) -> Iterator[tuple[str, str]]:
    seen: set[tuple[str, str]] = set()
    for system in node.all("System"):
        role = system.attributes.get("category", "")
        for address in (*system.all("Address"), *system.all("Name")):
            text = _line(address.text)
            if text and (text, role) not in seen:
                seen.add((text, role))
                yield text[:400], role[:40]


def _time(node: Node, names: tuple[str, ...]) -> Moment | None:
    for name in names:
        try:
            at = datetime.fromisoformat(node.get(name))
            return Moment(int(at.replace(tzinfo=at.tzinfo or UTC).timestamp()) * 1000)
        except (ValueError, OverflowError):
            continue
    return None


def _line(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
