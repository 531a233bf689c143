"""Files at the command line: handed in before an act, listed, saved. A piece at a time."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from secrets import token_bytes
from typing import IO, Any

import click

from detente.app import client, config
from detente.app.face import Out, common, example, say
from detente.app.sample_zip import SALT_SIZE, SIZE_MAX, pack_sample
from detente.core import limits
from detente.core.errors import OurFault
from detente.office import samples
from detente.office.files import PIECE


def hand_in(office: client.Client, name: str, *, sample: bool = False) -> str:
    """Hand a file to the office, as a sample of malware if it is one; return the name it got there.

    Raises OurFault: file.unreadable, and as office.files.Files does.
    """
    path = Path(name)
    called = samples.named(path.name) if sample else path.name
    try:
        size = path.stat().st_size
        with path.open("rb") as handle:
            if not path.is_file():  # a pipe has no size, and a folder nothing to send
                raise OurFault("file.unreadable", f"{name}: no plain file", "name another file")
            mark = str(office.ask("POST", "/api/v1/file", {"name": called, "size": size})["file"])
            done = 0
            while done < size:
                piece = handle.read(min(PIECE, size - done))
                if not piece:
                    what = f"{name} became shorter while it was read"
                    raise OurFault("file.unreadable", what, "try again when nobody writes it")
                done = office.ask("POST", f"/api/v1/file/{mark}", piece)["held"]
    except OSError as error:
        raise OurFault(
            "file.unreadable", f"{name}: {error.strerror}", "name another file"
        ) from None
    return mark


def file_line(row: Mapping[str, Any]) -> str:
    """Return one line about a file of a record."""
    there = ", ".join(row["attached"])
    key = "files.line_attached" if there else "files.line"
    line = say(
        key, number=row["number"] + 1, name=row["name"], size=row["size"],
        percent=row["percent"], there=there,
    )  # fmt: skip
    return f"{line}  {_scan(row)}" if row["scan"] else line


def _scan(row: Mapping[str, Any]) -> str:
    # The scanner's own words may quote the file: no control character of them reaches a terminal.
    word = say(f"files.scan.{row['scan']}")
    return f"{word}: {row['said']}" if row["said"] else word


def summary(rows: list[Mapping[str, Any]]) -> list[str]:
    """Return one line on how far the files of a record are; none if it has none."""
    if not rows:
        return []
    behind = next((row for row in rows if row["percent"] < 100), None)  # noqa: PLR2004
    if behind is None:
        return [say("files.all", count=len(rows))]
    return [
        say("files.some", number=behind["number"] + 1, count=len(rows), percent=behind["percent"])
    ]


@click.command(
    "files", help=say("help.record_files"), epilog=example("detente record files 7f3k2m")
)
@click.argument("mid")
@common
def record_files(mid: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """List the files of a record, and how far they are."""
    rows = client.office(config.load(at).folder).ask("GET", f"/api/v1/record/{mid}/files")
    lines = [file_line(row) for row in rows]
    Out(as_json=as_json, quiet=quiet).answer(rows, lines or [say("list.empty")])
    return 0


@click.command(
    "save",
    help=say("help.record_save"),
    epilog=example("detente record save 7f3k2m report.pdf -o report.pdf"),
)
@click.argument("mid")
@click.argument("name")
@click.option("-o", "--output", required=True, metavar="FILE", help=say("option.output"))
@common
def record_save(
    mid: str, name: str, output: str, *, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Write a file of a record, a piece at a time; it has its name only when it is whole."""
    office = client.office(config.load(at).folder)
    rows = office.ask("GET", f"/api/v1/record/{mid}/files")
    found = [row for row in rows if name in (row["name"], str(row["number"] + 1))]
    if not found:
        raise OurFault(
            "stage.name", f"the record has no file {name!r}", f"see: detente record files {mid}"
        )
    row = found[0]
    where = f"/api/v1/record/{mid}/file/{row['number']}"
    if row["sample"]:
        _save_locked(office, where, row, output)
        Out(as_json=False, quiet=False).talk(say("files.sample", name=row["name"]))
    elif output == "-":
        _copy(office, where, row["size"], sys.stdout.buffer)
    else:
        _save(office, where, row["size"], Path(output))
    out = Out(as_json=as_json and output != "-", quiet=quiet or output == "-")
    line = say("files.saved", name=row["name"], file=output, size=row["size"])
    out.answer({"file": output, "name": row["name"], "size": row["size"]}, [line])
    return 0


def _save(office: client.Client, where: str, size: int, path: Path) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as handle:
            _copy(office, where, size, handle)
        part.replace(path)
    except OSError as error:
        raise OurFault(
            "file.unwritable", f"{path}: {error.strerror}", "choose another file"
        ) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _save_locked(office: client.Client, where: str, row: Mapping[str, Any], output: str) -> None:
    # Never a byte of it in the clear on a disk: it is locked in memory.
    if row["size"] > SIZE_MAX:
        raise OurFault(
            "form.size", f"{row['name']}: a sample of {row['size']} bytes where {SIZE_MAX} are allowed",
            "fetch it by the API, in a place made for it",
        )  # fmt: skip
    held = BytesIO()
    _copy(office, where, row["size"], held, sample=True)
    packed = pack_sample(samples.real_name(row["name"]), held.getvalue(), token_bytes(SALT_SIZE))
    if output == "-":
        sys.stdout.buffer.write(packed)
        return
    try:
        Path(output).write_bytes(packed)
    except OSError as error:
        raise OurFault(
            "file.unwritable", f"{output}: {error.strerror}", "choose another file"
        ) from None


def _copy(
    office: client.Client, where: str, size: int, handle: IO[bytes], *, sample: bool = False
) -> None:
    done = 0
    while done < size:
        piece = office.ask(
            "GET",
            where,
            query={"from": done // limits.CHUNK, **({"sample": "true"} if sample else {})},
        )
        handle.write(piece)
        done += len(piece)
        if len(piece) % limits.CHUNK and done < size:
            raise OurFault(
                "stage.missing", "the file ends before its size", "wait until it has arrived"
            )
