"""Two thousand worlds: whatever goes wrong, nothing is lost, doubled, reordered or denied."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.worlds import mutants

from detente.app.world import run as world
from detente.app.world.chance import KINDS
from detente.app.world.epochs import LawBroken
from detente.app.world.run import World

FIRST = 1_000
CHUNKS = 40
CHUNK = 50
# Seeds that found a fault once. Worlds have grown since: that each is seen today, mutants.py says.
SEEDS = {
    0: "a FLASH handed in before the first path became entry 0 in place of the opening",
    3: "a node with a full disk gave a HELLO no verdict, and the path was closed with E_FRAME",
    11: "a receipt learnt from HELLO left the window shut",
    1_010: "lines over closing heads stood in an opening that both sides had lost",
    1_065: "a record for two parties came back from one, and went to the other no more",
    1_098: "the same, behind an emergency epoch",
    1_102: "staged records are long in the log: a resend stopped before the head, and the link stood",
    3_115: "an older backup held what a note left out, and nobody sent that again",
    1_287: "a resend began where an old HELLO was, and ended before what was missing",
    1_369: "a file's tail of an ended epoch was taken for one of the next: an honest link halted",
    1_365: "a file brought what a path's tail was about to bring, and the path was closed for it",
    2_727: "who closed the logs before an emergency served their tails no more: both sides waited",
    2_652: "an old file showed a note that both had lost, and each side ended by a note of its own",
}


def never(counts: Mapping[str, int]) -> list[str]:
    """Kinds of fault that no world had: what never happened was not tried."""
    return [kind for kind in KINDS if not counts.get(kind)]


def test_all_laws_hold_however_bad_the_world() -> None:
    assert never(world.campaign(range(FIRST, FIRST + CHUNK), sys.stdout)) == []


# Most run in processes of their own: there nobody counts branches, which doubles their time.
@pytest.mark.parametrize("chunk", range(1, CHUNKS))
def test_all_laws_hold_in_many_more_worlds(chunk: int) -> None:
    done = program("--seed", str(FIRST + chunk * CHUNK), "--count", str(CHUNK))
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    told = done.stdout.splitlines()[-1]
    assert told.startswith(f"{CHUNK} worlds: all laws held")
    assert never({kind: int(count) for kind, count in re.findall(r"(\w+) (\d+)", told)}) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_that_found_a_fault_finds_none_any_more(seed: int) -> None:
    world.campaign([seed], sys.stdout)


def test_of_a_world_that_breaks_a_law_the_moves_are_told_and_how_to_run_it_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mutants.MUTANTS["receipt not written"].patch(monkeypatch)
    moves = io.StringIO()
    with pytest.raises(LawBroken):
        world.campaign(range(FIRST, FIRST + 5), moves)
    *_, last = moves.getvalue().splitlines()
    assert re.fullmatch(r"alone: python -m detente.app.world --seed \d+", last)
    assert "aurelia.gov starts" in moves.getvalue()


def test_a_fall_at_any_single_point_of_a_calm_world_costs_nothing() -> None:
    # Before and after each commit, and before each send: one world for each.
    calm = World(7, calm=True)
    calm.run()
    points = calm.machines.points
    assert all(
        points[kind] > 10
        for kind in ("crash_before_commit", "crash_after_commit", "crash_before_send")
    )
    for point in range(1, points.total() + 1):
        fallen = World(7, calm=True, crash_at=point)
        fallen.run()
        assert fallen.machines.points.total() >= point


@pytest.mark.parametrize("seed", range(1_000, 1_005))
def test_clocks_set_back_a_year_find_dead_connections_within_minutes(seed: int) -> None:
    mutants.with_clocks_set_right(seed)


@pytest.mark.parametrize("seed", range(1_000, 1_003))
def test_a_node_that_cannot_store_says_so_to_whoever_connects(seed: int) -> None:
    mutants.with_a_full_disk(seed)


def program(*arguments: str, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    source = Path(world.__file__).parents[3]
    return subprocess.run(
        [sys.executable, "-m", "detente.app.world", *arguments],
        env=dict(os.environ, PYTHONPATH=str(source), PYTHONHASHSEED=hash_seed),
        capture_output=True,
        text=True,
        check=False,
    )


def replay(seed: int, hash_seed: str) -> str:
    done = program("--seed", str(seed), hash_seed=hash_seed)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_seed_replays_move_by_move_in_any_process() -> None:
    moves = replay(15, "1")
    assert moves == replay(15, "2")
    assert "aurelia.gov => borealis.gov #" in moves
    assert "all laws held" in moves.splitlines()[-1]


def test_another_seed_is_another_world() -> None:
    first, second = io.StringIO(), io.StringIO()
    world.replay(1, first)
    world.replay(2, second)
    assert first.getvalue() != second.getvalue()
