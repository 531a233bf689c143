from collections.abc import Sequence

import pytest

from detente.core.errors import OurFault
from detente.office.desk import Look
from detente.office.fields import Cut, Field, Mid, Value, Values, Whole, mid_text
from detente.office.reader import TableReader, every
from detente.office.ready import complete, ready
from detente.office.records import find_mids
from detente.office.tables import Table
from detente.store.memory import MemoryRows

TABLE = Table("t", "mid", (Field("mid", Mid()), Field("n", Whole(), required=False)), (("n",),))


def reader(*mids: bytes, n: int | None = None) -> TableReader:
    rows = MemoryRows(TABLE)
    rows.put_many([{"mid": mid, "n": n} for mid in mids])
    return TableReader(lambda _table: rows)


def test_a_cut_finds_its_one_mid_among_others() -> None:
    mids = [bytes([number]) * 32 for number in range(40)]
    look = reader(*mids)
    for mid in mids:
        assert find_mids(look, TABLE, Cut(mid_text(mid)[:6])) == [mid]
    assert find_mids(look, TABLE, Cut("777777")) == []


def test_a_cut_that_several_mids_share_finds_two_of_them() -> None:
    mids = [bytes(4) + bytes([number]) * 28 for number in range(20)]
    assert find_mids(reader(*mids), TABLE, Cut("aaaaaa")) == mids[:2]


def test_neighbours_that_share_bytes_but_not_letters_are_passed_over() -> None:
    # 6 letters are 30 bits: 64 other mids share the first 3 bytes.
    wanted = b"\x00\x00\x00\xfc" + bytes(28)
    others = [b"\x00\x00\x00" + bytes([number]) + bytes(28) for number in range(0xFC)]
    assert find_mids(reader(wanted, *others), TABLE, Cut(mid_text(wanted)[:6])) == [wanted]


@pytest.mark.parametrize(
    ("found", "code"), [((), "office.no_record"), ((b"a" * 32, b"b" * 32), "form.mid")]
)
def test_a_cut_of_no_record_or_of_several_is_refused(found: Sequence[bytes], code: str) -> None:
    with pytest.raises(OurFault) as refused:
        complete(Values({"of": Cut("aaaaaa")}), lambda _cut: found)
    assert (refused.value.code, refused.value.field) == (code, "of")


def test_cuts_are_completed_wherever_they_stand() -> None:
    mid = b"m" * 32
    values: dict[str, Value] = {
        "a": Cut("aaaaaa"),
        "b": (Values({"c": Cut("bbbbbb")}), 1),
        "d": "x",
    }
    whole = complete(Values(values), lambda _cut: [mid])
    assert whole == Values({"a": mid, "b": (Values({"c": mid}), 1), "d": "x"})


LOOK = Look(
    "t/x",
    (Field("of", Mid()), Field("n", Whole(0, 9), default=5), Field("m", Whole(), required=False)),
    lambda _reader, _values, _now: (),
    (),
)


def test_values_of_any_face_are_made_ready() -> None:
    mid = b"m" * 32
    assert ready(LOOK, Values({"of": Cut("aaaaaa")}), lambda _: [mid]) == Values(
        {"of": mid, "n": 5}
    )
    assert ready(LOOK, Values({"of": mid, "n": 7}), lambda _: []) == Values({"of": mid, "n": 7})


@pytest.mark.parametrize(
    ("given", "code"),
    [({}, "form.missing"), ({"of": b"m"}, "form.mid"), ({"of": b"m" * 32, "n": 10}, "form.number")],
)
def test_values_that_are_not_ready_are_refused(given: dict[str, Value], code: str) -> None:
    with pytest.raises(OurFault) as refused:
        ready(LOOK, Values(given), lambda _: [])
    assert refused.value.code == code


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1_000])
def test_every_row_is_walked_once_however_many_pages(count: int) -> None:
    mids = [number.to_bytes(32, "big") for number in range(count)]
    assert [row["mid"] for row in every(reader(*mids, n=1), TABLE, {"n": 1})] == mids
