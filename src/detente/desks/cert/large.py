"""A bundle too large for one record: judged whole before its first record leaves, then sent in parts.

What is judged is what `cert send` judges of a small one: the standard, markings, what we said before,
arrangements, warning lists. All that is wrong is counted, and the first of it named.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.cert import clashing, embargo, index, kinds, rules, sharing, warned
from detente.desks.cert.formats import checking, notes, stream, strict
from detente.desks.cert.formats.defang import defang
from detente.desks.cert.formats.survey import Piece, Slice, Survey
from detente.office.desk import Sum
from detente.office.drafting import MARKINGS, Draft, Enclosure, Evidenced, ext_of
from detente.office.enclosed import ATTACH
from detente.office.fields import Values
from detente.office.reader import Reader

SHOWN: Final = 5  # of each sort, named in words
_NAME: Final = "bundle-{number:02}.json"


@dataclass(slots=True)
class _Tally:
    """How often something was found, and the first of it."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, told: str, count: int = 1) -> None:
        self.count += count
        if len(self.first) < SHOWN:
            self.first.append(told[:300])

    def __str__(self) -> str:
        more = self.count - len(self.first)
        return "; ".join(self.first) + (f"; and {more} more" if more > 0 else "")


class LargeBundle:
    """One bundle on its way. values: those of SEND, without its file."""

    act = "cert/send"

    def __init__(self, values: Values, now: Moment) -> None:
        """Begin; nothing was read yet."""
        self._values, self._now = values, now
        self._survey = Survey(kinds.OBJECTS_MAX)
        self._pieces: list[Piece] = []
        self._types: dict[str, int] = {}
        self._errors, self._warnings = _Tally(), _Tally()
        self._clashes, self._listed, self._embargoed = _Tally(), _Tally(), _Tally()
        self._evidence: list[Draft] = []

    @property
    def sha256(self) -> bytes:
        """H of the file, once it ended."""
        return self._survey.sha256

    @property
    def parts(self) -> int:
        """How many records it makes, once it ended."""
        return len(self._pieces)

    @property
    def told(self) -> Sequence[Sum]:
        """What is in it so far."""
        types = sorted(self._types.items(), key=lambda each: (-each[1], each[0]))
        found = [Sum("objects", self._survey.count)]
        found += [Sum("type", count, name) for name, count in types]
        for name, tally in (("warnings", self._warnings), ("listed", self._listed)):
            if tally.count:
                found.append(Sum(name, tally.count, first=tuple(tally.first)))
        if self._survey.is_turned:
            found.append(Sum("turned", 1))
        return found

    def feed(self, look: Reader, data: bytes) -> None:
        """Take the next bytes. Raises OurFault: stix.*."""
        try:
            for piece in self._survey.feed(data):
                self._judge(look, piece)
        except strict.Found as found:
            raise OurFault(*found.flaw) from None

    def end(self, look: Reader, now: Moment) -> None:
        """Judge the whole. Raises OurFault: stix.*, cert.conflict, cert.marking, cert.arrangement, cert.warned."""
        try:
            for piece in self._survey.end():
                self._judge(look, piece)
            self._refuse(look, now)
            self._pieces = self._survey.pieces()
        except strict.Found as found:
            raise OurFault(*found.flaw) from None

    def _judge(self, look: Reader, piece: Slice) -> None:
        for place, one in enumerate(piece.objects, piece.first):
            kind = str(one["type"])
            self._types[kind] = self._types.get(kind, 0) + 1
            for note in checking.check(one, f"objects[{place}]", str(self._now)):
                tally = self._errors if note.severity == notes.ERROR else self._warnings
                tally.add(str(note))
        for place, (ref, one) in enumerate(
            zip(piece.refs, piece.objects, strict=True), piece.first
        ):
            row = index.other_content(look, ref)
            if row is not None:
                self._clashes.add(clashing.words(place, ref, row))
                clashing.keep(self._evidence, look, ref, one, row, self.act, self._now)
        if self._values.texts("to"):
            held = embargo.standing(look)
            for one in piece.objects:
                if held.holds([one]):
                    self._embargoed.add(str(one["id"]))
            for hit in warned.hits(look, piece.objects, own=False):
                self._listed.add(f"{defang(hit.value)} ({hit.list})")

    def _refuse(self, look: Reader, now: Moment) -> None:
        if self._errors.count:
            what = f"{self._errors.count} faults: {self._errors}"
            raise OurFault("stix.standard", what, "correct what is named")
        if self._clashes.count:
            what = f"{self._clashes.count} objects: {self._clashes}"
            fault = OurFault("cert.conflict", what, "give what was changed a new modified")
            raise Evidenced(fault, tuple(self._evidence))
        tlp, marked = self._tlp(), self._survey.tlp
        if not rules.is_strict_enough(tlp, marked):
            what = f"the bundle is marked TLP:{marked}, stricter than {tlp}"
            remedy = f"choose {marked}, or leave those objects out"
            raise OurFault("cert.marking", what, remedy)
        for party in sorted({to.partition("@")[2] for to in self._values.texts("to")}):
            self._check_arrangement(look, party, now)
        if self._embargoed.count:
            what = f"{self._embargoed.count} objects are of a vulnerability under embargo: {self._embargoed}"
            raise OurFault("cert.embargo", what, "leave them out until its release")
        if self._listed.count and not self._values.flag("despite"):
            what = f"{self._listed.count} values stand on warning lists: {self._listed}"
            raise OurFault("cert.warned", what, "leave them out, or say --despite")

    def _check_arrangement(self, look: Reader, party: str, now: Moment) -> None:
        survey, stays = self._survey, _Tally()
        definitions = list(survey.definitions.values())
        lines = sharing.check(look, [*definitions, *survey.examples], party, now)
        for line, count in zip(lines[len(definitions) :], survey.counts, strict=True):
            if line.why:
                many = f" and {count - 1} like it" if count > 1 else ""
                stays.add(f"{line.id} ({line.why}){many}", count)
        if stays.count:
            what = f"{stays.count} of {survey.count} objects may not go to {party}: {'; '.join(stays.first)}"
            raise OurFault("cert.arrangement", what, "leave them out")

    def draft(self, number: int, read: Callable[[int, int], bytes]) -> Draft:
        """Return one of its records, from 0."""
        piece, survey, values = self._pieces[number], self._survey, self._values
        objects = [read(*survey.span(at)) for at in (*piece.again, *piece.own)]
        data = stream.bundle(objects)
        body = Values(
            {
                "sha256": sha256(data).digest(),
                "count": len(objects),
                "about": values.text("about") or f"{survey.count} objects",
                "part": self._part(number, piece) if self.parts > 1 else None,
            }
        )
        is_first = number == 0
        if is_first:
            body = body.with_(asks=values.get("asks"))
        within = values.span("within")
        return Draft(
            kind=kinds.BUNDLE_FILE if is_first else kinds.PART,
            to=values.texts("to"),
            body=body,
            created=self._now,
            prec=values.text("prec"),
            ext=ext_of(values),
            tlp=self._tlp(),
            deadline=None if within is None or not is_first else self._now + within,
            attach=values.texts(ATTACH.name) if is_first else (),
            enclose=(Enclosure(_NAME.format(number=number + 1), data),),
        )

    def _tlp(self) -> str:
        return self._values.text("tlp")

    def _part(self, number: int, piece: Piece) -> Values:
        survey = self._survey
        return Values(
            {
                "number": number + 1,
                "parts": self.parts,
                "own": len(piece.own),
                "bundle": survey.bundle,
                "sha256": survey.sha256,
                "size": survey.size,
                "count": survey.count,
            }
        )


class LargeImport(LargeBundle):
    """The same for IMPORT: without addressees it stays here, and its own markings make it stricter."""

    act = "cert/import"

    def _tlp(self) -> str:
        return max(self._values.text("tlp"), self._survey.tlp or MARKINGS[0], key=MARKINGS.index)
