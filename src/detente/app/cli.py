"""The command line: every verb's name stands here; what it does is loaded when it is called."""

import importlib
import sys
from typing import Final

import click

from detente.app.face import example, say, tell_fault, usage
from detente.core.errors import Fault, OurFault

# name: where it is made. The words stand under verb.NAME.
VERBS: Final = {
    "init": "detente.app.verbs_party:init",
    "party": "detente.app.verbs_party:party",
    "run": "detente.app.verbs_run:run",
    "link": "detente.app.verbs_run:link",
    "log": "detente.app.verbs_run:log",
    "doctor": "detente.app.verbs_run:doctor",
    "cert": "detente.app.verbs_desk:cert",
    "record": "detente.app.verbs_desk:record",
    "evidence": "detente.app.verbs_desk:evidence",
    "rebuild": "detente.app.verbs_desk:rebuild",
    "verify": "detente.app.verbs_check:verify",
    "config": "detente.app.verbs_check:config",
    "demo": "detente.app.verbs_check:demo",
    "world": "detente.app.verbs_check:world",
    "version": "detente.app.verbs_check:version",
}


class Root(click.Group):
    """Loads a verb when it is called: help must not pay for desks."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the verbs in the order people meet them."""
        return list(VERBS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one verb, or None."""
        place = VERBS.get(cmd_name)
        if place is None:
            return None
        module, name = place.split(":")
        found = getattr(importlib.import_module(module), name)
        command: click.Command = found if isinstance(found, click.Command) else found()
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of verbs from the words alone."""
        with formatter.section(say("help.verbs")):
            formatter.write_dl([(name, say(f"verb.{name}")) for name in VERBS])


def main() -> int:
    """Run one verb; return the exit code of docs/cli.md."""
    as_json = "--json" in sys.argv
    root = Root(
        "detente",
        help=say("help.root"),
        epilog=example("detente demo"),
        params=[
            click.Option(["--lang"], metavar="en|ru", help=say("option.lang"), expose_value=False)
        ],
    )
    try:
        found = root.main(prog_name="detente", standalone_mode=False)
    except Fault as fault:
        tell_fault(fault, as_json=as_json)
        return _exit_code(fault)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return 130
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return 2
    except click.ClickException as error:
        tell_fault(usage(error), as_json=as_json)
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    return found if isinstance(found, int) else 0


def _exit_code(fault: Fault) -> int:
    if fault.code == "proof.invalid":
        return 1
    if fault.code == "run.timeout":
        return 5
    return 2 if isinstance(fault, OurFault) else 4
