"""Verbs of desks, made from their declarations."""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from detente.app import catalogue, client, config, harmless
from detente.app.desks import named
from detente.app.face import Out, common, language, say
from detente.app.printed import plain
from detente.app.verbs import large
from detente.app.verbs.lines import draft_line, draft_todo, mark_lines, record_line
from detente.core import canon, limits
from detente.core.errors import OurFault
from detente.office.desk import Act, Desk, Look
from detente.office.enclosed import ATTACH, Upload
from detente.office.fields import File, OneOf
from detente.office.samples import ENDING
from detente.ui import verb
from detente.ui.words import Words

LEVELS: Final = ("submitted", "sent", "stored", "delivered", "read")
CONFIRMED: Final = "stored-pq"
_POLL: Final = 0.05
_FEED: Final = "/feed"  # a look whose rows are files: a name and a text
LESS_EXIT: Final = 3  # done, but less than asked: a second person must agree, or it is held
REFUSED_EXIT: Final = 4  # the other party refused
NOT_YET_EXIT: Final = 5
_TOO_LARGE: Final = "cert.bundle_size"
_FILE_MAX: Final = limits.MAX_BUNDLE  # bytes: as a request of text it stays below http.BODY_MAX


def _roof_options(each: verb.Verb) -> list[click.Parameter]:
    def holder() -> None:
        pass

    found: list[click.Parameter] = getattr(common(holder), "__click_params__", [])
    if isinstance(each, Look):
        if each.name.endswith(_FEED):
            found.append(
                click.Option(["-o", "--output"], metavar="FOLDER", help=say("option.feed_folder"))
            )
        return found[::-1]
    if each.large is not None:
        preview = click.Option(["--dry-run"], is_flag=True, help=say("option.large_dry_run"))
        found.append(preview)
    wait = click.Option(
        ["--wait"],
        type=click.Choice((*LEVELS, CONFIRMED)),
        help=say("option.wait"),
        metavar="LEVEL",
    )
    timeout = click.Option(
        ["--timeout"], type=float, default=30.0, help=say("option.timeout"), metavar="SECONDS"
    )
    samples = click.Option(
        ["--sample"], multiple=True, metavar="FILE", help=say("option.sample")
    )  # beside what it attaches
    attaches = [samples] if any(field.name == ATTACH.name for field in each.fields) else []
    look = click.Option(["--preview"], is_flag=True, help=say("option.preview"))
    return [look, wait, timeout, *attaches, *reversed(found)]


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


def _sent_fields(
    each: verb.Verb,
    written: Mapping[str, object],
    hand_in: Callable[[str, str], str],
) -> dict[str, object]:
    # Values travel as written; a file travels as its bytes, one to attach goes ahead.
    found: dict[str, object] = {}
    for field in each.fields:
        value = written.get(field.name)
        if value is None or value == ():
            continue
        if isinstance(field.type, File):
            value = canon.to_base64(_read_file(str(value)))
        if not isinstance(field.type, Upload):
            found[field.name] = value
    verb.read(each, found, canon.from_base64)  # what is missing or misshapen is said here, at once
    for field in each.fields:
        names = written.get(field.name)
        if isinstance(field.type, Upload) and isinstance(names, tuple) and names:
            found[field.name] = [hand_in(str(name), "") for name in names]
    samples = written.get("sample")
    if isinstance(samples, tuple) and samples and each.name:
        held = found.get(ATTACH.name, [])
        assert isinstance(held, list), "handles of files"
        found[ATTACH.name] = [*held, *(hand_in(str(name), ENDING) for name in samples)]
    return found


def _hand_in(office: client.Client, name: str, sample: str) -> str:
    from detente.app.verbs.file import hand_in  # noqa: PLC0415  who attaches nothing does not pay

    return hand_in(office, name, sample=bool(sample))


