"""Old keys go by themselves once every peer has the newest card for long enough, and not before."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.faults import runs
from tests.support.outcomes import fault_of

from detente.app import build_keys, config, system
from detente.app.config import Config
from detente.app.log import Log
from detente.app.operating import keys as op_keys
from detente.app.operating.keys import FIRST_LOOK, KEEP, LOOK_EVERY, OldKeys
from detente.core.moment import Moment, Span
from detente.node.ports import Told

AT = 1_795_000_000  # seconds
NOW = Moment(AT * 1_000)


def told(*rows: tuple[int, int, int | None]) -> list[Told]:
    return [Told(f"p{number}.gov", *row) for number, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("rows", "ms", "code"),
    [
        ([(2, 2, AT)], KEEP.ms, ""),
        ([(2, 2, AT)], KEEP.ms - 1, "vault.in_use"),
        ([(2, 1, AT)], 9 * KEEP.ms, "vault.in_use"),
        ([(2, 2, None)], 9 * KEEP.ms, "vault.in_use"),
        ([(2, 2, AT), (2, 2, AT + 1)], KEEP.ms, "vault.in_use"),
        ([(1, 1, None)], 0, ""),
        ([], 0, ""),
    ],
)
def test_every_peer_must_have_the_newest_card_for_the_whole_term(
    rows: Sequence[tuple[int, int, int | None]], ms: int, code: str
) -> None:
    if code:
        assert fault_of(op_keys.check_known, told(*rows), KEEP, NOW + Span(ms)) == code
    else:
        op_keys.check_known(told(*rows), KEEP, NOW + Span(ms))


@pytest.fixture
def settings(tmp_path: Path) -> Callable[[str], Config]:
    def made(term: str) -> Config:
        folder = tmp_path / "aurelia"
        if not folder.exists():
            runs.make(tmp_path, "aurelia.gov")
        return config.Config(
            folder, {**config.load(str(folder)).values, "retention.keys": term}, {}
        )

    return made


def test_a_term_is_thirty_days_or_more_or_never(settings: Callable[[str], Config]) -> None:
    assert op_keys.term(settings("30d")) == KEEP
    assert op_keys.term(settings("400d")) == Span.of(days=400)
    assert op_keys.term(settings("")) is None
    for wrong in ("29d", "30", "soon", "0d"):
        assert fault_of(op_keys.term, settings(wrong)) == "config.bad"


class Clock:
    """A clock of a loop, and the time of day."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOW + KEEP
        monkeypatch.setattr(op_keys, "clock", lambda: 0.0)
        monkeypatch.setattr(system, "now", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def add_old(folder: Path) -> str:
    """Put a key into the office's vault that no card names, as an earlier desk key."""
    vault = build_keys.FileVault.open(folder / "office" / "vault", runs.SECRETS.office)
    seed = build_keys.new_seed("xwing", system.SystemEntropy())
    vault.add("desk-cert.0", seed, system.SystemEntropy())
    return "desk-cert.0"


def ids(folder: Path) -> list[str]:
    vault = build_keys.FileVault.open(folder / "office" / "vault", runs.SECRETS.office)
    return sorted(vault.ids())


def test_without_a_term_nothing_ever_goes(settings: Callable[[str], Config], clock: Clock) -> None:
    del clock
    keys = OldKeys(settings(""), "office", runs.SECRETS.office)
    assert keys.wait(9e9) is None
    assert not keys.turn(9e9, lambda: told((2, 2, AT)), Log("office", "info"))


def test_old_keys_go_at_a_daily_look_and_the_process_begins_anew(
    settings: Callable[[str], Config], clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    found = settings("30d")
    before = ids(found.folder)
    old = add_old(found.folder)
    keys = OldKeys(found, "office", runs.SECRETS.office)
    log = Log("office", "info")

    assert keys.wait(0.0) == FIRST_LOOK
    assert not keys.turn(FIRST_LOOK - 1, lambda: told((2, 2, AT)), log)
    clock.now = NOW + Span(KEEP.ms - 1)
    assert not keys.turn(FIRST_LOOK, lambda: told((2, 2, AT)), log)
    assert ids(found.folder) == sorted([*before, old]), "a peer has the card for too short a time"

    clock.now = NOW + KEEP
    assert keys.wait(FIRST_LOOK) == LOOK_EVERY
    assert not keys.turn(FIRST_LOOK + LOOK_EVERY - 1, lambda: told((2, 2, AT)), log)
    assert keys.turn(FIRST_LOOK + LOOK_EVERY, lambda: told((2, 2, AT)), log)
    assert ids(found.folder) == before
    (line,) = capfd.readouterr().err.splitlines()
    assert (json.loads(line)["code"], old in json.loads(line)["what"]) == ("keys.purged", True)

    assert not keys.turn(FIRST_LOOK + 2 * LOOK_EVERY, lambda: told((2, 2, AT)), log)
    assert capfd.readouterr().err == ""


def test_a_vault_that_cannot_be_opened_is_told_and_looked_at_again(
    settings: Callable[[str], Config], clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    del clock
    keys = OldKeys(settings("30d"), "office", b"another secret")
    assert not keys.turn(FIRST_LOOK, lambda: told((2, 2, AT)), Log("office", "info"))
    assert json.loads(capfd.readouterr().err)["code"] == "vault.passphrase"
    assert keys.wait(FIRST_LOOK) == LOOK_EVERY
