"""When a case's parties agreed on a day, and when its embargo is over. Pure; equal on every side."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from detente.core.moment import Moment
from detente.office.fields import Values


class Proposal(NamedTuple):
    """A day that a party proposed. open: desks that have not agreed; against: those that object."""

    mid: bytes
    by: str
    release: Moment
    created: Moment
    open: tuple[str, ...]
    against: tuple[str, ...]


def parties(case: Values) -> tuple[str, ...]:
    """Return the desks of a case, who opened it first."""
    return tuple(dict.fromkeys((case.text("from"), *case.texts("to"))))


def proposals(case: Values, steps: Iterable[Values]) -> tuple[Proposal, ...]:
    """Return the days proposed, the earliest proposal first. Who proposes agrees; the last word counts."""
    said = list(steps)
    own = parties(case)
    found = []
    for row in (case, *(each for each in said if each.text("what") == "date")):
        if row.text("from") not in own:
            continue
        words = {row.text("from"): "agree"}
        for each in said:
            if each.get("proposal") == row["mid"] and each.text("from") in own:
                words[each.text("from")] = each.text("word")
        found.append(
            Proposal(
                row.data("mid"), row.text("from"), row.moment("release"), row.moment("created"),
                tuple(desk for desk in own if desk not in words),
                tuple(desk for desk in own if words.get(desk) == "object"),
            )
        )  # fmt: skip
    return tuple(found)


def agreed(case: Values, steps: Iterable[Values]) -> Proposal | None:
    """Return the latest proposal that every party agreed to; None if there is none."""
    whole = [each for each in proposals(case, steps) if not each.open and not each.against]
    return max(whole, key=lambda each: (each.created, each.mid), default=None)


def released(case: Values, steps: Sequence[Values]) -> Moment | None:
    """Return when the embargo ended: a party's release, on or after the day that all agreed to.

    Earlier only after a break was told, or by a party that says that it goes alone.
    """
    own = parties(case)
    for row in steps:
        if row.text("what") != "release" or row.text("from") not in own:
            continue
        at = row.moment("created")
        # What was said later makes no release good that was none.
        before = [each for each in steps if each.moment("created") <= at]
        broken = any(each.text("what") == "break" and each.text("from") in own for each in before)
        day = agreed(case, before)
        if row.flag("alone") or broken or (day is not None and at >= day.release):
            return at
    return None


def is_released(case: Values, steps: Sequence[Values]) -> bool:
    """Return whether a case is under embargo no more."""
    return released(case, steps) is not None
