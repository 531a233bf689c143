"""What every desk must do. A new desk is one more line in app/desks."""

from collections.abc import Callable, Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.made_values import of_fields

from detente.app.desks import DESKS
from detente.core import canon
from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.office.desk import Act, Desk, Look, Opened
from detente.office.fields import Field, OneOf, Values
from detente.office.kind import Kind, Newer
from detente.office.ports import Shelf, ShelfTx
from detente.office.tables import Row
from detente.store.memory import MemoryShelf
from detente.store.shelf import SqliteShelf
from detente.ui import verb as verbs
from detente.ui.body import every_field, word_of
from detente.ui.words import Words

SRC = Path(__file__).parents[2] / "src" / "detente"
KINDS = [(desk, kind) for desk in DESKS for kind in desk.kinds]
VERBS = [(desk, verb) for desk in DESKS for verb in desk.verbs]
LANGUAGES = ("en", "ru")
MIDS = [bytes([number]) * 32 for number in range(6)]


def words() -> Words:
    folders = {"ui": SRC / "ui", **{desk.name: SRC / "desks" / desk.name for desk in DESKS}}
    return Words.load(
        {
            language: {
                place: (folder / "words" / f"{language}.toml").read_text(encoding="utf-8")
                for place, folder in folders.items()
            }
            for language in LANGUAGES
        }
    )


WORDS = words()


@pytest.mark.parametrize(("desk", "kind"), KINDS, ids=lambda value: value.name)
@given(data=st.data())
def test_every_body_comes_back_as_it_was_written(
    desk: Desk, kind: Kind, data: st.DataObject
) -> None:
    body = data.draw(of_fields(kind.fields))
    plaintext = kind.write(body)
    assert kind.read(plaintext) == body
    assert kind.size_bytes(body) == len(plaintext)
    assert desk.kind_named[kind.name] is kind


@pytest.mark.parametrize(("desk", "kind"), KINDS, ids=lambda value: value.name)
@given(data=st.data())
def test_an_unknown_member_is_refused_and_a_newer_version_is_marked(
    desk: Desk, kind: Kind, data: st.DataObject
) -> None:
    body = canon.decode_object(kind.write(data.draw(of_fields(kind.fields))), 2**20)
    more = canon.encode({**body, "unheard_of": 1})
    with pytest.raises(TheirFault) as refused:
        desk.read(kind.name, more)
    assert refused.value.code == "E_CANON"
    newer = canon.encode({**body, "unheard_of": 1, "v": kind.version + 1})
    assert desk.read(kind.name, newer) == Newer(kind.name, kind.version + 1, newer)


@st.composite
def records(draw: st.DrawFn, desk: Desk) -> list[Opened]:
    made: list[Opened] = []
    for mid in draw(st.lists(st.sampled_from(MIDS), max_size=6, unique=True)):
        kind = draw(st.sampled_from(desk.kinds))
        party = draw(st.sampled_from(["aurelia.gov", "borealis.gov"]))
        one = Opened(
            mid=mid,
            kind=kind.name,
            from_=f"{desk.name}@{party}",
            to=(f"{desk.name}@cordia.gov",),
            matter="0" * 32,
            s="00000000",
            n=1,
            reply_to=None,
            prec="ROUTINE",
            tlp="GREEN",
            created=Moment(draw(st.integers(0, 5))),
            kept_at=Moment(draw(st.integers(0, 5))),
            deadline=draw(st.none() | st.just(Moment(9))),
            ours=party == "aurelia.gov",
            origin="log",
            place=len(made),
            added=10_000 * MIDS.index(mid),  # numbers of an office are given once
            author="s-1",
            releaser=None,
            ext={},
            body=draw(of_fields(kind.fields, MIDS)),
        )
        made.append(one)
        if draw(st.booleans()):  # the same record, from another log
            made.append(_again(one, Moment(draw(st.integers(0, 5)))))
    return made


def _again(one: Opened, kept_at: Moment) -> Opened:
    fields = {name: getattr(one, name) for name in Opened.__slots__}
    return Opened(**{**fields, "kept_at": kept_at, "origin": "other", "place": 99})


def fold(tx: ShelfTx, desk: Desk, opened: Sequence[Opened]) -> None:
    for one in opened:
        desk.fold(tx.rows, one)


def rows_of(tx: ShelfTx, desk: Desk) -> dict[str, Sequence[Row]]:
    return {table.name: list(tx.rows(table).find({}, None, 10_000)) for table in desk.tables}


def folded(desk: Desk, opened: Sequence[Opened]) -> dict[str, Sequence[Row]]:
    with MemoryShelf().begin() as tx:
        fold(tx, desk, opened)
        return rows_of(tx, desk)


@pytest.mark.parametrize("desk", DESKS, ids=lambda desk: desk.name)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_records_of_two_logs_fold_to_equal_rows_in_every_order(
    desk: Desk, data: st.DataObject
) -> None:
    opened = data.draw(records(desk))
    assert folded(desk, data.draw(st.permutations(opened))) == folded(desk, opened)


