"""Real parties, one of which changes its root keys: compared anew, a new epoch, old proofs stay."""

import json
import subprocess
from functools import partial
from pathlib import Path

from tests.app.test_rotation_run import ask_node, rooted, say, send, stored
from tests.app.test_settled import detente
from tests.support.processes import SECRETS, until
from tests.support.running import Running, two_parties

from detente.app import pins
from detente.app.meeting import Meeting
from detente.app.verify.proof import INVALID, VALID, run
from detente.core import evidence, trust
from detente.core.evidence import Disclosed


def new_root(party: Running, number: int = 2) -> subprocess.CompletedProcess[str]:
    base = party.folder.parent / f"{party.folder.name}-root"
    old = base if number == 2 else Path(f"{base}{number - 1}")
    secret = party.folder.parent / "root.passphrase"
    secret.write_bytes(SECRETS.root)
    return say(
        party, "card", "root", "--root", str(old), "--root-passphrase-file", str(secret),
        "--new-root", f"{base}{number}", "--new-root-passphrase-file", str(secret),
    )  # fmt: skip


def serials(party: Running, name: str) -> list[int]:
    found = ask_node(party, f"/v1/cards/{name}")
    return [each.serial for each in trust.read_chain(found).cards] if found else []


def epochs(party: Running) -> str:
    """The link id of the epoch at work."""
    rows = ask_node(party, "/v1/links")
    return str(rows[0]["link_id"]) if rows else ""


def states(party: Running) -> list[tuple[str, str | None]]:
    return [(row["state"], row["our_root"]) for row in detente(party, "party", "list")]


def findings(party: Running) -> set[str]:
    done = say(party, "doctor", "--json")
    return {each["code"] for each in json.loads(done.stdout)["findings"]}


def is_well(party: Running) -> bool:
    return findings(party) == set()


def pinned(party: Running, name: str, digits: str) -> bool:
    return (pins.read(party.folder) or {})[name] == [digits]


def chain_file(party: Running, folder: Path) -> Path:
    file = folder / f"{party.folder.name}.cards"
    assert say(party, "card", "export", "--chain", "-o", str(file)).returncode == 0
    return file


