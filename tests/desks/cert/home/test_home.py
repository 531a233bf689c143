"""Constituents: entered, matched whichever came first, told once by their means."""

import csv
import io
import random

import pytest
from tests.desks.cert.constituents import WATER
from tests.desks.cert.home.sides import BORN, Home, bundle, indicator
from tests.desks.cert.test_cert import NOW, code_of, say

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.desks.cert.formats import marking
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.home import folds, register, whose
from detente.office.fields import Values

LATER = "2026-02-01T00:00:00.000Z"


@pytest.fixture
def home() -> Home:
    return Home()


def rows_of(home: Home) -> list[object]:
    """What was found; not by which record a constituent came to be as it is."""
    rows = home.rows(whose.WHOSE).find({}, None, 100_000)
    return [row for row in rows if not str(row["place"]).startswith("c ")]


def test_of_two_words_on_a_constituent_the_later_counts_whichever_is_folded_last() -> None:
    homes = Home("aurelia.gov"), Home("aurelia.gov")
    first = homes[0].act("cert/constituent_add", NOW, **WATER)
    moved = {**WATER, "network": ("203.0.113.0/24",)}
    second = homes[1].act("cert/constituent_add", NOW + Span.of(hours=1), **moved)
    for home, drafts in zip(homes, ((first, second), (second, first)), strict=True):
        for draft in drafts:
            say(home, draft, home)
        home.hear(indicator(1, "198.51.100.7"), indicator(2, "203.0.113.9"))
    for home in homes:
        assert [row["network"] for row in home.rows(folds.CONSTITUENTS).find({}, None, 9)] == [
            moved["network"]
        ]
        found = home.see("found", key="water-north", count=10)
        assert [row["id"] for row in found] == [indicator(2, "203.0.113.9")["id"]]


def test_many_constituents_that_lose_a_network_keep_what_is_still_theirs(home: Home) -> None:
    home.hear(indicator(1, "198.51.100.7"), indicator(2, "203.0.113.9"))
    head, keys = "key,name,network\n", [f"c{number}" for number in range(40)]
    wide = "".join(f"{key},{key},198.51.100.0/24 203.0.113.0/24\n" for key in keys)
    home.do("constituents_import", file=(head + wide).encode())
    assert len(home.see("found", key=keys[7], count=10)) == 2
    less = "".join(f"{key},{key},198.51.100.0/24\n" for key in keys)
    home.do("constituents_import", NOW + Span.of(hours=1), file=(head + less).encode())
    for key in keys:
        (row,) = home.see("found", key=key, count=10)
        assert row["id"] == indicator(1, "198.51.100.7")["id"]


def test_what_came_before_a_constituent_and_after_it_is_found_alike(home: Home) -> None:
    home.hear(indicator(1, "198.51.100.7"), indicator(2, "203.0.113.9"))
    home.do("constituent_add", **WATER)
    home.hear(indicator(3, "pumps.water.example"), indicator(4, "notwater.example"))
    found = home.see("found", key="water-north", count=10)
    assert [row["values"] for row in found] == ["pumps[.]water[.]example", "198[.]51[.]100[.]7"]
    assert [row["state"] for row in found] == ["goes", "goes"]


def test_rows_are_equal_whatever_order_records_are_folded_in() -> None:
    def one(home: Home, step: int) -> None:
        if step == 0:
            home.do("constituent_add", **WATER)
        elif step == 1:
            home.hear(indicator(1, "198.51.100.7"), indicator(2, "a.water.example"))
        else:
            home.hear(indicator(3, "water.example"), indicator(1, "198.51.100.7"))

    first, second = Home(), Home()
    for step in (0, 1, 2):
        one(first, step)
    for step in (1, 2, 0):
        one(second, step)
    assert rows_of(first) == rows_of(second)
    assert len(first.see("found", key="water-north", count=9)) == 3


def test_a_change_finds_anew_and_forgets_what_is_not_theirs_any_more(home: Home) -> None:
    home.hear(
        indicator(1, "198.51.100.7"), indicator(2, "203.0.113.9"), indicator(3, "water.example")
    )
    home.do("constituent_add", **WATER)
    home.do("constituent_change", key="water-north", network=("203.0.113.0/25",))
    shown = {row["values"] for row in home.see("to_tell", key="water-north")}
    assert shown == {"203[.]0[.]113[.]9", "water[.]example"}
    other = Home()
    other.hear(
        indicator(1, "198.51.100.7"), indicator(2, "203.0.113.9"), indicator(3, "water.example")
    )
    other.do("constituent_add", **{**WATER, "network": ("203.0.113.0/25",)})
    assert rows_of(home) == rows_of(other)


