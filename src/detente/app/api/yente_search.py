"""yente's /search: a name, what is left out of what is found, its order, and how many of each kind."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from detente.app.api.operations import Answer, Call, Needs, Operation
from detente.app.api.screening import screens
from detente.app.api.yente_shapes import (
    FILTERS,
    FLAG,
    Entities,
    Filter,
    checked,
    kind_of,
    many,
    query,
    refused,
    relation,
    values_of,
)
from detente.app.http import Reply
from detente.app.screening.room import LIMIT_MAX
from detente.core.canon import Json
from detente.office.desk import Role
from detente.office.fields import Field, Text, Whole
from detente.screening.lists.book import NAME_LONGEST

LIMIT: Final = 10
OFFSET_MAX: Final = 9_499
NAME_MAX: Final = 2_000
FACETS: Final[Mapping[str, str]] = {
    "countries": "Countries", "topics": "Topics", "datasets": "Data sources",
    "schema": "Entity types", "identifiers": "Identifiers", "genders": "Genders",
}  # fmt: skip
SHOWN: Final = ("countries", "topics", "datasets")
_BY: Final = ("countries", "topics", "datasets")
_NO: Final = ("false", "0", "no", "off")


def _search(call: Call) -> Reply:
    from detente.screening.engine import Question  # noqa: PLC0415  numpy comes with the first question

    limit, offset = call.query.whole("limit", LIMIT), call.query.whole("offset", 0)
    kind = kind_of(call.query.text("schema") or "Thing")
    entities, fields = Entities(call), _fields(call)
    all_ = call.query.text("filter_op") == "AND"
    datasets = fields.pop("datasets", [])
    if all_ and len(set(datasets)) > 1:
        raise refused("an entity stands on one list: it is on no two datasets at once")
    scopes = entities.asked(call.path.text("dataset"), call, datasets)
    wanted = Filter(call, kind, fields, all_=all_)
    facets, order = _facets(call), [_sort(each) for each in call.query.texts("sort")]
    question = Question(call.query.text("q"), kind)
    kept = [
        screens(call).ask(call.office, call.person, question, call.now, scope, LIMIT_MAX)
        for scope in scopes
    ]
    hits = [(hit, each.decision.lists) for each in kept for hit in each.decision.hits]
    hits.sort(key=lambda each: -each[0].score)
    found = entities.shapes([(hit.entity, lists) for hit, lists in hits])
    found = [each for each in found if wanted.takes(each)]
    if call.query.text("target").lower() in _NO:  # who is on a list is a target
        found = []
    for field, down in reversed(order):
        found = _sorted(found, field, down=down)
    document = {
        "results": found[offset : offset + limit],
        "facets": {name: _facet(name, found) for name in facets},
        "limit": limit, "offset": offset,
        "total": {"value": len(found), "relation": relation(kept)},
        "decisions": [each.stamp for each in kept], "undecided": kept[0].undecided,
    }  # fmt: skip
    return Reply(cast(Json, document))


def _fields(call: Call) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name: list(call.query.texts(name)) for name in _BY}
    for each in call.query.texts("filter"):
        field, colon, value = each.partition(":")
        if not colon:
            raise refused(f"the filter {each[:60]!r} is not FIELD:VALUE")
        found.setdefault(checked(field, "filter"), []).append(value)
    return found


def _facets(call: Call) -> Sequence[str]:
    asked = call.query.texts("facets") or SHOWN
    wrong = next((each for each in asked if each not in FACETS), None)
    if wrong is not None:
        raise refused(f"no facet {wrong[:60]!r}; there are {', '.join(FACETS)}")
    return asked


def _facet(name: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    counted = Counter(
        value for each in found for value in dict.fromkeys(values_of(each, name) or ())
    )
    rows = sorted(counted.items(), key=lambda row: (-row[1], row[0]))
    values = [{"name": value, "label": value, "count": count} for value, count in rows]
    return {"label": FACETS[name], "values": values}


def _sort(text: str) -> tuple[str, bool]:
    field, _, order = text.partition(":")
    return checked(field, "sort"), order == "desc"


def _sorted(found: list[dict[str, Any]], field: str, *, down: bool) -> list[dict[str, Any]]:
    """Order by the least value of a field, or the greatest; who has none stands last."""
    with_values = [(values_of(each, field), each) for each in found]
    best = max if down else min
    held = [(best(values), each) for values, each in with_values if values]
    held.sort(key=lambda row: row[0], reverse=down)
    return [each for _, each in held] + [each for values, each in with_values if not values]


SEARCH: Final = (
    Operation(
        "GET", "screening/yente/search/{dataset}", _search, about="app.api.screening_search",
        attends=False, path_fields=(Field("dataset", Text(NAME_LONGEST), about="app.api_field.screening_scope"),),
        query=(
            Field("q", Text(NAME_MAX), about="app.api_field.screening_name"), *FILTERS,
            query("schema", Text(40)), many("countries", 60), query("offset", Whole(0, OFFSET_MAX)),
            many("sort"), many("datasets"), query("filter_op", Text(3, form="AND|OR")), many("facets"),
            many("filter", 500), query("fuzzy", FLAG), query("simple", FLAG), query("target", FLAG),
        ),
        answer=Answer({"type": "object"}), needs=Needs(role=Role.READ),
    ),
)  # fmt: skip
