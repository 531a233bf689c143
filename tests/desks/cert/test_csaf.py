import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.desks.cert.advisories import ADVISORY, changed, encoded

from detente.core import limits
from detente.core.errors import OurFault
from detente.desks.cert.formats.csaf import cvss, tags
from detente.desks.cert.formats.csaf.check import examine
from detente.desks.cert.formats.csaf.cwe_names import by_number
from detente.desks.cert.formats.csaf.finding import Level
from detente.desks.cert.formats.csaf.shape import is_time
from detente.desks.cert.formats.csaf.versions import Version, instant

SHARED = Path(os.environ.get("DETENTE_SHARED", Path(__file__).parents[3].parent / "shared"))
SUITE = SHARED / "data" / "cert" / "csaf"
ASK_OTHERS = {"6.3.6", "6.3.7", "6.3.8"}  # a server, or a dictionary


def suite(group: str) -> list[tuple[str, bool, bytes]]:
    """Return (test, must pass, bytes) of every public case of a group."""
    index = SUITE / "testcases.json"
    if not index.exists():
        pytest.skip(f"the public test suite of CSAF 2.0 is not at {SUITE}")
    tests = [one for one in json.loads(index.read_bytes())["tests"] if one["group"] == group]
    return [
        (test["id"], is_good, (SUITE / case["name"]).read_bytes())
        for test in tests
        for name, is_good in (("failures", False), ("valid", True))
        for case in test.get(name, ())
    ]


def told_by(tree: dict[str, Any]) -> list[str]:
    return [one.test for one in examine(encoded(tree)).findings]


def test_every_mandatory_case_of_the_public_suite_is_told_as_the_standard_says() -> None:
    cases = suite("mandatory")
    told = [(test, {one.test for one in examine(data).findings}) for test, _, data in cases]
    wrong = [
        (test, good, sorted(found))
        for (test, found), (_, good, _data) in zip(told, cases, strict=True)
        if (test in found) is good
    ]
    assert wrong == []
    assert [good for _, good, _ in cases].count(False) == 87
    assert [good for _, good, _ in cases].count(True) == 60


def test_what_the_public_suite_calls_valid_has_no_error_at_all() -> None:
    good = [examine(data) for _, is_good, data in suite("mandatory") if is_good]
    assert [one for report in good for one in report.findings if one.level is Level.ERROR] == []


@pytest.mark.parametrize(("group", "bad", "good"), [("optional", 36, 15), ("informative", 17, 15)])
def test_every_further_case_that_asks_nobody_else_is_told(group: str, bad: int, good: int) -> None:
    cases = [case for case in suite(group) if case[0] not in ASK_OTHERS]
    for test, is_good, data in cases:
        found = {one.test for one in examine(data).findings}
        assert (test in found) is not is_good, test
    assert [is_good for _, is_good, _ in cases].count(False) == bad
    assert [is_good for _, is_good, _ in cases].count(True) == good


def test_real_advisories_are_valid() -> None:
    names = ("bsi-2022-0001", "cisco-sa-20180328-smi2", "rhsa-2021_5186", "sec-vex-2022-0001")
    files = [SUITE / "examples" / f"{name}.json" for name in names]
    if not files[0].exists():
        pytest.skip(f"the public examples of CSAF 2.0 are not at {SUITE}")
    assert [examine(file.read_bytes()).is_valid for file in files] == [True] * 4


def test_a_whole_advisory_has_nothing_to_be_told() -> None:
    assert told_by(ADVISORY) == []


VULNERABILITY = "/vulnerabilities/0"
SCORE = f"{VULNERABILITY}/scores/0/cvss_v3"
HISTORY = "/document/tracking/revision_history"


