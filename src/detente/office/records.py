"""One record at a time: read by a person, answered, proven, and how far it has come.

A room of the office.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from detente.core.moment import Moment
from detente.office import (
    answering,
    exhibits,
    house,
    kinds,
    marks,
    reading,
    samples,
    standing,
    waits,
)
from detente.office.desk import Role
from detente.office.fields import Cut, Value, Values
from detente.office.files import Files
from detente.office.marks import Mark
from detente.office.news import News
from detente.office.people import Person, permit
from detente.office.ports import ShelfTx
from detente.office.post import Outcome, Post
from detente.office.reader import Reader, TableReader
from detente.office.reading import Taken
from detente.office.ready import complete
from detente.office.register import Register
from detente.office.replies import Reply
from detente.office.standing import FileState, Standing
from detente.office.tables import Table
from detente.office.trail import Trail, entered, note_of
from detente.office.waits import Wait


class Records:
    """Every record that this office holds."""

    def __init__(
        self, register: Register, post: Post, news: News, trail: Trail, files: Files
    ) -> None:
        self._register, self._post, self._news, self._files = register, post, news, files
        self.trail = trail

    @entered("record/read")
    def read(self, person: Person, mid: bytes, now: Moment) -> Taken:
        """Return a record opened for a person, and tell its author that a person saw it.

        Raises OurFault: office.no_record, office.forbidden, office.not_logged, office.no_key,
        office.purged.
        """
        self._news.fold_made()
        row = self._register.record(mid)
        permit(person, row.text("desk"), Role.READ)
        taken = self._register.open(row)
        if taken.purged:
            raise reading.gone(mid)
        self.trail.saw(person, note_of(row, "record/read"))
        if not taken.ours and taken.header.kind not in kinds.HOUSE:
            self._news.catch_up(now)
            self._tell_read(person, taken, now)
        return taken

    def _tell_read(self, person: Person, taken: Taken, now: Moment) -> None:
        who = house.said_key(taken.mid, self._register.address(taken.desk))
        with self._register.shelf.begin() as tx:
            if tx.rows(house.READS).get(who) is not None:
                return
        header = taken.header
        body = Values({"of": taken.mid})
        letter = self._post.house_letter(kinds.READ, taken.desk, (header.from_,), body, now)
        letter = replace(letter, matter=header.matter, prec=header.prec, reply_to=taken.mid)
        self._post.post_as(person, taken.desk, "record/read", [letter], now)

    @entered("record/file")
    def file(
        self, person: Person, mid: bytes, number: int, first: int, *, sample: bool = False
    ) -> bytes:
        """Return plaintext of a file of a record, from chunk `first` on, at most 1 MiB of it.

        sample: the caller locks it before anybody has it. Raises OurFault: office.no_record,
        office.forbidden, stage.name for a file that it has not, stage.missing for bytes that are not
        here yet, file.sample for a sample that is asked for as it is; TheirFault("E_ATT").
        """
        self._news.fold_made()
        row = self._register.record(mid)
        permit(person, row.text("desk"), Role.READ)
        states = {each.number: each for each in standing.files(self._register, row)}
        if number in states and states[number].sample and not sample:
            raise samples.refused(states[number].name)
        self.trail.saw(person, note_of(row, "record/file"))
        return exhibits.file(self._register, self._files, row, number, first)

    @entered("record/sample")
    def call_sample(self, person: Person, mid: bytes, number: int, now: Moment) -> None:
        """Call a file that came a sample of malware: from now on it is given out locked alone.

        Whoever reads it may; nobody takes it back. Raises OurFault: office.no_record,
        office.forbidden, stage.name.
        """
        row = self._register.record(mid)
        permit(person, row.text("desk"), Role.READ)
        if number not in {each.number for each in standing.files(self._register, row)}:
            raise exhibits.no_file(number)
        self.trail.saw(person, note_of(row, "record/sample"))
        samples.Samples(self._register.shelf).mark(mid, number, person.name, now)

    def standing(self, mid: bytes) -> Standing:
        """Return how far a record has come. Raises OurFault("office.no_record")."""
        self._news.fold_made()
        return standing.find(self._register, self._register.record(mid))

    def find(self, mid: bytes) -> tuple[Values, Standing]:
        """Return what the house knows of a record, and how far it has come."""
        self._news.fold_made()
        row = self._register.record(mid)
        return row, standing.find(self._register, row)

    def file_states(self, mid: bytes) -> tuple[FileState, ...]:
        """Return how far the files of a record are. Raises OurFault("office.no_record")."""
        self._news.fold_made()
        return standing.files(self._register, self._register.record(mid))

    def marks(self, mids: Sequence[bytes]) -> Mapping[bytes, tuple[Mark, ...]]:
        """Return the marks of records that this office holds, by mid; none for others."""
        register = self._register
        register.see_levels()
        found: dict[bytes, tuple[Mark, ...]] = {}
        with self._register.shelf.begin() as tx:
            for mid in dict.fromkeys(mids):
                row = Values(tx.rows(house.RECORDS).get(mid) or {})
                places, levels = register.places(tx, mid), register.levels
                logs = [(levels[each], place) for each, place in places if each in levels]
                found[mid] = marks.of(row, logs)
        return found

    def owed(
        self, mids: Sequence[bytes], now: Moment
    ) -> Mapping[bytes, tuple[tuple[Wait, ...], tuple[Reply, ...]]]:
        """Return what records of this office wait for, and what desks answered to them, by mid."""
        self._news.fold_made()
        register = self._register
        register.see_levels()
        with self._register.shelf.begin() as tx:
            rows = {mid: tx.rows(house.RECORDS).get(mid) for mid in dict.fromkeys(mids)}
            return {
                mid: (
                    waits.find(register, tx, Values(row), now),
                    waits.replies_to(register, tx, Values(row)),
                )
                for mid, row in rows.items()
                if row is not None
            }

    def page(self, after: bytes | None, count_max: int) -> Sequence[Values]:
        """Return records of this office in the order of their ids."""
        self._news.fold_made()
        with self._register.shelf.begin() as tx:
            return [Values(row) for row in tx.rows(house.RECORDS).find({}, after, count_max)]

    def whole_mid(self, given: bytes | Cut) -> bytes:
        """Return the mid that a person wrote. Raises OurFault("form.mid")."""
        self._news.fold_made()
        with self._register.shelf.begin() as tx:
            found = complete(Values({"mid": given}), lambda cut: find_in(tx, cut))
        return found.data("mid")

    @entered("record/answer")
    def answer(
        self, person: Person, mid: bytes, given: tuple[str, str, Moment | None], now: Moment
    ) -> Outcome:
        """Answer a record: ACTION, HOLD or DECLINED, why, and until when; see answering.answer."""
        self._news.fold_made()
        return answering.answer(self._register, self._post, person, mid, given, now)

    @entered("record/retry")
    def try_again(self, person: Person, mid: bytes, now: Moment) -> Outcome:
        """Hand in once more a record that our own node refused; see Post.try_again."""
        desk = self._register.record(mid).text("desk")
        permit(person, desk, Role.AUTHOR)
        return self._post.try_again(person, desk, mid, now)

    @entered("record/drop")
    def give_up(self, person: Person, mid: bytes, now: Moment) -> None:
        """Forget a record that our own node refused; see Post.give_up."""
        desk = self._register.record(mid).text("desk")
        permit(person, desk, Role.AUTHOR)
        self._post.give_up(person, desk, mid, now)

    @entered("record/proof")
    def proof(self, person: Person, mid: bytes, *, full: bool = False) -> bytes:
        """Return the proof file of one record; see exhibits.proof."""
        self._news.fold_made()
        found = exhibits.proof(self._register, person, mid, full=full)
        self.trail.saw(person, note_of(self._register.record(mid), "record/proof"))
        return found


def find_in(tx: ShelfTx, cut: Cut) -> Sequence[bytes]:
    """Return the mids that begin as a person wrote."""
    return find_mids(TableReader(tx.rows), house.RECORDS, cut)


def find_mids(reader: Reader, table: Table, cut: Cut) -> Sequence[bytes]:
    """Return at most two mids that begin with `cut`, from a table whose key is a mid."""
    after: Value = cut.before
    found: list[bytes] = []
    while len(found) < 2:  # noqa: PLR2004  two are enough to say "several"
        rows = reader.find(table, {}, after, 16)
        for row in rows:
            mid = row[table.key]
            assert isinstance(mid, bytes)
            if cut.begins(mid):
                found.append(mid)
            elif mid[: len(cut.before)] != cut.before:
                return found[:2]
            after = mid
        if not rows:
            break
    return found[:2]
