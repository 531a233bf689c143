"""What waits at home: constituents to be told, letters to be taken out, feeds to be read."""

from collections.abc import Iterator, Sequence
from typing import Final

from detente.core.moment import Moment
from detente.desks.cert.home import folds, kinds, pages, telling
from detente.office.fields import Values
from detente.office.own import Own, Wait
from detente.office.reader import Reader
from detente.office.tables import Row

WAITS_MAX: Final = 100  # constituents on the list of what waits


def waits(look: Reader, now: Moment) -> Iterator[Wait]:
    """Yield each constituent to whom something is to be told; what stays whatever is done counts too."""
    for key, place in telling.waiting(look, WAITS_MAX):
        who = Values(look.get(folds.CONSTITUENTS, key) or {})
        if not who or not folds.is_one(who, now):
            continue
        since = Moment(int(place.split("\t")[2], 16) // 1_000)
        yield Wait(
            about=key, title=who.text("name"), since=since, look=f"cert/to_tell?key={key}",
            acts=("cert/tell",), tlp="AMBER", kind=kinds.TOLD.name,
        )  # fmt: skip


def letters(look: Reader) -> Sequence[Row]:
    """Return the tellings by mail that nobody took out yet, with all that a letter needs."""
    return pages.read_post(look, Values({}), Moment(0))


def feed(look: Reader, token: bytes) -> Sequence[str] | None:
    """Return the tables of a feed, the heads first; None if no constituent has this token."""
    rows = pages.read_feed(look, Values({"token": token}), Moment(0))
    return [str(row["table"]) for row in rows] or None


OWN: Final = Own(waits, letters, feed)
