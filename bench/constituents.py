"""How fast it is found whose system something is: 100,000 networks, 1,000,000 observables.

Matching is measured in memory, by itself; then what the fold costs a bundle with and without such a
register, and how long a change of the register looks back, in the store on disk.
"""

import json
import random
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench import _report, objects
from detente.desks.cert.formats import spots
from detente.desks.cert.home import folds, kinds, register, whose
from detente.desks.cert.home.matching import Asset, Matcher
from detente.office.desk import Opened
from detente.office.fields import Values
from detente.store.shelf import SqliteShelf

NETWORKS = 100_000
OBSERVABLES = 1_000_000
QUICK = 20_000
FOLDED = 2_000  # objects in the store, 100 a bundle
SEED = 100_000


def assets(count: int, rng: random.Random) -> list[Asset]:
    """Return networks that nest, of both versions, and a tenth as many domains and numbers."""
    found = []
    for number in range(count):
        if number % 4:
            bits = rng.choice((22, 24, 24, 24, 27, 29))
            first = rng.randrange(0x14000000, 0x60000000) >> 32 - bits << 32 - bits
            form = spots.range_form(4, first, first + (1 << 32 - bits) - 1)
        else:
            bits = rng.choice((32, 40, 48, 56))
            first = (0x2A00 << 112 | rng.getrandbits(112)) >> 128 - bits << 128 - bits
            form = spots.range_form(6, first, first + (1 << 128 - bits) - 1)
        found.append(Asset(form, f"c{number % 5_000}"))
    for number in range(count // 10):
        found.append(Asset(f"d example.n{number}.", f"c{number % 5_000}"))
        found.append(Asset(f"s {100_000 + number:08x}", f"c{number % 5_000}"))
    return found


def observables(count: int, rng: random.Random) -> list[str]:
    """Return forms as they come out of objects: addresses mostly, names, a few networks."""
    found = []
    for number in range(count):
        kind = number % 10
        if kind < 6:
            first = rng.randrange(0x14000000, 0x60000000)
            found.append(spots.range_form(4, first, first))
        elif kind < 7:
            first = 0x2A00 << 112 | rng.getrandbits(112)
            found.append(spots.range_form(6, first, first))
        elif kind < 9:
            found.append(f"d example.n{rng.randrange(200_000)}.mail.")
        else:
            first = rng.randrange(0x14000000, 0x60000000) >> 8 << 8
            found.append(spots.range_form(4, first, first + 255))
    return found


def timed(step: Callable[[], object]) -> float:
    """Return how many seconds a step took."""
    begin = time.perf_counter()
    step()
    return time.perf_counter() - begin


def match(count: int, asked: int) -> dict[str, float]:
    """Return the figures of the structure in memory."""
    rng = random.Random(SEED)
    held, forms = assets(count, rng), observables(asked, rng)
    begin = time.perf_counter()
    matcher = Matcher(held)
    build = time.perf_counter() - begin
    begin = time.perf_counter()
    hits = sum(bool(matcher.whose(form)) for form in forms)
    took = time.perf_counter() - begin
    _report.say(f"{hits} of {asked} are somebody's")
    return {"build_s": build, "matched_per_s": asked / took, "hit_part": hits / asked}


def entry(number: int, count: int, less: int = 0) -> Opened:
    """Return our register of this many networks, as one table. less: taken from each constituent."""
    rng = random.Random(SEED)
    nets: dict[str, list[str]] = {}
    for form, key in assets(count, rng)[:count]:
        nets.setdefault(key, []).append(spots.shown(form))
    lines = "".join(f"{key},{key},{' '.join(each[less:])}\n" for key, each in nets.items())
    made = objects.opened(number, [objects.indicator(number, rng)])
    register.read.cache_clear()
    return replace(
        made, kind=kinds.CONSTITUENTS.name, ours=True, body=Values({"text": f"key,name,network\n{lines}"})
    )  # fmt: skip


def stored(count: int) -> dict[str, float]:
    """Return what the register costs in the store: a bundle's fold, an import, and a change."""
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="constituents-") as folder:
        shelf = SqliteShelf(Path(folder) / "office.db")
        without = objects.fold(shelf, FOLDED, rng)
        table = entry(100_000, count)
        checked = timed(lambda: register.taken(table.body.text("text")))

        def enter(table: Opened) -> None:
            with shelf.begin() as tx:
                for fold in folds.ALL:
                    if any(kind.name == table.kind for kind in fold.kinds):
                        fold.apply(tx.rows(fold.table), table)

        took = timed(lambda: enter(table))
        with shelf.begin() as tx:
            built = timed(lambda: whose.of_register(tx.rows(whose.WHOSE)))
        with_register = objects.fold(shelf, FOLDED, rng)
        second = entry(100_001, count, less=1)
        register.taken(second.body.text("text"))
        again = timed(lambda: enter(second))
        shelf.close()
    return {
        "folded_per_s_without": without,
        "folded_per_s": with_register,
        "check_s": checked,
        "import_s": took,
        "import_again_s": again,
        "load_s": built,
    }


def main() -> None:
    """Run it and print one JSON object as the last line."""
    given = _report.options(__doc__ or "")
    count = QUICK if given.quick else NETWORKS
    asked = given.count or (QUICK if given.quick else OBSERVABLES)
    figures = {"networks": float(count), **match(count, asked), **stored(count)}
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(_report.summary("constituents", [{**figures, "rss_mb": rss}], None)))


if __name__ == "__main__":
    main()
