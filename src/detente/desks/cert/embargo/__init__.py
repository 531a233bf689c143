"""Embargoes: what several parties hold of a vulnerability, and what must not leave before its day.

    held = standing(look)
    held.holds(objects)         # parsed objects, or held.holds_text(text) of any text

A case ends its embargo by a record, never by a clock alone: both sides hold it, and see the same.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.cert.embargo import folds, rules
from detente.desks.cert.embargo.kinds import ALL as KINDS
from detente.desks.cert.formats.jcs import Json
from detente.office.fields import Values
from detente.office.reader import Reader, every

__all__ = ["KINDS", "Held", "refuse", "released", "standing", "steps"]
_ESCAPE: Final = "\\u"


@dataclass(frozen=True, slots=True)
class Held:
    """What cases under embargo name: objects' ids and numbers of vulnerabilities; None: nothing."""

    pattern: re.Pattern[str] | None = None

    def holds(self, objects: Sequence[dict[str, Json]]) -> bool:
        """Return whether an object is named by such a case, or names what is."""
        return self.pattern is not None and any(
            self.pattern.search(json.dumps(one, ensure_ascii=False)) for one in objects
        )

    def holds_text(self, text: str) -> bool:
        """Return whether a text, JSON or not, names what is under embargo."""
        if self.pattern is None:
            return False
        if _ESCAPE in text:
            try:
                text = json.dumps(json.loads(text), ensure_ascii=False)
            except (ValueError, RecursionError):
                return True  # nobody can say what stands in it
        return self.pattern.search(text) is not None


def standing(look: Reader) -> Held:
    """Return what stands under embargo now."""
    named: set[str] = set()
    for case in every(look, folds.VULNERABILITIES, {}):
        said = steps(look, case)
        if not rules.is_released(case, said):
            for each in (case, *said):
                named |= {*each.texts("cve"), *each.texts("object")}
    if not named:
        return Held()
    words = "|".join(map(re.escape, sorted(named)))
    return Held(re.compile(rf"(?:{words})(?![0-9A-Za-z])", re.IGNORECASE))


def steps(look: Reader, case: Values) -> list[Values]:
    """Return all that was said to a case, in the order in which it was said."""
    found = every(look, folds.STEPS, {"of": case["mid"]})
    return sorted(found, key=lambda row: (row.moment("created"), row.data("mid")))


def released(look: Reader, case: Values) -> Moment | None:
    """Return when a case was released; None while it is under embargo."""
    return rules.released(case, steps(look, case))


def refuse(look: Reader, objects: Sequence[dict[str, Json]]) -> None:
    """Raise OurFault("cert.embargo") if one of these objects is under embargo."""
    held = standing(look)
    named = [str(one.get("id")) for one in objects if held.holds([one])]
    if named:
        what = f"{len(named)} objects are of a vulnerability under embargo: {', '.join(named[:5])}"
        raise OurFault("cert.embargo", what, "leave them out until its release")
