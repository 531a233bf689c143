"""The hotline's desk, declared."""

from typing import Final

from detente.desks.hotline import acts, folds, kinds, pages, rules, testing, viewing
from detente.office.desk import Check, Desk, Searchable
from detente.office.fields import Values


def wrong_terms(body: Values) -> str | None:
    """Say what is wrong with terms: a concept twice, or both wordings in one language."""
    terms = body.parts("terms")
    names = [term.text("concept") for term in terms]
    if len(set(names)) < len(names):
        return "a concept stands twice"
    if any(term["language"] == term["other_language"] for term in terms):
        return "both wordings of a term are in one language"
    return None


def wrong_slot(body: Values) -> str | None:
    """Say what is wrong with a test: its time is no full hour."""
    slot = body.moment("slot")
    return None if slot == rules.slot_of(slot) else "slot is no full hour"


DESK: Final = Desk(
    name="hotline",
    kinds=kinds.ALL,
    folds=folds.ALL,
    acts=acts.ALL,
    looks=(*pages.ALL, *viewing.ALL),
    checks=(
        Check(kinds.TERMS, wrong_terms),
        Check(kinds.TEST, wrong_slot),
        Check(kinds.TESTED, wrong_slot),
        Check(kinds.MISSED, wrong_slot),
    ),
    searchable=(
        Searchable(kinds.MESSAGE, ("text",)),
        Searchable(kinds.CORRECTION, ("text",)),
        Searchable(kinds.TRANSLATION, ("text",)),
    ),
    chores_closed=(testing.tests,),
    alerts=(testing.alerts,),
)
