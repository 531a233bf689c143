"""Files that arrive: checked as they come, and answered by `sys.attached` when they are whole.

Like every answer of an office it is a state: due exactly if none of ours says as much.
Source: spec/kinds/sys.md 6.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from detente.core import limits, manifest
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment, Span
from detente.node.ports import Answer
from detente.office import house, kinds, reading
from detente.office.fields import Values
from detente.office.files import Files
from detente.office.kind import Kind
from detente.office.patience import Patience
from detente.office.post import Post
from detente.office.reader import TableReader, every
from detente.office.register import Register

CHUNKS_A_TURN: Final = 64
LOOK_EVERY: Final = Span(500)
LOOK_SOON: Final = Span(50)  # while chunks come: what is checked on the way is not left for the end
MOVING: Final = Span(2_000)  # since the last that came


@dataclass(slots=True)
class _Arriving:
    """A file of a peer's record: what we checked of it."""

    mid: bytes
    number: int
    aid: bytes
    chunks: int
    ours: bool = False  # only to be folded: nobody is told
    answered: bool = False
    file: Values | None = None
    checked: int = 0


class Arrivals:
    """What one office still expects."""

    def __init__(self, register: Register, files: Files, post: Post) -> None:
        self._register, self._files, self._post = register, files, post
        self._waiting: list[_Arriving] = []
        self._looked_at = Moment(0)
        self._moved_at = Moment(0)
        self.on_whole: Callable[[bytes, int], None] = lambda _mid, _number: None
        self.patience = Patience()  # with what our own node refuses of the answers

    def find_unanswered(self) -> None:
        """Find all files of peers that we did not answer, by the tables."""
        with self._register.shelf.begin() as tx:
            rows = every(TableReader(tx.rows), house.FILES, {"ours": False})
            look = TableReader(tx.rows)
            self._waiting = []
            for row in (*rows, *every(look, house.FILES, {"ours": True})):
                one = _arriving(row)
                one.answered = one.ours or self._is_answered(look, row)
                if not one.answered or self._is_unfolded(look, row):
                    self._waiting.append(one)
            self._register.enclosed.clear()

    def _is_answered(self, look: TableReader, row: Values) -> bool:
        mid, us = row.data("mid"), self._register.address(row.text("desk"))
        said = look.get(house.ATTACHED, house.attached_key(mid, row.data("aid"), us))
        return said is not None or look.get(house.REJECTS, self._said(row)) is not None

    def _is_unfolded(self, look: TableReader, row: Values) -> bool:
        record = look.get(house.RECORDS, row.data("mid"))
        if record is None or row.whole("number") or not Values(record).flag("known"):
            return False
        how = self._register.enclosing(row.text("desk"), Values(record).text("kind"))
        if how is None or look.get(house.REJECTS, self._said(row)) is not None:
            return False
        return look.get(how.table, row.data("mid")) is None

    def _said(self, row: Values) -> str:
        return house.said_key(row.data("mid"), self._register.address(row.text("desk")))

    def forget(self) -> None:
        """Expect nothing: the tables are folded again."""
        self._waiting.clear()
        self.patience = Patience()

    def expect(self, mids: Sequence[bytes]) -> None:
        """Expect the files of records that were just read."""
        with self._register.shelf.begin() as tx:
            for mid in mids:
                rows = every(TableReader(tx.rows), house.FILES, {"mid": mid})
                self._waiting += [_arriving(row) for row in rows]

    @property
    def mids(self) -> tuple[bytes, ...]:
        """The records whose files are expected, each once."""
        return tuple(dict.fromkeys(each.mid for each in self._waiting))

    def _expect_ours(self) -> None:
        mids, self._register.enclosed[:] = list(self._register.enclosed), []
        known = {each.mid for each in self._waiting}
        with self._register.shelf.begin() as tx:
            look = TableReader(tx.rows)
            for mid in dict.fromkeys(mids):
                rows = [] if mid in known else every(look, house.FILES, {"mid": mid})
                self._waiting += [_arriving(row) for row in rows if self._is_unfolded(look, row)]

    def due(self) -> Moment | None:
        """Return when to look again; None while nothing is expected."""
        if not self._waiting and not self._register.enclosed:
            return None
        if self.patience.fault:
            return self.patience.until()
        moves = Span(0) <= self._looked_at - self._moved_at < MOVING
        return self._looked_at + (LOOK_SOON if moves else LOOK_EVERY)

    def look(self, now: Moment) -> bool:
        """Check what came of the files expected, and answer those that are whole.

        Return whether there is more to do at once. Raises OurFault as Hatch.submit does.
        """
        self._looked_at = now
        if self._register.enclosed:
            self._expect_ours()
        if not self.patience.is_over(now):
            return False
        for each in self._waiting[: limits.MAX_ATT]:
            try:
                moved = self._check(each)
                if each.checked == each.chunks:
                    self._fold(each)
            except TheirFault as fault:
                ended = [one for one in self._waiting if one.mid == each.mid]
                if each.answered:
                    self._waiting = [one for one in self._waiting if one not in ended]
                    return bool(self._waiting)
                return self._answered(self._reject(each, fault, now), ended, now)
            except OurFault as fault:
                if fault.code not in ("office.no_key", "office.purged", "office.desk_closed"):
                    raise
                self._waiting.remove(each)  # who cannot open the record cannot open its files
                return bool(self._waiting)
            if each.checked == each.chunks and not each.ours:
                self.on_whole(each.mid, each.number)
            if each.checked == each.chunks and each.answered:
                self._waiting.remove(each)
                return bool(self._waiting)
            if each.checked == each.chunks:
                return self._answered(self._tell(each, now), [each], now)
            if moved:
                self._moved_at = now
                return True
        self._waiting = self._waiting[limits.MAX_ATT :] + self._waiting[: limits.MAX_ATT]
        return False

    def _answered(self, answer: Answer, ended: list[_Arriving], now: Moment) -> bool:
        """Expect no more what was answered; what our node did not take is still due, the last."""
        self._waiting = [each for each in self._waiting if each not in ended]
        if answer.code:
            self._waiting += ended
            self.patience.hold(answer, now)
            return False
        self.patience = Patience()
        return bool(self._waiting)

    def _check(self, each: _Arriving) -> bool:
        if each.file is None:
            try:
                taken = self._register.open(self._register.record(each.mid))
            except OurFault as fault:
                if fault.code not in ("office.not_logged", "hatch.row"):
                    raise
                return False  # ours, and the line is still to come; or our node withholds it
            if taken.body is None:
                raise reading.gone(each.mid)
            each.file = taken.body.parts("files")[each.number]
        found = self._files.check(each.file, each.checked, CHUNKS_A_TURN)
        size = each.file.whole("size")
        if size == 0:
            # Of an empty file the one chunk is empty too: only the node can say that it is here.
            states = self._register.hatch.blob_states([each.aid])
            each.checked = int(bool(states) and states[0].whole)
            return False
        done = min(size, each.checked * limits.CHUNK + found)
        checked = each.chunks if done == size else done // limits.CHUNK
        moved, each.checked = checked > each.checked, checked
        return moved

    def _fold(self, each: _Arriving) -> None:
        # The text of some kinds is their first file.
        row = self._register.record(each.mid)
        how = self._register.enclosing(row.text("desk"), row.text("kind"))
        if how is None or each.number or each.file is None:
            return
        size = each.file.whole("size")
        data = b"".join(
            self._files.open(each.file, first, CHUNKS_A_TURN)
            for first in range(0, each.chunks, CHUNKS_A_TURN)
        )
        assert len(data) == size <= how.size_max, "the desk's check holds the size"
        self._register.fold_enclosed(each.mid, data)

    def _tell(self, each: _Arriving, now: Moment) -> Answer:
        body = Values({"of": each.mid, "aids": (each.aid,)})
        return self._say(each, kinds.ATTACHED, body, now)

    def _reject(self, each: _Arriving, fault: TheirFault, now: Moment) -> Answer:
        what, remedy = house.plain(fault.what), house.plain(fault.remedy)
        body = Values({"of": each.mid, "code": fault.code, "what": what, "remedy": remedy})
        return self._say(each, kinds.REJECT, body, now)

    def _say(self, each: _Arriving, kind: Kind, body: Values, now: Moment) -> Answer:
        row = self._register.record(each.mid)
        desk, to = row.text("desk"), (row.text("from"),)
        letter = self._post.house_letter(kind, desk, to, body, now)
        letter = replace(
            letter, matter=row.text("matter"), prec=row.text("prec"), tlp=row.text("tlp"),
            reply_to=each.mid,
        )  # fmt: skip
        if letter.prec == "FLASH":
            letter = replace(letter, prec="IMMEDIATE")  # a file is bulk, whatever names it
        return self._post.hand_in([self._post.write(letter, self._post.unattended(desk))], now)[0]


def _arriving(row: Values) -> _Arriving:
    chunks = manifest.chunks_of(row.whole("size"))
    ours = row.flag("ours")
    return _Arriving(row.data("mid"), row.whole("number"), row.data("aid"), chunks, ours, ours)
