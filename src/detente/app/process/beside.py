"""What the office writes beside its store: who may ask at its socket, and roots that were given up."""

import os
from collections.abc import Mapping
from pathlib import Path

from detente.app import build, people, pins, system
from detente.app.log import Log
from detente.core.errors import OurFault
from detente.office.office import Office


class Beside:
    """Files that the doctor and the next start read. `users` may ask at the socket: one set for all."""

    def __init__(self, party: Path, log: Log) -> None:
        self._party, self._folder, self._log = party, party / "office", log
        self.users = set(people.users_of(people.read(self._folder / people.FILE_NAME)))
        self._people_seen = 0
        self._former: Mapping[str, tuple[str, ...]] = {}

    @property
    def mode(self) -> int:
        """The mode of the socket."""
        return build.OWN if self.users <= {os.getuid()} else build.GROUP

    def see_people(self, office: Office) -> None:
        """Write who has business at the socket, if that changed."""
        if office.people.changes == self._people_seen:
            return
        persons = office.people.every(system.now())
        self._people_seen = office.people.changes
        file, said = self._folder / people.FILE_NAME, people.write(persons)
        self.users.clear()
        self.users |= people.users_of(persons)
        try:
            if file.read_bytes() != said:
                system.write_private(file, said)
            (self._folder / "desk.sock").chmod(self.mode)
        except OSError as error:
            self._log.write("error", "file.unwritable", f"{file}: {error.strerror}")
        except OurFault as fault:  # the next start writes it
            self._log.write("error", fault.code, fault.what, remedy=fault.remedy)

    def see_roots(self, office: Office) -> None:
        """Forget the digits of a root that a party gave up.

        It must not come back by a node that was taken over.
        """
        former = office.status.former_roots
        if former == self._former:
            return
        self._former = former
        try:
            pins.forget(self._party, former)
        except OurFault as fault:  # the next start tries again
            self._log.write("error", fault.code, fault.what, remedy=fault.remedy)
