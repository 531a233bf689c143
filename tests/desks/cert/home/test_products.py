# ruff: noqa: RUF001  products have Russian names too
"""Products: one form for many ways to write them; advisories and software found at whose they are."""

import json

import pytest
from tests.desks.cert.advisories import changed, encoded
from tests.desks.cert.constituents import WATER
from tests.desks.cert.home.sides import Home
from tests.desks.cert.test_cert import NOW, code_of, say

from detente.core import limits
from detente.core.moment import Span
from detente.desks.cert.formats import wares
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.home import whose
from detente.office.fields import Value

PUMPS: dict[str, Value] = {
    **{name: value for name, value in WATER.items() if name not in ("network", "domain")},
    "product": ("Waterworks: Pump Controller",),
}


@pytest.fixture
def home() -> Home:
    return Home()


def advise(
    home: Home, *changes: tuple[str, object], tlp: str = "CLEAR", by: str = "borealis.gov"
) -> bytes:
    other = Home(by)
    data = encoded(changed(*changes))
    draft = other.act("cert/advise", file=data, to=("cert@aurelia.gov",), tlp=tlp)
    return say(other, draft, home)


def software(**said: Json) -> dict[str, Json]:
    id_ = "software--a1827f6d-ca53-5605-9e93-4316cd22a00a"
    return {"type": "software", "spec_version": "2.1", "id": id_, "name": "x", **said}


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("Waterworks: Pump Controller", "p by waterworks|pump controller"),
        (" WATERWORKS:  pump-controller ", "p by waterworks|pump controller"),
        ("cpe:2.3:h:waterworks:pump_controller:4.1:*:*:*:*:*:*:*", "p by waterworks|pump controller"),
        (r"cpe:2.3:a:a\:b:c\.d:*:*:*:*:*:*:*:*", "p by a b|c d"),
        ("cpe:/h:waterworks:pump%20controller:4.1", "p by waterworks|pump controller"),
        ("Pump Controller", "p any pump controller"),
        ("Насос: Пульт", "p by насос|пульт"),
        ("pkg:PyPI/Requests@2.31.0?x=y#z", "p pkg pypi/requests"),
        ("pkg:npm/%40angular/core@1", "p pkg npm/@angular/core"),
        ("pkg:npm", ""),
        ("pkg:npm//x", ""),
        ("pkg:npm/a%00", ""),
        ("cpe:2.3:h:waterworks:*:*:*:*:*:*:*:*:*", ""),
        ("cpe:2.3:h", ""),
        ("Waterworks: --", ""),
        ("---", ""),
    ],
)  # fmt: skip
def test_one_form_for_many_ways_to_write_a_product(written: str, form: str) -> None:
    assert wares.of_written(written) == form


def test_an_advisory_is_found_at_whoever_has_its_product_whichever_came_first(home: Home) -> None:
    mid = advise(home)
    home.do("constituent_add", **PUMPS)
    (row,) = home.see("to_tell", key="water-north")
    assert (row["mid"], row["state"], row["values"]) == (mid, "goes", "Waterworks: Pump Controller")
    other = Home()
    other.do("constituent_add", **PUMPS)
    advise(other)
    assert len(other.see("found", key="water-north", count=10)) == 1


@pytest.mark.parametrize(
    "product",
    ["Pump Controller", "cpe:2.3:h:waterworks:pump:*:*:*:*:*:*:*:*", "waterworks: PUMP controller"],
)
def test_the_advisorys_page_says_whose_systems_it_is_about(home: Home, product: str) -> None:
    home.do("constituent_add", **{**PUMPS, "product": (product,)})
    mid = advise(home)
    keys = {row["key"] for row in home.see("advisory_owners", mid=mid)}
    assert keys == {"water-north"}
    assert [row["key"] for row in home.see("whose", value=product)] == ["water-north"]


def test_another_vendors_product_of_that_name_is_not_theirs(home: Home) -> None:
    home.do("constituent_add", **{**PUMPS, "product": ("Other: Pump Controller",)})
    mid = advise(home)
    assert home.see("advisory_owners", mid=mid) == ()
    assert home.see("to_tell") == ()


