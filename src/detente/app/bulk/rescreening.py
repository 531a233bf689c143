"""A list or the customers have changed: what is alert now, without asking everybody again."""

import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from detente.app import piecewise
from detente.app.bulk import runs, state
from detente.app.bulk.reading import Source
from detente.app.bulk.state import INDEX, LISTED, PTR, ROWS, Head, State
from detente.core.errors import OurFault
from detente.screening import bulk, rescreen
from detente.screening.build import build
from detente.screening.bulk import Settings
from detente.screening.customers import Customer, Reader, Unread
from detente.screening.listed import Listed
from detente.screening.lists import versions
from detente.screening.port import Task, Work
from detente.screening.rebuild import rebuild
from detente.screening.rescreen import Change, Pair, Piece
from detente.screening.version import ENGINE

ALL: Final = "all lists"
AGAIN: Final = 500  # customers of one piece that are asked of the whole list


class Lists(NamedTuple):
    """Lists as they are now: entities, {list: hash}, {list: {id: hash of the entry}}."""

    listed: list[Listed]
    hashes: dict[str, str]
    entries: dict[str, dict[str, str]]


class Told(NamedTuple):
    """What a rescreening did, and how long it took."""

    change: Change
    before: State | None
    after: State
    entities: int
    asked_anew: int
    seconds: float

    @property
    def alerts(self) -> int:
        """How many pairs are alerts now."""
        return self.after.alerts


def lists_of(read: tuple[list[Listed], dict[str, str]], paths: Iterable[str]) -> Lists:
    """Return lists as they are now, each entry with its hash. Several files are told apart by name.

    Raises OurFault list.damaged: an id stands twice, and with other content.
    """
    listed, hashes = read
    found, twice = versions.version("", "", "", listed)
    if twice:
        raise OurFault(
            "list.damaged", f"{len(twice)} ids stand twice, first {twice[0]}",
            f"mend {', '.join(paths)}",
        )  # fmt: skip
    once = list({e.id: e for e in reversed(listed)}.values())[::-1]
    return Lists(once, dict(sorted(hashes.items())), {ALL: dict(found.entries)})


def changed_entries(before: Head, lists: Lists) -> list[str]:
    """Return the ids that are new, changed or gone in any list."""
    found: set[str] = set()
    for name in sorted({*before.entries, *lists.entries}):
        old, new = before.entries.get(name, {}), lists.entries.get(name, {})
        found.update(i for i in old.keys() | new.keys() if old.get(i) != new.get(i))
    return sorted(found)


def hold(before: Head, lists: Lists) -> None:
    """Raise OurFault rescreen.held if a new version of a list must wait for a person."""
    for name, old in before.entries.items():
        new = versions.Version(name, "", "", lists.entries.get(name, {}))
        why = versions.hold(versions.Version(name, "", "", old), new)
        if why:
            raise OurFault(
                "rescreen.held",
                f"{name}: {'; '.join(w.what for w in why)}",
                "look at the list; --accept applies it all the same",
            )


def first(folder: Path, customers: str, lists: Lists, settings: Settings, work: Work) -> Told:
    """Screen all customers against the whole lists, and keep what later changes need."""
    began = time.monotonic()
    with runs.held(folder):
        made = state.fresh(folder, None)
        source = Source(customers)
        source.measure()
        settings = runs.with_columns(settings, source)
        undecided = index(made, source, settings)
        _list_index(made, lists)
        pairs = _ask_all(made, range(_count(made)), work, settings.threshold)
        head = Head(
            ENGINE, settings.threshold, lists.hashes, source.sha256, lists.entries, undecided
        )
        after = state.publish(folder, made, head, pairs, {})
    change = rescreen.difference((), after.pairs, settings.threshold)
    return Told(change, None, after, len(lists.listed), _count(made), time.monotonic() - began)


def after_lists(
    folder: Path, lists: Lists, work: Work, *, accept: bool = False, refresh: bool = False
) -> Told:
    """Screen all customers against what has changed in the lists."""
    began = time.monotonic()
    with runs.held(folder):
        before = state.current(folder)
        if before is None:
            raise state.damaged(f"{folder} holds no screening yet")
        if not accept:
            hold(before.head, lists)
        made = state.fresh(folder, before)
        ids = changed_entries(before.head, lists)
        _list_index(made, lists, None if refresh else before, ids)
        places = {e.id: place for place, e in enumerate(lists.listed)}
        threshold = before.head.threshold
        plan = rescreen.plan(before.pairs, ids, places, threshold, refresh=refresh)
        files = {
            "customers": before.file(INDEX), "rows": before.file(ROWS), "ptr": before.file(PTR),
            "listed": str(made / LISTED),
        }  # fmt: skip
        pairs = [*plan.kept, *_work(work, files, threshold, plan.pieces)]
        head = msgspec.structs.replace(before.head, lists=lists.hashes, entries=lists.entries)
        same = {name: before.file(name) for name in (INDEX, ROWS, PTR)}
        after = state.publish(folder, made, head, pairs, same)
        change = rescreen.difference(before.pairs, after.pairs, threshold)
    return Told(change, before, after, len(ids), 0, time.monotonic() - began)


