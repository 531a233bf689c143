"""Verbs on advisories in CSAF 2.0, which are files. No party needs to run for them."""

import json
import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from detente.app import system
from detente.app.face import Out, common, example, say
from detente.app.printed import plain
from detente.app.verbs.mail import read_whole
from detente.core import limits
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.desks.cert.files import CSAF

_SIGNING: Final = 120.0  # seconds; a person may have to touch a key
_OPEN_FOLDER: Final = "white"


@click.group(help=say("verb.cert_csaf"))
def csaf() -> None:
    """Hold the verbs about advisories."""


@csaf.command(
    "check", help=say("help.csaf_check"), epilog=example("detente cert csaf check advisory.json")
)
@click.argument("file")
@common
def check(file: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Check one advisory; 1 if it is no valid CSAF 2.0."""
    del at  # no party is needed
    report = CSAF.examine(read_whole(Path(file), limits.MAX_CSAF))
    rows: list[Json] = [
        {
            "test": one.test, "level": one.level.value, "path": one.path, "what": one.what,
            "remedy": one.remedy,
        }
        for one in report.findings
    ]  # fmt: skip
    word = "csaf.valid" if report.is_valid else "csaf.invalid"
    lines = [say(word, file=file)]
    for one in report.findings:
        lines.append(plain(f"{one.test}  {say('csaf.' + one.level.value)}  {one.path}  {one.what}"))
        lines.append(plain(f"{say('fault.try')}  {one.remedy}"))
    if report.is_cut:
        lines.append(say("csaf.more", count=len(rows)))
    document: Json = {"valid": report.is_valid, "findings": rows, "more": report.is_cut}
    Out(as_json=as_json, quiet=quiet).answer(document, lines)
    return 0 if report.is_valid else 1


@csaf.command(
    "publish",
    help=say("help.csaf_publish"),
    epilog=example(
        "detente cert csaf publish advisory.json --to /srv/csaf"
        " --url https://cert.aurelia.example/.well-known/csaf/"
        ' --sign-by "gpg --batch --armor --detach-sign" --key cert.asc'
    ),
)
@click.argument("files", nargs=-1)
@click.option("--to", "folder", required=True, metavar="FOLDER", help=say("option.csaf_to"))
@click.option("--url", metavar="ADDRESS", help=say("option.csaf_url"))
@click.option("--sign-by", metavar="COMMAND", help=say("option.csaf_sign_by"))
@click.option("--key", metavar="FILE", help=say("option.csaf_key"))
@common
def publish(
    files: tuple[str, ...], folder: str, url: str | None, sign_by: str | None, key: str | None,
    *, at: str | None, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Put advisories into a provider's directory; every index in it is written anew."""
    del at  # no party is needed
    if bool(sign_by) != bool(key):
        raise OurFault("form.usage", "--sign-by and --key go together", "give both, or none")
    root = Path(folder)
    held = _held(root)
    public = read_whole(Path(key), limits.MAX_CSAF) if key else b""
    provider = CSAF.provider(
        url or _base_of(root),
        str(system.now()),
        (public, CSAF.fingerprint(public)) if key else None,
    )
    made = CSAF.publish(held, [read_whole(Path(each), limits.MAX_CSAF) for each in files], provider)
    signed = _signed(root, made.files, made.signed, shlex.split(sign_by or ""))
    _write_all(root, {**signed, **_first(made.files), **made.files})
    for path in made.dropped:
        for ending in ("", ".sha256", ".sha512", ".asc"):
            (root / f"{path}{ending}").unlink(missing_ok=True)
    listed = [path for path in made.files if CSAF.is_advisory(path)]
    document: Json = {
        "folder": folder,
        "advisories": [*listed],
        "signed": [*sorted(signed)],
        "dropped": [*made.dropped],
    }
    lines = [say("csaf.published", count=len(listed), folder=folder)]
    lines.append(say("csaf.signed", count=len(signed)) if key else say("csaf.unsigned"))
    Out(as_json=as_json, quiet=quiet).answer(document, lines)
    return 0


def _held(root: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for file in sorted(root.glob("*/*/*.json")):
        path = file.relative_to(root).as_posix()
        if CSAF.is_advisory(path):
            found[path] = read_whole(file, limits.MAX_CSAF)
    return found


def _base_of(root: Path) -> str:
    file = root / CSAF.metadata
    if not file.exists():
        raise OurFault("csaf.publish", "the directory has no address yet", "give --url")
    address = json.loads(read_whole(file, limits.MAX_CSAF)).get("canonical_url", "")
    return str(address).removesuffix(CSAF.metadata)


def _signed(
    root: Path, files: Mapping[str, bytes], paths: tuple[str, ...], command: list[str]
) -> dict[str, bytes]:
    # What stands unchanged with its signature is not signed again: keys may need a hand each time.
    found: dict[str, bytes] = {}
    for path in paths:
        file, beside = root / path, root / f"{path}.asc"
        if beside.exists() and file.exists() and file.read_bytes() == files[path]:
            continue
        try:
            done = subprocess.run(
                command, input=files[path], capture_output=True, timeout=_SIGNING, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _unsigned(f"{command[0]}: {error}") from None
        if done.returncode:
            raise _unsigned(
                f"{command[0]} ended with {done.returncode}: {plain(_last(done.stderr))}"
            )
        CSAF.check_signature(done.stdout)
        found[f"{path}.asc"] = done.stdout
    return found


def _last(words: bytes) -> str:
    return (words.decode(errors="replace").strip().splitlines() or [""])[-1][:200]


def _unsigned(what: str) -> OurFault:
    return OurFault("csaf.signer", what, "run the command by hand on a file")


def _first(files: Mapping[str, bytes]) -> dict[str, bytes]:
    # Advisories before what lists them: a reader never finds a name without its file. A signature
    # before its advisory: cut off between the two, the next run signs again.
    return {path: data for path, data in files.items() if CSAF.is_advisory(path)}


def _write_all(root: Path, files: Mapping[str, bytes]) -> None:
    try:
        root.mkdir(parents=True, exist_ok=True)
        for path, data in files.items():
            file = root / path
            label = path.partition("/")[0] if "/" in path else _OPEN_FOLDER
            is_open = label in (_OPEN_FOLDER, CSAF.key_folder)
            for each in [one for one in reversed(file.parents) if root in one.parents]:
                if not each.exists():
                    each.mkdir(mode=0o755 if is_open else 0o750)
            if file.exists() and file.read_bytes() == data:
                continue
            beside = file.with_name(f".{file.name}.new")
            beside.write_bytes(data)
            beside.chmod(0o644 if is_open else 0o640)
            os.replace(beside, file)  # noqa: PTH105  the one that replaces on every system
    except OSError as error:
        raise OurFault(
            "file.unwritable", f"{error.filename}: {error.strerror}", "choose another folder"
        ) from None
