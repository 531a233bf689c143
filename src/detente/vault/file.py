"""A vault as a folder: one file a key, `<key id>.json`, all under one passphrase.

How a key is made durable: written under a name that `open` does not look at, fsynced, renamed,
folder fsynced. A whole vault is made in a folder beside its place, which is then renamed, so that
there is never half a vault.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from detente.core.errors import OurFault
from detente.vault import sealing
from detente.vault.box import SmallBox
from detente.vault.certificate import TlsIdentity, tls_identity
from detente.vault.keys import Ed25519Signer, Entropy, Key, KeySeed, MlDsaSigner, XWingOpener
from detente.vault.sealing import Cost, Kdf, KeyFile, NotOpened

_KEY_ID: Final = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?(~[a-z][a-z0-9._-]{0,31})?")
_SUFFIX: Final = ".json"
_STANDARD: Final = Cost()


class FileVault:
    """The keys of one folder, open. Hands out signers and openers; a seed only to be wrapped anew."""

    def __init__(
        self,
        folder: Path,
        kdf: Kdf,
        wrap: bytes,
        keys: dict[str, tuple[KeySeed, Key]],
    ) -> None:
        self._folder, self._kdf, self._wrap, self._keys = folder, kdf, wrap, keys

    @classmethod
    def create(
        cls,
        folder: Path,
        passphrase: bytes,
        seeds: Mapping[str, KeySeed],
        entropy: Entropy,
        *,
        cost: Cost = _STANDARD,
    ) -> "FileVault":
        """Make a vault that holds `seeds` by key id, whole or not at all, and return it open.

        Raises OurFault: vault.exists, vault.passphrase (empty), vault.unwritable.
        """
        assert seeds, "a vault without keys could not tell a wrong passphrase"
        if not passphrase:
            raise OurFault(
                "vault.passphrase", "a vault needs a passphrase", "give one that is not empty"
            )
        with writing(folder):
            if folder.exists() and any(folder.iterdir()):
                raise _exists(str(folder))
            kdf = Kdf.fresh(cost, entropy)
            wrap = kdf.derive(passphrase)
            beside = folder.with_name(f".{folder.name}.new")
            beside.mkdir(mode=0o700, exist_ok=True)
            for leftover in beside.iterdir():  # of a making that was cut short
                leftover.unlink()
            for key_id, seed in seeds.items():
                write_key(beside, key_id, sealing.seal(key_id, seed, kdf, wrap, entropy))
            beside.rename(folder)  # an empty folder may stand there already
            sync(folder.parent)
        return cls._load(folder, {kdf: wrap}, None)

    @classmethod
    def open(cls, folder: Path, passphrase: bytes) -> "FileVault":
        """Return the vault of `folder`.

        Raises OurFault: vault.missing, vault.permissions, vault.passphrase, vault.damaged,
        vault.newer, vault.unreadable.
        """
        _finish_change(folder)
        return cls._load(folder, {}, passphrase)

    @classmethod
    def _load(cls, folder: Path, wraps: dict[Kdf, bytes], passphrase: bytes | None) -> "FileVault":
        files = _read_all(folder)
        keys: dict[str, tuple[KeySeed, Key]] = {}
        shut: list[str] = []
        for file in files:
            if file.kdf not in wraps and passphrase is not None:
                wraps[file.kdf] = _derive(file, passphrase, folder)
            try:
                keys[file.key_id] = sealing.unseal(file, wraps[file.kdf])
            except (NotOpened, KeyError):
                shut.append(file.key_id)
        if not keys:
            raise OurFault(
                "vault.passphrase",
                f"the passphrase does not open {folder}",
                "give the passphrase that this vault was made with",
            )
        if shut:  # the passphrase is right, for it opened the others
            raise sealing.damaged(
                str(folder / f"{shut[0]}{_SUFFIX}"), "the passphrase of the others does not open it"
            )
        kdf = files[0].kdf
        return cls(folder, kdf, wraps[kdf], keys)

    def add(self, key_id: str, seed: KeySeed, entropy: Entropy) -> None:
        """Keep one more key under the same passphrase. Durable on return.

        Raises OurFault: vault.exists, vault.unwritable.
        """
        with writing(self._folder):
            if key_id in self._keys or (self._folder / f"{key_id}{_SUFFIX}").exists():
                raise _exists(f"{self._folder}: {key_id}")
            data = sealing.seal(key_id, seed, self._kdf, self._wrap, entropy)
            write_key(self._folder, key_id, data)
            if os.geteuid() == 0:
                about = self._folder.stat()
                os.chown(self._folder / f"{key_id}{_SUFFIX}", about.st_uid, about.st_gid)
        self._keys[key_id] = sealing.unseal(sealing.read(data, key_id), self._wrap)

    def remove(self, key_id: str) -> None:
        """Take a key away for good. Raises OurFault: vault.no_key, vault.unwritable.

        WEAK: what the disk keeps of a file that was taken away is the disk's matter.
        """
        self._key(key_id)
        with writing(self._folder):
            (self._folder / f"{key_id}{_SUFFIX}").unlink()
            sync(self._folder)
        del self._keys[key_id]

    def change_passphrase(self, passphrase: bytes, entropy: Entropy) -> None:
        """Seal all keys under another passphrase, with the same cost; all of them or none.

        Raises OurFault: vault.passphrase (empty), vault.unwritable.
        """
        if not passphrase:
            raise OurFault(
                "vault.passphrase", "a vault needs a passphrase", "give one that is not empty"
            )
        with writing(self._folder):
            kdf = Kdf.fresh(self._kdf.cost, entropy)
            wrap = kdf.derive(passphrase)
            beside = self._folder.with_name(f".{self._folder.name}.new")
            beside.mkdir(mode=0o700, exist_ok=True)
            for leftover in beside.iterdir():
                leftover.unlink()
            for key_id, (seed, _) in self._keys.items():
                write_key(beside, key_id, sealing.seal(key_id, seed, kdf, wrap, entropy))
            _own_as(beside, self._folder)
            # From here on the new folder is whole; `open` finishes what a crash interrupts.
            self._folder.rename(self._folder.with_name(f".{self._folder.name}.old"))
            sync(self._folder.parent)
            _finish_change(self._folder)
        self._kdf, self._wrap = kdf, wrap

    def give_up(self, key_id: str) -> None:
        """Take a key away as `remove` does, and write over its file first."""
        self._key(key_id)
        with writing(self._folder):
            unlink_over(self._folder / f"{key_id}{_SUFFIX}")
        del self._keys[key_id]

    def seed(self, key_id: str) -> KeySeed:
        """Return what a desk's key is made from, to be wrapped for its people.

        Raises OurFault("vault.no_key").
        """
        self.opener(key_id)
        return self._key(key_id)[0]

    def find(self, public: bytes) -> str | None:
        """Return the id of the key with this public half; None if it is not here."""
        return next((one for one, (_, key) in self._keys.items() if key.public == public), None)

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all keys, sorted."""
        return tuple(sorted(self._keys))

    def public(self, key_id: str) -> bytes:
        """Return the raw public key. Raises OurFault("vault.no_key")."""
        return self._key(key_id)[1].public

    def signer(self, key_id: str) -> Ed25519Signer:
        """Return what signs with an Ed25519 key. Raises OurFault("vault.no_key")."""
        key = self._key(key_id)[1]
        if not isinstance(key, Ed25519Signer):
            raise _other_kind(key_id, "an Ed25519 key")
        return key

    def context_signer(self, key_id: str) -> MlDsaSigner:
        """Return what signs with an ML-DSA key. Raises OurFault("vault.no_key")."""
        key = self._key(key_id)[1]
        if not isinstance(key, MlDsaSigner):
            raise _other_kind(key_id, "an ML-DSA key")
        return key

    def opener(self, key_id: str) -> XWingOpener:
        """Return what opens with an X-Wing key. Raises OurFault("vault.no_key")."""
        key = self._key(key_id)[1]
        if not isinstance(key, XWingOpener):
            raise _other_kind(key_id, "an opening key")
        return key

    def box(self, key_id: str) -> SmallBox:
        """Return what seals small secrets under a key. Raises OurFault("vault.no_key")."""
        return SmallBox(self._key(key_id)[0].seed)

    def tls_identity(self, key_id: str) -> TlsIdentity:
        """Return certificate and private key for the line, the one case in which a key comes out.

        OpenSSL takes no other. Raises OurFault("vault.no_key").
        """
        self.signer(key_id)
        return tls_identity(self._key(key_id)[0].seed)

    def _key(self, key_id: str) -> tuple[KeySeed, Key]:
        if key_id not in self._keys:
            raise OurFault(
                "vault.no_key",
                f"{self._folder} holds no key {key_id}, only {', '.join(self.ids())}",
                "restore the key's file from the vault's backup, or make the key anew",
            )
        return self._keys[key_id]

    def __repr__(self) -> str:
        """Show which keys are here."""
        return f"<FileVault {self._folder}: {', '.join(self.ids())}>"


