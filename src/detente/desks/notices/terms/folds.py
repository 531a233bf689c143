"""Records about terms of service as tables, and what is looked up in them."""

from typing import Final

from detente.core.errors import OurFault
from detente.desks.notices import folds as notice_folds
from detente.desks.notices.terms import kinds
from detente.desks.notices.terms.rules import Terms
from detente.office.desk import Fold, Opened
from detente.office.drafting import MARKINGS
from detente.office.fields import Desks, Field, Flag, Mid, OneOf, Text, Values, When
from detente.office.reader import Reader, every
from detente.office.tables import Rows, Table

TERMS: Final = Table(
    name="notices_terms",
    key="mid",
    columns=(
        Field("mid", Mid()), Field("from", Text(96)), Field("to", Desks()), Field("matter", Text(32)),
        Field("ours", Flag()), Field("tlp", OneOf(*MARKINGS)), Field("created", When()),
        *kinds.TERMS.fields,
    ),
)  # fmt: skip
REPLY: Final = Table(
    name="notices_terms_replies",
    key="mid",
    columns=(
        Field("mid", Mid()), Field("from", Text(96)), Field("created", When()), *kinds.REPLY.fields,
    ),
    find_by=(("of",),),
)  # fmt: skip


def fold_terms(rows: Rows, opened: Opened) -> None:
    """Keep what a side proposes."""
    rows.put(
        {
            **{each.name: opened.body.get(each.name) for each in kinds.TERMS.fields},
            "mid": opened.mid,
            "from": opened.from_,
            "to": opened.to,
            "matter": opened.matter,
            "ours": opened.ours,
            "tlp": opened.tlp,
            "created": opened.created,
        }
    )


def fold_reply(rows: Rows, opened: Opened) -> None:
    """Keep the answer to it."""
    rows.put(
        {
            **{each.name: opened.body.get(each.name) for each in kinds.REPLY.fields},
            "mid": opened.mid,
            "from": opened.from_,
            "created": opened.created,
        }
    )


def _terms(look: Reader, row: Values) -> list[Terms]:
    said = list(every(look, REPLY, {"of": row["mid"]}))
    found = []
    for to in row.texts("to"):
        # Their first word counts: nobody agrees for another, and nobody unsays it.
        words = [
            (each.moment("created"), each.data("mid"), each) for each in said if each["from"] == to
        ]
        first = min(words, key=lambda each: each[:2], default=None)
        found.append(
            Terms(
                mid=row.data("mid"),
                from_=row.text("from"),
                to=to,
                speed={each.text("prec"): each.text("within") for each in row.parts("speed")},
                since=row.moment("since"),
                created=row.moment("created"),
                ladder=row.text("ladder", ""),
                answer=None if first is None else (first[2].flag("yes"), first[0]),
            )
        )
    return found


def all_terms(look: Reader) -> list[Terms]:
    """Return every proposal, the newest first."""
    found = [each for row in every(look, TERMS, {}) for each in _terms(look, row)]
    return sorted(found, key=lambda each: (each.created, each.mid), reverse=True)


def terms_at(look: Reader, mid: bytes) -> tuple[Values, Terms]:
    """Return a proposal's row, and what became of it. Raises OurFault("notices.no_terms")."""
    row = look.get(TERMS, mid)
    if row is None:
        raise OurFault(
            "notices.no_terms", "no proposal of terms has this id", "see: detente notices terms"
        )
    return Values(row), _terms(look, Values(row))[0]


ALL: Final = (
    Fold(TERMS, (kinds.TERMS,), fold_terms),
    Fold(REPLY, (kinds.REPLY,), fold_reply),
    Fold(notice_folds.DAYS, kinds.ALL, notice_folds.fold_day),
)
