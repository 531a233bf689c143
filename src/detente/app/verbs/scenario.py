"""The verb on a scenario of an exercise, which is a file. No party needs to run for it."""

from pathlib import Path

import click

from detente.app.face import Out, common, example, language, say
from detente.app.printed import plain
from detente.app.verbs.mail import read_whole
from detente.core import limits


@click.command(
    "scenario-check",
    help=say("help.notices_scenario_check"),
    epilog=example("detente notices scenario-check drill.toml"),
)
@click.argument("file")
@common
def scenario_check(file: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Check a scenario; a wrong one is refused with its line and the reason."""
    del at  # no party is needed
    from detente.desks.notices.files import read_scenario  # noqa: PLC0415  most commands do not pay for it
    from detente.desks.notices.forms import word  # noqa: PLC0415  likewise

    told = read_scenario(read_whole(Path(file), limits.MAX_SCENARIO))
    title = word(told.title, language())
    counts = {
        "notices": len(told.notices),
        "injects": len(told.injects),
        "questions": len(told.questions),
    }
    lines = [say("scenario.good", file=file), plain(f"{told.name}: {title}")]
    lines.append(say("scenario.counts", **{name: str(count) for name, count in counts.items()}))
    Out(as_json=as_json, quiet=quiet).answer({"name": told.name, **counts}, lines)
    return 0
