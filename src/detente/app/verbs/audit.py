"""Verbs: audit list, verify, export. For people who are auditors of the house."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import click

from detente.app import client, config
from detente.app.face import Out, common, example, say, write_file
from detente.app.printed import plain
from detente.core.errors import OurFault

SHOWN: Final = 100
BAD_EXIT: Final = 1


@click.group(help=say("verb.audit"))
def audit() -> None:
    """Hold the verbs of auditors."""


def _asked(verb: Callable[..., int]) -> Callable[..., int]:
    for name, metavar in (
        ("until", "TIME"), ("since", "TIME"), ("kind", "KIND"), ("of", "MID"), ("desk", "DESK"),
        ("person", "PERSON"),
    ):  # fmt: skip
        verb = click.option(f"--{name}", metavar=metavar, help=say(f"option.audit_{name}"))(verb)
    return verb


def _query(given: Mapping[str, Any]) -> dict[str, object]:
    names = ("person", "desk", "of", "kind", "since", "until")
    return {name: given[name] for name in names if given[name]}


def _line(row: Mapping[str, Any]) -> str:
    step = f" {row['step']}" if row["step"] else ""
    parts = [
        say(
            "audit.line", at=row["at"], person=plain(row["person"]),
            what=f"{row['kind']} {row['what']}{step}", desk=row["desk"],
        )
    ]  # fmt: skip
    parts += [row["code"]] if row["code"] else []
    parts += [say("audit.of", count=row["count"])] if row["count"] else []
    parts += [say("audit.late", why=plain(row["unaudited"]))] if row["unaudited"] else []
    return "  ".join(parts)


@audit.command(
    "list", help=say("help.audit_list"), epilog=example("detente audit list --person anna")
)
@_asked
@common
def audit_list(*, at: str | None, as_json: bool, quiet: bool, **given: Any) -> int:  # noqa: ANN401
    """List entries, the newest first."""
    office = client.office(config.load(at).folder)
    rows = list(office.pages("/api/v1/audit", _query(given), SHOWN))
    Out(as_json=as_json, quiet=quiet).answer(rows, [_line(row) for row in rows])
    return 0


@audit.command("verify", help=say("help.audit_verify"), epilog=example("detente audit verify"))
@common
def audit_verify(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """Check the home log."""
    found = client.office(config.load(at).folder).ask("POST", "/api/v1/audit/verify", {})
    lines = [
        say("audit.bad", seq=each["seq"], code=each["code"], what=plain(each["what"]))
        for each in found["bad"]
    ]
    if found["hidden"]:
        lines.append(say("audit.hidden", count=found["hidden"]))
    if not found["bad_count"]:
        lines.append(say("audit.good", count=found["size"], root=found["root"]))
    for each in found["heads"]:
        head, word = each["head"], say(f"audit.head_{each['word']}")
        lines.append(
            say("audit.head", at=head["at"], size=head["size"], party=head["party"], word=word)
        )
    Out(as_json=as_json, quiet=quiet).answer(found, lines)
    return 0 if found["holds"] else BAD_EXIT


@audit.command(
    "export", help=say("help.audit_export"), epilog=example("detente audit export -o trail.jsonl")
)
@_asked
@click.option("--proof", is_flag=True, help=say("option.audit_proof"))
@click.option("-o", "--output", "file", required=True, metavar="FILE", help=say("option.output"))
@common
def audit_export(
    file: str, *, proof: bool, at: str | None, as_json: bool, quiet: bool,
    **given: Any,  # noqa: ANN401
) -> int:  # fmt: skip
    """Write entries to a file, one JSON object a line; or the whole log so that all can check it."""
    asked = next(iter(_query(given)), "")
    if proof and asked:
        raise OurFault(
            "form.unknown", f"--{asked} does not go with --proof: a part of a log proves nothing",
            "leave it out",
        )  # fmt: skip
    office = client.office(config.load(at).folder)
    if proof:
        data = office.ask("GET", "/api/v1/audit/file")
        write_file(data, file)
        out = Out(as_json=as_json, quiet=quiet or file == "-")
        out.answer({"size": len(data), "file": file}, [say("audit.proof", file=file)])
        return 0
    rows = list(office.pages("/api/v1/audit", _query(given)))
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_file(data.encode(), file)
    out = Out(as_json=as_json, quiet=quiet or file == "-")
    out.answer(
        {"entries": len(rows), "file": file}, [say("audit.written", count=len(rows), file=file)]
    )
    return 0