def test_many_changes_at_once_are_looked_back_on_in_one_walk(home: Home) -> None:
    home.hear(*(indicator(number, f"198.51.{number}.7") for number in range(90)))
    lines = "".join(f"c{number},C,198.51.{number}.0/24\n" for number in range(90))
    home.do("constituents_import", file=f"key,name,network\n{lines}".encode())
    assert all(len(home.see("found", key=f"c{number}", count=9)) == 1 for number in range(90))
    assert home.see("overlaps") == ()


def test_a_wider_network_is_found_by_whom_it_covers_and_one_too_wide_by_nobody(home: Home) -> None:
    wide = indicator(1, "x", pattern="[ipv4-addr:value ISSUBSET '198.51.96.0/21']")
    widest = indicator(2, "x", pattern="[ipv4-addr:value ISSUBSET '198.48.0.0/12']")
    home.hear(wide, widest)
    home.do("constituent_add", **WATER)
    after = Home()
    after.do("constituent_add", **WATER)
    after.hear(wide, widest)
    for each in (home, after):
        (row,) = each.see("found", key="water-north", count=9)
        assert row["values"] == "198[.]51[.]96[.]0/21"


def test_a_report_in_words_is_found_too(home: Home) -> None:
    home.do("constituent_add", **WATER)
    borealis = Home("borealis.gov")
    draft = borealis.act(
        "cert/incident", to=("cert@aurelia.gov",), about="Scans", text="From 198.51.100.66 since noon.",
        category="scanning", severity="low", impact="none", tlp="AMBER",
    )  # fmt: skip
    mid = say(borealis, draft, home)
    (row,) = home.see("to_tell")
    assert (row["mid"], row["values"], row["tlp"], row["state"]) == (
        mid, "198[.]51[.]100[.]66", "AMBER", "goes"
    )  # fmt: skip


def test_what_is_told_is_not_told_again_and_a_new_version_is(home: Home) -> None:
    home.do("constituent_add", **WATER)
    home.hear(indicator(1, "198.51.100.7"))
    mid = home.do("tell", key="water-north")
    assert home.see("to_tell") == ()
    home.hear(indicator(1, "198.51.100.7"), by="cordia.gov")
    assert home.see("to_tell") == (), "the same version from another party is no news to them"
    assert code_of(lambda: home.do("tell", key="water-north")) == "cert.nothing_to_tell"
    home.hear(indicator(1, "198.51.100.7", LATER))
    (row,) = home.see("to_tell")
    assert row["state"] == "goes"
    (table,) = home.see("telling_export", mid=mid)
    (line,) = csv.DictReader(io.StringIO(str(table["table"])))
    assert (line["value"], line["tlp"], line["version"]) == ("198.51.100.7", "TLP:GREEN", BORN)


def test_what_failed_waits_again_and_what_was_confirmed_does_not(home: Home) -> None:
    home.do("constituent_add", **{**WATER, "means": "mail", "mail": ("soc@water.example",)})
    home.hear(indicator(1, "198.51.100.7"))
    first = home.do("tell", key="water-north")
    assert [row["state"] for row in home.see("tellings")] == ["waiting"]
    assert [row["mid"] for row in home.see("post")] == [first]
    home.do("told_word", mid=first, word="failed", text="No such mailbox.")
    assert home.see("post") == ()
    assert len(home.see("to_tell")) == 1
    second = home.do("tell", NOW + Span.of(hours=1), key="water-north")
    home.do("told_word", mid=second, word="confirmed", text="By telephone.")
    home.do("told_word", mid=second, word="sent")
    told = {row["mid"]: row["state"] for row in home.see("tellings")}
    assert told == {first: "failed", second: "confirmed"}
    assert home.see("to_tell") == ()
    assert code_of(lambda: home.do("told_word", mid=first, word="sent")) == "cert.constituent"


@pytest.mark.parametrize(
    ("tlp", "why"),
    [("CLEAR", None), ("GREEN", None), ("AMBER", None), ("AMBER+STRICT", "strict"), ("RED", "red")],
)
def test_a_marking_decides_whether_a_constituent_is_told(
    home: Home, tlp: str, why: str | None
) -> None:
    home.do("constituent_add", **WATER)
    home.hear(indicator(1, "198.51.100.7"), tlp=tlp)
    (row,) = home.see("to_tell")
    assert (row["state"], row["why"]) == ("stays" if why else "goes", why)


