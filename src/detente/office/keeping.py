"""What opens doors, in one table of the shelf that is no fold: hashes, sealed secrets, sessions.

It is no history and proves nothing, so it is in no log; a refold leaves it alone. One shape serves
all sorts, for a table that cannot be folded anew must never need another one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Protocol

from detente.core import canon
from detente.core.canon import Json
from detente.core.moment import Moment
from detente.office.fields import Field, LongText, Text, Value, Values, Whole
from detente.office.ports import ShelfTx
from detente.office.tables import Row, Table

PASSWORD: Final = "password"  # noqa: S105  a sort of row
TOTP: Final = "totp"
PASSKEY: Final = "passkey"
RECOVERY: Final = "recovery"
SESSION: Final = "session"
LINK: Final = "link"
SETUP: Final = "setup"
TOKEN: Final = "token"  # noqa: S105  a sort of row
GRANT: Final = "grant"  # a person of a desk lets another in: docs/operate/arrangements.md
ADDRESS: Final = "address"  # from which a person came in before

DATA_MAX: Final = 16_384  # characters of a row's data
_PAGE: Final = 500  # rows

KEEP: Final = Table(
    name="people_keep",
    key="key",
    columns=(
        Field("key", Text(200)),
        Field("sort", Text(16)),
        Field("person", Text(32), required=False),
        Field("until", Whole()),  # ms; 0: for ever
        Field("data", LongText(DATA_MAX)),
    ),
    find_by=(("sort",), ("person", "sort")),
    quiet=True,  # each look at a page keeps a session alive
)


class Box(Protocol):
    """Seals small secrets under a key of the office's vault."""

    def seal(self, label: str, data: bytes) -> bytes:
        """Return it sealed for this one use, named by the label."""
        ...

    def open(self, label: str, sealed: bytes) -> bytes:
        """Return what was sealed under this label. Raises OurFault("vault.damaged")."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """One row: its key, whose it is ("" for nobody's yet), until when, and what it says."""

    key: str
    sort: str
    person: str
    until: Moment | None
    data: Mapping[str, Json] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a text of the data, "" if there is none."""
        found = self.data.get(name, "")
        assert isinstance(found, str)
        return found

    def whole(self, name: str) -> int:
        """Return a number of the data, 0 if there is none."""
        found = self.data.get(name, 0)
        assert type(found) is int
        return found

    def raw(self, name: str) -> bytes:
        """Return bytes of the data."""
        return canon.from_base64(self.text(name))

    def is_over(self, now: Moment) -> bool:
        """Say whether its time has passed."""
        return self.until is not None and self.until <= now


def key_of(sort: str, secret: bytes) -> str:
    """Return the key of a row that is found by a secret of 128 bits or more; it cannot be undone."""
    bound = b"detente/v1/" + sort.encode() + b"\n" + secret
    return f"{sort} {sha256(bound).hexdigest()}"


def put(tx: ShelfTx, kept: Kept) -> None:
    """Keep a row, in place of the one with its key."""
    tx.rows(KEEP).put(
        {
            "key": kept.key,
            "sort": kept.sort,
            "person": kept.person or None,
            "until": kept.until.ms if kept.until else 0,
            "data": canon.encode(dict(kept.data)).decode(),
        }
    )


def get(tx: ShelfTx, key: str, now: Moment) -> Kept | None:
    """Return a row; None if there is none or its time has passed."""
    row = tx.rows(KEEP).get(key)
    found = _kept(row) if row is not None else None
    return None if found is None or found.is_over(now) else found


def drop(tx: ShelfTx, key: str) -> None:
    """Forget a row; none is no fault."""
    tx.rows(KEEP).drop(key)


def of_person(tx: ShelfTx, person: str, sort: str) -> list[Kept]:
    """Return the rows of one sort of one person, in the order of their keys."""
    return _walk(tx, {"person": person, "sort": sort})


def drop_all(tx: ShelfTx, person: str, *sorts: str, but: str = "") -> int:
    """Forget a person's rows of these sorts but the one of this key; return how many went."""
    keys = [each.key for sort in sorts for each in of_person(tx, person, sort) if each.key != but]
    for key in keys:
        drop(tx, key)
    return len(keys)


def sweep(tx: ShelfTx, now: Moment, *sorts: str) -> None:
    """Forget rows of these sorts whose time has passed."""
    _drop_if(tx, sorts, lambda each: each.is_over(now))


def _drop_if(tx: ShelfTx, sorts: tuple[str, ...], is_gone: Callable[[Kept], bool]) -> None:
    for sort in sorts:
        for each in _walk(tx, {"sort": sort}):
            if is_gone(each):
                drop(tx, each.key)


def _walk(tx: ShelfTx, where: Mapping[str, Value]) -> list[Kept]:
    found: list[Kept] = []
    after: Value = None
    while True:
        page = tx.rows(KEEP).find(where, after, _PAGE)
        found += map(_kept, page)
        if len(page) < _PAGE:
            return found
        after = page[-1]["key"]


def _kept(row: Row) -> Kept:
    told = Values(row)
    until = told.whole("until")
    return Kept(
        told.text("key"),
        told.text("sort"),
        told.text("person"),
        Moment(until) if until else None,
        canon.decode_object(told.text("data").encode(), DATA_MAX * 4),
    )
