"""What a silence or a cut of an exercise holds back: records with its mark, and nothing else (decision 0088)."""

from collections.abc import Sequence
from dataclasses import replace

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.notices.exercises import play
from detente.desks.notices.exercises.play import Hold
from detente.office.desk import Act
from detente.office.drafting import Draft
from detente.office.fields import Values
from detente.office.reader import Reader
from detente.office.scene import Chore, Scene


def _hold(look: Reader, draft: Draft, now: Moment) -> tuple[str, Hold] | None:
    # What bears no mark always leaves: no exercise is even looked for.
    mark = (draft.ext or {}).get("exercise")
    if not isinstance(mark, str) or not mark:
        return None
    found = [one for to in draft.to if (one := play.held_now(look, mark, to, now))]
    return (mark, found[0]) if found else None


def act(one: Act) -> Act:
    """Return an act that makes no record which a silence or a cut holds back."""

    def build(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
        drafts = one.build(values, look, now)
        for draft in drafts:
            found = _hold(look, draft, now)
            if found is not None:
                mark, hold = found
                raise OurFault(
                    "notices.held", f"the exercise {mark[:64]} plays a {hold.does} until {hold.end}",
                    "wait until then; what is real leaves as ever, and detente notices end ends the exercise",
                )  # fmt: skip
        return drafts

    return replace(one, build=build)


def chore(one: Chore) -> Chore:
    """Return a chore that leaves out what is held back: it is due still, and follows."""

    def due(look: Reader, scene: Scene, now: Moment) -> Sequence[Draft]:
        return [each for each in one(look, scene, now) if _hold(look, each, now) is None]

    return due
