"""A defect of ours: one line for people, and a report that may be handed on.

The report holds where it happened and of what kind it was. It never holds what an exception says,
nor values: those may be bodies or secrets.
"""

import os
import platform
import tempfile
import traceback
from pathlib import Path
from typing import Final

from detente import __version__
from detente.app import system
from detente.core.errors import OurFault

FOLDER: Final = "defects"
KEPT_MAX: Final = 20  # reports in a folder; the oldest give way
_DEPTH: Final = 5  # of exceptions behind one another


def report(error: BaseException, verb: str, folder: Path | None) -> OurFault:
    """Write the report, into the party's folder if there is one; return what people are told.

    verb is what was being done, without its arguments: those may be secrets.
    """
    text = _text(error, verb)
    what = f"{type(error).__name__} where none may be; this is a defect, and nothing you did wrong"
    try:
        file = _write(text.encode(), folder)
    except OSError as refused:
        where = f"no report could be written ({refused.strerror}): {_place(error)}"
        return OurFault(
            "run.defect", f"{what}. {where}", "hand that line to whoever looks after it"
        )
    return OurFault("run.defect", what, f"hand on the report {file}: it holds no texts and no keys")


def find(folder: Path, process: int) -> str:
    """Return the newest report of a process by its number; "" if it left none."""
    found = sorted((folder / FOLDER).glob(f"*-{process}.txt"))
    return str(found[-1]) if found else ""


def _text(error: BaseException, verb: str) -> str:
    lines = [
        f"detente {__version__}, python {platform.python_version()}, {system.now()}",
        f"doing: {verb}",
    ]
    seen: BaseException | None = error
    for _ in range(_DEPTH):
        if seen is None:
            break
        lines.append(f"{type(seen).__module__}.{type(seen).__qualname__}")
        lines += [
            f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line}"
            for frame in traceback.extract_tb(seen.__traceback__)
        ]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(lines) + "\n"


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "nowhere"


def _write(data: bytes, folder: Path | None) -> Path:
    if folder is None:
        handle, name = tempfile.mkstemp(".txt", "detente-defect-")  # for this user alone
        os.close(handle)
        Path(name).write_bytes(data)
        return Path(name)
    place = folder / FOLDER
    place.mkdir(mode=0o700, exist_ok=True)
    for old in sorted(place.glob("*.txt"))[: -KEPT_MAX + 1]:
        old.unlink(missing_ok=True)
    file = place / f"{str(system.now()).replace(':', '')}-{os.getpid()}.txt"
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
    return file