def _run(each: verb.Verb, written: Mapping[str, Any]) -> int:
    out = Out(as_json=written["as_json"], quiet=written["quiet"])
    office = client.office(config.load(written["at"]).folder)
    if isinstance(each, Act):
        found = _act(each, office, written, out)
        if found.get("phase") == "ready":
            out.answer(found, [])
            return 0
        if written["preview"]:
            leaves = [line for row in found["previews"] for line in _leaves(row)]
            out.answer(found["previews"], leaves)
            return 0
        records = found["records"]
        code = 0
        if written["wait"]:
            records = [_wait(office, row, written["wait"], written["timeout"]) for row in records]
            code = 0 if all(row["reached"] for row in records) else NOT_YET_EXIT
            if any(row["level"] == "REJECTED" for row in records):
                code = REFUSED_EXIT
        notes, drafts, begun = found["notes"], found["drafts"], found.get("begun", [])
        out.answer(
            {"records": records, "notes": notes, "drafts": drafts, "begun": begun},
            [line for row in records for line in (record_line(row), *mark_lines(row))]
            + [draft_line(row) for row in drafts]
            + [_begun_line(row) for row in begun],
        )
        for line in dict.fromkeys(plain(note) for row in begun for note in row["notes"]):
            out.talk(line)
        for row in drafts:
            out.talk(draft_todo(row))
            code = code or LESS_EXIT
        for note in notes:
            out.talk(f"{note['code']}: {note['what']}; {note['remedy']}")
        if code == NOT_YET_EXIT:
            out.talk(say("wait.not_yet", level=written["wait"]))
        for row in records:
            if row.get("rejected"):
                out.talk(f"{row['rejected']['code']}: {row['rejected']['what']}")
        return code
    sent = _sent_fields(each, written, lambda name, sample: _hand_in(office, name, sample))
    found = office.ask("GET", f"/api/v1/{each.name}", query=sent)
    if each.name.endswith(("/export", "_export")) and not written["as_json"]:
        sys.stdout.write("".join(cell for row in found["texts"] for cell in row))
        for row in found["rows"]:
            for line in mark_lines(row):
                out.talk(line.strip())
        return 0
    if each.name.endswith(_FEED) and written["output"]:
        _write_files(Path(written["output"]), found["texts"])
        out.answer(
            {"files": len(found["texts"])}, [say("misp_feed.written", count=len(found["texts"]))]
        )
        return 0
    out.answer(found["rows"], _table(each, found["texts"], found["rows"]))
    return 0


def _act(each: Act, office: client.Client, written: Mapping[str, Any], out: Out) -> dict[str, Any]:
    """Do an act, or show what it would do; with a file too large for one record step by step."""
    file = next((field for field in each.fields if isinstance(field.type, File)), None)
    name = str(written.get(file.name)) if file is not None else ""
    is_large = each.large is not None and (large.is_large(name) or written["dry_run"])
    query = {"preview": "true"} if written["preview"] else None
    if not is_large:
        sent = _sent_fields(each, written, lambda path, sample: _hand_in(office, path, sample))
        try:
            return dict(office.ask("POST", f"/api/v1/{each.name}", sent, query=query))
        except OurFault as fault:
            # Few bytes may be too many objects.
            if each.large is None or fault.code != _TOO_LARGE or name == "-":
                raise
    assert file is not None, "what is large is a file"
    small = replace(each, fields=tuple(one for one in each.fields if one is not file))
    sent = _sent_fields(small, written, lambda path, sample: _hand_in(office, path, sample))
    dry_run = written["dry_run"] or written["preview"]
    return large.send(office, each.name, name, sent, out, dry_run=dry_run)


