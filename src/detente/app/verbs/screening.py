"""Verbs of screening: one name, a decision again. `match` speaks the protocol by which anybody can measure the matcher."""

import gc
import gzip
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from detente.app.face import Out, common, example, language, say, write_file
from detente.app.printed import plain
from detente.app.verbs import screening_own as own
from detente.core.errors import OurFault

if TYPE_CHECKING:
    from detente.screening.index import Index
    from detente.screening.listed import Listed

GZIP = b"\x1f\x8b"
SHOWN = 3  # hits that are told in sentences; the document has all
LIST_MAX = 1 << 30  # bytes of one list, unpacked


@click.group(help=say("verb.screening"))
def screening() -> None:
    """Hold the verbs of screening."""


@screening.command(
    "match",
    help=say("help.screening_match"),
    epilog=example("detente screening match --jsonl < questions.jsonl"),
)
@click.option("--jsonl", is_flag=True, required=True, help=say("option.jsonl"))
@common
def match(*, jsonl: bool, at: str | None, as_json: bool, quiet: bool) -> int:
    """Answer questions on standard input, one a line, until it ends."""
    del jsonl, at, as_json, quiet  # one form, and no party is needed
    from detente.screening.match import Matcher  # noqa: PLC0415

    matcher = Matcher(read_list)
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        index = matcher.index
        answer = matcher.answer(line)
        if answer is None:
            break
        if matcher.index is not index:
            gc.freeze()  # a list stays: no need to look through it for garbage at each question
        out.write(msgspec.json.encode(answer) + b"\n")
        out.flush()
    return 0


@screening.command(
    "name",
    help=say("help.screening_name"),
    epilog=example('detente screening name "Сергей Кузнецов" --list list.jsonl.gz --schema Person'),
)
@click.argument("name")
@click.option("--list", "lists", multiple=True, metavar="FILE", help=say("option.lists"))
@click.option("--in", "scope", metavar="LIST", help=say("option.screening_in"))
@click.option("--schema", metavar="KIND", help=say("option.schema"))
@click.option("--birth", "births", multiple=True, metavar="DATE", help=say("option.birth"))
@click.option("--country", "countries", multiple=True, metavar="CODE", help=say("option.country"))
@click.option("--paper", "papers", multiple=True, metavar="NUMBER", help=say("option.paper"))
@click.option("--keep", metavar="FILE", help=say("option.keep"))
@common
def look(
    name: str, lists: tuple[str, ...], scope: str | None, schema: str | None, births: tuple[str, ...],
    countries: tuple[str, ...], papers: tuple[str, ...], keep: str | None,
    *, at: str | None, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Look one name up and tell the best hits in sentences."""
    if not lists:
        told = {
            "name": name, "schema": schema, "births": births, "countries": countries,
            "papers": papers, "scope": scope,
        }  # fmt: skip
        return own.look(told, keep, at=at, out=Out(as_json=as_json, quiet=quiet))
    from detente.screening import asked as asking  # noqa: PLC0415
    from detente.screening import decision, engine, explain  # noqa: PLC0415

    asked = asking.asked(name, schema, births, countries, papers)
    left = asking.unread(asked)
    found = decision.decide(open_lists(lists), asked)
    if keep:
        write_file(decision.encode(found), keep)
    reason = engine.undecided(asked)
    words = explain.sentences(sentences())
    lines = [say(f"screening.{reason}")] if reason else []
    lines += [say(f"screening.unread_{what}", text=plain(text)) for what, text in left]
    for hit in found.hits[:SHOWN]:
        lines += [*explain.explain(name, hit, words), f"  {hit.entity}", ""]
    if not found.hits:
        lines.append(say("screening.nobody"))
    lines.append(say("screening.stamp", stamp=decision.stamp(found)))
    document = msgspec.to_builtins(found) | {
        "undecided": reason, "stamp": decision.stamp(found),
        "unread": [{"what": what, "text": text} for what, text in left],
    }  # fmt: skip
    Out(as_json=as_json, quiet=quiet).answer(document, lines)
    return 0


@screening.command(
    "replay",
    help=say("help.screening_replay"),
    epilog=example("detente screening replay kept.json --list list.jsonl.gz"),
)
@click.argument("decision")
@click.option("--list", "lists", multiple=True, metavar="FILE", help=say("option.lists"))
@common
def replay(
    decision: str, lists: tuple[str, ...], *, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Ask again what a kept decision was asked; 1 if the answer is another one."""
    if not lists:
        return own.replay(decision, at=at, out=Out(as_json=as_json, quiet=quiet))
    from detente.screening import decision as deciding  # noqa: PLC0415

    try:
        kept = deciding.decode(Path(decision).read_bytes())
    except OSError as found:
        raise OurFault("decision.form", f"{decision}: {found.strerror}", "name its file") from None
    answer = deciding.replay(open_lists(lists), kept)
    word = "screening.same" if answer["same"] else "screening.differs"
    lines = [say(word, stamp=answer["stamp"], again=answer["again"])]
    Out(as_json=as_json, quiet=quiet).answer(answer, lines)
    return 0 if answer["same"] else 1


def open_lists(paths: tuple[str, ...]) -> "Index":
    """Return an index over list files. Raises OurFault list.unreadable, list.damaged."""
    from detente.screening.build import build  # noqa: PLC0415
    from detente.screening.index import Index  # noqa: PLC0415

    return Index(build(*read_lists(paths)))


def read_lists(paths: tuple[str, ...]) -> "tuple[list[Listed], dict[str, str]]":
    """Return (entities, {list: hash}) of list files. Raises OurFault list.unreadable, list.damaged.

    Here a line that cannot be read stops all: a decision must not hang on half a list.
    """
    from detente.screening import layout  # noqa: PLC0415
    from detente.screening.lists.rows import Unread, of_own  # noqa: PLC0415

    listed: list[Listed] = []
    versions = {}
    for path in paths:
        whole, lines = read_list(path)
        versions[Path(path).name] = layout.digest(whole)
        for one in of_own(lines):
            if isinstance(one, Unread):
                raise OurFault(
                    "list.damaged", f"{path}, line {one.line}: {one.why}", "mend the line"
                )
            listed.append(one)
    return listed, versions


def sentences() -> bytes:
    """Return the words by which a score is told, in the language of this run."""
    file = resources.files("detente.screening") / "words" / f"{language()}.toml"
    return file.read_bytes()


def read_list(path: str) -> tuple[bytes, list[bytes]]:
    """Return (bytes as stored, lines) of a list file, plain or gzip.

    Raises OurFault list.unreadable: no such file, not gzip to its end, or over LIST_MAX unpacked.
    """
    try:
        stored = Path(path).read_bytes()
    except OSError as found:
        what = f"{path}: {found.strerror}"
        raise OurFault("list.unreadable", what, "name a file that is there") from None
    try:
        if not stored.startswith(GZIP):
            return stored, stored.splitlines()
        with gzip.open(path) as packed:
            whole = packed.read(LIST_MAX + 1)
    except (OSError, EOFError) as found:
        raise OurFault("list.unreadable", f"{path}: {found}", "get the list again") from None
    if len(whole) > LIST_MAX:
        raise OurFault("list.unreadable", f"{path} is over {LIST_MAX:,} bytes", "split the list")
    return stored, whole.splitlines()


own.add_to(screening)