def test_what_is_only_said_not_to_be_affected_is_nobodys(home: Home) -> None:
    home.do("constituent_add", **PUMPS)
    status = {"known_not_affected": ["PUMP-4.1", "PUMP-4.2"]}
    whole = changed(("vulnerabilities/0/product_status", status))
    assert whose.of_advisory(json.dumps(whole)) == ()


def test_software_is_matched_by_name_vendor_and_cpe(home: Home) -> None:
    home.do("constituent_add", **PUMPS)
    home.hear(software(name="Pump controller", vendor="Waterworks"))
    (row,) = home.see("found", key="water-north", count=9)
    assert row["values"] == "Waterworks: Pump controller"
    other = Home()
    other.do("constituent_add", **PUMPS)
    other.hear(software(cpe="cpe:2.3:h:waterworks:pump_controller:4:*:*:*:*:*:*:*"))
    assert len(other.see("found", key="water-north", count=9)) == 1


def test_the_same_advisory_is_told_once_and_a_changed_one_again(home: Home) -> None:
    home.do("constituent_add", **PUMPS)
    advise(home)
    home.do("tell", key="water-north")
    advise(home)
    assert home.see("to_tell") == ()
    advise(home, ("document/title", "Pump controllers, once more"))
    assert len(home.see("to_tell", NOW + Span.of(hours=1))) == 1


def test_an_advisory_that_its_marking_keeps_is_not_told(home: Home) -> None:
    home.do("constituent_add", **PUMPS)
    advise(home, tlp="RED")
    (row,) = home.see("to_tell")
    assert (row["state"], row["why"]) == ("stays", "red")


def test_the_strictest_marking_of_the_same_bytes_holds_whichever_came_first() -> None:
    for marks in (("CLEAR", "RED"), ("RED", "CLEAR")):
        home = Home()
        home.do("constituent_add", **PUMPS)
        for tlp, by in zip(marks, ("borealis.gov", "cordia.gov"), strict=True):
            advise(home, tlp=tlp, by=by)
        advise(home, ("document/title", "Another text of equal id and version"), tlp="GREEN")
        rows = home.see("to_tell")
        assert sorted((str(row["state"]), str(row["why"])) for row in rows) == [
            ("goes", "None"), ("stays", "red"),
        ]  # fmt: skip


def test_a_product_leaves_with_its_row_and_comes_back_from_a_table(home: Home) -> None:
    advise(home)
    home.do("constituent_add", **PUMPS)
    (row,) = home.see("constituents_export")
    assert "Waterworks: Pump Controller" in str(row["table"])
    home.do("constituent_change", NOW + Span.of(hours=1), key="water-north", product=("-",))
    assert home.see("to_tell") == ()
    home.do("constituents_import", NOW + Span.of(hours=2), file=str(row["table"]).encode())
    assert len(home.see("to_tell")) == 1
    table = b"key,name,product\nb,B,Waterworks: Pump Controller|pkg:pypi/requests\n"
    home.do("constituents_import", NOW + Span.of(hours=3), file=table)
    assert {row["neighbour"] for row in home.see("overlaps")} == {"water-north"}


def test_a_product_without_letters_is_refused_and_one_above_the_limit_too(home: Home) -> None:
    wrong = {**PUMPS, "product": ("---",)}
    assert code_of(lambda: home.do("constituent_add", **wrong)) == "cert.constituent"
    many = tuple(f"P{number}" for number in range(limits.MAX_CONSTITUENT_PRODUCTS + 1))
    assert code_of(lambda: home.do("constituent_add", **{**PUMPS, "product": many})) != ""
    home.do("constituent_add", **{**PUMPS, "product": many[:-1]})


@pytest.mark.parametrize("more", [0, 1])
def test_of_one_advisory_so_many_products_are_looked_at(more: int) -> None:
    names = [{"name": f"P{n}", "product_id": f"{n}"} for n in range(wares.OF_ADVISORY_MAX + more)]
    tree: Json = {"product_tree": {"full_product_names": names}}  # type: ignore[dict-item]
    assert isinstance(tree, dict)
    assert len(wares.of_advisory(tree)) == wares.OF_ADVISORY_MAX
