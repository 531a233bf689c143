"""A shadow run as a user runs it: files in, a report, a sample to judge, shares out."""

import csv
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from detente.app import face
from detente.app.bulk import shadow_files
from detente.app.verbs import screening, screening_shadow
from detente.core.errors import OurFault
from detente.screening import shadow

DOCS = Path("docs/screening")
LISTED, CUSTOMERS, THEIRS = (
    str(DOCS / name) for name in ("sample.jsonl", "customers.csv", "theirs.csv")
)


def run(*words: str) -> dict[str, Any]:
    done = CliRunner().invoke(screening_shadow.screening, [*words, "--json"], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    found: dict[str, Any] = json.loads(done.output)
    return found


def fault(*words: str) -> OurFault:
    with pytest.raises(OurFault) as found:
        run(*words)
    return found.value


@pytest.fixture
def results(tmp_path: Path) -> str:
    out = str(tmp_path / "results.jsonl")
    run("file", CUSTOMERS, "--list", LISTED, "--out", out)
    return out


def compare(results: str, out: Path, *more: str, theirs: str = THEIRS) -> dict[str, Any]:
    return run(
        "shadow",
        CUSTOMERS,
        theirs,
        "--results",
        results,
        "--list",
        LISTED,
        "--out",
        str(out),
        *more,
    )


def test_every_line_of_theirs_is_told_and_the_report_is_sealed(
    tmp_path: Path, results: str
) -> None:
    out = tmp_path / "report.jsonl"
    told = compare(results, out)
    assert (told["unread"], told["twice"]) == (1, 1)
    head, *lines, end = out.read_bytes().splitlines(keepends=True)
    assert json.loads(end)["sha256"] == hashlib.sha256(head + b"".join(lines)).hexdigest()
    stamped = json.loads(head)
    assert stamped["theirs"] == hashlib.sha256(Path(THEIRS).read_bytes()).hexdigest()
    assert stamped["results"] == hashlib.sha256(Path(results).read_bytes()).hexdigest()
    pairs = [row["pair"] for row in map(json.loads, lines) if "pair" in row]
    assert {
        (p["customer"], p["kind"], p.get("why", "")) for p in pairs if p.get("their_line")
    } == {
        ("1001", "both", ""), ("1002", "theirs", "below"), ("1003", "both", ""),
        ("1004", "theirs", "below"), ("1006", "theirs", "below"), ("1006", "theirs", "far"),
        ("1007", "theirs", "not_listed"),
        ("1999", "theirs", "no_customer"),
    }  # fmt: skip
    unread = [row["unread"] for row in map(json.loads, lines) if "unread" in row]
    assert unread == [{"line": 10, "why": "score"}]
    again = tmp_path / "again.jsonl"
    compare(results, again)
    assert again.read_bytes() == out.read_bytes()


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_report_reads_in_both_languages(
    tmp_path: Path, results: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face, "language", lambda: language)
    monkeypatch.setattr(screening, "language", lambda: language)
    text = tmp_path / "report.md"
    compare(results, tmp_path / "r.jsonl", "--text", str(text))
    said = text.read_text()
    assert "{" not in said
    assert "shadow." not in said
    assert said.startswith({"en": "# Shadow run", "ru": "# Теневой прогон"}[language])
    assert re.search(r"1002: Mohamed Rahmani / Muhammad Husayn AL-RAHMANI", said)


def test_what_people_judged_comes_back_as_shares(tmp_path: Path, results: str) -> None:
    sample, text = tmp_path / "sample.csv", tmp_path / "report.md"
    compare(results, tmp_path / "r.jsonl", "--sample-csv", str(sample))
    rows = list(csv.DictReader(io.StringIO(sample.read_text())))
    assert {row["judged"] for row in rows} == {""}
    assert "class" not in rows[0], "who judges does not see what was decided"
    assert [row["customer"] for row in rows] != sorted(row["customer"] for row in rows)
    same = {("1001", "p1"), ("1003", "p2")}
    for row in rows:
        row["judged"] = "same" if (row["customer"], row["entity"]) in same else "Other"
        if row["customer"] == "1005":
            row["judged"] = "unsure"
    filled = tmp_path / "filled.csv"
    with filled.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows([*rows, {**rows[0], "customer": "of another sample"}])
    out = tmp_path / "judged.jsonl"
    compare(results, out, "--judged", str(filled), "--text", str(text))
    judged = json.loads(out.read_bytes().splitlines()[-1])["judged"]
    assert judged["both"] == {"pairs": 2, "judged": 2, "same": 2, "unsure": 0}
    assert judged["theirs"] == {"pairs": 6, "judged": 6, "same": 0, "unsure": 0}
    assert "100.0 % (34.2 to 100.0)" in text.read_text()
    assert "1 judged rows are not of this sample" in text.read_text()


def test_no_cell_of_the_sample_is_a_formula_and_it_is_found_again(tmp_path: Path) -> None:
    customers, theirs = tmp_path / "c.csv", tmp_path / "t.csv"
    customers.write_text("id,name,schema\n=1+1,Muhammad Husayn al-Rahmani,Person\n'x,Zoe,Person\n")
    theirs.write_text("customer,entity\n=1+1,p1\n'x,@SUM(1)\n")
    results, sample = str(tmp_path / "r.jsonl"), tmp_path / "s.csv"
    out = str(tmp_path / "o.jsonl")
    run("file", str(customers), "--list", LISTED, "--out", results)
    given = ("shadow", str(customers), str(theirs), "--results", results, "--list", LISTED)
    run(*given, "--out", out, "--sample-csv", str(sample))
    rows = list(csv.reader(io.StringIO(sample.read_text())))
    assert not any(cell.startswith(("=", "@", "+", "-")) for row in rows for cell in row)
    sample.write_bytes(sample.read_bytes().replace(b",\r\n", b",same\r\n"))
    told = shadow_files.judged(str(sample))
    assert {key[0] for key in told} == {"=1+1", "'x"}
    run(*given, "--out", out, "--judged", str(sample))
    end = json.loads(Path(out).read_bytes().splitlines()[-1])
    assert sum(j["same"] for j in end["judged"].values()) == len(rows) - 1


def test_their_columns_may_have_other_names_and_lines_of_json_do_too(
    tmp_path: Path, results: str
) -> None:
    table, lines = tmp_path / "t.csv", tmp_path / "t.jsonl"
    table.write_text("Kunde;Treffer\n1001;Muhammad Husayn AL-RAHMANI\n")
    lines.write_text('{"Kunde": 1001, "Treffer": "muhammad husayn  al-rahmani"}\n')
    for file in (table, lines):
        told = compare(
            results, tmp_path / "o", "--mapping", "customer=Kunde", "--mapping", "name=Treffer",
            theirs=str(file),
        )  # fmt: skip
        assert told["customers"]["both"] == 1, file


def test_what_does_not_fit_together_is_refused(tmp_path: Path, results: str) -> None:
    out = tmp_path / "o"
    other = tmp_path / "other.csv"
    other.write_text(Path(CUSTOMERS).read_text() + "1,Zoe,Person,,\n")
    given = ("--results", results, "--list", LISTED, "--out", str(out))
    found = fault("shadow", str(other), THEIRS, *given)
    assert (found.code, "customers" in found.what) == ("shadow.other", True)
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(b"".join(Path(results).read_bytes().splitlines(keepends=True)[:-2]))
    for file in (cut, tmp_path / "none", Path(CUSTOMERS)):
        given = ("--results", str(file), "--list", LISTED, "--out", str(out))
        assert fault("shadow", CUSTOMERS, THEIRS, *given).code == "shadow.results"
    nobody = tmp_path / "nobody.csv"
    nobody.write_text("a,b\n1,2\n")
    given = ("--results", results, "--list", LISTED, "--out", str(out))
    assert fault("shadow", CUSTOMERS, str(nobody), *given).code == "shadow.unreadable"
    assert (
        fault("shadow", CUSTOMERS, THEIRS, *given, "--judged", str(nobody)).code == "shadow.judged"
    )
    bad = tmp_path / "bad.csv"
    bad.write_text("customer,entity,judged\n1001,p1,perhaps\n")
    found = fault("shadow", CUSTOMERS, THEIRS, *given, "--judged", str(bad))
    assert (found.code, "line 2" in found.what) == ("shadow.judged", True)
    for more in (("--size", "-1"), ("--size", "2001"), ("--mapping", "who=x")):
        assert fault("shadow", CUSTOMERS, THEIRS, *given, *more).code == "form.usage"
    assert not out.exists(), "nothing is half written"


def test_customers_that_change_while_they_are_compared_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    customers, results = tmp_path / "c.csv", str(tmp_path / "r.jsonl")
    customers.write_bytes(Path(CUSTOMERS).read_bytes())
    run("file", str(customers), "--list", LISTED, "--out", results)
    read = shadow_files.Theirs.__init__

    def late(*given: Any) -> None:  # noqa: ANN401  as the reader takes them
        read(*given)
        customers.write_bytes(Path(CUSTOMERS).read_bytes() + b"1,Zoe,Person,,\n")

    monkeypatch.setattr(shadow_files.Theirs, "__init__", late)
    out = tmp_path / "o"
    found = fault(
        "shadow", str(customers), THEIRS, "--results", results, "--list", LISTED, "--out", str(out)
    )
    assert found.code == "customers.changed"
    assert not out.exists()


def test_more_alerts_than_can_be_compared_are_refused(
    tmp_path: Path, results: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, "ALERTS_MAX", 10)
    compare(results, tmp_path / "o")
    monkeypatch.setattr(shadow, "ALERTS_MAX", 9)
    given = ("--results", results, "--list", LISTED, "--out", str(tmp_path / "p"))
    assert fault("shadow", CUSTOMERS, THEIRS, *given).code == "shadow.count"