def test_a_root_change_is_compared_anew_and_both_go_on_in_a_new_epoch(tmp_path: Path) -> None:
    with two_parties(tmp_path) as (a, b):
        first = send(a, b, "before")["mid"]
        until(lambda: stored(a, first), "the first is delivered")
        old_cards = [
            chain_file(each, tmp_path).rename(tmp_path / f"{each.name}.old") for each in (a, b)
        ]
        proof = tmp_path / "before.tlog-proof"
        proof.write_bytes(a.ask("GET", f"/api/v1/record/{first}/proof"))
        began = epochs(a)
        old_digits = Meeting(a.folder).card().fingerprint
        void = tmp_path / "void.card"
        rooted(a, "card", "void", "-o", str(void))

        done = new_root(a)
        assert done.returncode == 0, done.stderr
        digits = Meeting(a.folder).card().fingerprint
        assert digits != old_digits
        assert " ".join(done.stdout.split()).count(digits[:11].replace(" ", " ")) == 1
        until(lambda: serials(a, a.name) == [1, 2], "its own node took it up")
        assert states(a) == [("confirmed", "peer")]
        until(lambda: "root_peer" in findings(a), "the doctor says who did not compare")
        a.kill("node")  # a restart in the wait keeps it
        assert "are new" in say(a, "party", "show").stdout
        between = send(a, b, "between")["mid"]
        until(lambda: stored(a, between), "the line goes on under the old root")
        assert (epochs(a), serials(b, a.name)) == (began, [1])
        refused = new_root(a, 3)
        assert (refused.returncode, "card.root_waits" in refused.stderr) == (2, True)

        # By hand to the peer, whose person compares: wrong digits first.
        file = tmp_path / "aurelia-next.card"
        assert say(a, "card", "export", "--next", "-o", str(file)).returncode == 0
        done = say(b, "card", "import", str(file))
        assert (done.returncode, "has new root keys" in done.stdout) == (0, True), done.stderr
        assert states(b) == [("root changed", None)]
        until(lambda: "root_changed" in findings(b), "the doctor says so")
        until(b.is_live, "its node took note")
        shown = say(b, "party", "show", "--of", a.name).stdout
        assert ("card 1" in shown, "root changed" in shown) == (True, True)
        wrong = say(b, "party", "confirm", a.name, "--digits", old_digits)
        assert (wrong.returncode, "party.digits" in wrong.stderr) == (2, True)
        done = say(b, "party", "confirm", a.name, "--digits", digits)
        assert done.returncode == 0, done.stderr

        until(lambda: epochs(a) == epochs(b) not in ("", began), "the next epoch")
        until(lambda: serials(b, a.name) == [1, 2], "the peer goes by the new card")
        until(lambda: states(b) == [("confirmed", None)], "the folder followed")
        until(lambda: states(a) == [("confirmed", None)], "nothing waits any more")
        second, third = send(a, b, "after")["mid"], send(b, a, "back")["mid"]
        until(lambda: stored(a, second), "there with a receipt")
        until(lambda: stored(b, third), "back with a receipt")
        for each in (a, b):
            until(partial(is_well, each), "nothing is wrong")
            until(partial(pinned, each, a.name, digits), "the office forgot the old root")

        # The old logs are closed and receipted; old and new proofs hold under the chain.
        closed = [row for row in a.ask("GET", "/api/v1/log") if row["state"] == "CLOSED"]
        assert len(closed) == 2
        assert all(row["size"] == row["receipted"] for row in closed)
        cards = [chain_file(each, tmp_path) for each in (a, b)]
        verdict = run(proof, cards, None, accept_fast=True)
        assert verdict.exit_code == VALID
        assert verdict.document["fingerprints"] == {
            a.name: digits, b.name: Meeting(b.folder).card().fingerprint,
        }  # fmt: skip
        assert verdict.document["former_fingerprints"] == {a.name: [old_digits]}
        assert run(proof, old_cards, None, accept_fast=True).exit_code == VALID
        late = tmp_path / "late.tlog-proof"
        for mid in (first, between, second):
            late.write_bytes(a.ask("GET", f"/api/v1/record/{mid}/proof"))
            assert run(late, cards, None, accept_fast=True).exit_code == VALID, mid

        for side, mid in ((a, first), (b, first), (a, second)):
            file = tmp_path / "of.evidence"
            made = say(side, "evidence", "export", mid[:12], "--with-text", "-o", str(file))
            assert made.returncode == 0, made.stderr
            assert run(file, cards, None, accept_fast=True).exit_code == VALID
        assert run(file, old_cards, None, accept_fast=True).exit_code == INVALID, "newer cards"
        both = tmp_path / "both.evidence"
        proofs = [Disclosed(each.read_bytes()) for each in (proof, late)]
        chains = [trust.read_chain(each.read_bytes()) for each in cards]
        both.write_bytes(evidence.write(proofs, chains))
        assert run(both, cards, None, accept_fast=True).exit_code == VALID, "two epochs, two roots"
        assert say(a, "check").returncode == say(b, "check").returncode == 0

        # The old root has no say any more.
        stop = say(b, "card", "import", str(void))
        assert (stop.returncode, "gave up" in stop.stderr) == (2, True)
        old = rooted_fails(a)
        assert "card.not_ours" in old
        for each in (a, b):
            each.kill("node")
        again = send(b, a, "and again")["mid"]
        until(lambda: stored(b, again), "after a restart of both")
    assert not list(tmp_path.rglob("defects/*"))


def rooted_fails(party: Running) -> str:
    root = party.folder.parent / f"{party.folder.name}-root"
    done = say(
        party, "card", "new", "--root", str(root), "--root-passphrase-file", f"{root}.passphrase"
    )
    assert done.returncode == 2
    return done.stderr
