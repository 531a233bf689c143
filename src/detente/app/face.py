"""What every verb of the command line shares: options, answers, faults, exit codes."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from detente.core.canon import Json
from detente.core.errors import Fault, OurFault

LANGUAGES: Final = ("en", "ru")
_Verb = TypeVar("_Verb", bound=Callable[..., Any])


@cache
def words() -> dict[str, str]:
    """Return the roof's words in the language asked for: --lang, else LANG, else English."""
    import tomllib  # noqa: PLC0415

    file = resources.files("detente.app") / "words" / f"{language()}.toml"
    return {
        f"{table}.{key}": text
        for table, rows in tomllib.loads(file.read_text("utf-8")).items()
        for key, text in rows.items()
    }


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


class Out:
    """Where a verb's answer goes: lines for people, or one JSON document."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self.as_json, self._quiet = as_json, quiet

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
    """Say a fault on standard error: what, and what to do."""
    if as_json:
        row = {"code": fault.code, "what": fault.what, "remedy": fault.remedy}
        print(json.dumps({"error": row}, ensure_ascii=False), file=sys.stderr)
        return
    print(f"{say('fault.refused')}  {fault.code}: {fault.what}", file=sys.stderr)
    print(f"{say('fault.try')}  {fault.remedy}", file=sys.stderr)
    print(f"{say('fault.more')}  docs/errors.md, {fault.code}", file=sys.stderr)


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
