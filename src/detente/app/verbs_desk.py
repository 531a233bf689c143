"""Verbs of desks, made from their declarations; and record, evidence, rebuild."""

import sys
import time
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final

import click

from detente.app import client, config
from detente.app.desks import DESKS
from detente.app.face import LANGUAGES, Out, common, example, language, say, write_file
from detente.app.loop import clock
from detente.core import canon, limits
from detente.core.errors import OurFault
from detente.office.desk import Act, Desk, Look
from detente.office.fields import File, OneOf
from detente.ui import verb
from detente.ui.words import Words

LEVELS: Final = ("submitted", "sent", "stored", "delivered", "read")
_POLL: Final = 0.05
REFUSED_EXIT: Final = 4  # the other party refused
NOT_YET_EXIT: Final = 5
_FILE_MAX: Final = 2 * limits.KIB**2  # bytes: far more than a record holds, less than a request


def _words() -> Words:
    places = {"ui": "detente.ui", **{desk.name: f"detente.desks.{desk.name}" for desk in DESKS}}
    return Words.load(
        {
            each: {
                place: (resources.files(package) / "words" / f"{each}.toml").read_text("utf-8")
                for place, package in places.items()
            }
            for each in LANGUAGES
        }
    )


def _roof_options(each: verb.Verb) -> list[click.Parameter]:
    def holder() -> None:
        pass

    found: list[click.Parameter] = getattr(common(holder), "__click_params__", [])
    if isinstance(each, Look):
        return found[::-1]
    wait = click.Option(
        ["--wait"], type=click.Choice(LEVELS), help=say("option.wait"), metavar="LEVEL"
    )
    timeout = click.Option(
        ["--timeout"], type=float, default=30.0, help=say("option.timeout"), metavar="SECONDS"
    )
    return [wait, timeout, *reversed(found)]


def _read_file(name: str) -> bytes:
    try:
        if name == "-":
            data = sys.stdin.buffer.read(_FILE_MAX + 1)
        else:
            with Path(name).open("rb") as handle:
                data = handle.read(_FILE_MAX + 1)
    except OSError as error:
        raise OurFault(
            "file.unreadable", f"{name}: {error.strerror}", "name another file"
        ) from None
    if len(data) > _FILE_MAX:
        raise OurFault("form.size", f"{name} is larger than {_FILE_MAX} bytes", "send it in parts")
    return data


def _sent_fields(each: verb.Verb, written: Mapping[str, object]) -> dict[str, object]:
    # Values travel as written; a file travels as its bytes.
    found: dict[str, object] = {}
    for field in each.fields:
        value = written.get(field.name)
        if value is None or value == ():
            continue
        if isinstance(field.type, File):
            value = canon.to_base64(_read_file(str(value)))
        found[field.name] = value
    verb.read(each, found, canon.from_base64)  # what is missing or misshapen is said here, at once
    return found


def _run(each: verb.Verb, written: Mapping[str, Any]) -> int:
    out = Out(as_json=written["as_json"], quiet=written["quiet"])
    sent = _sent_fields(each, written)
    office = client.office(config.load(written["at"]).folder)
    if isinstance(each, Act):
        found = office.ask("POST", f"/api/v1/{each.name}", sent)
        records = found["records"]
        code = 0
        if written["wait"]:
            records = [_wait(office, row, written["wait"], written["timeout"]) for row in records]
            code = 0 if all(row["reached"] for row in records) else NOT_YET_EXIT
            if any(row["level"] == "REJECTED" for row in records):
                code = REFUSED_EXIT
        out.answer({"records": records}, [_record_line(row) for row in records])
        if code == NOT_YET_EXIT:
            out.talk(say("wait.not_yet", level=written["wait"]))
        for row in records:
            if row.get("rejected"):
                out.talk(f"{row['rejected']['code']}: {row['rejected']['what']}")
        return code
    found = office.ask("GET", f"/api/v1/{each.name}", query=sent)
    if each.name.endswith("/export") and not written["as_json"]:
        sys.stdout.write("".join(cell for row in found["texts"] for cell in row))
        return 0
    out.answer(found["rows"], _table(each, found["texts"]))
    return 0


def _wait(office: client.Client, row: dict[str, Any], level: str, seconds: float) -> dict[str, Any]:
    due = LEVELS.index(level)
    deadline = clock() + seconds
    while True:
        now = office.ask("GET", f"/api/v1/record/{row['mid']}")
        reached = _rank(now["level"]) >= due
        if reached or clock() >= deadline or now["level"] == "REJECTED":
            return {**now, "reached": reached}
        time.sleep(_POLL)


def _rank(level: str) -> int:
    name = level.lower()
    return LEVELS.index(name) if name in LEVELS else -1


