"""Files chosen in a form, held until the form is sent: a browser gives a file only once.

In memory, by person, a few at a time; whoever waits too long chooses again. What goes as an
attachment is not here: the office has it under a handle of its own.
"""

from collections import OrderedDict
from hashlib import sha256
from typing import Final
from weakref import WeakKeyDictionary

from detente.app.console.ask import Upload
from detente.office.office import Office

EACH_MAX: Final = 8  # files of one person
BYTES_MAX: Final = 67_108_864  # of all


class Holding:
    """Held files of one office."""

    def __init__(self) -> None:
        self._files: OrderedDict[tuple[str, str], Upload] = OrderedDict()

    def put(self, person: str, file: Upload) -> str:
        """Hold a file; return the name to ask for it. The oldest give way."""
        token = sha256(b"\n".join((person.encode(), file.name.encode(), file.data))).hexdigest()[
            :32
        ]
        self._files[person, token] = file
        self._files.move_to_end((person, token))
        own = [key for key in self._files if key[0] == person]
        for key in own[:-EACH_MAX]:
            del self._files[key]
        while (
            len(self._files) > 1
            and sum(len(each.data) for each in self._files.values()) > BYTES_MAX
        ):
            self._files.popitem(last=False)
        return token

    def get(self, person: str, token: str) -> Upload | None:
        """Return a file that this person chose, None if it is held no more."""
        return self._files.get((person, token))


_OF: "WeakKeyDictionary[Office, Holding]" = WeakKeyDictionary()


def of(office: Office) -> Holding:
    """Return the held files of an office; they go with it."""
    return _OF.setdefault(office, Holding())
