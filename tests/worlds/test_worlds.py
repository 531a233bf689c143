"""Five hundred worlds: whatever goes wrong, nothing is lost, doubled, reordered or denied."""

import io
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.worlds import mutants

from detente.app import world
from detente.app.world import World
from detente.app.world_chance import KINDS

CHUNKS = 20
CHUNK = 25
# Seeds that found a fault once, and find it again in the code as it was (see mutants.py).
SEEDS = {
    0: "a FLASH handed in before the first path became entry 0 in place of the opening",
    3: "a node with a full disk gave a HELLO no verdict, and the path was closed with E_FRAME",
    11: "a receipt learnt from HELLO left the window shut",
    1_287: "a resend began where an old HELLO was, and ended before what was missing",
}


def run(seeds: Iterable[int]) -> dict[str, int]:
    counts = dict.fromkeys(KINDS, 0)
    for seed in seeds:
        made = World(seed)
        try:
            made.run()
        except BaseException:
            moves = io.StringIO()
            try:
                world.replay(seed, moves)
            finally:
                sys.stdout.write(moves.getvalue())
                sys.stdout.write(f"alone: python -m detente.app.world --seed {seed}\n")
            raise
        for kind in KINDS:
            counts[kind] += made.counts[kind]
    return counts


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_all_laws_hold_however_bad_the_world(chunk: int) -> None:
    counts = run(range(1_000 + chunk * CHUNK, 1_000 + (chunk + 1) * CHUNK))
    # What never happened was not tried.
    assert [kind for kind, count in counts.items() if not count] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_that_found_a_fault_finds_none_any_more(seed: int) -> None:
    run([seed])


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


def replay(seed: int, hash_seed: str) -> str:
    source = Path(world.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "detente.app.world", "--seed", str(seed)],
        env=dict(os.environ, PYTHONPATH=str(source), PYTHONHASHSEED=hash_seed),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_seed_replays_move_by_move_in_any_process() -> None:
    moves = replay(12, "1")
    assert moves == replay(12, "2")
    assert "aurelia.gov => borealis.gov #" in moves
    assert "all laws held" in moves.splitlines()[-1]


def test_another_seed_is_another_world() -> None:
    first, second = io.StringIO(), io.StringIO()
    world.replay(1, first)
    world.replay(2, second)
    assert first.getvalue() != second.getvalue()
