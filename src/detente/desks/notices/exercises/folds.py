"""Records about exercises as tables."""

from typing import Final

from detente.core import limits
from detente.desks.notices import folds as notice_folds
from detente.desks.notices.exercises import kinds
from detente.office.desk import Fold, Opened
from detente.office.drafting import MARKINGS
from detente.office.fields import Desks, Field, Flag, Mid, OneOf, Text, When
from detente.office.tables import Rows, Table

_MARK: Final = Field("exercise", Text(200), required=False)
BEGUN: Final = Table(
    name="notices_exercises",
    key="mid",
    columns=(
        Field("mid", Mid()), Field("from", Text(96)), Field("to", Desks()), Field("matter", Text(32)),
        Field("ours", Flag()), Field("tlp", OneOf(*MARKINGS)), Field("created", When()), _MARK,
        *kinds.BEGUN.fields,
    ),
)  # fmt: skip
ABOUT: Final = Table(
    name="notices_exercised",
    key="mid",
    columns=(
        Field("mid", Mid()), Field("of", Mid()), Field("what", Text(16)), Field("from", Text(96)),
        Field("created", When()), _MARK, Field("language", kinds.LANGUAGE.type, required=False),
        Field("reader", kinds.READER.type, required=False),
        Field("choice", kinds.CHOICES.type, required=False, many=True, count_max=limits.MAX_QUESTIONS),
    ),
    find_by=(("of",),),
)  # fmt: skip


def mark_of(opened: Opened) -> str | None:
    """Return the name of the exercise in a record's header; None for none."""
    told = opened.ext.get("exercise")
    return told[:200] if isinstance(told, str) and told else None


def fold_begun(rows: Rows, opened: Opened) -> None:
    """Keep an exercise that somebody wants to begin."""
    rows.put(
        {
            **{each.name: opened.body.get(each.name) for each in kinds.BEGUN.fields},
            "mid": opened.mid,
            "from": opened.from_,
            "to": opened.to,
            "matter": opened.matter,
            "ours": opened.ours,
            "tlp": opened.tlp,
            "created": opened.created,
            "exercise": mark_of(opened),
        }
    )


def fold_about(rows: Rows, opened: Opened) -> None:
    """Keep what was said about an exercise."""
    rows.put(
        {
            **{name: opened.body.get(name) for name in ("of", "language", "reader", "choice")},
            "mid": opened.mid,
            "what": opened.kind.partition(".")[2],
            "from": opened.from_,
            "created": opened.created,
            "exercise": mark_of(opened),
        }
    )


ALL: Final = (
    Fold(BEGUN, (kinds.BEGUN,), fold_begun),
    Fold(ABOUT, kinds.ABOUT, fold_about),
    Fold(notice_folds.DAYS, kinds.LOGGED, notice_folds.fold_day),
)
