"""From an act or a look to a verb of the command line, and back.

`command` makes the click command; its parameters come to the roof as written, and `read` makes
values of them. Click's own types are not used: a fault has the same three lines on every face.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.office.desk import Act, Desk, Look
from detente.office.fields import Desks, Digest, Field, File, Flag, Value, Values
from detente.office.tables import Row
from detente.ui.words import Words

if TYPE_CHECKING:
    import click

Verb = Act | Look
Written = Mapping[str, object]  # as click gives it: a text, a tuple of texts, a flag or None
Run = Callable[[Verb, Written], object]


def option_of(field: Field) -> str:
    """Return how a field is named at the command line: `--replaced-by`, or `FILE` if it is bare."""
    return field.name.upper() if field.bare else f"--{field.name.replace('_', '-')}"


def read(verb: Verb, written: Written, open_file: Callable[[str], bytes]) -> Values:
    """Return the values of what was written, defaults filled in.

    open_file returns the bytes of a named file, and of standard input for `-`. Raises
    OurFault("form.*") naming the option. A mid may be a Cut still: the office completes it.
    """
    found: dict[str, Value] = {}
    for field in verb.fields:
        given, shown = written.get(field.name), option_of(field)
        if isinstance(field.type, Flag):
            found[field.name] = given is True
        elif given is None or given == ():
            if field.default is None and field.required:
                raise OurFault("form.missing", f"{shown} is not given", f"give {shown}")
            found[field.name] = field.default
        elif isinstance(field.type, File):
            found[field.name] = field.type.check(shown, open_file(str(given)))
        else:
            texts = [str(text) for text in given] if isinstance(given, tuple) else [str(given)]
            found[field.name] = field.read(texts, shown)
    return Values(found)


def write(verb: Verb, values: Values, file_name: str = "FILE") -> list[str]:
    """Return the arguments that `read` takes to equal values, to show an act as a command."""
    named: list[str] = []
    bare: list[str] = []
    for field in verb.fields:
        value = values.get(field.name)
        if value is None or (isinstance(field.type, Flag) and value is False):
            continue
        if isinstance(field.type, Flag):
            named.append(option_of(field))
            continue
        each = value if field.many and isinstance(value, tuple) else (value,)
        for one in each:
            text = file_name if isinstance(field.type, File) else field.type.show(one)
            if field.bare:
                bare.append(text)
            else:
                # One argument: a text that starts with a dash is no option then.
                named.append(f"{option_of(field)}={text}")
    return [*named, *(["--", *bare] if any(text.startswith("-") for text in bare) else bare)]


def shown(columns: Sequence[Field], row: Row) -> tuple[str, ...]:
    """Return a row as texts in the order of the columns; what is absent is empty."""
    values = [(field, row.get(field.name)) for field in columns]
    return tuple("" if value is None else field.show(value) for field, value in values)


def as_json(columns: Sequence[Field], row: Row) -> dict[str, Json]:
    """Return a row for `--json`: ids and hashes as people write them, what is absent as null."""
    found: dict[str, Json] = {}
    for field in columns:
        value = row.get(field.name)
        if value is None:
            found[field.name] = None
        else:
            plain = isinstance(field.type, Digest) and not field.many
            found[field.name] = field.show(value) if plain else field.to_json(value)
    return found


def about_of(verb: Verb) -> str:
    """Return the key of the words that say what a verb does."""
    desk, _, name = verb.name.partition("/")
    return verb.about or f"{desk}.{'act' if isinstance(verb, Act) else 'look'}.{name}"


def command(
    verb: Verb, words: Words, language: str, run: Run, extra: "Sequence[click.Parameter]" = ()
) -> "click.Command":
    """Return the command of a verb. run gets what was written; extra are options of the roof."""
    import click  # noqa: PLC0415  a start that shows no verb does not pay for it

    desk, _, name = verb.name.partition("/")
    about = words.get(about_of(verb), language)
    bare = [field for field in verb.fields if field.bare]
    lines = [f"{option_of(field)}  {_about(desk, field, words, language)}" for field in bare]
    example = (
        f"{words.get('ui.example', language)}\n  detente {desk} {name} {verb.example}".rstrip()
    )
    params = [_parameter(desk, field, words, language) for field in verb.fields]

    def called(**written: object) -> object:
        return run(verb, written)

    return click.Command(
        name,
        callback=called,
        params=[*params, *extra],
        help="\n\n".join([about, *lines]),
        short_help=about,
        epilog=f"\b\n{example}",
    )


def group(
    desk: Desk,
    words: Words,
    language: str,
    run: Run,
    extra: "Callable[[Verb], Sequence[click.Parameter]]",
) -> "click.Group":
    """Return every verb of a desk under the desk's name; extra gives each the roof's options."""
    import click  # noqa: PLC0415  as above

    commands = [command(verb, words, language, run, extra(verb)) for verb in desk.verbs]
    return click.Group(desk.name, commands=commands, help=words.get(f"{desk.name}.desk", language))


def _parameter(desk: str, field: Field, words: Words, language: str) -> "click.Parameter":
    import click  # noqa: PLC0415  as above

    many = field.many or isinstance(field.type, Desks)
    if field.bare:
        # Not required for click: what is missing is said by `read`, as on every other face.
        return click.Argument([field.name], required=False, metavar=option_of(field))
    names = [field.name, option_of(field)]
    about = _about(desk, field, words, language)
    if isinstance(field.type, Flag):
        return click.Option(names, is_flag=True, help=about)
    if field.default is not None:
        about = f"{about}  [{field.show(field.default)}]"
    elif field.required:
        about = f"{about}  [{words.get('ui.required', language)}]"
    return click.Option(names, multiple=many, metavar=field.type.hint, help=about)


def _about(desk: str, field: Field, words: Words, language: str) -> str:
    return words.get(field.about or f"{desk}.field.{field.name}", language)
