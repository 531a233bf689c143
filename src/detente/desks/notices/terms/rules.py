"""Which terms of service stand between two desks. Pure: of the same records both sides find the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from detente.core.moment import Moment
from detente.desks.notices.kinds import SPANS
from detente.desks.notices.rules import SPEED
from detente.office.drafting import PRECEDENCES
from detente.office.procedure import rungs


@dataclass(frozen=True, slots=True)
class Terms:
    """One proposal. speed: spans by precedence, as words. ladder: "" for that which ships. answer: yes or no, and when it was said.

    Moments are those that the authors signed, so that both sides count from the same.
    """

    mid: bytes
    from_: str
    to: str
    speed: Mapping[str, str]
    since: Moment
    created: Moment
    answer: tuple[bool, Moment] | None
    ladder: str = ""

    @property
    def begins(self) -> Moment | None:
        """From when on it holds: never before the other side agreed. None while nobody agreed."""
        if self.answer is None or not self.answer[0]:
            return None
        return max(self.since, self.answer[1])


def whole(speed: Mapping[str, str]) -> dict[str, str]:
    """Return the span of each precedence as a word: what is not named stays as it ships."""
    words = {span: word for word, span in SPANS.items()}
    return {prec: speed.get(prec) or words[SPEED[prec]] for prec in PRECEDENCES}


def wrong(told: Iterable[tuple[str, str]]) -> str | None:
    """Say what is wrong with spans by precedence: one named twice, or one slower than a less urgent."""
    pairs = list(told)
    named = [prec for prec, _ in pairs]
    twice = next((each for each in named if named.count(each) > 1), None)
    if twice:
        return f"speed: {twice} is named twice"
    found = whole(dict(pairs))
    for less, more in pairwise(PRECEDENCES):
        if SPANS[found[more]] > SPANS[found[less]]:
            return f"speed: {more} {found[more]} is slower than {less} {found[less]}"
    return None


def wrong_ladder(told: str) -> str | None:
    """Say what is wrong with a ladder; "" is that which ships."""
    if not told or rungs(told):
        return None
    return "ladder: not desk=SPAN,supervisor=SPAN,channel=SPAN, each no sooner than the one before"


def standing(every: Iterable[Terms], one: str, other: str, at: Moment) -> Terms | None:
    """Return the terms between two desks that hold at a moment; None if none were agreed.

    The last that began holds, whichever side proposed it; at one moment the greater id.
    """
    begun = [
        (begins, each.mid, each)
        for each in every
        if {each.from_, each.to} == {one, other}
        and (begins := each.begins) is not None
        and begins <= at
    ]
    return max(begun, key=lambda found: found[:2])[2] if begun else None
