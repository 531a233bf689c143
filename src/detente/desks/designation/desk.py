"""The desk of designations, declared."""

from typing import Final

from detente.desks.designation import acts, asking, folds, kinds, pages, procedures, rules
from detente.office.desk import Check, Desk, Searchable

DESK: Final = Desk(
    name="designation",
    kinds=kinds.ALL,
    folds=folds.ALL,
    acts=(*acts.ALL, *asking.ALL),
    looks=pages.ALL,
    checks=(
        Check(kinds.PROPOSAL, rules.wrong_proposal),
        Check(kinds.FURTHER, rules.wrong_reasons),
        Check(kinds.ADOPTION, rules.wrong_births),
        Check(kinds.AMENDMENT, rules.wrong_births),
        Check(kinds.EXEMPTION, rules.wrong_exemption),
        Check(kinds.QUESTION, rules.wrong_question),
    ),
    procedures=procedures.ALL,
    harmless=rules.visible,
    searchable=(
        Searchable(kinds.RESPONSE, ("text",)),
        Searchable(kinds.DELISTING, ("text",)),
        Searchable(kinds.REDRESS, ("text",)),
        Searchable(kinds.DECISION, ("text",)),
    ),
)
