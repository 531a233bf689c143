"""The verb on a message, which is a file. No party needs to run for it."""

from pathlib import Path

import click

from detente.app import harmless
from detente.app.face import Out, common, example, say
from detente.app.printed import plain
from detente.core import limits
from detente.core.canon import Json
from detente.core.errors import OurFault


@click.command(
    "mail", help=say("help.cert_mail"), epilog=example("detente cert mail report.eml --json")
)
@click.argument("file")
@common
def mail(file: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Show a message as drafts of incidents; nothing is sent."""
    del at  # no party is needed
    from detente.desks.cert.files import MAIL  # noqa: PLC0415  most commands do not pay for it

    letter = MAIL.read(read_whole(Path(file), limits.MAX_MAIL))
    drafts: list[Json] = []
    lines: list[str] = []
    for one in letter.drafts:
        values: dict[str, Json] = {
            "about": one.about, "text": one.text, "severity": one.severity, "tlp": one.tlp,
            "seen": None if one.seen is None else str(one.seen), "reporter": one.reporter,
            "reference": one.reference,
            "addresses": [{"address": each, "role": role} for each, role in one.addresses],
        }  # fmt: skip
        drafts.append({name: value for name, value in values.items() if value})
        for name, value in values.items():
            if isinstance(value, str) and value:
                shown = "\n  ".join(map(plain, harmless.text("cert", value).splitlines()))
                lines.append(f"{say('mail.' + name)}: {shown}")
        lines += [
            plain(f"{say('mail.address')}: {harmless.text('cert', each)} {role}")
            for each, role in one.addresses
        ]
        lines.append("")
    out = Out(as_json=as_json, quiet=quiet)
    out.answer({"drafts": drafts, "warnings": [*letter.warnings]}, lines)
    for warning in letter.warnings:
        out.talk(plain(harmless.text("cert", warning)))
    return 0


def read_whole(file: Path, size_max: int) -> bytes:
    """Return what a file holds, at most one byte more than is allowed. Raises OurFault: file.unreadable."""
    try:
        with file.open("rb") as handle:
            return handle.read(size_max + 1)
    except OSError as error:
        raise OurFault(
            "file.unreadable", f"{file}: {error.strerror}", "name another file"
        ) from None
