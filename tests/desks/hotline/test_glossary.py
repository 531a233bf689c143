"""Glossaries as files: out and in again, and what is refused."""

import pytest
from tests.desks.hotline.line import AURELIA, BOREALIS, line

from detente.core import limits
from detente.core.errors import OurFault
from detente.desks.hotline.desk import DESK
from detente.desks.hotline.formats import glossary_xml
from detente.desks.hotline.formats.glossary_xml import Entry

ENTRIES = (
    Entry(
        "incident", (("en", "incident"), ("ru", "инцидент")), "disagreed", "No <attack> & no war"
    ),
    Entry("outage", (("en", 'an "outage"'), ("ru", "отключение")), "agreed"),
)
TMX = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header srclang="en"/><body>
<tu tuid="Alarm"><tuv xml:lang="EN"><seg>alarm
  signal</seg></tuv><tuv xml:lang="RU"><seg>тревога</seg></tuv></tu>
</body></tmx>"""
OLD_TBX = """<?xml version="1.0"?><martif type="TBX" xml:lang="en"><text><body>
<termEntry id="alarm"><langSet xml:lang="en"><tig><term>alarm</term></tig></langSet>
<langSet xml:lang="ru"><ntig><termGrp><term>тревога</term></termGrp></ntig></langSet></termEntry>
</body></text></martif>"""
BOMB = """<!DOCTYPE tmx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<tmx><body><tu tuid="x"><tuv xml:lang="en"><seg>&b;</seg></tuv></tu></body></tmx>"""
OUTSIDE = """<!DOCTYPE tmx [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<tmx><body><tu tuid="x"><tuv xml:lang="en"><seg>&a;</seg></tuv></tu></body></tmx>"""
UNKNOWN = """<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx><body><tu tuid="x"><tuv xml:lang="en"><seg>&a;</seg></tuv>
<tuv xml:lang="ru"><seg>a</seg></tuv></tu></body></tmx>"""


def unit(name: str, *wordings: tuple[str, str]) -> str:
    variants = "".join(f'<tuv xml:lang="{a}"><seg>{b}</seg></tuv>' for a, b in wordings)
    return f'<tu tuid="{name}">{variants}</tu>'


def tmx(*units: str) -> bytes:
    return f"<tmx><body>{''.join(units)}</body></tmx>".encode()


@pytest.mark.parametrize(
    "text", [glossary_xml.write_tmx(ENTRIES, "en"), glossary_xml.write_tbx(ENTRIES)]
)
def test_a_glossary_comes_back_as_it_went_out(text: str) -> None:
    back = glossary_xml.read(text.encode())
    assert [(e.concept, e.wordings, e.note) for e in back] == [
        (e.concept, e.wordings, e.note) for e in ENTRIES
    ]
    assert [each.stand for each in back] == ["disagree", "agree"]


@pytest.mark.parametrize("text", [TMX, OLD_TBX])
def test_files_of_other_programs_are_read(text: str) -> None:
    (entry,) = glossary_xml.read(text.encode())
    assert (entry.concept, entry.stand) == ("alarm", "propose")
    assert entry.wordings[1] == ("ru", "тревога")


TWO = (("en", "a"), ("ru", "б"))


@pytest.mark.parametrize(
    "data",
    [
        BOMB.encode(), OUTSIDE.encode(), UNKNOWN.encode(), b"", b"<tmx>", b"\xff\xfe\x00", tmx(),
        tmx(unit("x", ("en", "a"))), tmx(unit("x", *TWO, ("fr", "a"))),
        tmx(unit("x", ("en", "a"), ("en", "b"))), tmx(unit("", *TWO)), tmx(unit("no name", *TWO)),
        tmx(unit("x", ("en", ""), TWO[1])), tmx(unit("x", ("en", "a" * 201), TWO[1])),
        tmx(unit("x", ("e", "a"), TWO[1])), tmx(unit("x", *TWO), unit("X", *TWO)),
        tmx(*(unit(f"x{n}", *TWO) for n in range(limits.MAX_HOTLINE_TERMS + 1))),
    ],
)  # fmt: skip
def test_a_bad_glossary_is_refused(data: bytes) -> None:
    with pytest.raises(OurFault) as refused:
        glossary_xml.read(data)
    assert refused.value.code == "hotline.glossary"


def test_a_glossary_of_the_most_entries_is_read() -> None:
    most = tmx(*(unit(f"x{n}", *TWO) for n in range(limits.MAX_HOTLINE_TERMS)))
    assert len(glossary_xml.read(most)) == limits.MAX_HOTLINE_TERMS


@pytest.mark.parametrize("form", ["tmx", "tbx"])
def test_a_file_becomes_terms_on_both_sides_and_they_a_file_again(form: str) -> None:
    aurelia, borealis = line()
    data = glossary_xml.write_tmx(ENTRIES, "en").encode()
    aurelia.act("import", file=data)
    borealis.act("import", file=data, stand="agree")
    (ours,) = aurelia.look("export", peer=BOREALIS, format=form)
    (theirs,) = borealis.look("export", peer=AURELIA, format=form)
    assert ours == theirs
    back = glossary_xml.read(str(ours["glossary"]).encode())
    assert [(each.concept, each.stand) for each in back] == [
        ("incident", "disagree"), ("outage", "agree"),
    ]  # fmt: skip


def test_the_largest_file_is_taken_and_one_more_byte_is_not() -> None:
    act = next(each for each in DESK.acts if each.name == "hotline/import")
    field = next(each for each in act.fields if each.name == "file")
    assert field.flaw(bytes(limits.MAX_GLOSSARY)) is None
    assert field.flaw(bytes(limits.MAX_GLOSSARY + 1)) is not None
