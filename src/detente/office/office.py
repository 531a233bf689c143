"""A party's office: what people do with records. Sees of the node only its hatch.

Synchronous and without a loop: the roof calls `advance` when there is news, and hands in one act
at a time. What it answers by itself (DELIVERED, refusals) is a state, not an event: an answer is
due exactly if none of ours stands in the logs or the outbox, so nothing is answered twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from detente.core import limits, names, record
from detente.core.errors import Fault, OurFault, TheirFault
from detente.core.evidence import Disclosed
from detente.core.evidence import write as write_evidence
from detente.core.keys import Entropy
from detente.core.moment import Moment, Span
from detente.core.party import read_card
from detente.core.trust import Chain
from detente.node.ports import Answer, Hatch, Kept, Level
from detente.office import house, kinds, reading, writing
from detente.office.desk import Act, Desk, Draft, Look, Role, TableReader, complete, find_mids, ready
from detente.office.fields import Cut, Values
from detente.office.kind import Kind
from detente.office.people import Person, permit
from detente.office.ports import Shelf, ShelfTx
from detente.office.reading import Refusal, Taken
from detente.office.tables import Row
from detente.office.writing import Book, KeysAtWork, Letter, Written

READ_COUNT: Final = 256  # records of one turn
READ_BYTES: Final = limits.KIB**2
DELIVERED_EVERY: Final = Span(1_000)  # cumulative, so one a second says it all
URGENT_RANK: Final = record.PRECEDENCES.index("IMMEDIATE")
POST_MAX: Final = limits.MAX_BATCH_COUNT


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an act: the records it made, durable at our node."""

    mids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a record has come: the highest receipt level, and what each level rests on."""

    level: str
    origin: str
    place: int | None
    stored_upto: int
    read_at: Moment | None
    rejected: tuple[str, str, str] | None  # code, what, remedy


@dataclass(slots=True)
class _Reading:
    """How far this office read one peer's log, and what it owes for it.

    settled: below it nothing is owed. tell: our desk, and the desks to tell. refused: to be answered.
    """

    upto: int = 0
    settled: int = 0
    rank: int = 0
    tell: dict[str, set[str]] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)


class Office:
    """One party's office over one node."""

    def __init__(
        self,
        desks: Sequence[Desk],
        hatch: Hatch,
        shelf: Shelf,
        keys: KeysAtWork,
        entropy: Entropy,
    ) -> None:
        self._desks = {desk.name: desk for desk in desks}
        self._hatch, self._shelf, self._keys = hatch, shelf, keys
        cards = [read_card(each.note) for each in hatch.cards()]
        self.book = Book(cards[0], {card.name: card for card in cards[1:]}, entropy)
        self._second = frozenset(
            kind.name for desk in desks for kind in desk.kinds if kind.second_person
        )
        self._readings: dict[str, _Reading] = {}
        self._told_at = Moment(0)
        self._levels: dict[str, Level] = {}
        self._logged: list[tuple[str, int, bytes]] = []  # ours, logged and not yet receipted

    # Acts.

    def find_act(self, name: str) -> Act:
        """Return an act by its name `desk/verb`. Raises OurFault("office.no_act")."""
        desk = self._desks.get(name.partition("/")[0])
        for act in desk.acts if desk else ():
            if act.name == name:
                return act
        raise OurFault("office.no_act", f"there is no act {name}", "see: detente --help")

    def find_look(self, name: str) -> Look:
        """Return a look by its name `desk/verb`. Raises OurFault("office.no_act")."""
        desk = self._desks.get(name.partition("/")[0])
        for look in desk.looks if desk else ():
            if look.name == name:
                return look
        raise OurFault("office.no_act", f"there is nothing to see at {name}", "see: detente --help")

    def act(self, person: Person, name: str, values: Values, now: Moment) -> Outcome:
        """Do what a person wants at a desk; it is in the home log before it takes effect.

        Raises OurFault: office.no_act, office.forbidden, form.*, those of the desk, and the node's
        refusal by its own code. Then nothing was sent.
        """
        act, desk = self.find_act(name), name.partition("/")[0]
        permit(person, desk, act.role)
        with self._shelf.begin() as tx:
            look = TableReader(tx.rows)
            whole = ready(act, values, lambda cut: self._find(tx, cut))
            drafts = act.build(whole, look, now)
        letters = [self._letter(draft, desk) for draft in drafts]
        return self._post_as(person, desk, name, letters, now)

    def _letter(self, draft: Draft, desk: str) -> Letter:
        matter = draft.matter or self.book.entropy.draw(16).hex()
        return Letter(
            kind=draft.kind.name,
            desk=desk,
            to=draft.to,
            text=draft.kind.write(draft.body),
            created=draft.created,
            matter=matter,
            prec=draft.prec,
            tlp=draft.tlp,
            is_open=draft.kind.open_body,
            reply_to=draft.reply_to,
            deadline=draft.deadline,
        )

    def _post_as(
        self, person: Person, desk: str, name: str, letters: Sequence[Letter], now: Moment
    ) -> Outcome:
        written = [self.write(letter, person.signer_id) for letter in letters]
        self._enter(person, desk, name, written, now)
        return self.post(written, now)

    def _enter(
        self, person: Person, desk: str, name: str, written: Sequence[Written], now: Moment
    ) -> None:
        # Audit: durable before the act takes effect. A record without effect is an attempt.
        body = Values(
            {
                "person": person.name,
                "user": person.user,
                "act": name,
                "mids": tuple(one.mid for one in written),
            }
        )
        letter = self._house_letter(kinds.ACT, desk, (f"{desk}@{self.book.card.name}",), body, now)
        entry = self.write(letter, self._unattended(desk))
        refused = self._hatch.submit([entry.envelope], now)[0]
        if refused.code:
            raise _refusal(refused)
        with self._shelf.begin() as tx:
            self._fold_own(tx, entry)

    def _house_letter(
        self, kind: Kind, desk: str, to: tuple[str, ...], body: Values, now: Moment
    ) -> Letter:
        return Letter(
            kind=kind.name,
            desk=desk,
            to=to,
            text=kind.write(body),
            created=now,
            matter=record.NO_MATTER,
            prec="ROUTINE",
            tlp="CLEAR",
            is_open=kind.open_body,
        )

    def _unattended(self, desk: str) -> str:
        for signer_id in sorted(self.book.card.desks[desk].signers):
            if signer_id.startswith("m-") and signer_id in self._keys.signers:
                return signer_id
        raise OurFault(
            "office.no_key", f"the desk {desk} has no signer of its own (m-…)", "issue a new card"
        )

    def write(self, letter: Letter, author: str) -> Written:
        """Return the finished record: numbered, sealed and signed, not yet sent."""
        return writing.write(letter, author, self.book, self._keys)

    def post(self, written: Sequence[Written], now: Moment) -> Outcome:
        """Send finished records: into the outbox first, then through the hatch, then to our tables.

        Raises the node's refusal by its own code; what it refused is forgotten. If the node cannot
        be reached, OurFault("hatch.closed"): then they stay in the outbox and `resume` sends them.
        """
        refused = [answer for answer in self._hand_in(written, now) if answer.code]
        if refused:
            raise _refusal(refused[0])
        return Outcome(tuple(one.mid for one in written))

    def _hand_in(self, written: Sequence[Written], now: Moment) -> Sequence[Answer]:
        assert len(written) <= POST_MAX, "one batch"
        with self._shelf.begin() as tx:
            for one in written:
                tx.outbox_put(one.mid, one.envelope, now)
        answers = self._hatch.submit([one.envelope for one in written], now)
        with self._shelf.begin() as tx:
            for one, answer in zip(written, answers, strict=True):
                if answer.code:
                    tx.outbox_drop(one.mid)
                else:
                    self._fold_own(tx, one)
        return answers

    def _fold_own(self, tx: ShelfTx, written: Written) -> None:
        desk = self._desks.get(names.desk_of(written.header.from_))
        taken = reading.from_written(written, desk)
        self._fold(tx, taken, "", 0, written.header.created)

    # Reading.

    def resume(self, now: Moment) -> None:
        """Hand in again what the outbox holds, and find what is still unanswered.

        Call it once when the office starts, and when the node answers again: to submit twice is
        once.
        """
        after: bytes | None = None
        while True:
            with self._shelf.begin() as tx:
                waiting = tx.outbox_after(after, POST_MAX)
            if not waiting:
                break
            answers = self._hatch.submit([each.envelope for each in waiting], now)
            with self._shelf.begin() as tx:
                for each, answer in zip(waiting, answers, strict=True):
                    if answer.code:
                        tx.outbox_drop(each.mid)
                    self._watch_receipt(tx, each.mid)
            after = waiting[-1].mid
        self._find_unanswered()

    def _watch_receipt(self, tx: ShelfTx, mid: bytes) -> None:
        row = tx.rows(house.RECORDS).get(mid)
        if row is not None and row.get("origin"):
            found = Values(row)
            self._logged.append((found.text("origin"), found.whole("place"), mid))

    def _find_unanswered(self) -> None:
        # What was read before a crash and not answered: read it again, up to where we stand.
        self._see_levels()
        with self._shelf.begin() as tx:
            places = {origin: tx.place(origin) for origin in self._levels}
            rejects = tx.rows(house.REJECTS)
            for origin in self._theirs():
                found = self._readings[origin] = self._open_reading(tx, origin)
                found.upto = places[origin]
                for row in tx.rows(house.REFUSED).find({"origin": origin}, None, READ_COUNT):
                    if rejects.get(Values(row).data("mid")) is None:
                        found.refused.append(Values(row).whole("seq"))
        for origin in self._theirs():
            found = self._readings[origin]
            at = found.settled
            while at < found.upto:
                rows = self._hatch.since(self._only(origin, at), READ_COUNT, READ_BYTES)
                if not rows:
                    break
                for each in rows:
                    taken = self._take(each, self._levels[origin])
                    if isinstance(taken, Taken) and each.seq < found.upto:
                        self._note_delivery(found, taken)
                at = rows[-1].seq + 1

    def _see_levels(self) -> None:
        self._levels = {level.origin: level for level in self._hatch.levels()}

    def _theirs(self) -> list[str]:
        return [origin for origin, level in self._levels.items() if not self._is_own(level)]

    def _only(self, origin: str, at: int) -> dict[str, int]:
        # Other logs from beyond their end, not from the end we know of: they grow meanwhile.
        return dict.fromkeys(self._levels, limits.MAX_TREE) | {origin: at}

    def _is_own(self, level: Level) -> bool:
        return level.owner == self.book.card.name

    def advance(self, now: Moment) -> bool:
        """Read what is new, fold it, answer what is due; return whether there is more to read.

        Peers' logs come before our own: their warning before our book-keeping.
        """
        self._see_levels()
        with self._shelf.begin() as tx:
            places = {origin: tx.place(origin) for origin in self._levels}
            for origin in self._theirs():
                if origin not in self._readings:
                    self._readings[origin] = self._open_reading(tx, origin)
        own_first = sorted(self._levels.values(), key=self._is_own)
        behind = [level for level in own_first if places[level.origin] < level.size]
        budget, more = READ_COUNT, False
        for level in behind:
            asked = self._only(level.origin, places[level.origin])
            kept = self._hatch.since(asked, budget, READ_BYTES) if budget else ()
            if kept:
                self._read(kept, level)
            budget -= len(kept)
            more = more or places[level.origin] + len(kept) < level.size
        self._drop_receipted()
        if not more:
            self._answer(now)
        return more

    def _open_reading(self, tx: ShelfTx, origin: str) -> "_Reading":
        rows = tx.rows(house.DELIVERIES)
        found = _Reading()
        for desk in self._keys.openers:
            row = rows.get(house.delivery_key(self._address(desk), origin))
            if row:
                found.settled = max(found.settled, Values(row).whole("upto"))
        note = tx.note(f"settled {origin}")
        found.settled = max(found.settled, int(note) if note else 0)
        return found

    def _address(self, desk: str) -> str:
        return f"{desk}@{self.book.card.name}"

    def _read(self, kept: Sequence[Kept], level: Level) -> None:
        place = kept[-1].seq + 1
        deliveries: list[Taken] = []
        refused: list[int] = []
        logged: list[tuple[str, int, bytes]] = []
        with self._shelf.begin() as tx:
            for each in kept:
                if self._is_own(level):
                    logged.append((each.origin, each.seq, self._read_own(tx, each, level)))
                else:
                    taken = self._read_theirs(tx, each, level)
                    if isinstance(taken, Refusal):
                        refused.append(each.seq)
                    elif taken is not None:
                        deliveries.append(taken)
            tx.set_place(level.origin, place)
        if self._is_own(level):
            self._logged += logged
            return
        reading_state = self._readings[level.origin]
        reading_state.upto = place
        reading_state.refused += refused
        for taken in deliveries:
            self._note_delivery(reading_state, taken)

    def _read_own(self, tx: ShelfTx, kept: Kept, level: Level) -> bytes:
        mid = reading.mid_of(kept.envelope)
        rows = tx.rows(house.RECORDS)
        row = rows.get(mid)
        if row is None:
            taken = self._take(kept, level)
            if isinstance(taken, Taken):
                self._fold(tx, taken, kept.origin, kept.seq, taken.header.created)
        elif not row.get("origin"):
            rows.put({**row, "origin": kept.origin, "place": kept.seq})
        return mid

    def _take(self, kept: Kept, level: Level) -> Taken | Refusal | None:
        return reading.take(kept, level.owner, self.book, self._keys, self._desks, self._second)

    def _read_theirs(self, tx: ShelfTx, kept: Kept, level: Level) -> Taken | Refusal | None:
        taken = self._take(kept, level)
        if isinstance(taken, Refusal):
            house.put_refusal(tx.rows(house.REFUSED), taken, kept.origin, kept.seq)
        elif taken is not None:
            if tx.rows(house.RECORDS).get(taken.mid) is not None:
                return None  # opened before, from another log: it counts once
            self._fold(tx, taken, kept.origin, kept.seq, kept.kept_at)
        return taken

    def _fold(self, tx: ShelfTx, taken: Taken, origin: str, place: int, kept_at: Moment) -> None:
        house.put_record(tx.rows(house.RECORDS), taken, origin, place, kept_at)
        if taken.body is None:
            return
        opened = reading.to_opened(taken, origin, place, kept_at)
        fold = house.FOLD_OF.get(opened.kind)
        if fold is not None:
            fold.apply(tx.rows(fold.table), opened)
        elif taken.desk in self._desks:
            self._desks[taken.desk].fold(tx.rows, opened)

    def _drop_receipted(self) -> None:
        # What the peer receipted needs no second copy here.
        done = [each for each in self._logged if each[1] < self._levels[each[0]].receipted]
        if not done:
            return
        with self._shelf.begin() as tx:
            for _, _, mid in done:
                tx.outbox_drop(mid)
        gone = set(done)
        self._logged = [each for each in self._logged if each not in gone]

    # Answers of the office itself.

    @staticmethod
    def _note_delivery(state: "_Reading", taken: Taken) -> None:
        # Receipts of offices are not receipted by offices: that would never end.
        if taken.header.kind.startswith("sys."):
            return
        state.tell.setdefault(taken.desk, set()).add(taken.header.from_)
        state.rank = max(state.rank, record.PRECEDENCES.index(taken.header.prec))

    def next_answer(self) -> Moment | None:
        """Return when `advance` should be called though nothing new came; None for never."""
        if any(state.tell for state in self._readings.values()):
            return self._told_at + DELIVERED_EVERY
        return None

    def _answer(self, now: Moment) -> None:
        for origin, state in self._readings.items():
            for seq in state.refused:
                self._reject(origin, seq, now)
            state.refused.clear()
        urgent = any(state.rank >= URGENT_RANK for state in self._readings.values())
        if now - self._told_at < DELIVERED_EVERY and self._told_at <= now and not urgent:
            return
        for origin, state in self._readings.items():
            if state.tell:
                self._tell_delivered(origin, state, now)
                self._told_at = now
            elif state.settled < state.upto:
                with self._shelf.begin() as tx:
                    tx.set_note(f"settled {origin}", str(state.upto).encode())
                state.settled = state.upto

    def _tell_delivered(self, origin: str, state: "_Reading", now: Moment) -> None:
        with self._shelf.begin() as tx:
            rows = tx.rows(house.REFUSED).find({"origin": origin}, None, kinds.NOT_OPENED_MAX)
        missing = tuple(sorted(Values(row).whole("seq") for row in rows))
        body = Values({"origin": origin, "upto": state.upto, "not": missing})
        letters = []
        for desk, told in state.tell.items():
            to = tuple(sorted(told))[: limits.MAX_TO]
            letter = self._house_letter(kinds.DELIVERED, desk, to, body, now)
            letters.append(replace(letter, prec=record.PRECEDENCES[state.rank]))
        self._hand_in([self.write(each, self._unattended(each.desk)) for each in letters], now)
        state.settled, state.rank = state.upto, 0
        state.tell.clear()

    def _reject(self, origin: str, seq: int, now: Moment) -> None:
        kept = self._hatch.since(self._only(origin, seq), 1, 1)
        refusal = self._take(kept[0], self._levels[origin])
        if not isinstance(refusal, Refusal) or refusal.header is None:
            return  # nobody is known to answer to; people see it in the list of refused records
        with self._shelf.begin() as tx:
            if tx.rows(house.REJECTS).get(refusal.mid) is not None:
                return  # answered before a rebuild: once is enough
        header, fault = refusal.header, refusal.fault
        # Whoever is named as author is answered only if it is the party that wrote the log: else a
        # peer could have us write to another.
        if names.party_of(header.from_) != self._levels[origin].owner:
            return
        if not self._knows(header.from_) or header.kind.startswith("sys."):
            return
        desks = [names.desk_of(each) for each in header.to if self._is_ours(each)]
        desk = next((each for each in desks if each in self._keys.openers), min(self._keys.openers))
        body = Values(
            {
                "of": refusal.mid,
                "code": fault.code,
                "what": fault.what[:500],
                "remedy": fault.remedy[:500],
            }
        )
        letter = self._house_letter(kinds.REJECT, desk, (header.from_,), body, now)
        letter = replace(
            letter, matter=header.matter, tlp=header.tlp, prec=header.prec, reply_to=refusal.mid
        )
        self._hand_in([self.write(letter, self._unattended(desk))], now)

    def _is_ours(self, address: str) -> bool:
        return names.party_of(address) == self.book.card.name

    def _knows(self, address: str) -> bool:
        desk, party = names.split(address)
        card = self.book.peers.get(party)
        return card is not None and desk in card.desks

    # What people see.

    def look(
        self, person: Person, name: str, values: Values, now: Moment
    ) -> tuple[Look, tuple[Row, ...]]:
        """Return a look and its rows. Raises OurFault: office.no_act, office.forbidden, form.mid."""
        look = self.find_look(name)
        permit(person, name.partition("/")[0], look.role)
        with self._shelf.begin() as tx:
            whole = ready(look, values, lambda cut: self._find(tx, cut))
            return look, look.read(TableReader(tx.rows), whole, now)

    def _find(self, tx: ShelfTx, cut: Cut) -> Sequence[bytes]:
        return find_mids(TableReader(tx.rows), house.RECORDS, cut)

    def whole_mid(self, given: bytes | Cut) -> bytes:
        """Return the mid that a person wrote. Raises OurFault("form.mid")."""
        with self._shelf.begin() as tx:
            found = complete(Values({"mid": given}), lambda cut: self._find(tx, cut))
        return found.data("mid")

    def read(self, person: Person, mid: bytes, now: Moment) -> Taken:
        """Return a record opened for a person, and tell its author that a person saw it.

        Raises OurFault: office.no_record, office.forbidden; TheirFault as `reading.take`.
        """
        row = self._record(mid)
        permit(person, row.text("desk"), Role.READ)
        taken = self._open(row)
        if not taken.ours and taken.header.kind not in kinds.HOUSE:
            self._tell_read(person, taken, now)
        return taken

    def _record(self, mid: bytes) -> Values:
        with self._shelf.begin() as tx:
            row = tx.rows(house.RECORDS).get(mid)
        if row is None:
            raise OurFault(
                "office.no_record",
                f"no record {record.mid_text(mid)} at a desk of this office",
                "look at the list again: detente record list",
            )
        return Values(row)

    def _open(self, row: Values) -> Taken:
        origin = row.text("origin")
        if not origin:
            raise OurFault(
                "office.not_logged",
                "the record waits for the line and stands in no log yet",
                "see the line: detente link list",
            )
        self._see_levels()
        kept = self._hatch.since(self._only(origin, row.whole("place")), 1, 1)
        taken = self._take(kept[0], self._levels[origin])
        assert isinstance(taken, Taken), "it was opened before"
        return taken

    def _tell_read(self, person: Person, taken: Taken, now: Moment) -> None:
        with self._shelf.begin() as tx:
            if tx.rows(house.READS).get(taken.mid) is not None:
                return
        header = taken.header
        body = Values({"of": taken.mid})
        letter = self._house_letter(kinds.READ, taken.desk, (header.from_,), body, now)
        letter = replace(letter, matter=header.matter, prec=header.prec, reply_to=taken.mid)
        self._post_as(person, taken.desk, "record/read", [letter], now)

    def standing(self, mid: bytes) -> Standing:
        """Return how far a record has come. Raises OurFault("office.no_record")."""
        row = self._record(mid)
        self._see_levels()
        origin, place = row.text("origin"), row.whole("place")
        level = self._levels.get(origin)
        receipted = level.receipted if level else 0
        with self._shelf.begin() as tx:
            read, reject = tx.rows(house.READS).get(mid), tx.rows(house.REJECTS).get(mid)
            opened = [
                Values(found)
                for address in row.texts("to")
                if (found := tx.rows(house.DELIVERIES).get(house.delivery_key(address, origin)))
            ]
        delivered = any(
            each.whole("upto") > place and place not in _wholes(each) for each in opened
        )
        return Standing(
            level=_level(row, level, bool(read), bool(reject), delivered=delivered),
            origin=origin,
            place=place if origin else None,
            stored_upto=receipted,
            read_at=Values(read).moment("at") if read else None,
            rejected=_reason(Values(reject)) if reject else None,
        )

    def find(self, mid: bytes) -> tuple[Values, Standing]:
        """Return what the house knows of a record, and how far it has come."""
        return self._record(mid), self.standing(mid)

    def records(self, after: bytes | None, count_max: int) -> Sequence[Values]:
        """Return records of this office in the order of their ids."""
        with self._shelf.begin() as tx:
            return [Values(row) for row in tx.rows(house.RECORDS).find({}, after, count_max)]

    def refused(self) -> Sequence[Values]:
        """Return records that were not acceptable."""
        with self._shelf.begin() as tx:
            return [Values(row) for row in tx.rows(house.REFUSED).find({}, None, READ_COUNT)]

    def levels(self) -> Sequence[Level]:
        """Return every log with its sizes and state."""
        self._see_levels()
        return tuple(self._levels.values())

    def evidence(self, person: Person, matter: str, about: str, *, with_text: bool) -> bytes:
        """Return the evidence file of a matter: proofs of all its records, texts if disclosed.

        Records that the other side has not receipted yet are left out: they prove nothing.
        Raises OurFault: office.no_matter, proof.not_yet if nothing is receipted.
        """
        with self._shelf.begin() as tx:
            rows = [
                Values(row)
                for row in tx.rows(house.RECORDS).find(
                    {"matter": matter}, None, limits.MAX_EVIDENCE_RECORDS
                )
            ]
        if not rows:
            raise OurFault(
                "office.no_matter", f"no matter {matter} here", "see: detente record list"
            )
        self._see_levels()
        found, parties = [], {self.book.card.name}
        for row in rows:
            permit(person, row.text("desk"), Role.READ)
            level = self._levels.get(row.text("origin"))
            if level is None or not level.peer or row.whole("place") >= level.receipted:
                continue
            parties.add(level.peer)
            proof = self._hatch.prove(level.origin, row.whole("place"))
            taken = self._open(row) if with_text else None
            found.append(Disclosed(proof, taken.text, taken.salt) if taken else Disclosed(proof))
        if not found:
            raise OurFault(
                "proof.not_yet",
                "nothing of this matter is receipted yet",
                "wait until it is STORED",
            )
        cards = [
            self.book.card,
            *(self.book.peers[each] for each in sorted(parties) if each in self.book.peers),
        ]
        return write_evidence(found, [Chain((card,)) for card in cards], matter, about or None)

    def proof(self, person: Person, mid: bytes) -> bytes:
        """Return the proof file of one record. Raises OurFault("proof.not_yet")."""
        row = self._record(mid)
        permit(person, row.text("desk"), Role.READ)
        if not row.text("origin"):
            raise OurFault(
                "proof.not_yet", "the record stands in no log yet", "wait until it is STORED"
            )
        return self._hatch.prove(row.text("origin"), row.whole("place"))

    def rebuild(self, now: Moment) -> int:
        """Drop every table and fold all records again; return how many were read."""
        tables = [*house.TABLES, *(table for desk in self._desks.values() for table in desk.tables)]
        self._see_levels()
        with self._shelf.begin() as tx:
            tx.drop_tables(tables)
            for origin in self._levels:
                tx.set_place(origin, 0)
        self._readings.clear()
        self._logged.clear()
        while self.advance(now):
            pass
        return sum(level.size for level in self._levels.values())


def _refusal(answer: Answer) -> Fault:
    kind = TheirFault if answer.code.startswith("E_") else OurFault
    return kind(answer.code, answer.what, answer.remedy)


def _wholes(row: Values) -> tuple[object, ...]:
    found = row.get("not", ())
    return found if isinstance(found, tuple) else ()


def _reason(row: Values) -> tuple[str, str, str]:
    return row.text("code"), row.text("what"), row.text("remedy")


def _level(row: Values, level: Level | None, read: bool, rejected: bool, *, delivered: bool) -> str:
    if not row.flag("ours"):
        return "READ" if read else "KEPT"
    if rejected:
        return "REJECTED"
    if read:
        return "READ"
    if delivered:
        return "DELIVERED"
    if level is None:
        return "SUBMITTED"
    return "STORED" if level.receipted > row.whole("place") else "SENT"