def _record_line(row: Mapping[str, Any]) -> str:
    place = f" {row['place']}" if row["place"] is not None else ""
    return say(
        "record.line", id=row["id"], kind=row["kind"], level=say(f"level.{row['level']}"),
        place=place, sender=row["from"], to=", ".join(row["to"]),
    )  # fmt: skip


def _table(look: Look, texts: list[list[str]]) -> list[str]:
    """Return a look's rows under their heads; nothing is cut, for an id is there to be copied."""
    if not texts:
        return [say("list.empty")]
    words, desk = _words(), look.name.partition("/")[0]
    heads = [words.get(f"{desk}.field.{column.name}", language()) for column in look.columns]
    shown = [
        [
            _choice(words, desk, cell) if isinstance(column.type, OneOf) else cell
            for column, cell in zip(look.columns, row, strict=True)
        ]
        for row in texts
    ]
    rows = [heads, *shown]
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _choice(words: Words, desk: str, cell: str) -> str:
    # Markings and precedences are the field's own in every language.
    key = f"{desk}.choice.{cell}"
    return words.get(key, language()) if key in words.keys(language()) else cell


def _group(desk: Desk) -> Callable[[], click.Group]:
    return lambda: verb.group(desk, _words(), language(), _run, _roof_options)


cert = _group(DESKS[0])


@click.group(help=say("verb.record"))
def record() -> None:
    """Hold the verbs about records."""


@record.command("list", help=say("help.record_list"), epilog=example("detente record list"))
@common
def record_list(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """List the records of this office."""
    rows = client.office(config.load(at).folder).ask("GET", "/api/v1/record")
    lines = [
        f"{row['id']}  {row['kind']:16} {row['from']} → {', '.join(row['to'])}" for row in rows
    ]
    Out(as_json=as_json, quiet=quiet).answer(rows, lines or [say("list.empty")])
    return 0


@record.command("show", help=say("help.record_show"), epilog=example("detente record show 7f3k2m"))
@click.argument("mid")
@common
def record_show(mid: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Show how far a record has come."""
    row = client.office(config.load(at).folder).ask("GET", f"/api/v1/record/{mid}")
    lines = [_record_line(row)]
    if row["rejected"]:
        lines.append(f"{row['rejected']['code']}: {row['rejected']['what']}")
    Out(as_json=as_json, quiet=quiet).answer(row, lines)
    return 0


@record.command("read", help=say("help.record_read"), epilog=example("detente record read 7f3k2m"))
@click.argument("mid")
@common
def record_read(mid: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Read a record; its author is told."""
    row = client.office(config.load(at).folder).ask("POST", f"/api/v1/record/{mid}/read")
    lines = [
        say(
            "record.head",
            id=row["id"],
            kind=row["kind"],
            sender=row["from"],
            at=row["created"],
        ),
        f"TLP:{row['tlp']}  {row['prec']}",
        "",
        row["text"] if row["known"] else say("record.unknown"),
    ]
    Out(as_json=as_json, quiet=quiet).answer(row, lines)
    return 0


@click.group(help=say("verb.evidence"))
def evidence() -> None:
    """Hold the verbs about evidence."""


@evidence.command(
    "export",
    help=say("help.evidence_export"),
    epilog=example("detente evidence export 7f3k2m --with-text -o matter.evidence"),
)
@click.argument("matter")
@click.option("-o", "--output", required=True, metavar="FILE", help=say("option.output"))
@click.option("--with-text", is_flag=True, help=say("option.with_text"))
@click.option("--about", default="", metavar="TEXT", help=say("option.about"))
@click.option("--record", "one", is_flag=True, help=say("option.one_record"))
@common
def evidence_export(
    matter: str, output: str, about: str, *, with_text: bool, one: bool, at: str | None,
    as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Write an evidence or proof file."""
    office = client.office(config.load(at).folder)
    if one:
        data = office.ask("GET", f"/api/v1/record/{matter}/proof")
    else:
        query = {"texts": "1" if with_text else "0", "about": about}
        data = office.ask("GET", f"/api/v1/matter/{matter}/evidence", query=query)
    write_file(data, output)
    out = Out(as_json=as_json and output != "-", quiet=quiet or output == "-")
    out.answer(
        {"file": output, "size": len(data)}, [say("evidence.written", file=output, size=len(data))]
    )
    return 0


@click.command(help=say("help.rebuild"), epilog=example("detente rebuild"))
@common
def rebuild(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """Fold all records again."""
    found = client.office(config.load(at).folder).ask("POST", "/api/v1/rebuild")
    Out(as_json=as_json, quiet=quiet).answer(found, [say("rebuild.done", count=found["records"])])
    return 0
