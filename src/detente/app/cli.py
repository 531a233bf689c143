"""The command line: every verb's name stands here; what it does is loaded when it is called."""

import importlib
import sys
from pathlib import Path
from typing import Final

import click

from detente.app.face import example, say, tell_fault, usage
from detente.core.errors import Fault, OurFault

# name: where it is made. The words stand under verb.NAME.
VERBS: Final = {
    "init": "detente.app.verbs.party:init",
    "party": "detente.app.verbs.party:party",
    "card": "detente.app.verbs.card:card",
    "person": "detente.app.verbs.person:person",
    "desk": "detente.app.verbs.desk_keys:desk",
    "hatch": "detente.app.verbs.hatch:hatch",
    "vault": "detente.app.verbs.vault:vault",
    "run": "detente.app.verbs.run:run",
    "link": "detente.app.verbs.run:link",
    "carry": "detente.app.verbs.carry:carry",
    "log": "detente.app.verbs.run:log",
    "doctor": "detente.app.verbs.doctor:doctor",
    "check": "detente.app.verbs.care:check",
    "purge": "detente.app.verbs.care:purge",
    "backup": "detente.app.verbs.backup:backup",
    "restore": "detente.app.verbs.backup:restore",
    "cert": "detente.app.verbs.desk:cert",
    "notices": "detente.app.verbs.desk:notices",
    "hotline": "detente.app.verbs.desk:hotline",
    "designation": "detente.app.verbs.desk:designation",
    "record": "detente.app.verbs.record:record",
    "attention": "detente.app.verbs.attention:attention",
    "draft": "detente.app.verbs.draft:draft",
    "watch": "detente.app.verbs.watch:watch",
    "taxii": "detente.app.verbs.taxii:taxii",
    "feed": "detente.app.verbs.feed:feed",
    "audit": "detente.app.verbs.audit:audit",
    "search": "detente.app.verbs.search:search",
    "matter": "detente.app.verbs.matter:matter",
    "evidence": "detente.app.verbs.evidence:evidence",
    "paper": "detente.app.verbs.paper:paper",
    "rebuild": "detente.app.verbs.record:rebuild",
    "screening": "detente.app.verbs.screening_shadow:screening",
    "verify": "detente.app.verbs.check:verify",
    "config": "detente.app.verbs.check:config",
    "demo": "detente.app.verbs.check:demo",
    "world": "detente.app.verbs.check:world",
    "version": "detente.app.verbs.check:version",
}


DEFECT_EXIT: Final = 70


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
        found = root.main(
            _without_language(sys.argv[1:]), prog_name="detente", standalone_mode=False
        )
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
    except Exception as error:  # noqa: BLE001  a defect: whoever sits there gets a line, no trace
        tell_fault(_defect(error), as_json=as_json)
        return DEFECT_EXIT
    return found if isinstance(found, int) else 0


def _without_language(words: list[str]) -> list[str]:
    # `face.language` reads it before any verb is made; a verb need not take it again.
    kept: list[str] = []
    skip = False
    for i, word in enumerate(words):
        if word == "--":
            return kept + words[i:]
        if skip or word.startswith("--lang="):
            skip = False
        elif word == "--lang":
            skip = True
        else:
            kept.append(word)
    return kept


def _defect(error: Exception) -> OurFault:
    from detente.app import config, defect  # noqa: PLC0415  needed in one case of many

    words = [each for each in sys.argv[1:] if each in VERBS or each in ("node", "office")]
    at = next((b for a, b in zip(sys.argv, sys.argv[1:], strict=False) if a == "--at"), None)
    try:
        folder: Path | None = config.locate(at).resolve().parent
    except OurFault:
        folder = None
    return defect.report(error, " ".join(words), folder)


def _exit_code(fault: Fault) -> int:
    if fault.code == "proof.invalid":
        return 1
    if fault.code == "run.defect":
        return DEFECT_EXIT
    return 2  # whatever our own house says, somebody here can mend
