"""What objects are marked with: every pair of levels, parts, and what nobody can read."""

import json
from itertools import product
from pathlib import Path

import pytest

from detente.desks.cert.formats import marking
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.formats.marking import Book, Marks

Object = dict[str, Json]
LEVEL_OF = {**marking.TLP_1, **marking.TLP_2, "marking-definition--" + "0" * 36: "RED"}


def one(*refs: str, **more: Json) -> Object:
    return {"type": "indicator", "id": "indicator--1", "object_marking_refs": [*refs], **more}


def statement(text: str, n: int = 1) -> Object:
    return {
        "type": marking.TYPE,
        "id": f"marking-definition--{n:036}",
        "definition_type": "statement",
        "definition": {"statement": text},
    }


@pytest.mark.parametrize(("first", "second"), list(product(LEVEL_OF, LEVEL_OF)))
def test_of_two_markings_the_stricter_wins_wherever_they_stand(first: str, second: str) -> None:
    due = max(LEVEL_OF[first], LEVEL_OF[second], key=marking.LEVELS.index)
    part: Json = [{"marking_ref": second, "selectors": ["name"]}]
    assert marking.strictest([one(first), one(second)]) == due
    assert marking.strictest([one(first, second)]) == due
    assert marking.strictest([one(first, granular_markings=part)]) == due


def test_the_level_is_read_from_the_definition_and_not_from_the_name() -> None:
    liar: Object = {"type": marking.TYPE, "id": "marking-definition--1", "name": "TLP:CLEAR",
            "definition_type": "tlp", "definition": {"tlp": "red"}}  # fmt: skip
    assert marking.strictest([liar, one("marking-definition--1")]) == "RED"


def test_a_definition_that_claims_a_fixed_id_can_only_make_it_stricter() -> None:
    white, red = next(iter(marking.TLP_1)), list(marking.TLP_1)[3]
    named_red: Object = {"type": marking.TYPE, "id": white, "definition_type": "tlp",
                         "definition": {"tlp": "red"}}  # fmt: skip
    named_clear: Object = {**named_red, "id": red, "definition": {"tlp": "clear"}}
    assert marking.strictest([named_red, one(white)]) == "RED"
    assert marking.strictest([named_clear, one(red)]) == "RED"


def test_what_nobody_can_read_is_red_and_named() -> None:
    gone = Book.of([]).object(one("marking-definition--gone"))
    assert gone == Marks(tlp="RED", unknown=("marking-definition--gone",))
    odd: Object = {"type": marking.TYPE, "id": "m", "name": "House rules", "definition_type": "x"}
    assert marking.define(odd) == Marks(tlp="RED", unknown=("House rules",))
    for word in ("purple", None, 5, ""):
        tlp: Object = {"type": marking.TYPE, "definition_type": "tlp", "definition": {"tlp": word}}
        assert marking.define(tlp).tlp == "RED"
        assert marking.define(tlp).unknown
    misshapen = Book.of([]).object({"type": "tool", "object_marking_refs": "all of them"})
    assert (misshapen.tlp, len(misshapen.unknown)) == ("RED", 1)


def test_a_statement_marks_no_colour_and_is_told() -> None:
    found = marking.bundle(
        [statement("Copyright Aurelia"), one("marking-definition--" + f"{1:036}")]
    )
    assert found == Marks(statements=("Copyright Aurelia",))


@pytest.mark.parametrize(
    ("tag", "due"),
    [
        ("PAP:WHITE", Marks(pap="CLEAR")),
        ("pap:amber", Marks(pap="AMBER")),
        ("PAP:purple", Marks(tlp="RED", pap="RED", unknown=("PAP:purple",))),
        ("tlp:white", Marks(tlp="CLEAR")),
        ("TLP:AMBER+STRICT", Marks(tlp="AMBER+STRICT")),
        ("tlp:ex:chr", Marks(tlp="RED", unknown=("TLP ex:chr",))),
        ("tlp", Marks(tlp="RED", unknown=("tlp",))),
        ("osint", None),
        ("type:OSINT", None),
    ],
)
def test_tags_of_both_taxonomies_are_read(tag: str, due: Marks | None) -> None:
    assert marking.of_tag(tag) == due


def test_of_two_permissions_to_act_the_stricter_wins() -> None:
    book = [statement("PAP:GREEN"), statement("PAP:RED", 2), statement("PAP:CLEAR", 3)]
    ids = [str(each["id"]) for each in book]
    assert marking.bundle([*book, one(*ids)]).pap == "RED"
    assert marking.bundle([*book, one()]).pap == ""


def test_a_part_marks_its_property_what_is_in_it_and_what_holds_it_and_no_other() -> None:
    red = marking.definition_of("RED")["id"]
    amber = str(marking.definition_of("AMBER")["id"])
    parts: Json = [{"marking_ref": red, "selectors": ["external_references.[0].url"]}]
    book, marked = Book.of([]), one(amber, granular_markings=parts)
    assert book.property(marked, "external_references.[0].url").tlp == "RED"
    assert book.property(marked, "external_references.[0]").tlp == "RED"
    assert book.property(marked, "external_references").tlp == "RED"
    assert book.property(marked, "external_references.[1]").tlp == "AMBER"
    assert book.property(marked, "external_references.[0].urls").tlp == "AMBER"
    assert book.property(marked, "name").tlp == "AMBER"
    assert (book.whole(marked).tlp, book.object(marked).tlp) == ("AMBER", "RED")
    assert book.parts(marked) == (marking.Part(("external_references.[0].url",), Marks(tlp="RED")),)


def test_a_laxer_part_loosens_nothing_and_a_language_marks_nothing() -> None:
    clear = marking.definition_of("CLEAR")["id"]
    amber = str(marking.definition_of("AMBER")["id"])
    parts: Json = [
        {"marking_ref": clear, "selectors": ["name"]},
        {"lang": "ru", "selectors": ["name"]},
        "no part",
    ]
    marked = one(amber, granular_markings=parts)
    assert Book.of([]).property(marked, "name").tlp == "AMBER"
    assert len(Book.of([]).parts(marked)) == 1


@pytest.mark.parametrize("level", marking.LEVELS)
def test_a_definition_of_ours_says_the_level_that_it_is_of(level: str) -> None:
    made = marking.definition_of(level)
    assert marking.define(made) == Marks(tlp=level)
    assert marking.FIXED[str(made["id"])] == level


def test_white_is_that_of_tlp_1() -> None:
    made = marking.definition_of("CLEAR", white=True)
    assert (made["id"], marking.define(made).tlp) == (next(iter(marking.TLP_1)), "CLEAR")
    assert marking.definition_of("RED", white=True)["id"] in marking.TLP_2


@pytest.mark.parametrize(
    "name", ["tlp10_marking_definitions.json", "tlp20_marking_definitions.json"]
)
def test_published_definitions_are_read_as_they_are_meant(name: str) -> None:
    file = Path(__file__).parents[3].parent / "shared/data/cert/stix-marking" / name
    if not file.exists():
        pytest.skip(f"{file} is not here")
    value = json.loads(file.read_bytes())
    listed = value["objects"] if isinstance(value, dict) else value
    assert len(listed) in (4, 5)
    for each in listed:
        assert marking.define(each).tlp == marking.FIXED[each["id"]]
