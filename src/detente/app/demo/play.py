"""`detente demo`: the main job with two invented parties on this machine, told step by step.

All that is told was done by the command line as processes of its own, so what is printed is what
happened. Nothing is left behind that is not named.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from detente.app.demo import bad_day, dispute, kill, restore, story
from detente.app.demo.show import Show, Told
from detente.app.demo.stage import PROGRAM, Stage
from detente.app.demo.staying import LetGo, beyond
from detente.app.face import Out, say, tell_fault
from detente.app.loop import clock
from detente.core.errors import Fault, OurFault

if TYPE_CHECKING:
    from detente.core.canon import Json

DISK_LEAST: Final = 500 * 1024**2  # bytes; below it, it is said first
DEFECT: Final = 70
INTERRUPTED: Final = 130
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_WATCH: Final = 0.2

Step = Callable[[Stage], Told]
STEPS: Final[tuple[Step, ...]] = (
    *story.STEPS, *bad_day.STEPS, restore.restore, *dispute.STEPS,
)  # fmt: skip


def run(folder: Path | None, out: Out, *, serve: bool, stay: int = 0) -> int:
    """Show the demo; return the exit code: 0, 70 if a step failed, 130 if it was interrupted.

    folder: a new one, kept; None for one that is removed in the end. serve: leave out the 1,000
    records, keep both parties up until SIGINT or SIGTERM, and tell where they are. stay: minutes
    for which both parties stay up when the command has ended, in the background.
    Raises OurFault("init.exists" | "file.unwritable").
    """
    place = _new_folder(folder)
    if serve or not stay:
        return _run(place, out, _Wish(serve=serve, is_kept=folder is not None))

    def play(let_go: LetGo) -> int:
        wish = _Wish(serve=False, is_kept=folder is not None, stay=stay, let_go=let_go)
        return _run(place, out, wish)

    sys.stdout.flush()
    return beyond(play)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What becomes of both parties in the end."""

    serve: bool
    is_kept: bool
    stay: int = 0  # minutes
    let_go: LetGo | None = None


def _run(place: Path, out: Out, wish: _Wish) -> int:
    stage = Stage(place)
    code = DEFECT  # of whatever else ends it: all is stopped, and kept to look into
    try:
        with _interruptible():
            code = _play(stage, out, wish)
    except KeyboardInterrupt:
        code = INTERRUPTED
    finally:
        with _undisturbed():
            stage.stop()
            is_kept = wish.is_kept or code == DEFECT
            if not is_kept:
                stage.remove()
            if code != 0 or wish.serve:
                _tell_end(out, place, is_kept=is_kept)
    return code


def _tell_end(out: Out, place: Path, *, is_kept: bool) -> None:
    # Beside the answer: with --serve that is one object.
    out.talk(say("demo.kept" if is_kept else "demo.removed", folder=place))
    if out.as_json:
        row = {"step": "stopped", "kept" if is_kept else "removed": str(place)}
        print(json.dumps(row), file=sys.stderr)


def _new_folder(given: Path | None) -> Path:
    try:
        if given is None:
            return Path(tempfile.mkdtemp(prefix="detente-demo-")).resolve()
        given.mkdir(parents=True, exist_ok=True, mode=0o700)
        is_empty = not any(given.iterdir())
    except OSError as error:
        raise OurFault(
            "file.unwritable", f"{given}: {error.strerror}", "choose another folder"
        ) from None
    if not is_empty:
        raise OurFault("init.exists", f"{given} is not empty", "choose a new folder: --folder")
    return given.resolve()


@contextmanager
def _interruptible() -> Iterator[None]:
    # Also where a shell started us with Ctrl-C ignored, and when a terminal is closed.
    before = [signal.signal(each, signal.default_int_handler) for each in _SIGNALS]
    try:
        yield
    finally:
        for each, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(each, handler)


@contextmanager
def _undisturbed() -> Iterator[None]:
    # A second Ctrl-C must not leave half of it behind. It takes seconds, and is bounded.
    before = [signal.signal(each, signal.SIG_IGN) for each in _SIGNALS]
    try:
        yield
    finally:
        for each, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(each, handler)


