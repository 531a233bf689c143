"""What every shelf must do, on disk and in memory."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.fields import (
    Desks,
    Field,
    File,
    Flag,
    Mid,
    OneOf,
    Parts,
    Text,
    Value,
    Values,
    When,
    Whole,
)
from detente.office.ports import Shelf
from detente.office.tables import Row, Table
from detente.store.memory import MemoryRows, MemoryShelf
from detente.store.shelf import SqliteShelf

ALL = Table(
    "law_all",
    "mid",
    (
        Field("mid", Mid()),
        Field("line", Text(40), required=False),
        Field("count", Whole(), required=False),
        Field("up", Flag(), required=False),
        Field("at", When(), required=False),
        Field("to", Desks(), required=False),
        Field("words", Text(9), many=True, required=False),
        Field("parts", Parts((Field("id", Text(9)),)), many=True, required=False),
    ),
    (("line",), ("line", "count")),
)
NAMED = Table(
    "law_named", "name", (Field("name", Text(9)), Field("state", OneOf("a", "b"))), (("state",),)
)
COUNTED = Table("law_counted", "number", (Field("number", Whole(low=-100)),))
WIDE = Table(
    "law_wide", "number", (Field("number", Whole()), Field("bytes", File(2**20))), wide=True
)

Make = Callable[[], Shelf]


@pytest.fixture(params=["memory", "sqlite"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    return MemoryShelf() if request.param == "memory" else SqliteShelf(tmp_path / "office.db")


def mid(number: int) -> bytes:
    return number.to_bytes(32, "big")


def names(rows: Sequence[Row]) -> list[Value]:
    return [row["name"] for row in rows]


def put_named(shelf: Shelf, *pairs: str) -> None:
    with shelf.begin() as tx:
        tx.rows(NAMED).put_many([{"name": pair[:-1], "state": pair[-1]} for pair in pairs])


FULL: dict[str, Value] = {
    "mid": mid(7),
    "line": "é — текст",
    "count": 2**53 - 1,
    "up": True,
    "at": Moment.parse("2026-03-01T12:00:00.001Z"),
    "to": ("cert@aurelia.gov", "cert@borealis.gov"),
    "words": ("one", "two"),
    "parts": (Values({"id": "x"}), Values({"id": "y"})),
}


@pytest.mark.parametrize("without", [(), tuple(name for name in FULL if name != "mid")])
def test_a_row_comes_back_as_it_was_put(shelf: Shelf, without: tuple[str, ...]) -> None:
    row = {name: None if name in without else value for name, value in FULL.items()}
    with shelf.begin() as tx:
        tx.rows(ALL).put(row)
        assert tx.rows(ALL).get(mid(7)) == row
    with shelf.begin() as tx:
        assert tx.rows(ALL).get(mid(7)) == row
        assert tx.rows(ALL).get(mid(8)) is None


def test_a_put_replaces_the_whole_row_of_its_key(shelf: Shelf) -> None:
    with shelf.begin() as tx:
        tx.rows(ALL).put(FULL)
        tx.rows(ALL).put({"mid": mid(7), "count": 1})
    with shelf.begin() as tx:
        assert tx.rows(ALL).get(mid(7)) == dict.fromkeys(FULL) | {"mid": mid(7), "count": 1}
        assert len(tx.rows(ALL).find({}, None, 10)) == 1


def test_a_dropped_row_is_gone_and_dropping_nothing_is_no_fault(shelf: Shelf) -> None:
    put_named(shelf, "xa", "yb")
    with shelf.begin() as tx:
        tx.rows(NAMED).drop("x")
        tx.rows(NAMED).drop("none")
    with shelf.begin() as tx:
        assert names(tx.rows(NAMED).find({}, None, 10)) == ["y"]


def test_rows_of_many_keys_come_in_the_order_of_keys_each_once(shelf: Shelf) -> None:
    numbers = list(range(0, 3_000, 2))
    with shelf.begin() as tx:
        tx.rows(WIDE).put_many([{"number": one, "bytes": b"\x00%d" % one} for one in numbers[::-1]])
    with shelf.begin() as tx:
        rows = tx.rows(WIDE).get_many([*range(2_999, 0, -1), 4, 4])
        assert [row["number"] for row in rows] == numbers[1:]
        assert rows[0] == {"number": 2, "bytes": b"\x002"}
        assert tx.rows(WIDE).find({}, 2_996, 5) == rows[-1:]
        assert tx.rows(NAMED).get_many(["x", "a"]) == []


def test_which_of_many_values_a_column_holds_is_asked_at_once(shelf: Shelf) -> None:
    lines = [f"line {number}" for number in range(1_500)]
    with shelf.begin() as tx:
        tx.rows(ALL).put_many(
            [{"mid": mid(at), "line": each} for at, each in enumerate([*lines[::2], lines[0]])]
        )
        tx.rows(ALL).put({"mid": mid(9_999)})
    with shelf.begin() as tx:
        assert tx.rows(ALL).held("line", [*lines, *lines]) == frozenset(lines[::2])
        assert tx.rows(ALL).held("line", ["none", lines[1]]) == frozenset()
        assert tx.rows(ALL).held("line", []) == frozenset()
        with pytest.raises(AssertionError):
            tx.rows(ALL).held("count", [1])


def test_rows_are_found_in_the_order_of_keys_by_what_was_asked(shelf: Shelf) -> None:
    put_named(shelf, "ba", "éa", "aa", "\U0001f600a", "￼a", "xb")
    with shelf.begin() as tx:
        rows = tx.rows(NAMED)
        assert names(rows.find({"state": "a"}, None, 10)) == ["a", "b", "é", "￼", "\U0001f600"]
        assert names(rows.find({"state": "b"}, None, 10)) == ["x"]
        assert names(rows.find({}, None, 2)) == ["a", "b"]
        assert [rows.count({"state": "a"}, most) for most in (0, 4, 5, 9)] == [0, 4, 5, 5]
        assert (rows.count({"state": "c"}, 9), rows.count({}, 9)) == (0, 6)
        assert names(rows.find({}, "b", 2)) == ["x", "é"]
        assert names(rows.find({"state": "a"}, "b", 2)) == ["é", "￼"]
        assert names(rows.find({"state": "a"}, "a-", 1)) == ["b"]


def test_an_empty_cell_is_found_as_none(shelf: Shelf) -> None:
    with shelf.begin() as tx:
        tx.rows(ALL).put_many([{"mid": mid(1)}, {"mid": mid(2), "line": "x", "count": 2}])
    with shelf.begin() as tx:
        assert [row["mid"] for row in tx.rows(ALL).find({"line": None}, None, 9)] == [mid(1)]
        found = tx.rows(ALL).find({"count": 2, "line": "x"}, None, 9)
        assert [row["mid"] for row in found] == [mid(2)]


def test_numbers_are_ordered_as_numbers_also_below_zero(shelf: Shelf) -> None:
    with shelf.begin() as tx:
        tx.rows(COUNTED).put_many([{"number": number} for number in (10, -2, 9, 0, -10)])
        found = tx.rows(COUNTED).find({}, -3, 10)
    assert [row["number"] for row in found] == [-2, 0, 9, 10]


def test_asking_by_what_is_not_indexed_is_a_defect(shelf: Shelf) -> None:
    with shelf.begin() as tx, pytest.raises(AssertionError):
        tx.rows(NAMED).find({"name": "x"}, None, 1)


def test_a_row_without_a_needed_value_or_with_an_unknown_one_is_a_defect(shelf: Shelf) -> None:
    with shelf.begin() as tx:
        with pytest.raises(AssertionError):
            tx.rows(NAMED).put({"name": "x"})
        with pytest.raises(AssertionError):
            tx.rows(NAMED).put({"name": "x", "state": "a", "more": 1})


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["put", "drop"]), st.text(min_size=1, max_size=3), st.booleans())
    )
)
@settings(max_examples=50, deadline=None)
def test_disk_and_memory_give_equal_rows(steps: list[tuple[str, str, bool]]) -> None:
    memory = MemoryRows(NAMED)
    with TemporaryDirectory() as folder, SqliteShelf(Path(folder) / "office.db").begin() as tx:
        rows = tx.rows(NAMED)
        for what, name, which in steps:
            for one in (rows, memory):
                if what == "put":
                    one.put({"name": name, "state": "a" if which else "b"})
                else:
                    one.drop(name)
        for where in ({}, {"state": "a"}, {"state": "b"}):
            assert list(rows.find(where, None, 100)) == list(memory.find(where, None, 100))
            assert list(rows.find(where, "A", 3)) == list(memory.find(where, "A", 3))


def test_nothing_of_a_broken_transaction_stays(shelf: Shelf) -> None:
    put_named(shelf, "xa")
    with shelf.begin() as tx:
        tx.outbox_put(mid(1), b"first", Moment(1))
        assert tx.next_number("k") == 1
    with pytest.raises(RuntimeError), shelf.begin() as tx:  # noqa: PT012  the block is the point
        tx.rows(NAMED).put({"name": "x", "state": "b"})
        tx.rows(NAMED).put({"name": "y", "state": "b"})
        tx.rows(COUNTED).put({"number": 1})
        tx.set_place("log", 9)
        tx.outbox_put(mid(2), b"second", Moment(2))
        tx.outbox_drop(mid(1))
        tx.set_note("n", b"v")
        assert tx.next_number("k") == 2
        raise RuntimeError
    with shelf.begin() as tx:
        assert tx.rows(NAMED).find({}, None, 9) == [{"name": "x", "state": "a"}]
        assert tx.rows(COUNTED).find({}, None, 9) == []
        assert tx.place("log") == 0
        assert [one.mid for one in tx.outbox_after(None, 9)] == [mid(1)]
        assert tx.note("n") is None
        assert tx.next_number("k") == 2


def test_places_numbers_and_notes_are_kept_by_name(shelf: Shelf) -> None:
    with shelf.begin() as tx:
        tx.set_place("a", 5)
        tx.set_place("a", 6)
        tx.set_note("n", b"1")
        tx.set_note("n", b"")
        assert [tx.next_number("x"), tx.next_number("x"), tx.next_number("y")] == [1, 2, 1]
    with shelf.begin() as tx:
        assert (tx.place("a"), tx.place("b")) == (6, 0)
        assert (tx.note("n"), tx.note("m")) == (b"", None)
        assert tx.next_number("x") == 3


def test_the_outbox_keeps_the_order_and_first_moment_of_each_envelope(shelf: Shelf) -> None:
    with shelf.begin() as tx:
        for number in (3, 1, 2):
            tx.outbox_put(mid(number), b"%d" % number, Moment(number))
        tx.outbox_put(mid(3), b"again", Moment(9))
    with shelf.begin() as tx:
        waiting = tx.outbox_after(None, 2)
        assert [(one.mid, one.envelope, one.at) for one in waiting] == [
            (mid(3), b"3", Moment(3)),
            (mid(1), b"1", Moment(1)),
        ]
        assert [one.mid for one in tx.outbox_after(mid(1), 9)] == [mid(2)]
        assert tx.outbox_at(mid(1)) == waiting[1]
        tx.outbox_drop(mid(1))
        tx.outbox_drop(mid(1))
        assert [one.mid for one in tx.outbox_after(mid(1), 9)] == [mid(3), mid(2)]


def test_dropped_tables_are_empty_and_the_rest_stays(shelf: Shelf) -> None:
    put_named(shelf, "xa")
    with shelf.begin() as tx:
        tx.rows(COUNTED).put({"number": 1})
    with shelf.begin() as tx:
        tx.drop_tables([NAMED, ALL])
        assert tx.rows(NAMED).find({}, None, 9) == []
        tx.rows(NAMED).put({"name": "y", "state": "a"})
    with shelf.begin() as tx:
        assert names(tx.rows(NAMED).find({}, None, 9)) == ["y"]
        assert len(tx.rows(COUNTED).find({}, None, 9)) == 1


def test_a_table_of_another_shape_is_refused_until_it_is_dropped(shelf: Shelf) -> None:
    put_named(shelf, "xa")
    other = Table(NAMED.name, "name", (*NAMED.columns, Field("more", Whole(), required=False)))
    with pytest.raises(OurFault) as refused, shelf.begin() as tx:
        tx.rows(other)
    assert refused.value.code == "store.shape"
    with shelf.begin() as tx:
        tx.drop_tables([other])
        tx.rows(other).put({"name": "z", "state": "a", "more": 1})
    with shelf.begin() as tx:
        assert tx.rows(other).get("z") == {"name": "z", "state": "a", "more": 1}


def test_two_transactions_at_once_are_a_defect(shelf: Shelf) -> None:
    with shelf.begin(), pytest.raises(AssertionError), shelf.begin():
        pass
    put_named(shelf, "xa")
