"""What every verb of the command line shares: options, answers, faults, exit codes."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from detente.app.digits import GROUPS
from detente.core.canon import Json
from detente.core.errors import Fault, OurFault
from detente.ui.texts import read

PROGRESS_EVERY: Final = 0.2  # seconds between two words about progress
LANGUAGES: Final = ("en", "ru")
_ERRORS: Final = {"en": "docs/errors.md", "ru": "docs/ru/errors.md"}
_WORDS: Final = Path(__file__).parent / "words"
_Verb = TypeVar("_Verb", bound=Callable[..., Any])


def words() -> dict[str, str]:
    """Return the roof's words in the language asked for: --lang, else LANG, else English."""
    return words_of(language())


@cache
def words_of(language: str) -> dict[str, str]:
    """Return the roof's words in one language."""
    return read((_WORDS / f"{language}.toml").read_text("utf-8"))


@cache
def language() -> str:
    """Return the language of this run."""
    for i, each in enumerate(sys.argv):
        if each.startswith("--lang="):
            return _known(each[7:])
        if each == "--lang" and i + 1 < len(sys.argv):
            return _known(sys.argv[i + 1])
    return _known(os.environ.get("LANG", "en")[:2])


def _known(name: str) -> str:
    return name if name in LANGUAGES else "en"


def say(key: str, **open_places: object) -> str:
    """Return a text of the roof with its places filled."""
    text = words()[key]
    for name, value in open_places.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def ask_digits(name: str) -> str:
    """Ask a person at a terminal for the fingerprint of a party, group by group.

    Raises OurFault("form.missing") where nobody can be asked.
    """
    if not sys.stdin.isatty():
        raise OurFault("form.missing", "the 60 digits are not given", "give --digits")
    click.echo(say("party.ask_digits", name=name), err=True)
    return _groups(GROUPS)


def ask_groups(word: str, count: int, option: str) -> str:
    """Ask a person at a terminal for groups of digits. Raises OurFault("form.missing")."""
    if not sys.stdin.isatty():
        raise OurFault("form.missing", "the digits are not given", f"give {option}")
    click.echo(say(word), err=True)
    return _groups(count)


def _groups(count: int) -> str:
    return " ".join(click.prompt(f"{i:2d}/{count}", err=True) for i in range(1, count + 1))


class Out:
    """Where a verb's answer goes: lines for people, or one JSON document."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self.as_json, self._quiet = as_json, quiet

    @property
    def is_silent(self) -> bool:
        """Whether nothing is said beside the answer."""
        return self._quiet or self.as_json

    def answer(self, document: Json | Sequence[Json], lines: Iterable[str]) -> None:
        """Give the answer on standard output."""
        if self.as_json:
            print(json.dumps(document, ensure_ascii=False))
        elif not self._quiet:
            for line in lines:
                print(line)

    def talk(self, line: str) -> None:
        """Say something beside the answer, on standard error."""
        if not self._quiet and not self.as_json:
            print(line, file=sys.stderr)


def common(verb: _Verb) -> _Verb:
    """Give a verb the options that every verb has: --json --quiet --at --lang."""
    for option in (
        click.option("--lang", metavar="en|ru", help=say("option.lang"), expose_value=False),
        click.option("--quiet", is_flag=True, help=say("option.quiet")),
        click.option("--json", "as_json", is_flag=True, help=say("option.json")),
        click.option("--at", metavar="FOLDER", help=say("option.at")),
    ):
        verb = option(verb)
    return verb


def example(text: str) -> str:
    """Return the end of a help text: an example, kept as written."""
    return f"\b\n{say('help.example')}\n  {text}"


def tell_fault(fault: Fault, *, as_json: bool) -> None:
    """Say a fault on standard error: what, and what to do, in the language of this run.

    For a sentence that is not known in it: what its code means, and the sentence word for word.
    """
    if as_json:
        row = {"code": fault.code, "what": fault.what, "remedy": fault.remedy}
        print(json.dumps({"error": row}, ensure_ascii=False), file=sys.stderr)
        return
    from detente.app import said  # noqa: PLC0415  what goes well needs none of its sentences

    tongue = language()
    found = said.of(fault, tongue)
    rows = [("refused", f"{fault.code}: {found.what}")]
    if found.because or said.told(fault.remedy, tongue) is None:
        rows.append(("word_for_word", f"{fault.what}; {fault.remedy}"))
    rows += [("try", found.remedy), ("more", f"{_ERRORS[tongue]}, {fault.code}")]
    for word, text in rows:
        print(f"{say(f'fault.{word}')}  {text}", file=sys.stderr)


def teller(word: str, unit: int, *, silent: bool) -> Callable[[str, int, int], None]:
    """Return what tells progress on a terminal: one line, written over, in whole units."""
    if silent or not sys.stderr.isatty():
        return lambda _what, _done, _total: None
    told_at = [0.0]

    def tell(what: str, done: int, total: int) -> None:
        if time.monotonic() - told_at[0] >= PROGRESS_EVERY or done == total:
            told_at[0] = time.monotonic()
            row = say(word, what=what, done=done // unit, total=total // unit)
            print(f"\r{row}\x1b[K", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return tell


def write_file(data: bytes, file: str) -> None:
    """Write an answer's bytes; `-` is standard output. Raises OurFault("file.unwritable")."""
    if file == "-":
        sys.stdout.buffer.write(data)
        return
    try:
        Path(file).write_bytes(data)
    except OSError as error:
        raise OurFault(
            "file.unwritable", f"{file}: {error.strerror}", "choose another file"
        ) from None


def usage(error: click.ClickException) -> OurFault:
    """Return a fault for what click refused."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "detente"
    return OurFault("form.usage", error.format_message(), f"see: {path} --help")
