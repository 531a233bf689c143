"""Verbs: backup, restore."""

from pathlib import Path

import click

from detente.app import config, system
from detente.app.face import Out, common, example, say, teller
from detente.core.errors import OurFault


@click.command(help=say("help.backup"), epilog=example("detente backup -o /mnt/backups"))
@click.option("-o", "--output", metavar="FILE|FOLDER", help=say("option.backup_output"))
@click.option("--check", "checked", metavar="FILE", help=say("option.backup_check"))
@common
def backup(
    output: str | None, checked: str | None, *, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Write a backup, or verify one."""
    out = Out(as_json=as_json, quiet=quiet)
    if (output is None) == (checked is None):
        raise OurFault("form.usage", "give either -o or --check", "see: detente backup --help")
    tell = teller("backup.progress", 1024**2, silent=as_json or quiet)
    if checked is not None:
        from detente.app.operating import restore as op_restore  # noqa: PLC0415

        found = op_restore.check(Path(checked), lambda done, total: tell(checked, done, total))
        out.answer(
            {
                "ok": True, "party": found.party, "made_at": found.made_at,
                "members": len(found.members), "size": found.size,
            },
            [
                say(
                    "backup.sound", party=found.party, at=found.made_at,
                    count=len(found.members), size=found.size,
                )
            ],
        )  # fmt: skip
        return 0
    from detente.app.operating import backup as op_backup  # noqa: PLC0415

    assert output is not None
    made = op_backup.run(config.load(at), Path(output), system.now(), tell)
    out.answer(
        {"file": str(made.file), "size": made.size, "members": made.members},
        [say("backup.made", file=made.file, size=made.size, count=made.members)],
    )
    return 0


@click.command(
    help=say("help.restore"),
    epilog=example("detente restore aurelia.gov-2026-11-22T030017Z.backup --to aurelia"),
)
@click.argument("file")
@click.option("--to", "folder", metavar="FOLDER", required=True, help=say("option.restore_to"))
@common
def restore(file: str, folder: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Write a backup into a new folder."""
    del at
    from detente.app.operating import restore as op_restore  # noqa: PLC0415

    tell = teller("backup.progress", 1024**2, silent=as_json or quiet)
    found = op_restore.run(Path(file), Path(folder), lambda done, all_: tell(file, done, all_))
    rows = [
        say("restore.done", party=found.party, at=found.made_at, folder=folder),
        say("restore.then"),
        say("restore.never"),
        say("restore.next", folder=folder),
    ]
    Out(as_json=as_json, quiet=quiet).answer(
        {
            "folder": folder, "party": found.party, "made_at": found.made_at,
            "members": len(found.members), "restored": True,
        },
        rows,
    )  # fmt: skip
    return 0
