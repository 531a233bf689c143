"""How fast objects are found: by value, and page by page, with many of them on disk.

The first objects go the way of records, bundle by bundle, so that their cost is that of the desk. The
rest are rows as the folds would have put them, in the store's own tables, for time's sake: what is
asked afterwards does not know the difference.
"""

import json
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench import _report
from detente.core.moment import Moment
from detente.desks.cert import acts, finding, index, kinds, paging
from detente.desks.cert.desk import DESK
from detente.desks.cert.formats import stix
from detente.office import adding
from detente.office.desk import Opened
from detente.office.fields import Values
from detente.office.offering import Wanted
from detente.office.ports import ShelfTx
from detente.office.reader import TableReader
from detente.store.shelf import SqliteShelf

COUNT = 5_000_000
QUICK = 20_000
FOLDED = 5_000  # objects that go the whole way
BUNDLE = 100
ASKED = 1_000
SEED = 5_000_000
BORN = "2026-01-01T00:00:00.000Z"
LANE = "from borealis.gov"


def indicator(number: int, rng: random.Random) -> dict[str, object]:
    """Return an indicator of the usual size."""
    identity = f"{rng.getrandbits(128):032x}"
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{identity[:8]}-{identity[8:12]}-4{identity[13:16]}-8{identity[17:20]}"
        f"-{identity[20:]}",
        "created": BORN,
        "modified": BORN,
        "name": f"Command and control {number}",
        "description": "Seen in traffic of a ministry; block it at the border and tell us. " * 4,
        "indicator_types": ["malicious-activity"],
        "pattern": f"[ipv4-addr:value = '{address(number)}' OR domain-name:value = '{domain(number)}']",
        "pattern_type": "stix",
        "valid_from": BORN,
    }


def address(number: int) -> str:
    """Return the address of an indicator."""
    return f"{10 + (number >> 24)}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def domain(number: int) -> str:
    """Return the domain of an indicator; their order is not that of numbers."""
    return f"{sha256(b'%d' % number).hexdigest()[:10]}.example.com"


def opened(number: int, objects: list[dict[str, object]]) -> Opened:
    """Return a record with these objects."""
    head = '{"type":"bundle","id":"bundle--44af6c39-c09b-49c5-9de2-394224b04982","objects":'
    bundle = stix.examine(f"{head}{json.dumps(objects)}}}".encode())
    assert isinstance(bundle, stix.Bundle), bundle
    body = {"bundle": bundle.text, "objects": tuple(map(acts.object_of, bundle.objects))}
    return Opened(
        mid=number.to_bytes(32, "big"), kind=kinds.BUNDLE.name, from_="cert@borealis.gov",
        to=("cert@aurelia.gov",), matter="0" * 32, s="00000000", n=number, reply_to=None,
        prec="ROUTINE", tlp="GREEN", created=Moment(1), kept_at=Moment(1), deadline=None, ours=False,
        origin="", place=0, author="s-1", releaser=None, ext={}, body=Values({**body, "about": "a"}),
    )  # fmt: skip


def fold(shelf: SqliteShelf, count: int, rng: random.Random) -> float:
    """Send objects the whole way; return how many a second were examined, folded and durable."""
    made = [
        [indicator(start + at, rng) for at in range(BUNDLE)] for start in range(0, count, BUNDLE)
    ]
    begin = time.perf_counter()
    for number, objects in enumerate(made, 1):
        one = opened(number, objects)
        with shelf.begin() as tx:
            first = adding.number(tx, one.mid, DESK.numbers(one), one.kept_at)
            DESK.fold(tx.rows, replace(one, added=first))
    return count / (time.perf_counter() - begin)


def fill(file: Path, first: int, count: int, rng: random.Random) -> None:
    """Put rows as the folds put them, until there are `count` objects.

    What is in no order of its own goes in by order at the end: indexes are made anew, values sorted.
    Into a tree of gigabytes one by one it would take hours, and the tree is the same.
    """
    shelf = SqliteShelf(file)
    with shelf.begin() as tx:
        last = int.from_bytes(tx.note("added") or b"")
        sample = dict(tx.rows(index.INDEX).find({}, None, 1)[0])
    base = shelf._base  # noqa: SLF001  the store has no way to be filled without care, and needs none
    for each in ("synchronous = OFF", "cache_size = -200000", "wal_autocheckpoint = 20000"):
        base.execute(f"PRAGMA {each}").fetchall()
    found = base.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL"
    )
    indexes = [(name, sql) for name, sql in found if name.startswith(f"{index.INDEX.name}__")]
    for name, _ in indexes:
        base.execute(f'DROP INDEX "{name}"')
    base.execute("CREATE TABLE bench_values (place TEXT NOT NULL)")
    step = 10_000
    for start in range(first, count, step):
        with shelf.begin() as tx:
            places = _put(tx, sample, last, range(start, min(start + step, count)), rng)
            base.executemany("INSERT INTO bench_values VALUES (?)", [(each,) for each in places])
        if start % 500_000 < step:
            _report.say(f"{start} objects")
    _report.say("values, in their order")
    base.execute(f'INSERT INTO "{index.VALUES.name}" SELECT place FROM bench_values ORDER BY place')
    base.execute("DROP TABLE bench_values")
    _report.say("indexes")
    for _, sql in indexes:
        base.execute(sql)
    shelf.close()