def _finish_change(folder: Path) -> None:
    # Two renames make the change; the first one decides it.
    old, new = (folder.with_name(f".{folder.name}.{each}") for each in ("old", "new"))
    if not os.path.isdir(old):  # noqa: PTH112  where others keep us out it says no, not why
        return
    with writing(folder):
        if not folder.exists():
            new.rename(folder)
            sync(folder.parent)
        for file in old.iterdir():
            file.unlink()
        old.rmdir()
        sync(folder.parent)


def _own_as(path: Path, like: Path) -> None:
    # Root changes what another user's process reads.
    if os.geteuid() == 0:
        about = like.stat()
        for each in (path, *path.iterdir()):
            os.chown(each, about.st_uid, about.st_gid)


def _derive(file: KeyFile, passphrase: bytes, folder: Path) -> bytes:
    try:
        return file.kdf.derive(passphrase)
    except (ValueError, MemoryError) as error:
        raise sealing.damaged(str(folder / f"{file.key_id}{_SUFFIX}"), str(error)) from None


def _read_all(folder: Path) -> list[KeyFile]:
    files = read_folder(folder)
    if not files:
        raise OurFault(
            "vault.missing",
            f"there are no keys in {folder}",
            "make them with `detente init`, or restore the vault's backup",
        )
    return files


