"""Real parties that change their keys while they run."""

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.offices import BUNDLE
from tests.support.processes import SECRETS, until
from tests.support.running import Running, two_parties

from detente.app import client
from detente.app.verify.proof import VALID, run
from detente.core import trust
from detente.core.errors import OurFault


def say(party: Running, *words: str) -> subprocess.CompletedProcess[str]:
    secret = party.folder.parent / f"{party.folder.name}-root.passphrase"
    secret.write_bytes(SECRETS.root)
    paths = os.pathsep.join(str(Path(each).resolve()) for each in sys.path if each)
    return subprocess.run(
        [sys.executable, "-m", "detente", *words, "--at", str(party.folder)],
        env={**os.environ, "PYTHONPATH": paths, "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def rooted(party: Running, *words: str) -> str:
    root = party.folder.parent / f"{party.folder.name}-root"
    done = say(party, *words, "--root", str(root), "--root-passphrase-file", f"{root}.passphrase")
    assert done.returncode == 0, done.stderr
    return done.stdout


def send(one: Running, other: Running, about: str) -> dict[str, Any]:
    file = base64.b64encode((BUNDLE % about).encode()).decode()
    body = {"file": file, "to": [other.address], "about": about, "request": about.replace(" ", "-")}
    found: dict[str, Any] = one.insist("POST", "/api/v1/cert/send", body)["records"][0]
    return found


def stored(one: Running, mid: str, level: str = "DELIVERED") -> bool:
    try:
        found: dict[str, Any] = one.ask("GET", f"/api/v1/record/{mid}")
    except OurFault:
        return False
    assert found["level"] != "REJECTED", found
    return bool(found["level"] == level)


def ask_node(one: Running, path: str) -> Any:  # noqa: ANN401
    asked = client.node(one.folder)
    try:
        return asked.ask("GET", path)
    except OurFault:
        return None
    finally:
        asked.close()


def serial_at(one: Running, name: str) -> int:
    found = ask_node(one, f"/v1/cards/{name}")
    return trust.read_chain(found).newest.serial if found else 0


def stopped(one: Running, why: str) -> bool:
    rows = ask_node(one, "/v1/links")
    return bool(rows) and rows[0]["state"] == "HALTED" and why in rows[0]["why"]


@pytest.mark.parametrize(
    "how",
    [
        ["--rotate", "tls"],
        ["--revoke", "tls", "--revoke", "log", "--revoke", "cosign", "--revoke", "mldsa44"],
        [
            "--rotate",
            "cert",
            "--revoke",
            "cert/s-01",
            "--rotate",
            "node/n-01",
            "--rotate",
            "cert/m-01",
        ],
    ],
    ids=["tls", "node", "office"],
)
def test_a_running_party_changes_its_keys_and_old_proofs_stay_valid(
    tmp_path: Path, how: list[str]
) -> None:
    with two_parties(tmp_path) as (a, b):
        first = send(a, b, "before")["mid"]
        until(lambda: stored(a, first), "the first is delivered")
        proof = tmp_path / "before.tlog-proof"
        proof.write_bytes(a.ask("GET", f"/api/v1/record/{first}/proof"))
        rooted(a, "card", "new", *how, "--reason", "a drill")
        until(lambda: serial_at(b, a.name) == 2, "the new card is there")
        second, third = send(a, b, "after")["mid"], send(b, a, "back")["mid"]
        until(lambda: stored(a, second), "the second is delivered")
        until(lambda: stored(b, third), "the answer is delivered")
        # Once more from nothing: all connections are made with the new keys.
        for each in (a, b):
            each.kill("node")
        fourth = send(a, b, "and again")["mid"]
        until(lambda: stored(a, fourth), "the fourth is delivered")
        cards = []
        for each in (a, b):
            file = tmp_path / f"{each.folder.name}.cards"
            assert say(each, "card", "export", "--chain", "-o", str(file)).returncode == 0
            cards.append(file)
        assert run(proof, cards, None, accept_fast=True).exit_code == VALID
        late = tmp_path / "late.tlog-proof"
        for mid in (first, second, fourth):
            late.write_bytes(a.ask("GET", f"/api/v1/record/{mid}/proof"))
            assert run(late, cards, None, accept_fast=True).exit_code == VALID, mid
    assert not list(tmp_path.rglob("defects/*"))


def test_a_card_by_hand_reaches_a_party_that_moved_and_lost_its_tls_key(tmp_path: Path) -> None:
    with two_parties(tmp_path) as (a, b):
        first = send(a, b, "before")["mid"]
        until(lambda: stored(a, first), "the first is delivered")
        a.end()
        key = a.folder / "node" / "vault" / "tls.json"
        key.unlink()
        rooted(a, "card", "new", "--rotate", "tls")
        file = tmp_path / "aurelia.card"
        assert say(a, "card", "export", "-o", str(file)).returncode == 0
        done = say(b, "card", "import", str(file))
        assert done.returncode == 0, done.stderr
        a.start()
        second = send(a, b, "after")["mid"]
        until(lambda: stored(a, second), "the second is delivered")
        assert serial_at(b, a.name) == 2


def test_a_void_card_stops_the_link_and_says_so(tmp_path: Path) -> None:
    with two_parties(tmp_path) as (a, b):
        file = tmp_path / "void.card"
        rooted(a, "card", "void", "-o", str(file))
        done = say(b, "card", "import", str(file))
        assert done.returncode == 0, done.stderr
        assert "taken back every key" in done.stdout

        until(
            lambda: stopped(b, "declared all its keys void"), "the link is stopped with clear words"
        )


def test_two_cards_that_exclude_each_other_are_refused_and_halt(tmp_path: Path) -> None:
    with two_parties(tmp_path) as (a, b):
        b.end()
        one, other = tmp_path / "one.card", tmp_path / "other.card"
        rooted(a, "card", "void", "-o", str(one))
        rooted(a, "card", "new", "--rotate", "log")
        assert say(a, "card", "export", "-o", str(other)).returncode == 0
        assert say(b, "card", "import", str(other)).returncode == 0
        done = say(b, "card", "import", str(one))
        assert done.returncode == 2
        assert "card.forked" in done.stderr
        b.start()

        until(lambda: stopped(b, "E_CARD_FORK"), "the link is halted")
