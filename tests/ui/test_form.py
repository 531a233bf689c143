from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.made_values import of_fields

from detente.app import faces
from detente.app.desks import DESKS
from detente.core.moment import Span
from detente.office.desk import Act, Look, Role
from detente.office.drafting import EXERCISE, PREC, TLP
from detente.office.enclosed import ATTACH
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
    Values,
    When,
    Whole,
    Within,
)
from detente.ui import form, schema, verb
from detente.ui.words import Words

WORDS = faces.words()
ACTS = [act for desk in DESKS for act in desk.acts]
EVERY = (
    Field("line", Text(30), required=False),
    Field("long", LongText(200), required=False),
    Field("number", Whole(1, 9), required=False),
    Field("word", OneOf("a", "b"), required=False),
    Field("up", Flag(), default=False),
    Field("at", When(), required=False),
    Field("span", Within(), required=False),
    Field("text", FileText(100), required=False),
    Field("hash", Digest(), required=False),
    Field("mid", Mid(), required=False),
    Field("to", Desks(desk="cert"), required=False),
    Field("lines", Text(30), required=False, many=True, count_max=4),
    Field("longs", LongText(90), required=False, many=True, count_max=4),
    Field("words", OneOf("a", "b", "c"), required=False, many=True, count_max=3),
    Field("mids", Mid(), required=False, many=True, count_max=3),
)


def look(*fields: Field) -> Look:
    return Look("cert/x", fields, lambda _reader, _values, _now: (), (), Role.READ)


def as_read(values: Values) -> Values:
    """Return values as both faces read them: a flag that is down is given too."""
    return Values({**values, "up": values.flag("up")})


@given(st.data())
def test_what_a_form_shows_is_what_it_reads(data: st.DataObject) -> None:
    for field in EVERY:  # alone: a fault names its field
        one = look(field)
        values = data.draw(of_fields((field,)))
        wanted = as_read(values) if field.name == "up" else values
        texts = form.write(one, values)
        assert form.read(one, texts) == form.Read(wanted, ()), field.name
        shown = {
            each.name: (each.text,) if each.how not in ("cells", "boxes") else
            tuple(choice.value for choice in each.choices if choice.chosen)
            for each in form.controls(one, _WORDS, "en", texts)
        }  # fmt: skip
        if field.name not in ("words", "longs"):  # boxes have an order of their own
            assert form.read(one, {n: t for n, t in shown.items() if t != ("",)}).values == wanted


class _Any:
    """Words for fields of a test."""

    def keys(self, _language: str) -> frozenset[str]:
        return frozenset()

    def has(self, _key: str, _language: str) -> bool:
        return False

    def get(self, key: str, _language: str, **_places: str) -> str:
        return key


_WORDS = cast("Words", _Any())


@given(st.data())
def test_a_form_and_a_command_make_the_same_values(data: st.DataObject) -> None:
    fields = tuple(each for each in EVERY if each.name not in ("up", "longs", "text", "long"))
    one, values = look(*fields), data.draw(of_fields(fields))
    by_form = form.read(one, form.write(one, values))
    written: dict[str, object] = {}
    for field in fields:
        if field.name in values:
            value = values[field.name]
            many = isinstance(value, tuple) and not isinstance(field.type, Desks)
            assert not many or isinstance(value, tuple)
            shown = (
                [field.type.show(each) for each in value]
                if many and isinstance(value, tuple)
                else [field.type.show(value)]
            )
            written[field.name] = tuple(shown)
    assert by_form == form.Read(verb.read(one, written, lambda _name: b""), ())


def test_a_browsers_line_ends_are_ours() -> None:
    one = look(Field("long", LongText(20)), Field("lines", Text(9), many=True))
    read = form.read(one, {"long": ("a\r\nb",), "lines": ("x\r\ny\r\n",)})
    assert read.values == Values({"long": "a\nb", "lines": ("x", "y")})


def test_every_fault_is_told_at_its_field() -> None:
    one = look(
        Field("a", Text(3)), Field("b", Whole(1, 2)), Field("to", Desks()), Field("f", File(2))
    )
    read = form.read(one, {"a": ("abcd",), "b": ("x",), "to": (" ", "")}, {"f": b"abc"})
    assert [(each.field, each.code) for each in read.errors] == [
        ("a", "form.length"),
        ("b", "form.number"),
        ("to", "form.missing"),
        ("f", "form.length"),
    ]
    assert read.errors[0].what == "4 characters where 1 to 3 are allowed"
    shown = form.controls(one, _WORDS, "en", {"a": ("abcd",)}, read.errors)
    assert {each.name: each.error for each in shown}["a"] == read.errors[0].what
    assert read.values == Values({})


