"""A customer that cannot be read is told by its line, and the others are read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.screening.people import index

from detente.screening import bulk, customers
from detente.screening.customers import LINE_MAX, Customer, Reader, Row, Unread
from detente.screening.parts import split
from detente.screening.text import NAME_MAX

OVER = index()
READER = Reader({})


def lines(*data: bytes) -> list[Row]:
    return [Row(number, each) for number, each in enumerate(data, 1)]


def read(**cells: object) -> Customer | Unread:
    return READER.read(Row(1, json.dumps(cells).encode()))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{", "form"), (b"[1]", "form"), (b'{"id": 1.5, "name": "x"}', "form"),
        (b"[" * 100_000, "form"), (b'{"id": "1", "name": "\xff"}', "encoding"),
        (b'{"name": "x"}', "no_id"), (b'{"id": "1", "name": null}', "no_name"),
        (b'{"id": "1", "name": "  "}', "no_name"), (b'{"id": "1", "names": {}}', "no_name"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_customer_says_why(data: bytes, why: str) -> None:
    found = READER.read(Row(7, data))
    assert isinstance(found, Unread)
    assert found.why == why
    assert bulk.decide(OVER, Row(7, data), READER, 0.5) == bulk.Line(7, "undecided", found.id, why)


def test_a_line_is_read_up_to_its_limit() -> None:
    head, tail = b'{"id": "1", "name": "x', b'"}'
    fits = head + b"x" * (LINE_MAX - len(head) - len(tail)) + tail
    assert isinstance(READER.read(Row(1, fits)), Customer)
    assert READER.read(Row(1, b" " + fits)) == Unread("too_large")


def test_a_customer_has_so_many_names_and_no_more() -> None:
    names = [f"name {i}" for i in range(customers.NAMES_MAX)]
    assert isinstance(read(id="1", names=names), Customer)
    assert read(id="1", names=[*names, "one more"]) == Unread("many_names", "1")


def test_a_name_over_its_limit_leaves_the_customer_undecided_and_its_other_names_asked() -> None:
    fits = {"id": "1", "names": ["x" * NAME_MAX, "Muhammad Husayn AL-RAHMANI"]}
    over = {"id": "1", "names": ["x" * (NAME_MAX + 1), "Muhammad Husayn AL-RAHMANI"]}
    one, two = (
        bulk.decide(OVER, Row(1, json.dumps(c).encode()), READER, 0.5) for c in (fits, over)
    )
    assert (one.state, one.why) == ("alert", "")
    assert (two.state, two.why) == ("undecided", "too_long")
    assert two.hits[0].told.entity == "p1"


def test_what_could_not_be_used_is_noted() -> None:
    found = read(
        id=5, name="Iv\u202ean\x00", births=["1961-02-31", "1960"], countries=["Narnia", "ru"],
        schema="Wizard",
    )  # fmt: skip
    assert isinstance(found, Customer)
    assert found.notes == ("control", "hidden", "birth", "country", "schema")
    assert found == Customer(
        "5", ("Iv\u202ean\x00",), None, ("1961-02-31", "1960"), ("ru",), (), found.notes
    )


def test_the_best_of_all_names_counts_once() -> None:
    line = json.dumps({"id": "1", "names": ["M. Rahmani", "Muhammad Husayn AL-RAHMANI"]}).encode()
    found = bulk.decide(OVER, Row(1, line), READER, 0.3)
    assert [m.told.entity for m in found.hits].count("p1") == 1
    assert found.hits[0].asked == "Muhammad Husayn AL-RAHMANI"
    assert found.best == found.hits[0].told.score == 1.0


def test_a_table_is_read_by_its_head_and_a_mapping() -> None:
    rows = list(customers.rows_of_csv(lines(
        b"\xef\xbb\xbfNo;Full name;births", b'1;"Petrov, Ivan";1961', b"", b'2;"a', b'b";', b"3;x;;;",
    )))  # fmt: skip
    columns, parted_by = customers.head_of_csv(rows[0].data) or ([], "")
    assert (columns, parted_by) == (["No", "Full name", "births"], ";")
    reader = Reader({"id": "No", "name": "Full name"}, tuple(columns), parted_by)
    found = [reader.read(r) for r in rows[1:]]
    assert found == [
        Customer("1", ("Petrov, Ivan",), births=("1961",)),
        Customer("2", ("a\nb",), notes=("control",)),
        Unread("form"),
    ]
    assert [r.line for r in rows] == [1, 2, 4, 6]


def test_a_name_may_stand_in_several_columns() -> None:
    reader = Reader(
        {"id": "No", "name": "Last+First + Middle"}, ("No", "Last", "First", "Middle"), ","
    )
    found = [
        reader.read(Row(n, row))
        for n, row in enumerate((b"1,Petrov,Ivan,Ilyich", b"2, Petrov ,,", b"3,,,"))
    ]
    assert found[:2] == [Customer("1", ("Petrov Ivan Ilyich",)), Customer("2", ("Petrov",))]
    assert found[2] == Unread("no_name", "3")
    line = json.dumps(
        {"No": 1, "Last": "Petrov", "First": ["Ivan", "Vanya"], "Middle": None}
    ).encode()
    assert Reader({"id": "No", "name": "Last+First+Middle"}).read(Row(1, line)) == Customer(
        "1", ("Petrov Ivan",)
    )


def test_a_quote_that_is_never_closed_costs_its_own_line() -> None:
    after = [f'{i},"name {i}"'.encode() for i in range(customers.ROW_LINES_MAX + 5)]
    rows = list(customers.rows_of_csv(lines(b"id,name", b'x,"open', *after)))
    assert [(r.line, r.why) for r in rows[:3]] == [(1, ""), (2, "quote"), (3, "")]
    assert len(rows) == 2 + len(after)
    assert [r.data for r in rows[2:]] == after


def test_a_quoted_row_has_so_many_lines_and_no_more() -> None:
    middle = [b"x"] * (customers.ROW_LINES_MAX - 2)
    assert len(list(customers.rows_of_csv(lines(b'1,"', *middle, b'"')))) == 1
    assert len(list(customers.rows_of_csv(lines(b'1,"', *middle, b"x", b'"')))) > 2


@given(some.lists(some.binary(max_size=40), max_size=20))
def test_every_line_of_anything_is_decided_or_undecided_with_a_reason(data: list[bytes]) -> None:
    for row in customers.rows_of_csv(lines(*data)):
        line = bulk.decide(OVER, row, Reader({}, ("id", "name")), 0.5)
        assert (line.state == bulk.UNDECIDED) == bool(line.why)
        assert line.why in ("", *customers.WHYS)
        assert set(line.notes) <= set(customers.NOTES)


def test_a_defect_of_ours_leaves_one_customer_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise IndexError

    monkeypatch.setattr(bulk, "found", broken)
    found = bulk.decide(OVER, Row(1, b'{"id": "1", "name": "Ivan"}'), READER, 0.5)
    assert (found.state, found.why, found.id) == ("undecided", "defect", "1")


def test_a_hamza_alone_is_no_word() -> None:
    assert "" not in split("ء دعا أبو", person=True).words
    assert split("ء").words == ()
