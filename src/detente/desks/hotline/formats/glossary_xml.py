"""Glossaries as TMX 1.4b and TBX (ISO 30042:2019, DCA style, TBX-Basic), in and out.

A document type that declares nothing is passed over, never fetched; one with declarations of its own,
an entity, or more than the limits is refused. What was agreed or disagreed travels as a property.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from detente.core import limits
from detente.core.errors import OurFault
from detente.desks.hotline import kinds
from detente.screening.lists import tree
from detente.screening.lists.tree import Node

STAND: Final = "x-detente-stand"  # a property of ours: propose, agree or disagree
_STATES: Final = (*kinds.STANDS, "agreed", "disagreed", "proposed")
_AS_STAND: Final = {"agreed": "agree", "disagreed": "disagree", "proposed": "propose"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One concept: its wordings by language, in order, how it stands, and a note."""

    concept: str
    wordings: tuple[tuple[str, str], ...]
    stand: str = "propose"
    note: str = ""


def read(data: bytes) -> tuple[Entry, ...]:
    """Return the entries of a TMX or TBX file. Raises OurFault("hotline.glossary")."""
    found: list[Entry] = []
    try:
        for node in tree.read((data,), frozenset({"tu", "conceptEntry", "termEntry"}), plain=True):
            if len(found) == limits.MAX_HOTLINE_TERMS:
                raise _bad(f"more than {limits.MAX_HOTLINE_TERMS} entries (MAX_HOTLINE_TERMS)")
            found.append(_of_unit(node) if node.tag == "tu" else _of_concept(node))
    except OurFault as fault:
        raise fault if fault.code == "hotline.glossary" else _bad(fault.what) from None
    if not found:
        raise _bad("no entry of TMX or TBX stands in it")
    names = [each.concept for each in found]
    if len(set(names)) < len(names):
        raise _bad(f"{next(n for n in names if names.count(n) > 1)} stands twice")
    return tuple(found)


def _of_unit(unit: Node) -> Entry:
    wordings = [
        (_language(variant), _text(variant.get("seg")))
        for variant in unit.children
        if variant.tag == "tuv"
    ]
    return _entry(unit.attributes.get("tuid", ""), wordings, unit)


def _of_concept(entry: Node) -> Entry:
    wordings = [
        (_language(section), _text(next((each.text for each in section.all("term")), "")))
        for section in entry.children
        if section.tag in ("langSec", "langSet")
    ]
    return _entry(entry.attributes.get("id", ""), wordings, entry)


def _entry(name: str, wordings: list[tuple[str, str]], node: Node) -> Entry:
    concept = name.lower()
    flaw = kinds.CONCEPT.flaw(concept)
    if flaw:
        raise _bad(f"the name {name[:80]!r} of an entry: {flaw.what}")
    if len(wordings) != 2 or wordings[0][0] == wordings[1][0]:  # noqa: PLR2004  a bilingual glossary
        raise _bad(f"{concept}: not one wording in each of two languages")
    for language, wording in wordings:
        for type_, value in ((kinds.LANGUAGE.type, language), (kinds.WORDING, wording)):
            flaw = type_.flaw(value)
            if flaw:
                raise _bad(f"{concept}: {flaw.what}")
    said = {
        one.attributes.get("type", ""): _text(one.text)
        for one in node.children
        if one.tag in ("prop", "admin")
    }
    stand = _AS_STAND.get(said.get(STAND, "propose"), said.get(STAND, "propose"))
    if stand not in kinds.STANDS:
        raise _bad(f"{concept}: {stand[:40]!r} is none of {', '.join(_STATES)}")
    return Entry(concept, tuple(wordings), stand, _text(node.get("note"))[:1_000])


def _language(node: Node) -> str:
    return node.attributes.get("lang", "").lower()


def _text(text: str) -> str:
    return " ".join(text.split())


def write_tmx(entries: Sequence[Entry], source: str) -> str:
    """Return a TMX 1.4b document. source: the language of the first wordings."""
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">\n'
        f'<header creationtool="detente" creationtoolversion="1" segtype="phrase" o-tmf="detente" '
        f'adminlang="en" srclang={quoteattr(source)} datatype="plaintext"/>\n<body>\n'
    )
    return head + "".join(_lines(map(_unit, entries))) + "</body>\n</tmx>\n"


def write_tbx(entries: Sequence[Entry]) -> str:
    """Return a TBX document, dialect TBX-Basic, style DCA."""
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<tbx xmlns="urn:iso:std:iso:30042:ed-2" style="dca" type="TBX-Basic" xml:lang="en">\n'
        "<tbxHeader><fileDesc><sourceDesc><p>detente</p></sourceDesc></fileDesc></tbxHeader>\n"
        "<text><body>\n"
    )
    return head + "".join(_lines(map(_concept, entries))) + "</body></text>\n</tbx>\n"


def _lines(each: Iterable[str]) -> Iterator[str]:
    return (f"{one}\n" for one in each)


def _unit(entry: Entry) -> str:
    note = f"<note>{escape(entry.note)}</note>" if entry.note else ""
    variants = "".join(
        f"<tuv xml:lang={quoteattr(language)}><seg>{escape(wording)}</seg></tuv>"
        for language, wording in entry.wordings
    )
    prop = f'<prop type="{STAND}">{escape(entry.stand)}</prop>'
    return f"<tu tuid={quoteattr(entry.concept)}>{note}{prop}{variants}</tu>"


def _concept(entry: Entry) -> str:
    note = f"<note>{escape(entry.note)}</note>" if entry.note else ""
    sections = "".join(
        f"<langSec xml:lang={quoteattr(language)}><termSec><term>{escape(wording)}</term>"
        "</termSec></langSec>"
        for language, wording in entry.wordings
    )
    admin = f'<admin type="{STAND}">{escape(entry.stand)}</admin>'
    return f"<conceptEntry id={quoteattr(entry.concept)}>{admin}{note}{sections}</conceptEntry>"


def _bad(what: str) -> OurFault:
    return OurFault(
        "hotline.glossary", f"the glossary is not read: {what}", "correct the file: TMX 1.4 or TBX"
    )