def after_customers(folder: Path, customers: str, settings: Settings, work: Work) -> Told:
    """Screen the customers that are new or changed; alerts of those that are gone are closed.

    The lists are those of the last screening: a change of theirs is asked before or after.
    """
    began = time.monotonic()
    with runs.held(folder):
        before = state.current(folder)
        if before is None:
            raise state.damaged(f"{folder} holds no screening yet")
        made = state.fresh(folder, before)
        source = Source(customers)
        source.measure()
        settings = runs.with_columns(settings, source)
        undecided = index(made, source, settings)
        old, new = before.rows(), rescreen.Rows(*_maps(made))
        places, anew = moved(old, new)
        kept = [
            msgspec.structs.replace(p, customer=places[p.customer])
            for p in before.pairs
            if p.customer in places
        ]
        (made / LISTED).hardlink_to(before.file(LISTED))
        pairs = [*kept, *_ask_all(made, anew, work, before.head.threshold)]
        head = msgspec.structs.replace(before.head, customers=source.sha256, undecided=undecided)
        after = state.publish(folder, made, head, pairs, {})
        was = [msgspec.structs.replace(p, customer=places.get(p.customer, -1 - p.customer))
               for p in before.pairs]  # fmt: skip
        change = rescreen.difference(was, after.pairs, before.head.threshold)
    return Told(change, before, after, 0, len(anew), time.monotonic() - began)


def moved(old: rescreen.Rows, new: rescreen.Rows) -> tuple[dict[int, int], list[int]]:
    """Return ({old place: new place} of customers that are the same, new places of the others)."""
    places: dict[bytes, list[int]] = {}
    for place in range(len(old)):
        places.setdefault(rescreen.digest(old.raw(place)), []).append(place)
    found, anew = {}, []
    for place in range(len(new)):
        held = places.get(rescreen.digest(new.raw(place)))
        if held:
            found[held.pop()] = place
        else:
            anew.append(place)
    return found, anew


def index(made: Path, source: Source, settings: Settings) -> int:
    """Write the customers' rows and their index; return how many lines cannot be decided."""
    reader = Reader(settings.mapping, settings.columns, settings.parted_by)
    undecided, sizes = 0, []

    def rows() -> Iterator[bytes]:
        nonlocal undecided
        for row in runs.rows_of(source, settings):
            found = reader.read(row)
            if isinstance(found, Unread):
                undecided += 1
                continue
            undecided += bool(bulk.why_open(found))
            data = msgspec.msgpack.encode(found)
            sizes.append(len(data))
            yield data

    piecewise.write(made / ROWS, rows())
    piecewise.write(made / PTR, [rescreen.pointers(sizes)])
    kept = rescreen.Rows(*_maps(made))
    listed = (rescreen.listed_as(kept[place], place) for place in range(len(kept)))
    piecewise.write(made / INDEX, [build(listed, {"customers": source.sha256})])
    return undecided


def _maps(made: Path) -> tuple[memoryview, memoryview]:
    return state.mapped(made / ROWS), state.mapped(made / PTR)


def _count(made: Path) -> int:
    return len(rescreen.Rows(*_maps(made)))


def _list_index(
    made: Path, lists: Lists, before: State | None = None, changed: Collection[str] = ()
) -> None:
    """Write the index of the lists; from the one before where only `changed` ids are other ones."""
    data = None
    if before is not None:
        with suppress(OurFault):  # the one before is damaged: the lists are all that is needed
            old = state.mapped(before.folder / LISTED)
            data = rebuild(old, lists.listed, changed, lists.hashes)
    piecewise.write(made / LISTED, [data or build(lists.listed, lists.hashes)])


def _ask_all(made: Path, places: Iterable[int], work: Work, threshold: float) -> list[Pair]:
    """Ask some customers of the whole list."""
    anew = list(places)
    files = {
        "customers": str(made / INDEX), "rows": str(made / ROWS), "ptr": str(made / PTR),
        "listed": str(made / LISTED),
    }  # fmt: skip
    pieces = [Piece(customers=tuple(anew[i : i + AGAIN])) for i in range(0, len(anew), AGAIN)]
    return _work(work, files, threshold, pieces)


def _work(work: Work, files: dict[str, str], threshold: float, pieces: list[Piece]) -> list[Pair]:
    setup = msgspec.json.encode(rescreen.Setup(threshold))
    task = Task(rescreen.start, files, setup)
    numbered = ((n, msgspec.msgpack.encode(p)) for n, p in enumerate(pieces))
    return [p for _, data in work.each(task, numbered) for p in rescreen.PAIRS.decode(data)]


def customer_of(told: Told, pair: Pair) -> Customer:
    """Return the customer of a pair of the change, also of one that is gone."""
    if pair.customer < 0:
        assert told.before is not None
        return told.before.rows()[-1 - pair.customer]
    return told.after.rows()[pair.customer]


def lines(told: Told) -> Iterator[bytes]:
    """Give the change as lines of JSON: opened, changed, closed."""
    change = told.change
    yield from (_line(told, "opened", p) for p in change.opened)
    yield from (_line(told, "changed", new, old) for old, new in change.changed)
    yield from (_line(told, "closed", p) for p in change.closed)


def _line(told: Told, what: str, pair: Pair, old: Pair | None = None) -> bytes:
    line: dict[str, object] = {
        "change": what, "customer": customer_of(told, pair).id, "entity": pair.entity,
        "score": pair.score, "asked": pair.asked,
    }  # fmt: skip
    return msgspec.json.encode(line | ({"was": old.score} if old else {})) + b"\n"
