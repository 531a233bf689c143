"""Files that came are looked into by a command: what it says stands with them, and blocks nobody."""

import hashlib
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.console.test_samples import SIZE, come, opened
from tests.office.test_files import data_of
from tests.support.household import PEOPLE, Household

from detente.app.config import Config
from detente.app.log import Log
from detente.app.scanning.command import Run
from detente.app.scanning.room import Scanning
from detente.app.verbs.file import file_line
from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.office import scan_rows, scans
from detente.office.fields import mid_text

READ = "import sys, hashlib; data = sys.stdin.buffer.read(); "


@pytest.fixture
def house(tmp_path: Path) -> Household:
    return Household(tmp_path)


class Room:
    """The room of scans, turned by hand."""

    def __init__(self, house: Household, code: str) -> None:
        self.house, self.came = house, list[Callable[[], None]]()
        command: list[str] = [sys.executable, "-c", code] if code else []
        values: dict[str, str | bool | list[str]] = {"office.scan_command": command}
        settings = Config(house.folder, values)
        self.room = Scanning(settings, lambda: house.side.office, self.came.append, Log("office", "error"))  # fmt: skip

    def turn(self) -> None:
        self.room.turn(lambda step: step(), self.house.net.now)

    def finish(self) -> None:
        """Let everything that is due be looked into."""
        self.turn()
        while (run := self.room._run) is not None:
            run.wait(0.02)
            while self.came:
                self.came.pop(0)()
            self.turn()


def state(house: Household, mid: bytes) -> tuple[str, str]:
    (found,) = house.side.office.records.file_states(mid)
    return found.scan, found.said


@pytest.mark.parametrize(
    ("end", "word", "said"),
    [
        ("print(len(data), hashlib.sha256(data).hexdigest())", "clean", None),
        ("print('Win.Test.EICAR\\x1b[31m FOUND'); sys.exit(1)", "found", "Win.Test.EICAR?[31m FOUND"),
        ("sys.exit('no database')", "found", "no database"),
        ("sys.stderr.write('no database'); sys.exit(2)", "unsure", "exit code 2: no database"),
        ("import os; os.kill(os.getpid(), 9)", "unsure", "exit code -9:"),
    ],
)  # fmt: skip
def test_the_command_gets_the_file_whole_and_its_exit_code_stands_with_it(
    house: Household, end: str, word: str, said: str | None
) -> None:
    room = Room(house, READ + end)
    mid = come(house, "report.doc")
    assert state(house, mid) == ("none", ""), "not scanned, and it says so"
    room.finish()
    whole = f"{SIZE} {hashlib.sha256(data_of(SIZE)).hexdigest()}"
    assert state(house, mid) == (word, whole if said is None else said)
    assert house.other.office.records.file_states(mid)[0].scan == "", "ours is nobody's to scan"


def test_what_is_found_is_given_out_locked_alone_and_nothing_is_deleted(house: Household) -> None:
    room = Room(house, READ + "print('Evil FOUND'); sys.exit(1)")
    mid = come(house, "letter.doc")
    path = f"record/{mid.hex()}/file/0"
    assert house.get("reader", path).data == data_of(SIZE)
    room.finish()
    page = house.get("reader", path)
    assert data_of(SIZE)[:64] not in page.data
    assert "the scanner of this party" in page.data.decode()
    assert "Scanned: something found: Evil FOUND" in page.data.decode()
    assert opened(house.post("reader", f"{path}/locked").data) == ("letter.doc", data_of(SIZE))
    told = house.api("reader", "GET", f"record/{mid_text(mid)}/files")
    assert b'"scan":"found"' in told.data.replace(b" ", b"")


@pytest.mark.parametrize(
    ("language", "not_scanned"),
    [
        ("en", "Not scanned"),
        ("ru", "\u041d\u0435 \u043f\u0440\u043e\u0432\u0435\u0440\u044f\u043b\u0441\u044f"),
    ],
)
def test_every_face_says_what_was_not_scanned(
    tmp_path: Path, language: str, not_scanned: str
) -> None:
    house = Household(
        tmp_path, people={**PEOPLE, "reader": replace(PEOPLE["reader"], language=language)}
    )
    room = Room(house, "")
    assert room.room.turn(lambda step: step(), house.net.now) is None
    mid = come(house, "letter.doc")
    row, _ = house.side.office.records.find(mid)
    house.post("reader", f"record/{mid.hex()}/read")
    matter = f"matter/{row.text('matter')}"
    assert not_scanned in house.get("reader", matter).data.decode()
    line = {"number": 0, "name": "a", "size": 1, "percent": 100, "attached": [], "said": "",
            "sample": "", "scan": "none"}  # fmt: skip
    assert file_line(line).endswith("not scanned")
    assert file_line({**line, "scan": "found", "said": "Evil"}).endswith("FOUND: Evil")
    assert "scan" not in file_line({**line, "scan": ""})


