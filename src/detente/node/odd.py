"""What a node handed its office that cannot be: kept aside, counted, and shown to people.

An office on another machine need not trust its node, which may be taken over or broken. One row
that cannot be is passed over; all others count. Source: spec/link.md 9.2.
"""

from typing import Final

from detente.core.errors import OurFault

SHOWN_MAX: Final = 64  # kinds of rows that are told apart
_TEXT_MAX: Final = 200  # characters of a row's name and of what is wrong with it


class Odd:
    """What was passed over since the hatch was opened: what is wrong, by where it was found."""

    def __init__(self) -> None:
        self._rows: dict[str, str] = {}

    def note(self, where: str, why: str) -> None:
        """Keep that something was passed over. Beyond SHOWN_MAX nothing new is kept."""
        where = where[:_TEXT_MAX]
        if where in self._rows or len(self._rows) < SHOWN_MAX:
            self._rows[where] = why[:_TEXT_MAX]

    def forget(self, where: str) -> None:
        """Hear that what was asked for came after all."""
        self._rows.pop(where[:_TEXT_MAX], None)

    def faults(self) -> dict[str, OurFault]:
        """Return what was passed over, by where it was found."""
        return {where: fault(f"{where}: {why}") for where, why in self._rows.items()}


def fault(what: str) -> OurFault:
    """Return the fault of a node that hands in what cannot be."""
    return OurFault(
        "hatch.row", what, "see that the node is yours and sound: detente check, on its machine"
    )