def _write_files(folder: Path, files: list[list[str]]) -> None:
    """Write (name, text) pairs into a folder; each is whole when its name stands there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in sorted(files, key=lambda each: each[0] == "manifest.json"):
            assert Path(name).name == name, "the office names files of a feed by their uuids"
            fresh = folder / f".{name}.new"
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(folder / name)
    except OSError as error:
        what = f"{folder}: {error.strerror}"
        raise OurFault("file.unwritable", what, "choose another folder") from None


def _wait(office: client.Client, row: dict[str, Any], level: str, seconds: float) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while True:
        now = office.ask("GET", f"/api/v1/record/{row['mid']}")
        reached = _has_reached(now, level)
        if reached or time.monotonic() >= deadline or now["level"] == "REJECTED":
            return {**now, "reached": reached}
        time.sleep(_POLL)


def _has_reached(row: Mapping[str, Any], level: str) -> bool:
    if level == CONFIRMED:
        return bool(row["confirmed"])
    name = row["level"].lower().removesuffix("-pq")
    return name in LEVELS and LEVELS.index(name) >= LEVELS.index(level)


def _table(look: Look, texts: list[list[str]], rows: list[dict[str, Any]]) -> list[str]:
    """Return a look's rows under their heads; nothing is cut, for an id is there to be copied."""
    if not texts:
        return [say("list.empty")]
    words, desk = _words(), look.name.partition("/")[0]
    heads = [words.get(f"{desk}.head.{column.name}", language()) for column in look.columns]
    shown = [
        [
            _choice(words, desk, cell)
            if isinstance(column.type, OneOf)
            else harmless.column(desk, column, cell)
            for column, cell in zip(look.columns, row, strict=True)
        ]
        for row in texts
    ]
    widths = [max(len(row[i]) for row in (heads, *shown)) for i in range(len(heads))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, *shown)
    ]
    if not any(column.name == "mid" for column in look.columns):  # all rows are of one record
        return [*mark_lines(rows[0]), *lines]
    marked = [[], *map(mark_lines, rows)]
    return [each for line, marks in zip(lines, marked, strict=True) for each in (line, *marks)]


def _leaves(row: Mapping[str, Any]) -> list[str]:
    """Return a record that would leave, and what was asked of it before."""
    words, desk = _words(), row["kind"].partition(".")[0]
    head = say(
        "preview.leaves",
        kind=row["kind"],
        to=", ".join(row["to"]),
        tlp=row["tlp"],
        size=row["size"],
    )
    lines = [head]
    for each in row["answers"]:
        why = _choice(words, desk, each["why"]) if each["why"] else ""
        told = (f"{each['count']} {_choice(words, desk, each['state'])}", why, each["lists"])
        under = f" ({say('preview.under', mid=each['under'])})" if each["under"] else ""
        lines.append(f"  {each['party']}: {', '.join(filter(None, told))}{under}")
    if row["unread"]:
        lines.append(f"  {say('preview.unread', names=plain(', '.join(row['unread'])))}")
    return lines


def _begun_line(row: Mapping[str, Any]) -> str:
    return say("begun.line", about=plain(row["about"]), act=row["act"], name=row["name"])


def _choice(words: Words, desk: str, cell: str) -> str:
    # Markings and precedences are the field's own in every language.
    key = f"{desk}.choice.{cell}"
    return words.get(key, language()) if key in words.keys(language()) else cell


def _words() -> Words:
    return catalogue.load(languages=(language(),))


def _group(desk: Desk) -> Callable[[], click.Group]:
    return lambda: verb.group(desk, _words(), language(), _run, _roof_options)


class _Csaf(click.Group):
    """The verbs about advisories, loaded when one is asked for."""

    def _loaded(self) -> click.Group:
        from detente.app.verbs.csaf import csaf  # noqa: PLC0415  most commands do not pay for it

        return csaf

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return their names."""
        return self._loaded().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one of them."""
        return self._loaded().get_command(ctx, cmd_name)


def cert() -> click.Group:
    """Return the verbs of the CERT desk, and those of its files beside them."""
    from detente.app.verbs.mail import mail  # noqa: PLC0415  loaded when the desk is
    from detente.app.verbs.telling import draw_token  # noqa: PLC0415  likewise

    found = _group(named("cert"))()
    found.add_command(_Csaf("csaf", help=say("verb.cert_csaf")))
    found.add_command(mail)
    found.add_command(draw_token)
    return found


def notices() -> click.Group:
    """Return the verbs of the desk of notices, and that of its files beside them."""
    from detente.app.verbs.scenario import scenario_check  # noqa: PLC0415  loaded when the desk is

    found = _group(named("notices"))()
    found.add_command(scenario_check)
    return found


def hotline() -> click.Group:
    """Return the verbs of the direct line."""
    return _group(named("hotline"))()


def designation() -> click.Group:
    """Return the verbs of the desk of designations."""
    return _group(named("designation"))()
