"""Keys of desks that their people open: each key once for each person, under that person's password.

One file a key and person, `<key id>~<person>.json`, in the form of a vault file whose id is
`<key id>~<person>`, in a folder beside the vault. The office's passphrase opens none of them.
"""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from detente.core.errors import OurFault
from detente.vault import sealing
from detente.vault.file import read_folder, sync, unlink_over, write_key, writing
from detente.vault.keys import Entropy, KeySeed, XWingOpener
from detente.vault.sealing import Cost, Kdf, KeyFile, NotOpened

_PERSON: Final = re.compile(r"[a-z][a-z0-9._-]{0,31}")
_APART: Final = "~"
_NO_SALT: Final = bytes(16)


class PersonKeys:
    """The wrapped keys of one folder, which need not stand there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def holders(self, key_id: str) -> tuple[str, ...]:
        """Return who can open a key, sorted. Raises OurFault: vault.*."""
        return tuple(sorted(who for one, who in map(_parts, self._files()) if one == key_id))

    def key_ids(self, person: str = "") -> tuple[str, ...]:
        """Return the ids of all keys here, or of those that one person can open, sorted."""
        found = map(_parts, self._files())
        return tuple(sorted({one for one, who in found if person in ("", who)}))

    def put(
        self, person: str, seeds: Mapping[str, KeySeed], password: bytes, entropy: Entropy,
        cost: Cost = Cost(),  # noqa: B008  frozen
    ) -> None:  # fmt: skip
        """Wrap keys for a person, in place of what was wrapped for them before. Durable on return.

        password: as office.passwords.normal gives it. Slow by intent. Raises vault.unwritable.
        """
        assert password, "an empty password wraps nothing"
        kdf = Kdf.fresh(cost, entropy)  # a salt of its own: what signs in does not open
        wrap = kdf.derive(password)
        with writing(self._folder):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            sync(self._folder.parent)
            for key_id, seed in seeds.items():
                name = _name(key_id, person)
                write_key(self._folder, name, sealing.seal(name, seed, kdf, wrap, entropy))

    def open(self, person: str, password: bytes) -> dict[str, KeySeed]:
        """Return the keys that this password opens of a person's, by id; {} if they have none here.

        Some may be under an older password: they stay shut. Slow by intent, once for each salt; who
        has none takes as long as who has one. Raises OurFault: vault.passphrase if none opens, vault.*.
        """
        found: dict[str, KeySeed] = {}
        wraps: dict[Kdf, bytes] = {}
        shut = ""
        for file in self._files():
            key_id, who = _parts(file)
            if who != person:
                continue
            if file.kdf not in wraps:
                wraps[file.kdf] = file.kdf.derive(password)
            try:
                found[key_id] = sealing.unseal(file, wraps[file.kdf])[0]
            except NotOpened:
                shut = file.key_id
        if not wraps:
            Kdf(_NO_SALT, Cost()).derive(password)  # whoever counts the time learns of no holder
        if shut and not found:
            raise OurFault(
                "vault.passphrase",
                f"the password does not open {shut}",
                "have another person of the desk let you in again",
            )
        return found

    def drop(self, person: str, key_ids: Iterable[str] = ()) -> int:
        """Take a person's wraps away, all or those of some keys; return how many went."""
        asked = set(key_ids)
        names = [
            file.key_id
            for file in self._files()
            if _parts(file)[1] == person and (not asked or _parts(file)[0] in asked)
        ]
        with writing(self._folder):
            for name in names:
                unlink_over(self._folder / f"{name}.json")
        return len(names)

    def _files(self) -> list[KeyFile]:
        return read_folder(self._folder) if os.path.lexists(self._folder) else []


def opener_of(seed: KeySeed) -> XWingOpener:
    """Return what opens with a desk's key."""
    return XWingOpener(seed.seed)


def _name(key_id: str, person: str) -> str:
    assert _PERSON.fullmatch(person), "a person's name is part of a file's"
    return f"{key_id}{_APART}{person}"


def _parts(file: KeyFile) -> tuple[str, str]:
    key_id, _, person = file.key_id.partition(_APART)
    return key_id, person