def test_few_and_many_are_counted() -> None:
    one = look(Field("n", Text(3), many=True, count_min=2, count_max=2))
    assert form.read(one, {"n": ("a",)}).errors[0].code == "form.count"
    assert form.read(one, {"n": ("a\nb\nc",)}).errors[0].code == "form.count"
    assert form.read(one, {"n": ("a\nb",)}).values == Values({"n": ("a", "b")})


def test_a_field_sent_twice_counts_once_and_a_strangers_field_not_at_all() -> None:
    one = look(Field("a", Text(3)))
    assert form.read(one, {"a": ("x", "y"), "csrf": ("z",)}) == form.Read(Values({"a": "y"}), ())


def test_parts_stand_one_a_line_as_at_the_command_line() -> None:
    parts = Parts((Field("id", Text(9)), Field("why", Text(9), required=False)), sign="=")
    one = look(Field("kept", parts, required=False, many=True))
    values = Values({"kept": (Values({"id": "a", "why": "b"}), Values({"id": "c"}))})
    assert form.write(one, values) == {"kept": ("a=b\nc",)}
    assert form.read(one, form.write(one, values)).values == values


def test_recipients_are_ticked_or_written_and_nothing_is_lost() -> None:
    one = look(Field("to", Desks(desk="cert")))
    read = form.read(one, {"to": ("cert@b.gov", "a.gov")})
    assert read.values == Values({"to": ("cert@a.gov", "cert@b.gov")})
    (shown,) = form.controls(one, _WORDS, "en", {"to": ("cert@b.gov,cert@x.gov",)})
    boxes = form.with_choices(
        shown,
        [form.Choice(value="cert@b.gov", word="B"), form.Choice(value="cert@c.gov", word="C")],
    )
    assert [(each.value, each.chosen) for each in boxes.choices] == [
        ("cert@b.gov", True), ("cert@c.gov", False), ("cert@x.gov", True),
    ]  # fmt: skip


def test_the_marking_is_asked_first_and_rare_things_last() -> None:
    send = next(act for act in ACTS if act.name == "cert/send")
    names = [field.name for field in form.ordered(send)]
    assert names[:3] == ["tlp", "to", "prec"]
    assert names[-2:] == ["unreleased", "exercise"]
    assert sorted(names) == sorted(field.name for field in send.fields)


@pytest.mark.parametrize("language", WORDS.languages)
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_every_act_of_the_house_has_a_form_in_every_language(act: Act, language: str) -> None:
    for one in form.controls(act, WORDS, language):
        assert one.label
        assert len(one.label) <= 80, one
    empty = form.read(act, form.write(act, Values({})))
    required = {each.name for each in act.fields if schema.is_required(each)}
    assert {each.field for each in empty.errors} == required


def test_defaults_are_shown_and_sent_texts_win() -> None:
    one = look(
        replace(TLP),
        PREC,
        EXERCISE,
        ATTACH,
        Field("up", Flag(), default=True, about="cert.field.all"),
        Field("s", Within(), default=Span(60_000), about="cert.field.all"),
    )
    shown = {each.name: each for each in form.controls(one, WORDS, "en")}
    assert [each.value for each in shown["tlp"].choices if each.chosen] == ["GREEN"]
    assert shown["tlp"].choices[0].value == "RED"
    assert (shown["up"].text, shown["s"].text, shown["attach"].how) == ("yes", "1m", "files")
    assert shown["exercise"].rare
    assert not shown["exercise"].required
    sent = {each.name: each for each in form.controls(one, WORDS, "en", {"tlp": ("RED",)})}
    assert [each.value for each in sent["tlp"].choices if each.chosen] == ["RED"]
    assert sent["up"].text == ""


def test_the_beginning_of_a_mid_is_left_to_the_office() -> None:
    verb_ = look(Field("mid", Mid()), Field("mids", Mid(), many=True, count_max=3))
    found = form.read(verb_, {"mid": ("mmfxokhp",), "mids": ("k3q7zbabc",)})
    assert (found.errors, dict(found.values)) == (
        (), {"mid": Cut("mmfxokhp"), "mids": (Cut("k3q7zbabc"),)},
    )  # fmt: skip
