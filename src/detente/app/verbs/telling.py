"""The verb that draws a token for a constituent's own feed."""

import hashlib
import secrets

import click

from detente.app import client, config
from detente.app.face import Out, common, example, say
from detente.core import canon


@click.command(
    "draw_token",
    help=say("help.cert_draw_token"),
    epilog=example("detente cert draw_token water-north"),
)
@click.argument("key")
@common
def draw_token(key: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Draw a token, tell the office its hash, and show the token this once."""
    token = secrets.token_urlsafe(32)
    digest = hashlib.sha256(token.encode()).digest()
    office = client.office(config.load(at).folder)
    values = {"key": key, "token": canon.to_base64(digest)}
    found = office.ask("POST", "/api/v1/cert/constituent_token", values)
    path = f"/told/{token}"
    lines = [say("telling.token", path=path)]
    document = {"path": path, "records": found["records"], "drafts": found["drafts"]}
    Out(as_json=as_json, quiet=quiet).answer(document, lines)
    return 0
