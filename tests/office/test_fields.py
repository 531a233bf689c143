import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.made_values import of_field

from detente.core.canon import Json
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment, Span
from detente.office.fields import (
    Cut,
    Desks,
    Digest,
    Field,
    File,
    FileText,
    Flag,
    LongText,
    Mid,
    OneOf,
    Parts,
    Text,
    Type,
    Value,
    Values,
    When,
    Whole,
    Within,
    check_values,
    members_of,
    mid_text,
)

MID = bytes(range(32))
REF = Parts((Field("id", Text(9)), Field("modified", Text(9), required=False)))
TYPES: tuple[Type, ...] = (
    Text(40),
    LongText(40),
    Whole(-5, 5),
    OneOf("a", "b"),
    Flag(),
    When(),
    Within(),
    Digest(),
    Mid(),
    Desks(),
    FileText(400),
    Parts((Field("id", Text(9, form="[a-z]+")), Field("more", Text(9), required=False))),
)


@pytest.mark.parametrize("kind", TYPES, ids=repr)
@pytest.mark.parametrize("many", [False, True])
@given(data=st.data())
def test_every_value_comes_back_from_body_and_store(
    kind: Type, many: bool, data: st.DataObject
) -> None:
    field = Field("x", kind, many=many)
    value = data.draw(of_field(field))
    assert field.check(value) == value
    assert field.from_json(field.to_json(value)) == value
    assert field.from_cell(field.to_cell(value)) == value


@pytest.mark.parametrize("kind", TYPES, ids=repr)
@given(data=st.data())
def test_what_is_shown_can_be_written_back(kind: Type, data: st.DataObject) -> None:
    field = Field("x", kind)
    value = data.draw(of_field(field))
    assert field.read([field.show(value)]) == value


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        (Text(3), "abcd", "form.length"),
        (Text(3), "", "form.length"),
        (Text(3), "a\nb", "form.text"),
        (Text(3), "a\ud800", "form.text"),
        (Text(9, form="[a-z]+"), "A", "form.text"),
        (LongText(9), "a\x1b", "form.text"),
        (LongText(9), "a\rb", "form.text"),
        (Whole(0, 9), "10", "form.number"),
        (Whole(0, 9), "-1", "form.number"),
        (Whole(), "1e3", "form.number"),
        (Whole(), "9" * 400, "form.number"),
        (OneOf("a"), "b", "form.choice"),
        (Flag(), "perhaps", "form.choice"),
        (When(), "2026-02-30", "form.time"),
        (When(), "yesterday", "form.time"),
        (Within(), "24", "form.time"),
        (Within(), "0h", "form.time"),
        (Digest(), "ab", "form.mid"),
        (Mid(), "abcde", "form.mid"),
        (Mid(), "0189aa", "form.mid"),
        (Mid(), "a" * 53, "form.mid"),
        (Mid(), "a" * 51 + "b", "form.mid"),
        (Desks(), "borealis.gov", "form.desk"),
        (Desks(desk="cert"), "Borealis", "form.desk"),
        (Desks(desk="cert"), " , ", "form.count"),
        (Desks(), ",".join(f"cert@p{n}" for n in range(17)), "form.count"),
        (FileText(3), "aéé", "form.length"),
        (FileText(3), "\udfff", "form.file"),
        (File(3), "name", "form.file"),
        (REF, "@x", "form.length"),
    ],
)
def test_what_people_wrote_wrongly_is_refused_under_the_name_of_the_field(
    kind: Type, text: str, code: str
) -> None:
    with pytest.raises(OurFault) as refused:
        Field("thing", kind).read([text], "--thing")
    assert refused.value.code == code
    assert refused.value.what.startswith(("--thing: ", "--thing.id: "))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Text(3), "abc", "abc"),
        (LongText(4), "a\r\nb\t", "a\nb\t"),
        (Whole(0, 9), "9", 9),
        (OneOf("GREEN"), "green", "GREEN"),
        (When(), "2026-03-01", Moment.parse("2026-03-01T00:00:00.000Z")),
        (When(), "2026-03-01 10:30", Moment.parse("2026-03-01T10:30:00.000Z")),
        (When(), "2026-03-01T10:30:05Z", Moment.parse("2026-03-01T10:30:05.000Z")),
        (Within(), "90m", Span.of(minutes=90)),
        (Mid(), mid_text(MID).upper(), MID),
        (Mid(), mid_text(MID)[:20], Cut(mid_text(MID)[:20])),
        (Mid(), mid_text(MID)[:6], Cut(mid_text(MID)[:6])),
        (Desks(desk="cert"), "b.gov, cert@a.gov", ("cert@a.gov", "cert@b.gov")),
        (FileText(3), "aé", "aé"),
        (REF, "x", Values({"id": "x"})),
        (REF, "x@y@z", Values({"id": "x", "modified": "y@z"})),
    ],
)
def test_what_people_write_is_read(kind: Type, text: str, value: Value) -> None:
    assert Field("thing", kind).read([text]) == value


