"""A decision as it is kept: the question, the answer, and every version that the answer hangs on.

The same question with the same versions gives the same bytes on any machine; `replay` says whether
it does here.
"""

import hashlib
from typing import Any, Final

import msgspec

from detente.core.errors import OurFault
from detente.screening.engine import Hit, Question, ask
from detente.screening.index import Index
from detente.screening.version import ENGINE

ALERT: Final = 0.72  # score from which a person should look, unless a party sets its own


class Part(msgspec.Struct, frozen=True):
    """Words of the question that are words of the listed name."""

    asked: tuple[str, ...]
    listed: tuple[str, ...]
    likeness: int
    why: str
    weight: int


class Told(msgspec.Struct, frozen=True):
    """One hit as it is kept. `factors`: (name, what it multiplies by), in the order they count."""

    entity: str
    score: float
    name: str
    reading: str
    parts: tuple[Part, ...]
    asked_over: tuple[str, ...]
    listed_over: tuple[str, ...]
    factors: tuple[tuple[str, float], ...]


class Decision(msgspec.Struct, frozen=True):
    """What was asked, of which versions, with which settings, and what was answered."""

    engine: str
    lists: dict[str, str]
    alert: float
    limit: int
    name: str
    schema: str | None
    births: tuple[str, ...]
    countries: tuple[str, ...]
    papers: tuple[str, ...]
    hits: tuple[Told, ...]

    @property
    def alerted(self) -> bool:
        """Whether the best hit reached the alert score."""
        return bool(self.hits) and self.hits[0].score >= self.alert


def decide(index: Index, question: Question, alert: float = ALERT, limit: int = 10) -> Decision:
    """Return the decision on a question."""
    hits = tuple(told(index, hit) for hit in ask(index, question, limit))
    return Decision(
        ENGINE, dict(sorted(index.lists.items())), alert, limit, question.name, question.schema,
        question.births, question.countries, question.papers, hits,
    )  # fmt: skip


def question_of(kept: Decision) -> Question:
    """Return the question of a decision."""
    return Question(kept.name, kept.schema, kept.births, kept.countries, kept.papers)


def told(index: Index, hit: Hit) -> Told:
    """Return a hit as it is kept."""
    asked = hit.reading.words
    listed = [index.word(n).text for n in index.words_of(hit.name)] if hit.name >= 0 else []
    found = hit.alignment
    return Told(
        hit.entity, hit.score, index.name_text(hit.name) if hit.name >= 0 else "", hit.reading.why,
        tuple(
            Part(
                tuple(asked[i] for i in p.left), tuple(listed[j] for j in p.right),
                p.likeness, p.why, p.weight,
            )
            for p in found.pairs
        ),
        tuple(asked[i] for i in found.left_over), tuple(listed[j] for j in found.right_over),
        tuple((f.name, round(f.by, 6)) for f in hit.factors),
    )  # fmt: skip


def encode(decision: Decision) -> bytes:
    """Return the bytes of a decision, the same for the same decision."""
    return msgspec.json.encode(decision, order="sorted")


def stamp(decision: Decision) -> str:
    """Return the hash by which a decision is named."""
    return hashlib.sha256(encode(decision)).hexdigest()


def decode(data: bytes) -> Decision:
    """Return a kept decision. Raises OurFault decision.form."""
    try:
        return msgspec.json.decode(data, type=Decision)
    except msgspec.DecodeError as found:
        raise OurFault(
            "decision.form", f"this is no decision: {found}", "give a kept decision"
        ) from None


def replay(index: Index, kept: Decision) -> dict[str, Any]:
    """Ask again what a decision was asked. Return {same, stamp, again}: both stamps.

    Raises OurFault decision.versions: the engine or the lists are not those of the decision.
    """
    if kept.engine != ENGINE or kept.lists != index.lists:
        raise OurFault(
            "decision.versions",
            f"the decision was made by engine {kept.engine} on other versions of the lists",
            "map the index of the versions that the decision names",
        )
    question = question_of(kept)
    again = decide(index, question, kept.alert, kept.limit)
    return {"same": again == kept, "stamp": stamp(kept), "again": stamp(again)}
