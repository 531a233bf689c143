"""The command of an alarm: no shell, no content, an end, and another try."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests import produced

from detente.app import build_policy
from detente.app.config import SETTINGS, Config
from detente.app.process import siren
from detente.app.process.siren import AGAIN_AFTER, RINGS_MAX, TRIES_MAX, Siren
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office.alarms import LADDER, Bell, Ring

SINCE = Moment.parse("2026-11-22T10:00:00.000Z")
RING = Ring("command", "cert", 2, SINCE, (b"m" * 32,))


class Journal:
    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def write(self, _level: str, code: str, what: str, **_more: object) -> None:
        self.rows.append((code, what))
        produced.HEARD.update(produced.codes_in(code))


@pytest.fixture
def journal() -> Journal:
    return Journal()


def made(journal: Journal, *command: str) -> tuple[Siren, list[bool]]:
    ended: list[bool] = []
    log: Any = journal
    return Siren(command, log, lambda _ring, well: ended.append(well)), ended


def until(one: Siren, done: Callable[[], object], moment: float = 0.0) -> None:
    one.turn(moment)
    for _ in range(10):
        if done():
            return
        if one._process is not None:
            one._process.wait()
        one.turn(moment)
    raise AssertionError("it never ended")


def as_many(found: Sequence[object], count: int) -> bool:
    return len(found) >= count


def test_it_is_told_count_desk_and_since_and_nothing_else(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "of the office")
    file = tmp_path / "told; rm $HOME"
    code = (
        f"import json,os,sys; json.dump([sys.argv[1:], dict(os.environ)], open({str(file)!r}, 'w'))"
    )
    one, ended = made(
        journal, sys.executable, "-c", code, "{count} {desk}", "$HOME; {since}", "{step}"
    )
    one.ring([RING])
    until(one, lambda: ended)
    assert ended == [True]
    words, known = json.loads(file.read_text())
    assert words == ["2 cert", f"$HOME; {SINCE}", "command"], "no shell reads them"
    told = {key: text for key, text in known.items() if key.startswith("DETENTE_")}
    assert told == {
        "DETENTE_ALARM_COUNT": "2", "DETENTE_ALARM_DESK": "cert",
        "DETENTE_ALARM_SINCE": str(SINCE), "DETENTE_ALARM_STEP": "command",
        "DETENTE_ALARM_EXERCISE": "no",
    }  # fmt: skip
    assert "SECRET" not in known
    assert journal.rows == []


def test_what_fails_is_tried_again_later_each_time_and_then_given_up(journal: Journal) -> None:
    one, ended = made(journal, sys.executable, "-c", "raise SystemExit(3)")
    one.ring([RING])
    moment = 0.0
    for number in range(1, TRIES_MAX + 1):
        until(one, partial(as_many, journal.rows, number), moment)
        if number < TRIES_MAX:
            assert ended == []
            assert one.turn(moment) == pytest.approx(AGAIN_AFTER * number)
            moment += AGAIN_AFTER * number
    assert ended == [False]
    assert {code for code, _ in journal.rows} == {"run.alarm"}
    assert "ended with 3" in journal.rows[0][1]
    assert one.turn(moment) is None


def test_a_program_that_is_not_there_is_said(journal: Journal, tmp_path: Path) -> None:
    one, _ = made(journal, str(tmp_path / "none"))
    one.ring([RING])
    one.turn(0.0)
    assert "cannot be run" in journal.rows[0][1]


def test_one_that_does_not_end_is_killed_with_all_that_it_began(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = made(journal, "/bin/sh", "-c", "sleep 1000 & wait")
    one.ring([RING])
    one.turn(0.0)
    process = one._process
    assert process is not None
    one.turn(siren.SECONDS_MAX - 0.1)
    assert one._process is process
    one.turn(siren.SECONDS_MAX)
    assert process.returncode == -9
    gone = False
    while not gone:  # the kernel takes a moment to bury them
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            gone = True
    assert "more than 30 seconds" in journal.rows[0][1]


def test_rings_come_one_after_another_and_so_many_wait(journal: Journal) -> None:
    one, ended = made(journal, sys.executable, "-c", "")
    one.ring([RING] * (RINGS_MAX + 5))
    assert len(one._waiting) == RINGS_MAX
    assert (len(ended), len(journal.rows)) == (5, 5), "those beyond are told as failed"
    assert "16 runs wait" in journal.rows[0][1]
    ended.clear()
    for number in range(1, 3):
        until(one, partial(as_many, ended, number))
    assert len(one._waiting) <= RINGS_MAX - 2
    one.close()
    if one._process is not None:
        one._process.wait()


def test_how_it_fares_is_told(journal: Journal) -> None:
    log: Any = journal
    times = [SINCE, SINCE + Span(1_000)]
    one = Siren(
        [sys.executable, "-c", "raise SystemExit(3)"], log, lambda *_: None, lambda: times.pop(0)
    )
    assert one.bells() == [Bell("command", None, None, False, "", 0, 0, TRIES_MAX)]
    one.ring([RING, RING])
    until(one, lambda: journal.rows)
    (bell,) = one.bells()
    assert (bell.failed_at, bell.failing, bell.why) == (SINCE, True, "it ended with 3")
    assert (bell.waiting, bell.tries, bell.well_at) == (2, 1, None)
    one._command = (sys.executable, "-c", "")
    until(one, lambda: one.bells()[0].well_at, AGAIN_AFTER)
    (bell,) = one.bells()
    assert (bell.well_at, bell.failing, bell.why) == (SINCE + Span(1_000), False, "")
    one.close()


def test_without_a_command_nothing_waits(journal: Journal) -> None:
    one, _ = made(journal)
    one.ring([RING])
    assert one.turn(0.0) is None
    assert one.bells() == []
    one.close()


def config(**told: list[str]) -> Config:
    values = {f"{s}.{k}": v.default for s, m in SETTINGS.items() for k, v in m.items()}
    return Config(Path("/"), values | {f"alarms.{key}": texts for key, texts in told.items()})


def test_the_ladder_of_the_settings() -> None:
    assert build_policy.ladder(config()) == LADDER
    assert build_policy.ladder(config(escalate=[])) == ()
    turned = build_policy.ladder(config(escalate=["2m unattended", "1h command", "5s supervisor"]))
    assert [(step, after.ms) for step, after in turned] == [
        ("supervisor", 5_000), ("unattended", 120_000), ("command", 3_600_000),
    ]  # fmt: skip
    assert turned[-1][1] == build_policy.LADDER_MAX
    assert Span.of(hours=1) == build_policy.LADDER_MAX


@pytest.mark.parametrize(
    "escalate",
    [
        ["60s"],
        ["60s siren"],
        ["soon command"],
        ["2h command"],
        ["1m command", "2m command"],
        ["rang 5s"],
    ],
)
def test_a_ladder_that_is_none(escalate: list[str]) -> None:
    with pytest.raises(OurFault, match=r"alarms\.escalate") as caught:
        build_policy.ladder(config(escalate=escalate))
    assert caught.value.code == "config.bad"


def test_a_command_is_a_program_by_its_whole_path() -> None:
    assert build_policy.command(config(command=["/bin/true", "x y"])) == ["/bin/true", "x y"]
    assert build_policy.command(config()) == []
    with pytest.raises(OurFault, match="whole path"):
        build_policy.command(config(command=["siren"]))
