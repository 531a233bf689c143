"""A whole run of the tests fails if one of the codes was not produced by any of them."""

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests import produced
from tests.link.playbook import Playbook
from tests.produced import SILENT, Produced

from detente.core import canon
from detente.core.errors import CODES, Fault, TheirFault
from detente.link import session
from detente.link.session import Close


@pytest.fixture(autouse=True)
def _nothing_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(produced, "HEARD", set())


def counted(*missing: str) -> Produced:
    """One that heard all codes but these; it listens to nothing."""
    found = object.__new__(Produced)
    found.codes = set(CODES) - {*missing, *SILENT}
    return found


def session_of(*, keyword: str = "", args: tuple[str, ...] = ("tests",), **config: Any) -> Any:  # noqa: ANN401
    given = SimpleNamespace(
        args=list(args),
        getoption=lambda name: keyword if name == "keyword" else "",
        getini=lambda _name: ["tests"],
        **config,
    )
    return SimpleNamespace(config=given, exitstatus=pytest.ExitCode.OK)


def ended(found: Produced, session: Any) -> int:  # noqa: ANN401
    found.pytest_sessionfinish(session)
    return int(session.exitstatus)


def test_a_whole_run_fails_if_a_code_is_missing_and_only_then(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(produced, "OUTSIDE", tmp_path / "nowhere")
    assert ended(counted("E_ROOT"), session_of()) == pytest.ExitCode.OK
    monkeypatch.setattr(produced, "OUTSIDE", tmp_path)
    assert ended(counted(), session_of()) == pytest.ExitCode.OK
    assert ended(counted("E_ROOT"), session_of()) == pytest.ExitCode.TESTS_FAILED
    assert counted("E_ROOT").missing == ["E_ROOT"]


def test_a_run_of_some_tests_is_not_judged() -> None:
    assert ended(counted("E_ROOT"), session_of(keyword="x")) == pytest.ExitCode.OK
    assert ended(counted("E_ROOT"), session_of(args=("tests/core",))) == pytest.ExitCode.OK


def test_a_run_that_failed_or_was_ended_stays_what_it_is() -> None:
    session = session_of()
    session.exitstatus = pytest.ExitCode.INTERRUPTED
    assert ended(counted("E_ROOT"), session) == pytest.ExitCode.INTERRUPTED


def test_a_worker_hands_over_and_judges_nothing() -> None:
    session, whole = session_of(workeroutput={}), counted("E_ROOT")
    assert ended(whole, session) == pytest.ExitCode.OK
    other = counted(*CODES)
    other.pytest_testnodedown(session.config, None)
    assert other.codes == whole.codes


def test_a_fault_that_a_test_makes_itself_counts_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for kind in (Fault, Close, subprocess.CompletedProcess):
        monkeypatch.setattr(kind, "__init__", kind.__init__)  # put back at the end
    found = Produced()
    TheirFault("E_ROOT", "no", "no")
    assert found.codes == set()
    with pytest.raises(TheirFault):
        canon.decode(b"{", 10)
    assert found.codes == {"E_CANON"}
    Close(1, "E_ROOT", "no")
    assert found.codes == {"E_CANON"}


def test_a_path_that_the_program_closes_counts_by_its_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for kind in (Fault, Close, subprocess.CompletedProcess):
        monkeypatch.setattr(kind, "__init__", kind.__init__)  # put back at the end
    found = Produced()
    book = Playbook()
    book.step(session.PathBegun(1, "primary", dialled=True))
    book.step(session.PathUp(1, b"n" * 16))
    book.wait(session.HELLO_TIMEOUT)
    assert found.codes == {"E_TIMEOUT"}


def test_what_a_process_said_counts() -> None:
    found = counted("E_ROOT", "card.bad")
    found.hear(b"refused  card.bad: x\nE_ROOT: y E_ROOTS")
    found.hear(None)
    assert found.missing == []


def test_what_a_process_said_while_it_ran_counts_in_the_end() -> None:
    found = counted("run.died")
    produced.HEARD.update(produced.codes_in('{"code": "run.died"}'))
    assert ended(found, session_of()) == pytest.ExitCode.OK
    assert found.missing == []
