"""What an act tells before there is a record: what was asked of it, or what a person has to complete."""

from collections.abc import Mapping
from typing import NamedTuple


class Checked(NamedTuple):
    """What was asked before something goes to a party, and the answer, for a person to see.

    what: an object, or the kind of a record. state: goes, warned or stays; why: a word of the desk, ""
    for none. lists: where its values stand. under: the arrangement that decided, b"" for none.
    """

    party: str
    what: str
    state: str
    why: str = ""
    lists: str = ""
    under: bytes = b""


class Begun(NamedTuple):
    """A record that a file tells of, as texts in the fields of an act, for a person to complete.

    notes: what of the file was left out or not checked, in words.
    """

    act: str
    values: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()