def check_fill(folder: Path) -> None:
    """Hold what `fill` puts against what the desk's folds put, for one bundle."""
    folded, filled = SqliteShelf(folder / "folded.db"), SqliteShelf(folder / "filled.db")
    tables, found = (index.INDEX, index.RAWS, index.VALUES), []
    fold(folded, BUNDLE, random.Random(SEED))
    with folded.begin() as tx:
        sample = dict(tx.rows(index.INDEX).find({}, None, 1)[0])
    with filled.begin() as tx:
        places = _put(tx, sample, sample["added"] - 1, range(BUNDLE), random.Random(SEED))
        tx.rows(index.VALUES).put_many([{"place": each} for each in places])
    for shelf in (folded, filled):
        with shelf.begin() as tx:
            found.append([list(map(dict, tx.rows(each).find({}, None, 10_000))) for each in tables])
        shelf.close()
    for one in found[0][
        0
    ]:  # hashes of canonical texts cost more than all else, and nobody asks here
        one |= {"place": 0, "sha256": b""}
    for one in found[1][0]:
        one |= {"sha256": b""}
    assert found[0] == found[1], "the bulk fill writes other rows than the folds"


def _put(
    tx: ShelfTx, sample: dict[str, Any], last: int, numbers: range, rng: random.Random
) -> list[str]:
    rows, raws, found = [], [], []
    for number in numbers:
        one, added = indicator(number, rng), last + 1 + number
        identity = str(one["id"])
        data = json.dumps(one).encode()
        more = {"id": identity, "oid": index.oid_of(identity), "sha256": sha256(data).digest()}
        rows.append({**sample, **more, "added": added, "raw": added, "by": added})
        raws.append({"raw": added, "bytes": data})
        found += [index.value_place(each, added) for each in (address(number), domain(number))]
    tx.rows(index.INDEX).put_many(rows)
    tx.rows(index.RAWS).put_many(raws)
    return found


def took(step: Callable[[], object], times: int) -> list[float]:
    """Return how many milliseconds each time took."""
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        step()
        found.append((time.perf_counter() - begin) * 1_000)
    return found


def ask(shelf: SqliteShelf, count: int, rng: random.Random) -> dict[str, float]:
    """Return how long questions took, in milliseconds."""
    with shelf.begin() as tx:
        look = TableReader(tx.rows)

        def value(text: Callable[[int], str]) -> None:
            rows = finding.find_value(look, text(rng.randrange(count)), 100)
            assert rows, "each value is held by one"
            paging.raws(look, rows)

        def page() -> None:
            after = rng.randrange(1, count - 1_000) + last - count
            found = paging.page(look, LANE, Wanted(), after, 1_000)
            assert len(found.rows) == 1_000
            b",".join(paging.raws(look, found.rows))

        last = int.from_bytes(tx.note("added") or b"") + count
        cold = took(lambda: value(domain), ASKED)  # nothing of the file is in memory at first
        domains, addresses = took(lambda: value(domain), ASKED), took(lambda: value(address), ASKED)
        pages = took(page, 50)
    return {
        "search_cold_p50_ms": _report.percentile(cold[: ASKED // 5], 0.5),
        "search_p50_ms": _report.percentile(domains, 0.5),
        "search_p99_ms": _report.percentile(domains, 0.99),
        "search_address_p50_ms": _report.percentile(addresses, 0.5),
        "page_1000_p50_ms": _report.percentile(pages, 0.5),
    }


def forget(file: Path) -> None:
    """Have the system let go of what it holds of a file in memory."""
    handle = os.open(file, os.O_RDWR)
    os.fsync(handle)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(handle)


def main() -> None:
    """Run it and print one JSON object as the last line."""
    given = _report.options(__doc__ or "")
    count = given.count or (QUICK if given.quick else COUNT)
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="objects-") as folder:
        file = Path(folder) / "office.db"
        check_fill(Path(folder))
        shelf = SqliteShelf(file)
        rate = fold(shelf, FOLDED, rng)
        begin = time.perf_counter()
        shelf.close()
        # Its memory is not that of who asks.
        filling = get_context("spawn").Process(target=fill, args=(file, FOLDED, count, rng))
        filling.start()
        filling.join()
        assert filling.exitcode == 0, "it was not filled"
        _report.say(f"{count} objects after {time.perf_counter() - begin:.0f} s")
        forget(file)
        shelf = SqliteShelf(file)
        found = ask(shelf, count, rng)
        size = file.stat().st_size / 2**20
        shelf.close()
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {
        "objects": float(count),
        "folded_per_s": rate,
        **found,
        "disk_mb": size,
        "rss_mb": rss,
    }
    if count == COUNT:
        figures["search_p50_ms_5m"] = found["search_p50_ms"]
    print(json.dumps(_report.summary("objects", [figures], None)))


if __name__ == "__main__":
    main()
