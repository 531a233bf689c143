"""Where the world comes in: clock, randomness, locks, passphrases."""

import errno
import fcntl
import getpass
import os
import pwd
import sys
import time
from pathlib import Path
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment

PASSPHRASE_MAX: Final = 1_024  # bytes
PRIVATE: Final = 0o077  # mask of files: for this system user alone
_USER_MAX: Final = 2**32 - 2  # the number after it stands for nobody


def now() -> Moment:
    """Return the wall clock. For stamps and waiting shown to people; never for order."""
    return Moment(time.time_ns() // 1_000_000)


def user_number(told: str, where: str) -> int:
    """Return the number of a system user told by name or by number.

    where names the setting or option it comes from. Raises OurFault("config.bad").
    """
    if told.isascii() and told.isdecimal() and int(told) <= _USER_MAX:
        return int(told)  # it need not have a name on this machine
    try:
        return pwd.getpwnam(told).pw_uid
    except (KeyError, ValueError):
        raise OurFault(
            "config.bad",
            f"{where} is {told[:80]!r}: no system user of this machine",
            f"write an existing user into {where}: getent passwd lists them",
        ) from None


class SystemEntropy:
    """Randomness of the operating system."""

    def draw(self, count: int) -> bytes:
        """Return `count` fresh bytes."""
        return os.urandom(count)


class Lock:
    """One process for one folder. Held until the process ends."""

    def __init__(self, file: Path) -> None:
        """Take the lock. Raises OurFault: run.locked, path.permission, file.unwritable."""
        try:
            self._handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._take(file)
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, str(os.getpid()).encode(), 0)
        except PermissionError:
            raise OurFault(
                "path.permission",
                f"this system user may not write in {file.parent}",
                "run as the system user that owns the folder",
            ) from None
        except OSError as error:
            raise OurFault(
                "file.unwritable",
                f"{file}: {error.strerror}",
                "make room, or see that the folder is there",
            ) from None

    def release(self) -> None:
        """Give the lock back before the process ends."""
        os.close(self._handle)

    def _take(self, file: Path) -> None:
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._handle, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._handle)
            raise OurFault(
                "run.locked",
                f"process {holder} already runs on {file.parent}",
                "use the running one, or stop it first",
            ) from None


def passphrase(what: str, file: str, option: str) -> bytes:
    """Return a passphrase: from a file, from a systemd credential, or from whoever sits there.

    what names it for people ("node"); option is what to give where nobody sits there.
    Raises OurFault: form.missing, file.unreadable, vault.passphrase.
    """
    if not file and "CREDENTIALS_DIRECTORY" in os.environ:
        credential = Path(os.environ["CREDENTIALS_DIRECTORY"]) / f"{what}-passphrase"
        if credential.exists():
            file = str(credential)
    if file:
        try:
            found = Path(file).read_bytes()[: PASSPHRASE_MAX + 1].rstrip(b"\r\n")
        except OSError as error:
            raise OurFault(
                "file.unreadable", f"{file}: {error.strerror}", f"give another file: {option}"
            ) from None
    elif sys.stdin.isatty():
        found = getpass.getpass(f"Passphrase of the {what}: ").encode()
    else:
        raise OurFault(
            "form.missing", f"no passphrase of the {what}, and nobody to ask", f"give {option}"
        )
    if not found or len(found) > PASSPHRASE_MAX:
        raise OurFault(
            "vault.passphrase", "the passphrase is empty or too long", "use 1 to 1024 bytes"
        )
    return found


def write_private(path: Path, data: bytes) -> None:
    """Write a file that is whole or absent after a crash, for this user alone.

    Raises OurFault("file.unwritable"); then what stood there before still stands.
    """
    try:
        _write_private(path, data)
    except OSError as error:
        raise OurFault(
            "file.unwritable", f"{path}: {error.strerror}", "make room, or see to the permissions"
        ) from None


def _write_private(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(path.name + ".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        if os.write(handle, data) != len(data):  # the disk took a part: it is full
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if os.geteuid() == 0:  # what root writes for another user is that user's
            about = path.parent.stat()
            os.fchown(handle, about.st_uid, about.st_gid)
        os.fsync(handle)
    finally:
        os.close(handle)
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
