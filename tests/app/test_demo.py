"""The demo is the story of the main job: real processes, a real kill, no fake."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.support.processes import until

ROOT = Path(__file__).parents[2]
DEMO = (sys.executable, "-m", "detente", "demo", "--json")
STEPS = [
    "make", "cards", "compare", "run", "link", "send", "read", "answer", "withdraw",
    "acknowledge", "evidence", "verify", "forge", "line", "courier", "restore", "rollback", "urgent",
    "settle", "kill",
]  # fmt: skip
Row = dict[str, Any]


def environment(place: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DETENTE_")}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(place), "LANG": "en", **more}


def start(place: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*DEMO, *arguments], cwd=place, env=environment(place), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def run(place: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*DEMO, *arguments], cwd=place, env=environment(place), text=True,
        capture_output=True, check=False,
    )  # fmt: skip


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def place() -> Iterator[Path]:
    # Short: a socket's path has some hundred bytes, and pytest's own folders take most of them.
    found = Path(tempfile.mkdtemp(prefix="d-"))
    yield found
    shutil.rmtree(found)


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, Row]]:
    """What the whole demo tells, by step; `left` is what it leaves when its parties are stopped."""
    place = Path(tempfile.mkdtemp(prefix="d-"))
    done = run(place, "--stay", "60")
    rows = {row["step"]: row for row in map(json.loads, done.stdout.splitlines())}
    end = rows["done"]
    try:
        doors = [at_the_door(party["enter"]) for party in end["parties"].values()]
    finally:
        os.kill(end["pid"], signal.SIGTERM)
        until(lambda: not is_running(end["pid"]), "the demo has ended")
    yield {
        **rows,
        "exit": {"code": done.returncode, "err": done.stderr, "left": list(place.iterdir())},
        "doors": {"seen": doors},
    }
    shutil.rmtree(place)


def test_every_step_does_what_it_should(told: dict[str, Row]) -> None:
    assert [row for row in told.values() if row.get("error")] == []
    assert told["exit"]["code"] == 0, told["exit"]["err"]
    assert [told[step]["ok"] for step in (*STEPS, "done")] == [True] * 21


def test_every_step_says_its_number_what_happened_and_how_to_do_it_oneself(
    told: dict[str, Row],
) -> None:
    assert [(told[step]["n"], told[step]["of"]) for step in STEPS] == [
        (n, 20) for n in range(1, 21)
    ]
    assert [step for step in STEPS if not told[step]["what"]] == []
    assert [step for step in STEPS if "detente " not in told[step]["command"]] == []


def test_the_nodes_meet_over_tls_with_the_hybrid_key_exchange(told: dict[str, Row]) -> None:
    assert (told["link"]["tls"], told["link"]["group"]) == ("1.3", "X25519MLKEM768")


def test_the_published_bundle_is_opened_at_the_other_desk_and_read(told: dict[str, Row]) -> None:
    assert (told["send"]["objects"], told["send"]["level"]) == (155, "DELIVERED")
    assert told["read"]["level"] == "READ"


def test_what_a_script_does_for_people_is_called_scripted(told: dict[str, Row]) -> None:
    assert [step for step in STEPS if told[step].get("scripted")] == [
        "compare", "read", "answer", "courier", "settle",
    ]  # fmt: skip


def test_one_object_is_withdrawn_at_both_sides_and_the_others_stand(told: dict[str, Row]) -> None:
    assert (told["acknowledge"]["withdrawn"], told["acknowledge"]["standing"]) == (1, 154)


def test_two_verifiers_with_the_file_and_two_cards_call_the_evidence_valid(
    told: dict[str, Row],
) -> None:
    assert told["verify"]["checkers"] == ["detente verify", "verify_minimal.py"]
    assert told["verify"]["files"] == ["aurelia.card", "borealis.card", "matter.evidence"]
    assert (told["verify"]["valid"], told["verify"]["records"]) == (True, 5)


def test_a_changed_byte_is_refused_by_both_verifiers_at_a_step_that_they_name(
    told: dict[str, Row],
) -> None:
    assert told["forge"]["valid"] is False
    assert {name: step.isdigit() for name, step in told["forge"]["steps"].items()} == {
        "matter.evidence, detente verify": True,
        "matter.evidence, verify_minimal.py": True,
        "bundle.tlog-proof, detente verify": True,
        "bundle.tlog-proof, verify_minimal.py": True,
    }


def test_one_of_two_lines_is_cut_without_a_word_and_nothing_is_lost(told: dict[str, Row]) -> None:
    assert sorted(told["link"]["paths"].items()) in (
        [("path-1", "USED"), ("path-2", "UP")],
        [("path-1", "UP"), ("path-2", "USED")],
    )
    row = told["line"]
    assert (row["sent"], row["cut_after"], row["arrived"]) == (100, 40, 100)
    assert row["failover_ms"] > 0
    kept = next(path for path in row["paths"] if path != row["cut"])
    assert row["paths"][kept] == "USED"
    assert row["paths"][row["cut"]] in ("SUSPECT", "PATH_DOWN")
    assert [line for line in row["shown"] if "carries records" in line and kept in line] != []


def test_with_all_lines_cut_a_record_and_its_receipt_go_by_file_once(told: dict[str, Row]) -> None:
    row = told["courier"]
    assert row["level"] in ("STORED", "DELIVERED")
    assert (row["again"], row["equal"]) == (0, True)
    assert row["sizes"][0] > 100
    down = [line for line in row["shown"] if "path-" in line]
    assert len(down) == 2
    assert ["line down" in line and "not tried yet" not in line for line in down] == [True, True]


def test_a_party_put_back_from_a_backup_gets_all_that_it_lacked(told: dict[str, Row]) -> None:
    row = told["restore"]
    assert row["given_back"] >= 20  # what was sent after the backup, and receipts for its own
    assert row["own_given_back"] >= 1
    assert (row["lost"], row["new_epoch"]) == (0, True)
    assert row["logs_checked"] >= 6  # of two epochs, and two home logs


def test_a_history_set_back_is_refused_proved_and_settled(told: dict[str, Row]) -> None:
    row = told["rollback"]
    assert (row["refused"], row["state"], row["code"]) == (True, "HALTED", "E_FORK")
    assert (row["kind"], row["who"]) == ("forked", "aurelia.gov")
    assert len(row["sizes"]) == 2
    row = told["urgent"]
    assert (row["level"], row["others"]) == ("DELIVERED", "SUBMITTED")
    assert row["marks"] == ["UNRELEASED", "DISPUTED"]
    row = told["settle"]
    assert (row["new_epoch"], row["sent_again"], row["dropped"]) == (True, 1, ["DISPUTED"])
    assert row["sizes"][0] < told["rollback"]["sizes"][0]


def test_a_thousand_records_arrive_once_and_in_order_though_the_node_was_killed(
    told: dict[str, Row],
) -> None:
    row = told["kill"]
    assert (row["sent"], row["killed_after"], row["arrived"]) == (1_000, 400, 1_000)
    assert (row["once"], row["in_order"]) == (True, True)
    assert row["down_ms"] > 0


def test_the_demo_leaves_nothing_behind(told: dict[str, Row]) -> None:
    assert told["exit"]["left"] == []
    pids = [pid for party in told["run"]["pids"].values() for pid in party.values()]
    pids += told["make"]["lines"].values()
    assert [pid for pid in pids if is_running(pid)] == []


def test_both_consoles_stay_up_and_let_the_operator_in_once(told: dict[str, Row]) -> None:
    assert told["doors"]["seen"] == [(200, True), (200, True)]
    assert told["done"]["stay_s"] == 3600
    assert {*told["done"]["parties"]} == {"aurelia.gov", "borealis.gov"}


def at_the_door(link: str) -> tuple[int, bool]:
    """Open a one-time link as a browser does, which takes *.localhost for this machine."""
    found = urlsplit(link)
    line = http.client.HTTPConnection("127.0.0.1", found.port or 0, timeout=60)
    try:
        line.request("GET", found.path, headers={"Host": found.netloc})
        answer = line.getresponse()
        return answer.status, "operator" in answer.read().decode()
    finally:
        line.close()


def test_served_parties_take_commands_until_they_are_interrupted(place: Path) -> None:
    demo = start(place, "--serve")
    assert demo.stdout is not None
    row = json.loads(demo.stdout.readline())
    parties = row["parties"]
    listed = subprocess.run(
        [*row["program"], "link", "list", "--json"], cwd=place, text=True, check=False,
        env=environment(place, **parties["borealis.gov"]["env"]), capture_output=True,
    )  # fmt: skip
    pids = [pid for party in parties.values() for pid in party["pids"].values()]
    pids += row["lines"].values()
    ran = [is_running(pid) for pid in pids]
    doors = [at_the_door(party["enter"]) for party in parties.values()]
    demo.send_signal(signal.SIGINT)
    out, err = demo.communicate()
    assert [each["state"] for each in json.loads(listed.stdout)] == ["LIVE"]
    assert ran == [True] * 8
    assert doors == [(200, True), (200, True)]
    assert len({party["console"] for party in parties.values()}) == 2
    assert (demo.returncode, out) == (0, "")
    assert json.loads(err) == {"step": "stopped", "removed": row["folder"]}
    assert list(place.iterdir()) == []
    assert [pid for pid in pids if is_running(pid)] == []


def test_an_interrupted_demo_stops_its_processes_and_removes_its_folder(place: Path) -> None:
    demo = start(place)
    assert demo.stdout is not None
    rows = [json.loads(demo.stdout.readline()) for _ in range(4)]
    demo.send_signal(signal.SIGINT)
    demo.communicate()
    pids = [pid for party in rows[3]["pids"].values() for pid in party.values()]
    pids += rows[0]["lines"].values()
    assert demo.returncode == 130
    assert list(place.iterdir()) == []
    assert [pid for pid in pids if is_running(pid)] == []


def test_a_step_that_fails_is_told_with_its_logs_and_they_are_kept(place: Path) -> None:
    # No socket can be made at so long a path: both parties end as soon as they begin.
    done = run(place, "--folder", "f" * 100)
    *_, failed, end = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 70
    assert (failed["step"], failed["ok"], failed["error"]["code"]) == ("run", False, "demo.failed")
    assert (end["step"], end["ok"], end["kept"]) == (
        "done",
        False,
        str(place.resolve() / ("f" * 100)),
    )
    assert "path.unusable" in failed["error"]["what"]
    assert [Path(log).exists() for log in failed["logs"]] == [True, True]


def test_a_named_folder_must_be_new(place: Path) -> None:
    (place / "mine").write_text("kept")
    done = run(place, "--folder", str(place))
    assert (done.returncode, json.loads(done.stderr)["error"]["code"]) == (2, "init.exists")
    assert (place / "mine").read_text() == "kept"
