"""`detente run`: the supervisor over both halves, as processes."""

import json
import os
import signal
import socket
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support import processes
from tests.support.processes import Machine, half_of, until

from detente.app.meeting import Meeting
from detente.app.run import STOP_PATIENCE


@dataclass(frozen=True)
class Running:
    """Two parties that run. Borealis has confirmed aurelia, and not yet the other way round."""

    machine: Machine
    aurelia: Path
    borealis: Path


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    place, machine = tmp_path_factory.mktemp("up"), Machine()
    aurelia = processes.make(place, "aurelia.gov")
    borealis = processes.make(place, "borealis.gov")
    Meeting(aurelia).add(Meeting(borealis).invite("aurelia.gov"))
    processes.meet(borealis, aurelia)
    try:
        for folder in (aurelia, borealis):
            machine.run(folder)
        until(lambda: processes.serves(aurelia), "aurelia runs")
        yield Running(machine, aurelia, borealis)
    finally:
        machine.end()


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A party that does not run."""
    return processes.make(tmp_path_factory.mktemp("idle"), "cordia.gov")


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(("half", "other"), [("office", "node"), ("node", "office")])
def test_a_half_that_was_killed_is_started_again_and_the_other_goes_on(
    up: Running, half: str, other: str
) -> None:
    before, stays = half_of(up.aurelia, half), half_of(up.aurelia, other)
    os.kill(before, signal.SIGKILL)
    until(lambda: half_of(up.aurelia, half) not in (0, before), f"the {half} is started again")
    until(lambda: processes.serves(up.aurelia), "both halves answer")
    assert half_of(up.aurelia, other) == stays
    assert not is_gone(stays)
    died = [row["what"] for row in processes.log_rows(up.aurelia) if row["code"] == "run.died"]
    assert f"the {half} died and is started again" in died


def test_a_confirmation_brings_the_link_up_while_the_party_runs(up: Running) -> None:
    supervisor = (up.aurelia / "lock").read_text()
    digits = Meeting(up.borealis).card().fingerprint
    said = up.machine.ask(
        "party", "confirm", "borealis.gov", "--digits", digits, "--at", up.aurelia, "--json"
    )
    assert json.loads(said.stdout)["reloaded"] is True, said.stderr
    until(lambda: processes.is_live(up.aurelia), "the link is up at aurelia")
    until(lambda: processes.is_live(up.borealis), "the link is up at borealis")
    until(lambda: processes.serves(up.aurelia), "the office found its node again")
    assert (up.aurelia / "lock").read_text() == supervisor


def test_a_second_supervisor_is_refused_and_the_first_goes_on(up: Running) -> None:
    until(lambda: processes.serves(up.aurelia), "aurelia runs")
    halves = half_of(up.aurelia, "node"), half_of(up.aurelia, "office")
    said = up.machine.ask("run", "--at", up.aurelia, "--json")
    assert said.returncode == 2
    error = json.loads(said.stderr)["error"]
    assert error["code"] == "run.locked"
    assert (up.aurelia / "lock").read_text() in error["what"]
    assert (half_of(up.aurelia, "node"), half_of(up.aurelia, "office")) == halves
    assert processes.serves(up.aurelia)


def test_told_to_stop_it_ends_both_halves_and_leaves_no_socket(idle: Path) -> None:
    machine = Machine()
    try:
        process = machine.run(idle)
        until(lambda: processes.serves(idle), "cordia runs")
        halves = half_of(idle, "node"), half_of(idle, "office")
        process.terminate()
        assert process.wait(STOP_PATIENCE) == 0
        assert [is_gone(each) for each in halves] == [True, True]
        assert list(idle.rglob("*.sock")) == []
        stopped = {
            row["process"] for row in processes.log_rows(idle) if row["code"] == "run.stopped"
        }
        assert stopped == {"node", "office"}
    finally:
        machine.end()


@pytest.mark.parametrize("half", ["node", "office"])
def test_a_wrong_passphrase_is_said_before_anything_starts(
    idle: Path, tmp_path: Path, half: str
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"another secret")
    said = Machine().ask(
        "run", "--at", idle, "--json",
        more={f"DETENTE_VAULT_{half.upper()}_PASSPHRASE_FILE": str(wrong)},
    )  # fmt: skip
    assert said.returncode == 2
    error = json.loads(said.stderr)["error"]
    assert error["code"] == "vault.passphrase"
    assert f"{idle}/{half}/vault" in error["what"]


def test_passphrases_come_from_the_credentials_of_a_service_manager(
    idle: Path, tmp_path: Path
) -> None:
    (tmp_path / "node-passphrase").write_bytes(processes.SECRETS.node + b"\n")
    (tmp_path / "office-passphrase").write_bytes(b"another secret\n")
    said = Machine().ask(
        "run", "--at", idle, "--json",
        more={
            "CREDENTIALS_DIRECTORY": str(tmp_path),
            "DETENTE_VAULT_NODE_PASSPHRASE_FILE": "",
            "DETENTE_VAULT_OFFICE_PASSPHRASE_FILE": "",
        },
    )  # fmt: skip
    assert said.returncode == 2
    assert f"{idle}/office/vault" in json.loads(said.stderr)["error"]["what"]


def test_a_port_in_use_ends_it_at_once_with_the_fault_of_the_node(idle: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        said = Machine().ask("run", "--at", idle, more={"DETENTE_LINK_LISTEN": address})
    assert said.returncode == 2
    assert "path.port_in_use" in said.stderr
    assert "run.died" not in said.stderr
    assert list(idle.rglob("*.sock")) == []


def test_tables_of_another_version_are_folded_anew_at_the_start(tmp_path: Path) -> None:
    folder, machine = processes.make(tmp_path, "cordia.gov"), Machine()
    try:
        first = machine.run(folder)
        until(lambda: processes.serves(folder), "cordia runs")
        first.terminate()
        first.wait(processes.PATIENCE)
        with sqlite3.connect(folder / "office" / "office.sqlite") as base:
            changed = base.execute("UPDATE shelf_shapes SET made = 'another'").rowcount
        base.close()
        assert changed
        machine.run(folder)
        until(lambda: processes.serves(folder), "cordia runs again")
        told = [row["code"] for row in processes.log_rows(folder) if row["process"] == "office"]
        assert "store.shape" in told
    finally:
        machine.end()