def test_a_marking_that_nobody_here_can_read_is_told_to_nobody(home: Home) -> None:
    strange: dict[str, Json] = {
        "type": "marking-definition", "spec_version": "2.1", "created": BORN, "name": "House rules",
        "id": "marking-definition--00000009-0000-4000-8000-000000000000",
        "definition_type": "house", "definition": {"house": "ours"},
    }  # fmt: skip
    home.do("constituent_add", **WATER)
    one = indicator(1, "198.51.100.7", object_marking_refs=[strange["id"]])
    home.do("import", file=bundle(strange, one), about="Found by ourselves", tlp="RED")
    (row,) = home.see("to_tell")
    assert (row["state"], row["why"]) == ("stays", "unknown")
    assert code_of(lambda: home.do("tell", key="water-north")) == "cert.nothing_to_tell"


def test_the_stricter_of_an_objects_own_marking_and_its_records_counts(home: Home) -> None:
    amber = marking.definition_of("AMBER+STRICT")
    home.do("constituent_add", **WATER)
    home.hear(amber, indicator(1, "198.51.100.7", object_marking_refs=[amber["id"]]), tlp="RED")
    home.hear(amber, indicator(2, "198.51.100.8"), tlp="AMBER+STRICT")
    assert {row["why"] for row in home.see("to_tell")} == {"red", "strict"}


def test_what_may_not_go_is_left_out_of_a_telling_and_goes_on_waiting(home: Home) -> None:
    home.do("constituent_add", **WATER)
    home.hear(indicator(1, "198.51.100.7"))
    home.hear(indicator(2, "198.51.100.8"), tlp="RED")
    mid = home.do("tell", key="water-north")
    (table,) = home.see("telling_export", mid=mid)
    assert "198.51.100.8" not in str(table["table"])
    (row,) = home.see("to_tell")
    home.do("leave_untold", key="water-north", object=(row["id"],), note="Told by telephone.")
    assert home.see("to_tell") == ()
    assert [one["state"] for one in home.see("tellings")] == ["left", "told"]


def test_a_withdrawn_object_is_not_told(home: Home) -> None:
    home.do("constituent_add", **WATER)
    mid = home.hear(indicator(1, "198.51.100.7"))
    borealis = Home("borealis.gov")
    sent = borealis.act("cert/send", file=bundle(indicator(1, "198.51.100.7")), to=("cert@aurelia.gov",), about="Seen", tlp="GREEN")  # fmt: skip
    assert say(borealis, sent, borealis) == mid
    say(borealis, borealis.act("cert/withdraw", mid=mid, all=True, reason="false"), home)
    (row,) = home.see("to_tell")
    assert (row["state"], row["why"]) == ("stays", "withdrawn")


def test_one_that_ended_is_told_nothing_and_what_came_before_it_began_neither(home: Home) -> None:
    home.do("constituent_add", **{**WATER, "since": NOW})
    home.hear(indicator(1, "198.51.100.7"))  # numbered in 2023
    assert [row["why"] for row in home.see("to_tell")] == ["before"]
    home.do("constituent_end", NOW + Span.of(hours=1), key="water-north")
    later = NOW + Span.of(hours=2)
    assert [row["state"] for row in home.see("constituents", later)] == ["ended"]
    assert code_of(lambda: home.do("tell", later, key="water-north")) == "cert.constituent"


def test_whose_a_value_and_an_object_is_can_be_asked(home: Home) -> None:
    home.do("constituent_add", **WATER)
    home.do(
        "constituent_add",
        **{**WATER, "key": "town", "network": ("198.51.100.0/28",), "domain": None},
    )
    home.hear(indicator(1, "198.51.100.7"))
    assert [row["key"] for row in home.see("whose", value="hxxp://198.51.100[.]7/x")] == [
        "town", "water-north"
    ]  # fmt: skip
    assert home.see("whose", value="10.0.0.1") == ()
    owners = home.see("owners", id=indicator(1, "x")["id"])  # type: ignore[arg-type]
    assert [row["key"] for row in owners] == ["town", "water-north"]
    (both,) = home.see("overlaps")
    assert both == {
        "key": "water-north", "range": "198.51.100.0/24", "neighbour": "town", "inside": "198.51.100.0/28"
    }  # fmt: skip


