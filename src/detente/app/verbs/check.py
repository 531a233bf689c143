"""Verbs that need no running party: verify, config, version; and demo, world."""

import io
import platform
import sys
from pathlib import Path
from typing import Final

import click

from detente import __version__
from detente.app.config import Value
from detente.app.face import Out, common, example, say
from detente.core.canon import Json

STAY_MAX: Final = 600  # minutes; the demo is no way to run a party


@click.command(
    help=say("help.verify"),
    epilog=example("detente verify matter.evidence --card aurelia.card --card borealis.card"),
)
@click.argument("file")
@click.option("--card", "cards", multiple=True, metavar="FILE", help=say("option.card"))
@click.option("--plaintext", metavar="FILE", help=say("option.plaintext"))
@click.option("--accept-fast", is_flag=True, help=say("option.accept_fast"))
@common
def verify(
    file: str, cards: tuple[str, ...], plaintext: str | None, *, accept_fast: bool,
    at: str | None, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Check a proof or evidence file; no party is needed."""
    del at  # a proof needs no party's folder
    from detente.app.verify import proof as checker  # noqa: PLC0415

    found = checker.run(
        Path(file),
        [Path(each) for each in cards],
        Path(plaintext) if plaintext else None,
        accept_fast=accept_fast,
    )
    Out(as_json=as_json, quiet=quiet).answer(found.document, found.lines)
    return found.exit_code


@click.group(help=say("verb.config"))
def config() -> None:
    """Hold the verbs about settings."""


@config.command("show", help=say("help.config_show"), epilog=example("detente config show"))
@common
def config_show(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """Show every setting and its source."""
    from detente.app import config as settings  # noqa: PLC0415

    found = settings.load(at)
    rows: dict[str, Json] = {
        name: {"value": _plain(value), "from": found.sources[name]}
        for name, value in sorted(found.values.items())
    }
    lines = [
        f"{name} = {value!r}    # {found.sources[name]}"
        for name, value in sorted(found.values.items())
    ]
    Out(as_json=as_json, quiet=quiet).answer(rows, lines)
    return 0


def _plain(value: Value) -> Json:
    return list(value) if isinstance(value, list) else value


@config.command("check", help=say("help.config_check"), epilog=example("detente config check"))
@common
def config_check(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """Check the settings."""
    from detente.app import config as settings  # noqa: PLC0415

    found = settings.load(at)
    Out(as_json=as_json, quiet=quiet).answer(
        {"ok": True, "folder": str(found.folder)}, [say("config.well", folder=found.folder)]
    )
    return 0


@click.command(help=say("help.version"), epilog=example("detente version --json"))
@common
def version(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """Show versions."""
    del at
    row: Json = {"detente": __version__, "protocol": [1], "python": platform.python_version()}
    Out(as_json=as_json, quiet=quiet).answer(row, [f"detente {__version__}, protocol 1"])
    return 0


@click.command(help=say("help.demo"), epilog=example("detente demo --serve"))
@click.option("--serve", is_flag=True, help=say("option.serve"))
@click.option(
    "--stay", type=click.IntRange(1, STAY_MAX), metavar="MINUTES", help=say("option.demo_stay")
)
@click.option("--folder", metavar="FOLDER", help=say("option.demo_folder"))
@common
def demo(
    *, serve: bool, stay: int | None, folder: str | None, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Show the main job with two invented parties."""
    del at
    from detente.app.demo import play as show  # noqa: PLC0415

    place = Path(folder) if folder else None
    return show.run(place, Out(as_json=as_json, quiet=quiet), serve=serve, stay=stay or 0)


@click.command(help=say("help.world"), epilog=example("detente world --seed 4417"))
@click.option("--seed", type=int, required=True, metavar="N", help=say("option.seed"))
@common
def world(seed: int, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Replay one seed of the simulator."""
    del at
    from detente.app.world import run as simulator  # noqa: PLC0415
    from detente.app.world.epochs import LawBroken  # noqa: PLC0415

    moves = io.StringIO() if as_json or quiet else sys.stdout
    broken = ""
    try:
        simulator.replay(seed, moves)
    except LawBroken as law:
        broken = str(law)
    if isinstance(moves, io.StringIO):
        rows: list[Json] = [*moves.getvalue().splitlines()]
        Out(as_json=as_json, quiet=quiet).answer(
            {"seed": seed, "broken": broken, "moves": rows}, []
        )
    elif broken:
        print(broken)
    return 1 if broken else 0
