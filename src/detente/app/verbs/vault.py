"""Verbs: the vault group."""

from pathlib import Path

import click

from detente.app import client, config, system
from detente.app.face import Out, common, example, say
from detente.core.errors import OurFault


@click.group(help=say("verb.vault"))
def vault() -> None:
    """Hold the verbs about vaults."""


@vault.command(
    "passphrase",
    help=say("help.vault_passphrase"),
    epilog=example("detente vault passphrase node --new-passphrase-file new.txt"),
)
@click.argument("which")
@click.option("--passphrase-file", default="", metavar="FILE", help=say("option.secret"))
@click.option("--new-passphrase-file", default="", metavar="FILE", help=say("option.new_secret"))
@common
def passphrase(
    which: str, passphrase_file: str, new_passphrase_file: str, *,
    at: str | None, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Change the passphrase of a vault: node, office, or the folder of the root keys."""
    from detente.app import build_keys  # noqa: PLC0415

    file = passphrase_file
    if which in ("node", "office"):
        settings = config.load(at)
        folder = settings.folder / which / "vault"
        file = file or settings.path(f"vault.{which}_passphrase_file")
    else:
        folder = Path(which)
    old = system.passphrase(which, file, "--passphrase-file")
    fresh = system.passphrase(f"{which} (new)", new_passphrase_file, "--new-passphrase-file")
    if not new_passphrase_file and fresh != system.passphrase(f"{which} (new, again)", "", ""):
        raise OurFault("vault.passphrase", "the two differ", "type the new one twice")
    build_keys.change_passphrase(folder, old, fresh)
    lines = [say("vault.changed", folder=folder), say("vault.change_files")]
    Out(as_json=as_json, quiet=quiet).answer({"vault": str(folder)}, lines)
    return 0


@vault.command(
    "purge-old", help=say("help.vault_purge"), epilog=example("detente vault purge-old office")
)
@click.argument("which", type=click.Choice(["node", "office"]))
@click.option("--passphrase-file", default="", metavar="FILE", help=say("option.secret"))
@click.option("--yes", is_flag=True, help=say("option.do_it"))
@common
def purge_old(
    which: str, passphrase_file: str, *, yes: bool, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Take away keys that no card in force names, 30 days after every peer has the newest card."""
    from detente.app import build_keys  # noqa: PLC0415
    from detente.app.operating import keys  # noqa: PLC0415
    from detente.node.ports import Told  # noqa: PLC0415

    settings = config.load(at)
    file = passphrase_file or settings.path(f"vault.{which}_passphrase_file")
    told = client.node(settings.folder).ask("GET", "/v1/cards")["told"]
    keys.check_known([Told(**row) for row in told], keys.KEEP, system.now())
    secret = system.passphrase(which, file, "--passphrase-file")
    gone = build_keys.purge_old(settings, which, secret, only_look=not yes)
    lines = [say("vault.purged" if yes else "vault.would_purge", id=each) for each in gone]
    Out(as_json=as_json, quiet=quiet).answer(
        {"keys": [*gone], "purged": yes}, lines or [say("vault.nothing")]
    )
    return 0