def read_folder(folder: Path) -> list[KeyFile]:
    """Return every key file of a folder by name; [] for none. Raises OurFault: vault.*."""
    try:
        _check_private(folder, folder.stat())
        names = sorted(
            path
            for path in folder.iterdir()
            if path.name.endswith(_SUFFIX) and not path.name.startswith(".")
        )
        files = [_read_one(path) for path in names]
    except (FileNotFoundError, NotADirectoryError):
        files = []
    except OSError as error:
        raise OurFault(
            "vault.unreadable",
            f"{folder} cannot be read: {error.strerror}",
            "run as the system user that made the vault, and check the disk",
        ) from None
    return files


def unlink_over(path: Path) -> None:
    """Write over a file, then take it away; both are on the disk on return.

    WEAK: a disk that writes elsewhere (flash, copy on write, snapshots) may keep the old bytes.
    """
    handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "wb") as file:
        file.write(bytes(os.fstat(handle).st_size))
        file.flush()
        os.fsync(handle)
    path.unlink()
    sync(path.parent)


def _read_one(path: Path) -> KeyFile:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise sealing.damaged(str(path), "it is no file")
        _check_private(path, about)
        data = file.read(sealing.MAX_FILE + 1)
    found = sealing.read(data, str(path))
    if f"{found.key_id}{_SUFFIX}" != path.name:  # a key must not stand in for another
        raise sealing.damaged(str(path), f"it is the file of {found.key_id!r}")
    return found


def _check_private(path: Path, about: os.stat_result) -> None:
    if about.st_mode & 0o077:
        raise OurFault(
            "vault.permissions",
            f"others on this machine may use {path}",
            f"run `chmod go= {path}`; if others could have read it, make new keys",
        )


def write_key(folder: Path, key_id: str, data: bytes) -> None:
    """Write one key file, in place of the one of its name. Durable on return."""
    assert _KEY_ID.fullmatch(key_id), "a key id is the name of a file"
    new = folder / f".{key_id}{_SUFFIX}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(new, flags, 0o600)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, 0o600)  # a leftover keeps the mode that it had
        file.write(data)
        file.flush()
        os.fsync(handle)
    new.rename(folder / f"{key_id}{_SUFFIX}")
    sync(folder)


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn a fault of the disk into OurFault("vault.unwritable")."""
    try:
        yield
    except OSError as error:
        raise OurFault(
            "vault.unwritable",
            f"{folder} cannot be written: {error.strerror}",
            "free space on the disk, or let this system user write there",
        ) from None


def _exists(what: str) -> OurFault:
    return OurFault(
        "vault.exists", f"{what} is there already", "choose another place; keys are never replaced"
    )


def _other_kind(key_id: str, due: str) -> OurFault:
    return OurFault(
        "vault.no_key", f"key {key_id} is not {due}", "check which key the settings name"
    )
