"""Terms of the hotline's glossary that a text on another desk's page uses, for who reads there too."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detente.app.console.ask import Ask
from detente.app.console.site import Site
from detente.core.errors import OurFault
from detente.desks.hotline.forms import cited
from detente.office.desk import Role
from detente.office.fields import Values

DESK: Final = "hotline"


@dataclass(frozen=True, slots=True)
class Reading:
    """How one side words a term in two languages: (language, wording) twice."""

    party: str
    ours: bool
    wordings: tuple[tuple[str, str], tuple[str, str]]
    note: str


@dataclass(frozen=True, slots=True)
class Term:
    """One term. agreed: both sides word it so; else they do not, and each reading stands."""

    concept: str
    agreed: bool
    readings: tuple[Reading, ...]

    @property
    def wordings(self) -> list[str]:
        """Return every wording of it, of both sides in both languages."""
        return [wording for one in self.readings for _, wording in one.wordings]


def terms(site: Site, ask: Ask, peer: str, texts: Sequence[str]) -> list[Term]:
    """Return the agreed and disagreed terms that texts use, the disagreed first.

    None for who does not read at the hotline, where it is closed, or in a house without one.
    """
    if not texts or not ask.person.may(DESK, Role.READ):
        return []
    try:
        rows = site.office.look(ask.person, f"{DESK}/glossary", Values({"peer": peer}), site.now())[
            1
        ]
    except OurFault:
        return []
    told = [_term(row) for row in map(Values, rows) if row["told"] != "proposed"]
    return sorted(used(texts, told), key=lambda each: each.agreed)


def _term(row: Values) -> Term:
    readings = tuple(_reading(each) for each in row.parts("readings"))
    agreed = row["told"] == "agreed"
    return Term(row.text("concept"), agreed, readings[:1] if agreed else readings)


def _reading(said: Values) -> Reading:
    return Reading(
        said.text("party"),
        said.flag("ours"),
        (
            (said.text("language"), said.text("wording")),
            (said.text("other_language"), said.text("other_wording")),
        ),
        said.text("note"),
    )


def used(text: Sequence[str], found: Sequence[Term]) -> list[Term]:
    """Return which of these terms stand in some texts."""
    there = set(cited("\n\n".join(text), {each.concept: each.wordings for each in found}))
    return [each for each in found if each.concept in there]
