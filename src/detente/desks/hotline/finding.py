"""What acts and pages look up: the glossary between us and a peer."""

from collections.abc import Iterable, Mapping, Sequence

from detente.core import limits
from detente.core.moment import Moment
from detente.desks.hotline import folds, rules
from detente.office.fields import Values
from detente.office.reader import Reader
from detente.office.tables import Row

Said = Mapping[str, Sequence[Values]]


def terms_of(
    look: Reader, peer: str, count_max: int = 10 * limits.MAX_HOTLINE_TERMS
) -> list[Values]:
    """Return what both parties last said of each concept between us and a peer."""
    rows = look.find(folds.TERMS, {"link": peer}, None, count_max)
    return [Values(row) for row in rows]


def said_of(look: Reader, peer: str) -> Said:
    """Return what each side last said of each concept between us and a peer, ours first."""
    by: dict[str, list[Values]] = {}
    for row in terms_of(look, peer):
        by.setdefault(row.text("concept"), []).append(row)
    return {each: sorted(by[each], key=lambda one: not one.flag("ours")) for each in sorted(by)}


def used(texts: Iterable[str], said: Said) -> list[str]:
    """Return the concepts of which a text uses a wording of either side."""
    wordings = {
        concept: [wording for row in rows for _, wording in wordings_of(row)]
        for concept, rows in said.items()
    }
    return rules.cited("\n\n".join(texts), wordings)


def entry(concept: str, rows: Sequence[Values]) -> Row:
    """Return a concept: the newest wordings, how it stands, what each side said."""
    said = {
        row.text("party"): rules.Said(frozenset(wordings_of(row)), row.text("stand"))
        for row in rows
    }
    newest = max(rows, key=_when)
    stand = {row.flag("ours"): row.text("stand") for row in rows}
    names = ("language", "wording", "other_language", "other_wording")
    return {
        "concept": concept,
        **{name: newest.get(name) for name in names},
        "told": rules.standing(said),
        "ours": stand.get(True),
        "theirs": stand.get(False),
        "note": newest.get("note"),
    }


def _when(row: Values) -> tuple[Moment, bytes]:
    return row.moment("created"), row.data("mid")


def with_both(concept: str, rows: Sequence[Values]) -> Row:
    """Return a concept; where two wordings stand against each other, both are shown, ours first.

    Beside the columns of a list: what each side reads, for a page.
    """
    found = entry(concept, rows)
    pairs = [each for row in rows for each in wordings_of(row)]
    both = {
        name: " / ".join(
            dict.fromkeys(wording for language, wording in pairs if language == found[of])
        )
        for name, of in (("wording", "language"), ("other_wording", "other_language"))
    }
    return {**found, **both, "readings": tuple(rows)}


def wordings_of(row: Values) -> tuple[tuple[str, str], ...]:
    """Return both wordings of a row with their languages."""
    return (
        (row.text("language"), row.text("wording")),
        (row.text("other_language"), row.text("other_wording")),
    )


def disagreed_first(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return concepts, the disagreed first."""
    return tuple(sorted(rows, key=lambda row: (row["told"] != "disagreed", str(row["concept"]))))