def _play(stage: Stage, out: Out, wish: _Wish) -> int:
    steps: dict[str, Step] = {each.__name__: each for each in STEPS}
    if not wish.serve:
        steps["kill"] = lambda stage: kill.kill(stage, show.progress)
    # Machines get one object from --serve: where to find what runs.
    show = Show(out, len(steps), quiet=wish.serve and out.as_json)
    _introduce(stage, show)
    start = clock()
    for name, step in steps.items():
        if not _did(stage, show, out, name, step):
            show.end({"step": "done", "ok": False, "kept": str(stage.folder)}, clock() - start, ())
            return DEFECT
    if wish.serve:
        return _serve(stage, show)
    seconds = clock() - start
    lines = [say("demo.done", seconds=f"{seconds:.1f}")]
    row: dict[str, Json] = {"step": "done", "ok": True}
    row["kept"] = str(stage.folder) if wish.is_kept else None
    if wish.let_go is not None:
        return _stay(stage, show, wish, (row, seconds, lines))
    lines.append(say("demo.kept" if wish.is_kept else "demo.gone", folder=stage.folder))
    lines.append(say("demo.see"))
    show.end(row, seconds, lines)
    return 0


def _stay(
    stage: Stage, show: Show, wish: _Wish, told: tuple[dict[str, "Json"], float, list[str]]
) -> int:
    assert wish.let_go is not None, "somebody waits"
    row, seconds, lines = told
    until = clock() + wish.stay * 60
    parties: dict[str, Json] = {}
    for party in stage.parties:
        link = party.enter_link()
        parties[party.name] = {"console": party.console.url, "enter": link}
        lines += ["", f"{party.name}  {party.console.url}", f"      {say('demo.console')}"]
        lines.append(f"      {link}")
    end = "demo.stays_kept" if wish.is_kept else "demo.stays"
    lines += ["", say(end, minutes=wish.stay, pid=os.getpid(), folder=stage.folder)]
    show.end(
        row | {"parties": parties, "pid": os.getpid(), "stay_s": wish.stay * 60}, seconds, lines
    )
    sys.stderr.flush()
    wish.let_go(0)
    _keep_up(stage, until)
    return 0


def _keep_up(stage: Stage, until: float | None) -> None:
    # Raises KeyboardInterrupt, or OurFault("demo.failed") when a party ended by itself.
    while until is None or clock() < until:
        time.sleep(_WATCH)
        for party in stage.parties:
            party.check_alive()


def _introduce(stage: Stage, show: Show) -> None:
    free = shutil.disk_usage(stage.folder).free
    if free < DISK_LEAST:
        print(say("demo.disk", free=free // 1024**2, folder=stage.folder), file=sys.stderr)
    show.say(say("demo.begin", folder=stage.folder))
    if shutil.which("detente") is None:
        own = Path(sys.argv[0]).absolute()
        program = own if os.access(own, os.X_OK) else " ".join(PROGRAM)
        show.say(say("demo.program", program=program))
    show.say("")


def _did(stage: Stage, show: Show, out: Out, name: str, step: Step) -> bool:
    show.begin(name)
    start = clock()
    try:
        told = step(stage)
    except Fault as fault:
        show.failed(fault, clock() - start, stage.logs())
        if show.quiet:
            tell_fault(fault, as_json=out.as_json)
        return False
    show.done(told, clock() - start)
    return True


def _serve(stage: Stage, show: Show) -> int:
    parties: dict[str, Json] = {}
    lines = [""]
    for party in stage.parties:
        config = str(party.folder / "detente.toml")
        pids = party.pids()
        parties[party.name] = {
            "folder": str(party.folder),
            "address": party.address,
            "env": {"DETENTE_CONFIG": config},
            "pids": {**pids},
            "log": str(party.log),
            "secrets": str(stage.folder / f"{party.short}-secrets"),
            "console": party.console.url,
            "enter": (link := party.enter_link()),
        }
        shown = ", ".join(f"{half} {pid}" for half, pid in pids.items())
        lines.append(say("demo.party", name=party.name, address=party.address, pids=shown))
        lines.append(f"      export DETENTE_CONFIG={config}")
        lines += [f"      {say('demo.console')}", f"      {link}"]
    lines += [
        "",
        *(say("demo.line_at", path=path, pid=each.pid) for path, each in stage.lines.items()),
    ]
    row: dict[str, Json] = {
        "step": "serve",
        "ok": True,
        "folder": str(stage.folder),
        "program": [*PROGRAM],
        "parties": parties,
        "lines": {path: each.pid for path, each in stage.lines.items()},
    }
    show.row(row, *lines, "", say("demo.serving"))
    try:
        _keep_up(stage, None)
    except KeyboardInterrupt:
        pass
    except OurFault as fault:
        tell_fault(fault, as_json=False)
        return DEFECT
    return 0
