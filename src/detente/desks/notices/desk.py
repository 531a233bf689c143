"""The desk of notices, declared."""

from typing import Final

from detente.desks.notices import acts, folds, kinds, pages, procedures
from detente.desks.notices.exercises import acts as exercise_acts
from detente.desks.notices.exercises import folds as exercise_folds
from detente.desks.notices.exercises import holding
from detente.desks.notices.exercises import kinds as exercise_kinds
from detente.desks.notices.exercises import pages as exercise_pages
from detente.desks.notices.formats import shipped
from detente.desks.notices.terms import acts as terms_acts
from detente.desks.notices.terms import folds as terms_folds
from detente.desks.notices.terms import kinds as terms_kinds
from detente.office.desk import Check, Desk, Searchable
from detente.office.fields import Values
from detente.office.kind import Kind
from detente.office.procedure import rungs


def wrong_values(body: Values) -> str | None:
    """Say what is wrong with a notice in a format that ships; others are judged where they are shown."""
    if "ladder" in body and not rungs(body.text("ladder")):
        return "ladder: this is none"
    found = shipped.by_digest().get(body.data("digest"))
    if found is None:
        return None
    if (body["format"], body["version"]) != (found.code, found.version):
        return f"format: this is {found.code} version {found.version}"
    # Where a format leaves it to precedence, a notice may say what its parties agreed.
    told = body.get("acknowledge", "") if found.acknowledge else "", body.get("answer", "")
    if "of" not in body and told != (found.acknowledge, found.answer):
        return f"acknowledge, answer: not those of {found.code}"
    return found.wrong(tuple((v.text("name"), v.text("text")) for v in body.parts("value")))


_FORMAL: Final[tuple[Kind, ...]] = kinds.FORMAL
DESK: Final = Desk(
    name="notices",
    kinds=(*kinds.ALL, *exercise_kinds.ALL, *terms_kinds.ALL),
    folds=(*folds.ALL, *exercise_folds.ALL, *terms_folds.ALL),
    acts=(*map(holding.act, acts.ALL), *exercise_acts.ALL, *terms_acts.ALL),
    looks=(*pages.ALL, *exercise_pages.ALL, *terms_acts.LOOKS),
    checks=(
        *(Check(each, wrong_values) for each in _FORMAL),
        Check(terms_kinds.TERMS, terms_acts.wrong_terms),
    ),
    procedures=procedures.ALL,
    searchable=(
        Searchable(kinds.TRANSLATION, ("text",)),
        Searchable(kinds.CORRECTION, ("text",)),
        Searchable(kinds.ENTRY, ("text",)),
    ),
    chores=tuple(map(holding.chore, (acts.steps, exercise_acts.send_due))),
)