@pytest.mark.parametrize(
    ("test", "path", "value"),
    [
        ("schema", "/document/title", None),
        ("schema", "/document/title", ""),
        ("schema", "/document/publisher/namespace", "no address"),
        ("schema", "/document/tracking/current_release_date", "2026-02-30T10:00:00Z"),
        ("schema", "/document/tracking/version", "01"),
        ("schema", "/document/tracking/aliases", ["one", "one"]),
        ("schema", "/document/notes", []),
        ("schema", "/document/publisher/category", "state"),
        ("schema", "/product_tree/branches/0/product", {"name": "a", "product_id": "b"}),
        ("schema", "/vulnerabilities", {}),
        ("schema", "/product_tree/branches/0/branches/0/branches/0/product/name", 4),
        ("6.1.1", f"{VULNERABILITY}/product_status/fixed/0", "PUMP-9"),
        ("6.1.2", "/product_tree/full_product_names", [{"name": "a", "product_id": "PUMP-4.1"}]),
        ("6.1.4", f"{VULNERABILITY}/remediations/0/group_ids", ["OLD"]),
        ("6.1.6", f"{VULNERABILITY}/product_status/fixed/-", "PUMP-4.1"),
        ("6.1.8", f"{SCORE}/vectorString", "CVSS:3.1/AV:N"),
        ("6.1.8", f"{SCORE}/vectorString", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
        ("6.1.8", f"{SCORE}/baseScore", 10.5),
        ("6.1.9", f"{SCORE}/baseScore", 9.7),
        ("6.1.9", f"{SCORE}/baseSeverity", "HIGH"),
        ("6.1.10", f"{SCORE}/attackVector", "LOCAL"),
        ("6.1.11", f"{VULNERABILITY}/cwe/id", "CWE-99999"),
        ("6.1.11", f"{VULNERABILITY}/cwe/name", "No locks"),
        ("6.1.12", "/document/lang", "zy"),
        ("6.1.14", f"{HISTORY}/0/number", "3"),
        ("6.1.16", "/document/tracking/version", "3"),
        ("6.1.17", "/document/tracking/version", "0"),
        ("6.1.18", f"{HISTORY}/0/number", "0"),
        ("6.1.21", f"{HISTORY}/1/number", "5"),
        ("6.1.22", f"{HISTORY}/0/number", "2"),
        ("6.1.26", "/document/category", "Security-Advisory"),
        ("6.1.27.5", f"{VULNERABILITY}/notes", None),
        ("6.1.27.6", f"{VULNERABILITY}/product_status", None),
        ("6.1.27.10", "/document/category", "csaf_vex"),
        ("6.1.28", "/document/source_lang", "en"),
        ("6.1.29", f"{VULNERABILITY}/remediations/0/product_ids", None),
        ("6.1.30", f"{HISTORY}/0/number", "1.0.0"),
        ("6.1.31", "/product_tree/branches/0/branches/0/branches/0/name", "4.1 and earlier"),
        ("6.2.10", "/document/distribution", None),
        ("6.2.20", "/document/mood", "calm"),
        ("6.3.3", f"{VULNERABILITY}/cve", None),
    ],
)
def test_one_wrong_value_is_told_by_its_test_with_place_and_remedy(
    test: str, path: str, value: object
) -> None:
    changes = [(path, value)]
    if test == "6.1.27.10":
        changes += [(f"{VULNERABILITY}/remediations", None)]
    found = [one for one in examine(encoded(changed(*changes))).findings if one.test == test]
    assert found, test
    assert all(one.path.startswith("/") and one.what and one.remedy for one in found)


def test_a_product_that_is_defined_by_way_of_itself_is_told_however_long_the_way() -> None:
    count = 3_000
    ring = [
        {
            "category": "installed_on",
            "full_product_name": {"name": f"p{i}", "product_id": f"P{i}"},
            "product_reference": f"P{(i + 1) % count}",
            "relates_to_product_reference": "PUMP-4.1",
        }
        for i in range(count)
    ]
    tree = changed(("/product_tree/relationships", ring))
    report = examine(encoded(tree))
    assert report.is_cut
    assert {one.test for one in report.findings} == {"6.1.3"}
    tree["product_tree"]["relationships"][-1]["product_reference"] = "PUMP-4.2"
    assert "6.1.3" not in told_by(tree)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"a": ' + b"9" * 400 + b"}",
    ],
)
def test_what_is_no_json_object_is_refused_with_words(data: bytes) -> None:
    with pytest.raises(OurFault, match=r"csaf\.json"):
        examine(data)


def test_size_depth_and_number_of_values_are_bounded_at_their_edges() -> None:
    def nested(levels: int) -> bytes:
        return b'{"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"

    def wide(values: int) -> bytes:  # the object counts too
        return b'{"a":[' + b",".join([b"1"] * (values - 1)) + b"]}"

    assert not examine(nested(limits.MAX_CSAF_DEPTH)).is_valid
    assert not examine(wide(limits.MAX_CSAF_VALUES)).is_valid
    for data in (
        nested(limits.MAX_CSAF_DEPTH + 1),
        wide(limits.MAX_CSAF_VALUES + 1),
        b"{}" + b" " * (limits.MAX_CSAF - 1),
    ):
        with pytest.raises(OurFault, match=r"csaf\.json"):
            examine(data)
    assert not examine(b"{}" + b" " * (limits.MAX_CSAF - 2)).is_valid


def test_a_text_with_a_form_is_bounded_at_its_edge() -> None:
    def told(length: int) -> list[str]:
        address = "https://a.example/".ljust(length, "x")
        return told_by(changed((f"{VULNERABILITY}/remediations/0/url", address)))

    assert told(limits.MAX_CSAF_FORM) == []
    assert told(limits.MAX_CSAF_FORM + 1) == ["schema"]


def test_findings_are_told_up_to_their_limit() -> None:
    def report(count: int) -> tuple[int, bool]:
        names = [{"name": "", "product_id": f"x{i}"} for i in range(count)]
        found = examine(encoded(changed(("/product_tree/full_product_names", names))))
        return len(found.findings), found.is_cut

    assert report(limits.MAX_CSAF_FINDINGS) == (limits.MAX_CSAF_FINDINGS, False)
    assert report(limits.MAX_CSAF_FINDINGS + 1) == (limits.MAX_CSAF_FINDINGS, True)


