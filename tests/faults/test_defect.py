"""A defect of ours, put in on purpose: a line, a report without secrets, exit code 70."""

import stat
from pathlib import Path

import pytest
from tests.faults import runs
from tests.faults.conftest import Place, listen_at
from tests.faults.runs import detente
from tests.support.ports import free_port

SECRET = "the words of a body"
BROKEN = """
from importlib.machinery import SourceFileLoader
whole = SourceFileLoader.exec_module
def exec_module(loader, found):
    whole(loader, found)
    if found.__name__ == "MODULE":
        def fail(*_given, **_named):
            raise KeyError(bytes.fromhex("SECRET").decode())
        CHANGE = fail
SourceFileLoader.exec_module = exec_module
"""


@pytest.fixture
def folder(made: Place, tmp_path: Path) -> Path:
    found = runs.copy(made.aurelia, tmp_path)
    listen_at(found, free_port())
    return found


def spoiled(tmp_path: Path, module: str, change: str) -> dict[str, str]:
    """The environment of a program in which one function fails."""
    place = tmp_path / "spoiled"
    place.mkdir()
    lines = (
        BROKEN.replace("MODULE", module)
        .replace("CHANGE", change)
        .replace("SECRET", SECRET.encode().hex())
    )
    (place / "sitecustomize.py").write_text(lines)
    return {"PYTHONPATH": f"{place}:{runs._environment({})['PYTHONPATH']}"}


def test_a_defect_of_a_verb_is_one_fault_with_a_report(folder: Path, tmp_path: Path) -> None:
    env = spoiled(tmp_path, "detente.app.meeting", "found.Meeting.peers")
    said = detente("party", "list", "--at", folder, env=env)
    assert said.code == 70
    assert said.err.startswith("refused  run.defect: KeyError where none may be; this is a defect")
    assert "Traceback" not in said.err
    assert SECRET not in said.err
    (report,) = (folder / "defects").iterdir()
    assert str(report) in said.err
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    text = report.read_text()
    assert "builtins.KeyError" in text
    assert "doing: party" in text
    assert "verbs/party.py" in text
    assert SECRET not in text


def test_with_json_a_defect_is_a_document_too(folder: Path, tmp_path: Path) -> None:
    env = spoiled(tmp_path, "detente.app.meeting", "found.Meeting.peers")
    said = detente("party", "list", "--json", "--at", folder, env=env)
    assert (said.code, said.error["code"]) == (70, "run.defect")
    assert str(folder / "defects") in said.error["remedy"]


def test_a_defect_outside_a_folder_leaves_its_report_in_a_private_file(tmp_path: Path) -> None:
    env = spoiled(tmp_path, "detente.app.verify.proof", "found.run") | {"TMPDIR": str(tmp_path)}
    said = detente("verify", "x", "--json", env=env)
    assert (said.code, said.error["code"]) == (70, "run.defect")
    (report,) = tmp_path.glob("detente-defect-*.txt")
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert str(report) in said.error["remedy"]


def test_no_more_than_twenty_reports_are_kept(folder: Path, tmp_path: Path) -> None:
    place = folder / "defects"
    place.mkdir()
    for count in range(30):
        (place / f"2020-01-01T0000{count:02}.000Z-1.txt").write_text("old")
    env = spoiled(tmp_path, "detente.app.meeting", "found.Meeting.peers")
    detente("party", "list", "--at", folder, env=env)
    kept = sorted(file.name for file in place.iterdir())
    assert len(kept) == 20
    assert not kept[-1].startswith("2020")


def test_a_half_that_dies_of_a_defect_is_started_again_and_its_report_named(
    folder: Path, tmp_path: Path
) -> None:
    env = spoiled(tmp_path, "detente.app.api.routes", "found.Api.handle")
    with runs.running(folder, env=env) as found:
        runs.until((folder / "office" / "desk.sock").exists)
        said = detente("record", "list", "--json", "--at", folder)
        assert (said.code, said.error["code"]) == (2, "run.not_running")
        died = found.logged(code="run.died")
        assert died["exit"] == 70
        report = Path(died["report"])
        assert report.parent == folder / "defects"
        assert SECRET not in report.read_text()
        assert found.logged(code="run.started", process="office")
    assert "Traceback" not in "\n".join(found.lines)