def test_files_that_came_before_are_looked_into_and_each_once(house: Household) -> None:
    mids = [come(house, "a"), come(house, "b")]
    log = house.folder / "log"
    code = READ + f"open({str(log)!r}, 'a').write('x')"
    Room(house, code).finish()
    assert [state(house, each)[0] for each in mids] == ["clean", "clean"]
    Room(house, code).finish()
    house.side.office.rebuild(house.net.now)
    Room(house, code).finish()
    assert log.read_text() == "xx"
    assert [state(house, each)[0] for each in mids] == ["clean", "clean"]


def test_one_that_cannot_tell_is_asked_so_often_and_no_more(house: Household) -> None:
    log = house.folder / "log"
    room = Room(house, READ + f"open({str(log)!r}, 'a').write('x'); sys.exit(3)")
    mid = come(house, "a")
    for tries in range(limits.SCAN_TRIES + 2):
        room.finish()
        room.finish()
        assert len(log.read_text()) == min(tries + 1, limits.SCAN_TRIES)
        house.net.now += scans.AGAIN_AFTER
    assert state(house, mid)[0] == "unsure"


@pytest.mark.parametrize(("over", "word"), [(0, "clean"), (1, "unsure")])
def test_a_file_above_the_limit_is_not_given(
    house: Household, monkeypatch: pytest.MonkeyPatch, over: int, word: str
) -> None:
    monkeypatch.setattr(limits, "MAX_SCAN", SIZE - over)
    room = Room(house, READ)
    mid = come(house, "a")
    room.finish()
    assert state(house, mid)[0] == word


def test_the_command_sees_nothing_of_our_environment(
    house: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DETENTE_OFFICE_PASSPHRASE", "a word of ours")
    room = Room(house, READ + "import os; print(sorted(os.environ))")
    mid = come(house, "a")
    room.finish()
    assert "PATH" in state(house, mid)[1]
    assert "DETENTE" not in state(house, mid)[1]


def test_one_that_takes_too_long_is_ended_with_all_that_it_started() -> None:
    heard: list[tuple[str, str]] = []
    code = (  # the one that it started holds the pipe: only its end ends the reading
        "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        "print('so far', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", code]
    run = Run(command, lambda: None, lambda *told: heard.append(told), seconds=3)
    run.give(None)
    run.wait(60)
    assert heard == [("unsure", "it took longer than 3 s")]


def test_one_that_talks_without_end_or_closes_its_input_blocks_nothing(house: Household) -> None:
    room = Room(house, "import os; os.close(0); os.write(1, b'y' * 300_000)")
    mid = come(house, "a")
    room.finish()
    assert state(house, mid) == ("clean", "y" * scan_rows.SAID_MAX)


def test_a_command_that_cannot_be_run_is_told(house: Household) -> None:
    heard: list[tuple[str, str]] = []
    run = Run(["/nonexistent"], lambda: None, lambda *told: heard.append(told))
    run.wait(30)
    ((word, said),) = heard
    assert (word, said[:17]) == ("unsure", "FileNotFoundError")
    settings = Config(house.folder, {"office.scan_command": ["clamdscan"]})
    with pytest.raises(OurFault, match="whole path"):
        Scanning(settings, lambda: house.side.office, lambda _: None, Log("office", "error"))


def test_a_run_that_is_stopped_says_nothing_and_leaves_no_process(house: Household) -> None:
    heard: list[tuple[str, str]] = []
    run = Run([sys.executable, "-c", "import time; time.sleep(600)"], lambda: None, lambda *told: heard.append(told))  # fmt: skip
    run.stop()
    run.wait(60)
    assert heard == []
    assert run._process is None


def test_a_node_that_is_gone_is_heard_and_asked_again_later(house: Household) -> None:
    room = Room(house, READ)
    heard: list[str] = []

    def guard(step: Callable[[], None]) -> None:
        try:
            step()
        except OurFault as fault:
            heard.append(fault.code)
            raise

    def gone() -> None:
        raise OurFault("hatch.closed", "the node is gone", "start: detente run")

    office = room.room._office
    room.room._office = gone  # type: ignore[assignment]  # as while the node is away
    room.room.turn(guard, house.net.now)
    room.room.turn(guard, house.net.now)
    assert heard == ["hatch.closed"], "not at once"
    room.room._office = office
    mid = come(house, "a")
    house.net.now += Span.of(minutes=1)
    room.finish()
    assert state(house, mid)[0] == "clean"