@pytest.mark.parametrize("desk", DESKS, ids=lambda desk: desk.name)
@pytest.mark.parametrize("make", ["memory", "sqlite"])
def test_tables_that_were_dropped_refold_to_equal_rows(
    desk: Desk, make: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    def shelf() -> Shelf:
        return (
            MemoryShelf()
            if make == "memory"
            else SqliteShelf(tmp_path_factory.mktemp("shelf") / "office.db")
        )

    @given(opened=records(desk))
    @settings(max_examples=20, deadline=None)
    def refold(opened: list[Opened]) -> None:
        kept = shelf()
        with kept.begin() as tx:
            fold(tx, desk, opened)
        with kept.begin() as tx:
            before = rows_of(tx, desk)
            tx.drop_tables(desk.tables)
            assert not any(rows_of(tx, desk).values())
            fold(tx, desk, opened)
            assert rows_of(tx, desk) == before == folded(desk, opened)
        if isinstance(kept, SqliteShelf):
            kept.close()

    refold()


def written_of(verb: verbs.Verb, arguments: list[str]) -> verbs.Written:
    found: list[verbs.Written] = []

    def run(_verb: verbs.Verb, written: verbs.Written) -> None:
        found.append(written)

    command = verbs.command(verb, WORDS, "en", run)
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return found[0]


@pytest.mark.parametrize(("desk", "verb"), VERBS, ids=lambda value: value.name)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_every_verb_written_as_a_command_reads_back(
    desk: Desk, verb: verbs.Verb, data: st.DataObject
) -> None:
    values = data.draw(of_fields(verb.fields))
    data_of_file = next((value for value in values.values() if isinstance(value, bytes)), b"")
    whole = {field.name: field.default for field in verb.fields} | dict(values)
    written = written_of(verb, verbs.write(verb, values, "file.json"))
    assert verbs.read(verb, written, {"file.json": data_of_file}.__getitem__) == Values(whole)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("desk", "verb"), VERBS, ids=lambda value: value.name)
def test_every_verb_has_help_with_an_example_that_it_accepts(
    desk: Desk, verb: verbs.Verb, language: str
) -> None:
    command = verbs.command(verb, WORDS, language, _nothing)
    shown = click.unstyle(CliRunner().invoke(command, ["--help"]).output)
    assert f"detente {desk.name} {verb.name.partition('/')[2]} {verb.example}" in shown
    for field in verb.fields:
        assert verbs.option_of(field) in shown


def _nothing(_verb: verbs.Verb, _written: verbs.Written) -> None:
    """A run that does nothing."""


HEAD_MAX = 12  # characters: what stands over a column is a word, not a sentence


def keys_of(desk: Desk) -> set[str]:
    keys = {f"{desk.name}.desk"} | {
        f"{desk.name}.kind.{kind.name.partition('.')[2]}" for kind in desk.kinds
    }
    for procedure in desk.procedures:
        keys.add(f"{desk.name}.procedure.{procedure.name.partition('.')[2]}")
        keys |= {f"{desk.name}.state.{state.name}" for state in procedure.states}
        keys |= {f"{desk.name}.clock.{clock.name}" for clock in procedure.clocks}
    keys |= {word_of(field, desk.name, WORDS) for _, field in every_field(desk.kinds)}
    for verb in desk.verbs:
        kind = "act" if isinstance(verb, Act) else "look"
        keys.add(verb.about or f"{desk.name}.{kind}.{verb.name.partition('/')[2]}")
        if isinstance(verb, Act):  # short, for its button
            keys.add(f"{desk.name}.do.{verb.name.partition('/')[2]}")
        columns: tuple[Field, ...] = verb.columns if isinstance(verb, Look) else ()
        keys |= {field.about or f"{desk.name}.field.{field.name}" for field in verb.fields}
        keys |= {f"{desk.name}.head.{column.name}" for column in columns}
        for field in (*verb.fields, *columns):
            if isinstance(field.type, OneOf) and field.type.choices[0].islower():
                keys |= {f"{desk.name}.choice.{choice}" for choice in field.type.choices}
    return keys


@pytest.mark.parametrize("desk", DESKS, ids=lambda desk: desk.name)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word_of_a_desk_and_none_too_many(
    desk: Desk, language: str
) -> None:
    keys = keys_of(desk)
    assert keys <= WORDS.keys(language)
    own = {key for key in WORDS.keys(language) if key.startswith(f"{desk.name}.")}
    own -= {key for key in own if key.startswith(f"{desk.name}.alert.") and desk.alerts}
    assert own - keys == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_head_of_a_column_is_short(language: str) -> None:
    heads = [key for key in WORDS.keys(language) if ".head." in key]
    assert heads
    assert [key for key in heads if len(WORDS.get(key, language)) > HEAD_MAX] == []


def test_all_languages_have_the_same_words_with_the_same_placeholders() -> None:
    first, *others = LANGUAGES
    for language in others:
        assert WORDS.keys(language) == WORDS.keys(first)
        for key in WORDS.keys(first):
            assert WORDS.placeholders(key, language) == WORDS.placeholders(key, first)


@pytest.mark.parametrize("desk", DESKS, ids=lambda desk: desk.name)
def test_a_desk_names_its_tables_kinds_and_verbs_after_itself(desk: Desk) -> None:
    assert all(table.name.startswith(f"{desk.name}_") for table in desk.tables)
    assert all(kind.name.startswith(f"{desk.name}.") for kind in desk.kinds)
    names = [verb.name for verb in desk.verbs]
    assert len(set(names)) == len(names)
    assert all(name.startswith(f"{desk.name}/") for name in names)
    tables = {id(table): table.name for fold in desk.folds for table in fold.tables}
    assert len(set(tables.values())) == len(tables), "a name stands for one table"
    answers: Callable[[Kind], Sequence[str]] = lambda kind: kind.answered_by  # noqa: E731
    assert {name for kind in desk.kinds for name in answers(kind)} <= desk.kind_named.keys()
