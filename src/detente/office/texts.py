"""Texts of drafts: what a person typed into an act, kept as it is typed.

A room of the office. No record yet, and no fold: they stand in the office's store alone, survive a
session's end, and go after TEXTS_KEPT. Two who write the same one both keep what they wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from detente.core import canon, limits
from detente.core.errors import OurFault
from detente.core.keys import Entropy
from detente.core.moment import Moment, Span
from detente.office.desk import Role
from detente.office.fields import Field, Text, Values, When, Whole
from detente.office.people import Person, permit
from detente.office.ports import Shelf, ShelfTx
from detente.office.tables import Rows, Table
from detente.office.typed import LongText

TEXTS_KEPT: Final = Span(limits.TEXT_DRAFT_DAYS * 86_400_000)
_PAGE: Final = 500


TEXTS: Final = Table(
    name="office_texts",
    key="name",
    columns=(
        Field("name", Text(16)),
        Field("person", Text(64)),
        Field("desk", Text(32)),
        Field("act", Text(64)),
        Field("version", Whole()),
        Field("at", When()),
        Field("typed", LongText(limits.MAX_TEXT_DRAFT)),
    ),
    find_by=(("person",),),
)


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed: values as texts, by field. version counts from 1."""

    name: str
    person: str
    act: str
    version: int
    at: Moment
    values: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class KeptText:
    """What became of a text: where it stands now.

    beside: if another wrote meanwhile, what stands under the name that was asked for; then `typed`
    is a draft of its own, and `differs` names the fields in which the two differ.
    """

    typed: Typed
    beside: Typed | None = None
    differs: tuple[str, ...] = ()


class Texts:
    """Drafts of texts at one office."""

    def __init__(self, shelf: Shelf, entropy: Entropy) -> None:
        self._shelf, self._entropy = shelf, entropy

    def keep(
        self,
        person: Person,
        act: str,
        values: Mapping[str, tuple[str, ...]],
        now: Moment,
        name: str = "",
        version: int = 0,
    ) -> KeptText:
        """Keep what a person typed into an act: a new draft, or the next version of one.

        version: the one that was changed. If another stands there by now, what was typed becomes a
        draft of its own and nothing is lost. Raises OurFault: office.forbidden, form.size above
        limits.MAX_TEXT_DRAFT bytes, form.count above limits.MAX_TEXT_DRAFTS drafts of one person.
        """
        desk = act.partition("/")[0]
        permit(person, desk, Role.AUTHOR)
        written = _written(values)
        with self._shelf.begin() as tx:
            rows = tx.rows(TEXTS)
            self._expire(rows, now)
            found = self._of(rows, person, name) if name else None
            if found is not None and found.version == version:
                typed = Typed(name, person.name, act, version + 1, now, values)
            else:
                _refuse_many(rows, person)
                typed = Typed(self._entropy.draw(8).hex(), person.name, act, 1, now, values)
            _put(rows, typed, desk, written)
        if found is None or typed.name == name:
            return KeptText(typed)
        return KeptText(typed, found, _differing(found.values, values))

    def every(self, person: Person, now: Moment) -> tuple[Typed, ...]:
        """Return a person's drafts, the newest first."""
        with self._shelf.begin() as tx:
            self._expire(tx.rows(TEXTS), now)
            rows = tx.rows(TEXTS).find({"person": person.name}, None, _PAGE)
        found = [_typed(Values(row)) for row in rows]
        return tuple(sorted(found, key=lambda each: (each.at, each.name), reverse=True))

    def get(self, person: Person, name: str) -> Typed:
        """Return one of a person's drafts. Raises OurFault("office.no_draft")."""
        with self._shelf.begin() as tx:
            found = self._of(tx.rows(TEXTS), person, name)
        if found is None:
            raise OurFault("office.no_draft", f"no draft {name[:20]!r} of yours", "see your drafts")
        return found

    def drop(self, person: Person, name: str) -> None:
        """Forget one of a person's drafts; none is no fault."""
        with self._shelf.begin() as tx:
            if self._of(tx.rows(TEXTS), person, name) is not None:
                tx.rows(TEXTS).drop(name)

    def purge(self, tx: ShelfTx, before: Moment, desk: str, matter: str, kind: str) -> None:
        """Take away drafts of before a moment: a purge of these desks was ordered.

        A draft has no matter and no kind yet: an order that names one leaves it.
        """
        if matter or kind:
            return
        rows = tx.rows(TEXTS)
        for row in map(Values, rows.find({}, None, _PAGE)):
            if row.moment("at") < before and desk in ("", row.text("desk")):
                rows.drop(row.text("name"))

    @staticmethod
    def _expire(rows: Rows, now: Moment) -> None:
        for row in map(Values, rows.find({}, None, _PAGE)):
            if row.moment("at") + TEXTS_KEPT <= now:
                rows.drop(row.text("name"))

    @staticmethod
    def _of(rows: Rows, person: Person, name: str) -> Typed | None:
        row = rows.get(name)
        if row is None or row["person"] != person.name:
            return None
        return _typed(Values(row))


def drop_of(tx: ShelfTx, desk: str) -> None:
    """Forget what anybody types at a desk."""
    rows, after = tx.rows(TEXTS), None
    while page := [Values(row) for row in rows.find({}, after, _PAGE)]:
        after = page[-1].text("name")
        for row in page:
            if row.text("desk") == desk:
                rows.drop(row.text("name"))


def _written(values: Mapping[str, tuple[str, ...]]) -> str:
    written = canon.encode({name: list(texts) for name, texts in values.items()})
    if len(written) > limits.MAX_TEXT_DRAFT:
        raise OurFault(
            "form.size",
            f"{len(written)} bytes where {limits.MAX_TEXT_DRAFT} are kept of a draft",
            "attach long texts as files",
        )
    return written.decode()


def _refuse_many(rows: Rows, person: Person) -> None:
    count = len(rows.find({"person": person.name}, None, limits.MAX_TEXT_DRAFTS))
    if count >= limits.MAX_TEXT_DRAFTS:
        raise OurFault(
            "form.count", f"{count} drafts of yours are kept already", "drop some of them"
        )


def _put(rows: Rows, typed: Typed, desk: str, written: str) -> None:
    rows.put(
        {
            "name": typed.name,
            "person": typed.person,
            "desk": desk,
            "act": typed.act,
            "version": typed.version,
            "at": typed.at,
            "typed": written,
        }
    )


def _typed(row: Values) -> Typed:
    told = canon.decode_object(row.text("typed").encode(), limits.MAX_TEXT_DRAFT)
    values = {
        name: tuple(str(text) for text in texts) if isinstance(texts, list) else ()
        for name, texts in told.items()
    }
    name, person, act = row.text("name"), row.text("person"), row.text("act")
    return Typed(name, person, act, row.whole("version"), row.moment("at"), values)


def _differing(
    one: Mapping[str, tuple[str, ...]], other: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    return tuple(sorted(name for name in {*one, *other} if one.get(name) != other.get(name)))
