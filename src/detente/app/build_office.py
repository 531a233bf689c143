"""The wiring of an office's process: what it keeps while its node comes and goes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from detente.app import build, build_keys, build_policy, desks
from detente.app.config import Config
from detente.app.desk_keys import DeskKeys
from detente.app.grants import Grants
from detente.app.screening.room import Screens, room_of
from detente.app.system import SystemEntropy
from detente.core.moment import Moment
from detente.office import offered_rows
from detente.office.desk import Desk
from detente.office.front_door import SignIn
from detente.office.office import Office
from detente.office.ports import Shelf
from detente.office.signin import Tell
from detente.office.tables import Table
from detente.office.texts import drop_of as drop_texts
from detente.office.veil import VeiledShelf
from detente.office.writing import KeysAtWork
from detente.store.shelf import SqliteShelf

_ENTRUSTED: Final = "desks.entrusted"  # a note of the shelf: desks of which it holds no text


@dataclass(slots=True)
class OfficeParts:
    """What an office's process keeps while its node comes and goes.

    shelf: the store on disk; veil: what the office sees of it, in which desks that their people open
    stand in memory alone.
    """

    keys: KeysAtWork
    shelf: SqliteShelf
    veil: Shelf
    sign_in: SignIn
    desk_keys: DeskKeys
    screens: Screens


def office_parts(
    settings: Config, passphrase: bytes, office: Callable[[], Office], tell: Tell
) -> OfficeParts:
    """Open an office's vault and store, and make its door. Raises OurFault: vault.*, store.*, config.*."""
    keys, vault = build_keys.open_office(settings, passphrase)
    shelf = build.open_shelf(settings)
    entrusted = {each.name: _tables(each) for each in desks.DESKS if each.name in keys.attended}
    memory = partial(SqliteShelf, Path("memory"), on_disk=False)
    veil = VeiledShelf(shelf, memory, entrusted)
    box = vault.box(build_keys.SEAL_ID)
    sign_in = build.build_sign_in(settings, office, shelf, box, tell)
    desk_keys = DeskKeys(
        keys, vault, build_keys.person_keys(settings), sign_in, Grants(shelf, sign_in.means),
        SystemEntropy(), veil.forget, build_policy.unattended(settings),
    )  # fmt: skip
    seen = veil if entrusted else shelf
    return OfficeParts(keys, shelf, seen, sign_in, desk_keys, room_of(settings.folder))


def _tables(desk: Desk) -> tuple[Table, ...]:
    # What became of what programs hand in names its objects: it is the desk's, as its own tables are.
    offered = (offered_rows.STATUSES,) if desk.offers is not None else ()
    return (*desk.tables, *offered)


def take_over(office: Office, parts: OfficeParts, now: Moment) -> bool:
    """See to what follows once keys of desks went from one keeper to another; return whether they did.

    What the tables hold of a desk that its people open goes from the disk, and what the office needs
    of its home log is entered anew under the house key. Raises OurFault: store.*, hatch.*.
    """
    said = " ".join(parts.desk_keys.entrusted).encode()
    with parts.shelf.begin() as tx:
        before = tx.note(_ENTRUSTED) or b""
    if said == before:
        return False
    if set(said.split()) - set(before.split()):
        office.people.enter_anew(now)
        with parts.shelf.begin() as tx:
            for desk in parts.desk_keys.entrusted:
                drop_texts(tx, desk)
            for each in desks.DESKS:
                if each.name in parts.desk_keys.entrusted:
                    tx.drop_tables(_tables(each))
    office.rebuild(now)
    parts.shelf.scrub()
    with parts.shelf.begin() as tx:
        tx.set_note(_ENTRUSTED, said)
    return True
