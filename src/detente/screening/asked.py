"""A question as people and programs ask it: what is no kind is refused, what does not count is told."""

from collections.abc import Iterable

from detente.core.errors import OurFault
from detente.screening import dates
from detente.screening.engine import Question
from detente.screening.listed import SCHEMAS, schema_of
from detente.screening.lists import country

BIRTH, COUNTRY = "birth", "country"


def asked(
    name: str, schema: str | None = None, births: Iterable[str] = (), countries: Iterable[str] = (),
    papers: Iterable[str] = (),
) -> Question:  # fmt: skip
    """Return a question. Raises OurFault("screening.query"): a kind that no list knows.

    A kind that is not known would count against everybody, and nobody would be found.
    """
    kind = schema_of(schema) if schema else None
    if schema and kind is None:
        what = f"no kind {schema[:60]!r}; there are {', '.join(SCHEMAS)}"
        raise OurFault("screening.query", what, "mend that query; nothing was asked")
    return Question(name, kind, tuple(births), tuple(countries), tuple(papers))


def unread(question: Question) -> tuple[tuple[str, str], ...]:
    """Return what of a question does not count, for it is no date or country: (BIRTH, text) ..."""
    births = [(BIRTH, each) for each in question.births if not dates.read(each)]
    return (*births, *((COUNTRY, c) for c in question.countries if country.code(c) is None))