def test_a_feed_holds_its_own_constituents_tellings_alone(home: Home) -> None:
    home.do("constituent_add", **{**WATER, "means": "feed"})
    home.do("constituent_add", **{**WATER, "key": "other", "domain": None, "means": "feed"})
    home.hear(indicator(1, "198.51.100.7"), indicator(2, "water.example"))
    assert code_of(lambda: home.do("tell", key="water-north")) == "cert.constituent"
    home.do("constituent_token", key="water-north", token=b"1" * 32)
    home.do("constituent_token", key="other", token=b"2" * 32)
    home.do("tell", key="water-north")
    assert len(home.see("own_feed", token=b"1" * 32)) == 2
    assert "water.example" in str(home.see("own_feed", token=b"1" * 32)[1]["table"])
    assert len(home.see("own_feed", token=b"2" * 32)) == 1, "only the heads"
    assert home.see("own_feed", token=b"3" * 32) == ()
    home.do("constituent_token", key="water-north")
    assert home.see("own_feed", token=b"1" * 32) == ()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("a,A,10.0.0.0/8,,,", "private"),
        ("a,A,198.51.100.7/24,,,", "perhaps 198.51.100.0/24 is meant"),
        ("a,A,0.0.0.0/1,,,", "wider than /8"),
        ("a,A,x,,,", "no network"),
        ("a,A,,org,,", "no domain"),
        ("a,A,,,64512,", "private or reserved"),
        ("a,A,,,,who@", "not in its form"),
        ("A!,A,,,,", "not in its form"),
        ("a,,,,,", "not given"),
        ("a,A,,,,,,,,", "cells under"),
        ("good,A,,,,", "already"),
    ],
)
def test_a_bad_line_is_refused_with_its_number_and_reason_and_nothing_is_taken(
    home: Home, line: str, why: str
) -> None:
    table = f"key,name,network,domain,asn,mail\ngood,Good,192.0.2.0/24,,,\n{line}\n"
    with pytest.raises(OurFault, match="line 3: ") as refused:
        home.do("constituents_import", file=table.encode())
    assert why in refused.value.what
    assert home.see("constituents", count=9) == ()


def test_a_table_goes_out_as_it_came_in(home: Home) -> None:
    home.do(
        "constituent_add", **WATER, asn=(64500, 65536), note="=1+1", function=("Pumps", "Mains")
    )
    (out,) = home.see("constituents_export")
    again = Home()
    again.do("constituents_import", file=str(out["table"]).encode())
    assert again.see("constituents_export") == (out,)
    drop = ("mid", "changed")
    kept = [Values(each.rows(folds.CONSTITUENTS).get("water-north") or {}).without(*drop) for each in (home, again)]  # fmt: skip
    assert kept[0] == kept[1]


def test_lines_of_a_table_are_counted_to_the_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_CONSTITUENTS", 2)
    heads = "key;name\n"
    assert len(register.taken(f"{heads}a;A\nb;B\n")) == 2
    with pytest.raises(OurFault, match="MAX_CONSTITUENTS"):
        register.taken(f"{heads}a;A\nb;B\nc;C\n")


def test_at_most_so_much_is_told_at_once_and_the_rest_waits(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.do("constituent_add", **WATER)
    home.hear(*(indicator(number, f"198.51.100.{number}") for number in range(1, 6)))
    monkeypatch.setattr(limits, "MAX_TOLD_AT_ONCE", 3)
    home.do("tell", key="water-north")
    assert len(home.see("to_tell")) == 2
    home.do("tell", NOW + Span.of(hours=1), key="water-north")
    assert home.see("to_tell") == ()


def test_a_matcher_kept_for_one_register_is_not_asked_for_another() -> None:
    rng = random.Random(7)
    homes = [Home() for _ in range(6)]
    for number, each in enumerate(homes):
        each.do("constituent_add", **{**WATER, "network": (f"198.51.{number}.0/24",)})
    for number in rng.sample(range(6), 6):
        homes[number].hear(indicator(1, f"198.51.{number}.7"))
        assert len(homes[number].see("found", key="water-north", count=9)) == 1


def test_networks_of_one_are_counted_to_the_edge(home: Home) -> None:
    nets = tuple(
        f"198.{51 + at // 256}.{at % 256}.0/24" for at in range(limits.MAX_CONSTITUENT_ASSETS + 1)
    )
    assert code_of(lambda: home.do("constituent_add", **{**WATER, "network": nets})) == "form.count"
    home.do("constituent_add", **{**WATER, "network": nets[:-1]})
    assert [row["key"] for row in home.see("whose", value="198.66.255.1")] == ["water-north"]


LEVELS = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")


@pytest.mark.parametrize("own", LEVELS)
@pytest.mark.parametrize("record", LEVELS)
def test_nothing_above_amber_is_told_whatever_marks_it(home: Home, own: str, record: str) -> None:
    if LEVELS.index(record) < LEVELS.index(own):
        return  # no sender's office lets it out
    definition = marking.definition_of(own)
    home.do("constituent_add", **WATER)
    one = indicator(1, "198.51.100.7", object_marking_refs=[definition["id"]])
    home.hear(definition, one, tlp=record)
    (row,) = home.see("to_tell")
    assert (row["state"] == "goes") is (record in LEVELS[:3])
