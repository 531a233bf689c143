"""Sockets on this machine: the hatch, the admin's and the desk's. Who asks is told by the kernel."""

import errno
import os
import socket
import stat
import struct
from pathlib import Path
from typing import Final

from detente.core.errors import OurFault

OWN: Final = 0o600  # for this system user alone
GROUP: Final = 0o660  # also for its group: whoever comes is told apart by the kernel
_BACKLOG: Final = 64
_CREDENTIALS: Final = struct.Struct("3i")


def listen_unix(path: Path, mode: int = OWN) -> socket.socket:
    """Return a non-blocking socket that listens at `path`: OWN or GROUP may connect.

    What a process that died left there is taken away, but only after nobody answered. Raises
    OurFault: run.already, path.permission, path.unusable.
    """
    sock = _new()
    # Born with its mode: who may come and finds no listener yet comes again, but who is told
    # that he may not goes away for good.
    before = os.umask(0o777 & ~mode)
    try:
        _clear(path)
        sock.bind(str(path))
        path.chmod(mode)  # a folder's default rights may have overruled the mask; before `listen`
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        raise _fault(path, error) from None
    except OurFault:
        sock.close()
        raise
    finally:
        os.umask(before)
    sock.settimeout(0)
    return sock


def connect_unix(path: Path) -> socket.socket:
    """Return a blocking socket to whoever listens at `path`.

    Raises OurFault: run.not_running, path.permission, path.unusable.
    """
    sock = _new()
    try:
        sock.connect(str(path))
    except OSError as error:
        sock.close()
        if error.errno in (errno.ENOENT, errno.ECONNREFUSED, errno.ENOTDIR):
            raise OurFault(
                "run.not_running", "not running", "start it with `detente run`"
            ) from None
        raise _fault(path, error) from None
    return sock


def peer_user(sock: socket.socket) -> tuple[int, int, int]:
    """Return process, system user and group of the other end when it connected: pid, uid, gid."""
    raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, gid = _CREDENTIALS.unpack(raw)
    return pid, uid, gid


def _new() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


def _clear(path: Path) -> None:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise OurFault(
            "path.unusable",
            f"{path} is there and is no socket",
            "move it away; nothing was changed",
        )
    with _new() as knock:
        knock.settimeout(0)  # a listener that is busy answers EAGAIN, and is there
        try:
            knock.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except BlockingIOError:
            pass
    raise OurFault(
        "run.already",
        f"a running Détente answers at {path}",
        "stop it first; two must not work on one folder",
    )


def _fault(path: Path, error: OSError) -> OurFault:
    if error.errno in (errno.EACCES, errno.EPERM):
        return OurFault(
            "path.permission",
            f"this system user may not use {path}",
            "run as the system user that owns the folder",
        )
    what = error.strerror or str(error)  # a path that is too long comes without a number
    return OurFault(
        "path.unusable", f"no socket at {path}: {what}", "choose a shorter path on a local disk"
    )