# Vectors whose scores stand in FIRST's documents and calculators.
@pytest.mark.parametrize(
    ("version", "vector", "scores"),
    [
        (
            "2.0",
            "AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:H",
            "7.8 6.4 9.2",
        ),
        (
            "2.0",
            "AV:N/AC:L/Au:N/C:C/I:C/A:C/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:L",
            "10.0 8.3 9.0",
        ),
        ("2.0", "AV:L/AC:H/Au:M/C:N/I:N/A:P/CR:H/AR:L", "0.8 0.8 0.0"),
        ("3.0", "CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", "6.4 6.4 6.4"),
        ("3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "10.0 10.0 10.0"),
        ("3.1", "CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", "0.0 0.0 0.0"),
        ("3.1", "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H/E:P/RL:O/RC:C", "7.8 7.0 7.0"),
        ("3.1", "CVSS:3.1/AV:N/AC:H/PR:H/UI:R/S:C/C:H/I:H/A:H/MS:C/CR:H/IR:H/AR:H", "7.6 7.6 7.7"),
        ("3.0", "CVSS:3.0/AV:N/AC:H/PR:H/UI:R/S:C/C:H/I:H/A:H/MS:C/CR:H/IR:H/AR:H", "7.6 7.6 7.6"),
    ],
)
def test_scores_are_those_of_the_standard(version: str, vector: str, scores: str) -> None:
    read = cvss.read(vector, version)
    assert isinstance(read, cvss.Vector), read
    found = cvss.scores(read)
    assert f"{found.base} {found.temporal} {found.environmental}" == scores


@pytest.mark.parametrize(
    ("score", "word"),
    [("0", "NONE"), ("0.1", "LOW"), ("3.9", "LOW"), ("4.0", "MEDIUM"), ("6.9", "MEDIUM"),
     ("7.0", "HIGH"), ("8.9", "HIGH"), ("9.0", "CRITICAL"), ("10.0", "CRITICAL")],
)  # fmt: skip
def test_severities_begin_where_the_standard_says(score: str, word: str) -> None:
    assert cvss.severity(Decimal(score)) == word


@pytest.mark.parametrize(
    ("purl", "is_right"),
    [
        ("pkg:maven/org.apache/commons@1.3.4", True),
        ("pkg:npm/%40angular/animation@12.3.1", True),
        ("pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie", True),
        ("pkg:golang/google.golang.org/genproto#googleapis/api/annotations", True),
        ("pkg:pypi/django", True),
        ("pkg:maven/@1.3.4", False),
        ("pkg:maven/commons@1.3.4", False),
        ("pkg:pypi/", False),
        ("pkg:pypi/django@", False),
        ("pkg:pypi/django?=x", False),
        ("pkg:pypi/django?a=1&A=2", False),
        ("pkg:pypi/django#a//b", False),
    ],
)
def test_a_package_url_is_whole_or_told(purl: str, is_right: bool) -> None:
    assert (tags.wrong_purl(purl) is None) is is_right


@pytest.mark.parametrize(
    "tag", ["en", "ru-RU", "sr-Latn-RS", "zh-yue", "de-1996", "i-default", "es-419", "qtx"]
)
def test_a_language_that_exists_is_taken(tag: str) -> None:
    assert tags.wrong_language(tag) is None


@pytest.mark.parametrize("tag", ["zy", "EZ", "en-XQZ", "en-Zzzy", "en-YQ", "en-abcde"])
def test_a_language_or_part_that_does_not_exist_is_told(tag: str) -> None:
    assert tags.wrong_language(tag)


@pytest.mark.parametrize(
    ("time", "is_right"),
    [("2026-11-22T10:00:00Z", True), ("2026-11-22t10:00:00.123456789+03:00", True),
     ("2016-12-31T23:59:60Z", True), ("2026-11-22T24:00:00Z", False),
     ("2026-11-22T10:00:00", False), ("2026-11-31T10:00:00Z", False), ("2026-11-22", False)],
)  # fmt: skip
def test_a_time_is_one_of_rfc_3339(time: str, is_right: bool) -> None:
    assert is_time(time) is is_right


def test_times_of_several_zones_are_compared_as_moments() -> None:
    assert instant("2026-11-22T13:00:00+03:00") == instant("2026-11-22T10:00:00.000Z")
    assert instant("2026-11-22T10:00:00.5Z") < instant("2026-11-22T10:00:00.51Z")
    assert instant("2016-12-31T23:59:59.9Z") < instant("2016-12-31T23:59:60Z")
    assert instant("2016-12-31T23:59:60Z") < instant("2017-01-01T00:00:00Z")


def test_semantic_versions_stand_in_their_order() -> None:
    order = ["0.9.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2",
             "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "2.0.0"]  # fmt: skip
    assert sorted(set(order), key=Version) == order
    assert Version("1.0.0+a") == Version("1.0.0+b")


def test_names_of_weaknesses_are_held_with_their_earlier_ones() -> None:
    names = by_number()
    assert len(names) == 972
    assert names["CWE-306"] == (
        "Missing Authentication for Critical Function",
        "No Authentication for Critical Function",
    )
    assert names["CWE-40"] == ("Path Traversal: '\\\\UNC\\share\\name\\' (Windows UNC Share)",)