@pytest.mark.parametrize(
    ("kind", "json"),
    [
        (Text(3), 1),
        (Text(3), None),
        (Text(3), ["a"]),
        (Text(3), "abcd"),
        (Whole(), True),
        (Whole(), "1"),
        (Whole(0, 9), 10),
        (OneOf("GREEN"), "green"),
        (Flag(), 1),
        (Flag(), None),
        (When(), "2026-03-01"),
        (When(), "2026-02-30T00:00:00.000Z"),
        (When(), 5),
        (Within(), "24h"),
        (Within(), 0),
        (Mid(), mid_text(MID)),
        (Mid(), "AAAA"),
        (Mid(), None),
        (Desks(), ["cert@b.gov", "cert@a.gov"]),
        (Desks(), ["cert@a.gov", "cert@a.gov"]),
        (Desks(), []),
        (Desks(), "cert@a.gov"),
        (Desks(), [1]),
        (FileText(3), 5),
        (REF, {}),
        (REF, {"id": "x", "other": "y"}),
        (REF, {"id": "x", "modified": None}),
        (REF, "x"),
    ],
)
def test_what_a_stranger_wrote_wrongly_is_their_fault(kind: Type, json: Json) -> None:
    with pytest.raises(TheirFault) as refused:
        Field("thing", kind).from_json(json)
    assert refused.value.code == "E_CANON"


def test_a_list_has_one_element_or_more_up_to_its_limit() -> None:
    field = Field("x", Whole(), many=True, count_max=3)
    assert field.from_json([1, 2, 3]) == (1, 2, 3)
    wrongs: tuple[Json, ...] = ([], [1, 2, 3, 4], 1)
    for wrong in wrongs:
        with pytest.raises(TheirFault) as refused:
            field.from_json(wrong)
        assert refused.value.code == "E_CANON"
    assert field.read(["1", "2", "3"]) == (1, 2, 3)
    for texts in (["1"] * 4,):
        with pytest.raises(OurFault) as ours:
            field.read(texts)
        assert ours.value.code == "form.count"
    with pytest.raises(OurFault) as ours:
        field.check(())
    assert ours.value.code == "form.count"


def test_a_value_given_twice_where_one_is_due_is_refused() -> None:
    with pytest.raises(OurFault) as refused:
        Field("x", Whole()).read(["1", "2"])
    assert refused.value.code == "form.count"
    assert Field("x", Desks()).read(["cert@b.gov", "cert@a.gov"]) == ("cert@a.gov", "cert@b.gov")


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"a": 1, "c": 1}, "form.unknown"),
        ({"b": 1}, "form.missing"),
        ({"a": "x"}, "form.number"),
        ({"a": 1, "p": Values({})}, "form.missing"),
        ({"a": 1, "p": Values({"id": "x", "y": "z"})}, "form.unknown"),
        ({"a": 1, "p": 5}, "form.parts"),
    ],
)
def test_values_are_whole_or_refused(given_: dict[str, Value], code: str) -> None:
    fields = members_of(
        (Field("a", Whole()), Field("b", Whole(), required=False), Field("p", REF, required=False))
    )
    with pytest.raises(OurFault) as refused:
        check_values(fields, Values(given_))
    assert refused.value.code == code


def test_values_without_some_are_the_others() -> None:
    values = Values({"a": 1, "b": "x", "none": None})
    assert dict(values) == {"a": 1, "b": "x"}
    assert values.without("a") == Values({"b": "x"})
    assert values.with_(a=None, c=True) == Values({"b": "x", "c": True})
    assert hash(values) == hash(Values({"b": "x", "a": 1}))


@given(mid=st.binary(min_size=32, max_size=32), count=st.integers(6, 51))
def test_a_cut_begins_its_mid_and_no_mid_before_its_key(mid: bytes, count: int) -> None:
    cut = Cut(mid_text(mid)[:count])
    assert cut.begins(mid)
    assert cut.before < mid
    assert not cut.begins(bytes([mid[0] ^ 0x80]) + mid[1:])
    first = cut.before.ljust(32, b"\0")
    assert cut.before < first <= mid


def test_what_is_made_of_values_is_made_once_until_it_is_let_go() -> None:
    made: list[str] = []

    def upper(values: Values) -> str:
        made.append(values.text("a"))
        return values.text("a").upper()

    one = Values({"a": "x"})
    assert [one.once(upper), one.once(upper), one.with_(b=1).once(upper)] == ["X"] * 3
    assert made == ["x", "x"], "once for each"
    one.forget()
    assert one.keep(upper, "known").once(upper) == "known"
    assert made == ["x", "x"]
