"""Who may read what in a party's folder: modes and owners, for one system user and for two.

One user owns all of it. With two, the folder is root's and open to a group, node/ and party/ belong
to the node's user and office/ to the office's; neither opens the other's vault or store.
Source: deploy/README.md.
"""

import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detente.app import build, halves, people
from detente.app.config import Config
from detente.core.errors import OurFault

# Never for a group, whoever runs what.
SECRET: Final = (
    "node/vault", "node/node.sqlite", "node/incarnation",
    "office/vault", "office/persons", "office/office.sqlite", "office/people.json",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rights:
    """Who owns the halves, and who is at the desks as far as this system user can see."""

    folder: Path
    node: int
    office: int
    persons: frozenset[int] | None  # None: this user may not read who they are
    office_user: int | None  # the setting, None where one user runs both

    @property
    def shared(self) -> bool:
        """Whether others than the office's user have business at the desk's socket."""
        return self.office_user is not None or self.persons is None or self.persons != {self.office}

    def may_ask_node(self, user: int) -> bool:
        """Say whether the node answers this system user at its admin's socket."""
        return user == self.node

    def may_ask_office(self, user: int) -> bool:
        """Say whether the office answers this system user, as far as can be seen."""
        return user != self.node if self.persons is None else user in self.persons


def see(settings: Config) -> Rights:
    """Look at the folder. Raises OurFault: config.bad, config.missing, path.permission."""
    folder = settings.folder
    told = settings.text("node.office_user")
    try:
        # A half on another machine is judged as if it were the other's.
        here = halves.here(folder) or halves.HALVES
        owners = [(folder / half).stat().st_uid for half in here]
        node, office = owners[0], owners[-1]
    except PermissionError:
        raise OurFault(
            "path.permission",
            f"this system user may not enter {folder}",
            "run as a system user of the party; deploy/README.md says who does what",
        ) from None
    except OSError as error:
        raise OurFault(
            "config.missing", f"{error.filename}: {error.strerror}", "give --at FOLDER of a party"
        ) from None
    persons = None
    if os.access(folder / "office" / "people.json", os.R_OK):
        rows = people.read(folder / "office" / "people.json")
        persons = people.users_of(rows)
    return Rights(folder, node, office, persons, build.office_user(settings) if told else None)


def findings(rights: Rights) -> Iterator[tuple[str, str]]:
    """Yield what is wrong and what mends it. What this user may not see is not judged."""
    yield from _owners(rights)
    two = rights.office_user is not None
    for place, group_may in (
        ("", rights.shared), ("office", rights.shared), ("node", two), ("party", two),
        *((name, False) for name in SECRET),
    ):  # fmt: skip
        path = rights.folder / place if place else rights.folder
        mode = _mode(path)
        if mode & 0o007:
            yield f"{path} can be read by others", f"chmod o= {path}"
        if mode & 0o070 and not group_may:
            yield f"{path} can be read by its group", f"chmod g= {path}"
        elif mode & 0o020:
            yield f"{path} can be written by its group", f"chmod g-w {path}"


def _owners(rights: Rights) -> Iterator[tuple[str, str]]:
    folder, set_to = rights.folder, rights.office_user
    if set_to is None and rights.node != rights.office:
        yield (
            f"node/ and office/ in {folder} belong to two users, and node.office_user is not set",
            f"write office_user = {name_of(rights.office)!r} under [node] in detente.toml",
        )
    elif set_to is not None and rights.office != set_to:
        yield (
            f"{folder}/office is not of node.office_user, but of {name_of(rights.office)}",
            f"chown -R {name_of(set_to)} {folder}/office, or mend the setting",
        )
    for half, owner in (("node", rights.node), ("office", rights.office), ("party", rights.node)):
        for path in _within(folder, half):
            if _owner(path) not in (None, owner):
                yield (
                    f"{path} does not belong to {name_of(owner)}, as it should",
                    f"chown -R {name_of(owner)} {folder / half}",
                )
                break


def _within(folder: Path, half: str) -> Iterator[Path]:
    for at, _, files in os.walk(folder / half):  # passes over what cannot be read
        yield Path(at)
        yield from (Path(at) / name for name in files)


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _owner(path: Path) -> int | None:
    try:
        return path.lstat().st_uid
    except OSError:
        return None


def name_of(user: int) -> str:
    """Return the name of a system user, or the number of one without a name."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
