"""Acts whose file is too large for one record: read as a stream, judged whole, sent as several at once.

A person hands the file in, then asks for one step after another; each takes a fraction of a second, so
that the office does everything else between. Nothing leaves before the whole was judged. Then each part
is handed to our node as a file, and all records go together: into the outbox in one transaction. So
after a crash either all are sent, by the outbox, or nothing was, and asking again begins anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office import wishes
from detente.office.desk import Act, Large
from detente.office.drafting import Evidenced
from detente.office.fields import File, Values
from detente.office.files import Files
from detente.office.filing import Filing
from detente.office.people import Person, permit
from detente.office.post import Outcome, Post
from detente.office.reader import Reader, TableReader
from detente.office.ready import ready
from detente.office.records import find_in
from detente.office.register import Register
from detente.office.trail import Trail
from detente.office.writing import Letter

STEP_CHUNKS: Final = 6  # of the file, read in one step: some 300 objects
WINDOW_CHUNKS: Final = 16  # that are held while parts are cut
JOBS_MAX: Final = 4  # at once: each holds what it learned of its file
IDLE: Final = Span.of(hours=1)
Phase = Literal["reading", "ready", "cutting", "sent"]


@dataclass(frozen=True, slots=True)
class State:
    """How far a large file is. done, size: bytes read; part, parts: records made ready, and of how many.

    values: what was asked for beside the file.
    """

    phase: Phase
    done: int
    size: int
    part: int
    parts: int
    large: Large
    values: Values
    outcome: Outcome | None = None


@dataclass(slots=True)
class _Job:
    person: str
    act: Act
    values: Values
    file: Values
    large: Large
    matter: str
    at: Moment
    request: str
    chunk: int = 0
    phase: Phase = "reading"
    letters: list[Letter] = field(default_factory=list)
    outcome: Outcome | None = None
    window: tuple[int, bytes] = (0, b"")

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.file.whole("size")


class Larges:
    """What is under way in one office. catch_up: reads all that is logged, and resumes the outbox."""

    def __init__(
        self,
        register: Register,
        post: Post,
        filing: Filing,
        files: Files,
        trail: Trail,
        catch_up: Callable[[Moment], object],
    ) -> None:
        self._register, self._post, self._filing, self._files = register, post, filing, files
        self._trail, self._catch_up = trail, catch_up
        self._jobs: dict[str, _Job] = {}

    def begin(
        self, person: Person, act: Act, values: Values, handle: str, now: Moment, request: str = ""
    ) -> State:
        """Begin with a file that was handed in whole; its handle names the work from here on.

        values: those of the act, without its file. Raises OurFault: office.no_act for an act that
        takes none, office.forbidden, form.*, stage.*, stage.busy.
        """
        desk = act.name.partition("/")[0]
        with self._trail.request(person, act.name, now):
            permit(person, desk, act.role)
        self._register.keys.check_open(desk)
        if act.large is None:
            what = f"{act.name} takes no file in parts"
            raise OurFault("office.no_act", what, "see: detente --help")
        if handle in self._jobs:
            return self._state(self._find(person, handle))
        self._make_room(now)
        small = replace(act, fields=tuple(e for e in act.fields if not isinstance(e.type, File)))
        with self._register.shelf.begin() as tx:
            whole = ready(small, values, lambda cut: find_in(tx, cut))
        (row,) = self._files.finish((handle,), now)
        self._files.forget((handle,))
        matter = self._register.book.entropy.draw(16).hex()
        large = act.large(whole, now)
        job = _Job(person.name, act, whole, row, large, matter, now, request)
        self._jobs[handle] = job
        return self._state(job)

    def step(self, person: Person, handle: str, now: Moment, *, go: bool) -> State:
        """Do the next step. go: it may be sent; else it stops when all was judged.

        Raises OurFault: stage.lost, and whatever the desk has against the file; then it is over.
        """
        job = self._find(person, handle)
        job.at = now
        try:
            with self._trail.request(person, job.act.name, now):
                self._do(person, job, now, go=go)
        except OurFault as fault:
            if fault.code not in ("hatch.closed", "stage.busy"):
                del self._jobs[handle]
            if isinstance(fault, Evidenced):
                self._post.keep_evidence(person, job.act.name, fault, now)
            raise
        state = self._state(job)
        if job.phase == "sent":
            del self._jobs[handle]
        return state

    def _do(self, person: Person, job: _Job, now: Moment, *, go: bool) -> None:
        permit(person, job.act.name.partition("/")[0], job.act.role)
        self._post.fold_all()
        if job.phase == "reading":
            self._read(job, now)
        elif job.phase == "ready" and go:
            self._again(person, job, now)
        elif job.phase == "cutting":
            self._cut(person, job, now)

    def drop(self, person: Person, handle: str) -> None:
        """Forget it: nothing of it left."""
        self._find(person, handle)
        del self._jobs[handle]

    def _read(self, job: _Job, now: Moment) -> None:
        data = self._files.open(job.file, job.chunk, STEP_CHUNKS)
        end = min(job.size, (job.chunk + STEP_CHUNKS) * limits.CHUNK)
        if job.chunk * limits.CHUNK + len(data) != end:
            raise _lost()
        job.chunk += STEP_CHUNKS
        with self._register.shelf.begin() as tx:
            look: Reader = TableReader(tx.rows)
            if data:
                job.large.feed(look, data)
            if end == job.size:
                job.large.end(look, now)
                job.phase = "ready"

    def _again(self, person: Person, job: _Job, now: Moment) -> None:
        job.phase = "cutting"
        if not job.request:
            return
        self._catch_up(now)
        named = job.values.with_(file=job.large.sha256)
        job.request = wishes.wish_of(job.request, job.act, named)
        done = self._filing.done(person, job.act.name, job.request)
        if done is not None:
            job.outcome, job.phase = done, "sent"

    def _cut(self, person: Person, job: _Job, now: Moment) -> None:
        number = len(job.letters)
        if number < job.large.parts:
            job.letters.append(self._letter(job, number, now))
            return
        job.outcome = self._filing.send(person, job.act, job.letters, now, job.request)
        if job.letters[0].att:
            self._files.forget(job.values.texts("attach"))
        job.phase = "sent"

    def _letter(self, job: _Job, number: int, now: Moment) -> Letter:
        draft = job.large.draft(number, lambda start, end: self._span(job, start, end))
        rows: list[Values] = []
        for each in draft.enclose:
            handle = self._files.take(each.name, each.data, now)
            rows += self._files.finish((handle,), now)
            self._files.forget((handle,))
        rows += self._files.finish(draft.attach, now)
        desk = job.act.name.partition("/")[0]
        return self._post.letter(replace(draft, matter=job.matter), desk, tuple(rows))

    def _span(self, job: _Job, start: int, end: int) -> bytes:
        """Return bytes of the file; those around them are held, for the next are asked for soon."""
        at, held = job.window
        if start < at or end > at + len(held):
            first = start // limits.CHUNK
            count = max(WINDOW_CHUNKS, -(-end // limits.CHUNK) - first)
            at, held = first * limits.CHUNK, self._files.open(job.file, first, count)
            job.window = (at, held)
        found = held[start - at : end - at]
        if len(found) != end - start:
            raise _lost()
        return found

    def _find(self, person: Person, handle: str) -> _Job:
        job = self._jobs.get(handle)
        if job is None or job.person != person.name:
            raise _lost()
        return job

    def _make_room(self, now: Moment) -> None:
        for handle, job in list(self._jobs.items()):
            if now - job.at >= IDLE:
                del self._jobs[handle]
        if len(self._jobs) >= JOBS_MAX:
            what = f"{JOBS_MAX} large files are being sent"
            raise OurFault("stage.busy", what, "wait until one of them is sent")

    @staticmethod
    def _state(job: _Job) -> State:
        done = min(job.size, job.chunk * limits.CHUNK)
        parts = 0 if job.phase == "reading" else job.large.parts
        return State(
            job.phase, done, job.size, len(job.letters), parts, job.large, job.values, job.outcome
        )


def _lost() -> OurFault:
    return OurFault(
        "stage.lost",
        "the office knows nothing of this file: it was started again, or waited too long",
        "hand it in again",
    )
