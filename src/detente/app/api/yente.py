"""What yente's clients ask: /match and /search, answered from the lists in force.

The shapes are those of yente 5 (EntityMatchQuery, EntityMatchResponse, SearchResponse). A client gets
`.../api/v1/screening/yente` as its server and asks as it always does. What a client may set and we
have no use for is taken and does nothing: algorithm, weights, config.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from detente.app.api.operations import Answer, Bytes, Call, Needs, Operation
from detente.app.api.screening import screens
from detente.app.http import Reply
from detente.app.screening.jobs import OURS
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.office.desk import Role
from detente.office.fields import Field, Text, Whole
from detente.screening.listed import PERSON, VESSEL, Listed
from detente.screening.lists.book import EVERY
from detente.screening.version import ENGINE

BODY_MAX: Final = 1 << 20  # bytes of one batch
QUERIES_MAX: Final = 100  # of one batch, as there
NAMES_MAX: Final = 50  # names of one query
LIMIT: Final = 5
SEARCH_LIMIT: Final = 10
LIMIT_MAX: Final = 100
THRESHOLD: Final = 0.7
CUTOFF: Final = 0.5
_KIND: Final = {
    "Person": PERSON, "Vessel": VESSEL, "Airplane": "Aircraft", "Company": "Organization",
    "Organization": "Organization", "PublicBody": "Organization", "LegalEntity": "LegalEntity",
}  # fmt: skip
_BACK: Final = {"Aircraft": "Airplane"}
_NAMES: Final = ("name", "alias", "previousName", "weakAlias")
_BIRTHS: Final = ("birthDate",)
_COUNTRIES: Final = ("nationality", "country", "citizenship", "jurisdiction", "flag")
_PAPERS: Final = (
    "passportNumber", "idNumber", "taxNumber", "registrationNumber", "innCode", "ogrnCode",
    "imoNumber", "leiCode", "swiftBic", "mmsi",
)  # fmt: skip


class Example(msgspec.Struct):
    """One entity that is asked for, as FollowTheMoney writes it."""

    schema: str
    properties: dict[str, Any]
    id: str | None = None


class Asked(msgspec.Struct):
    """A batch of them."""

    queries: dict[str, Example | None]
    weights: dict[str, float] = {}
    config: dict[str, Any] = {}


_ASKED: Final = msgspec.json.Decoder(Asked)


def _match(call: Call) -> Reply:
    try:
        asked = _ASKED.decode(call.data)
    except msgspec.ValidationError as error:
        raise _refused(str(error)) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise OurFault("form.json", str(error)[:300], "send a batch of queries") from None
    queries = {name: each for name, each in asked.queries.items() if each is not None}
    if not 1 <= len(queries) <= QUERIES_MAX:
        raise _refused(f"{len(queries)} queries where 1 to {QUERIES_MAX} are allowed")
    limit = call.query.whole("limit", LIMIT)
    threshold = _share(call, "threshold", THRESHOLD)
    cutoff = min(threshold, _share(call, "cutoff", CUTOFF))
    responses = {
        name: _answer(call, each, limit, threshold, cutoff) for name, each in queries.items()
    }
    matcher = {"detente": {"description": f"the screening engine, version {ENGINE}", "url": ""}}
    document = {"responses": responses, "matcher": matcher, "limit": limit}
    headers = (("x-batch-size", str(len(responses))),)
    return Reply(cast(Json, document), headers=headers)


def _refused(what: str) -> OurFault:
    return OurFault("screening.query", what[:300], "mend that query; none of the batch was asked")


def _share(call: Call, name: str, default: float) -> float:
    text = call.query.text(name)
    return float(text) if text else default


def _texts(example: Example, names: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for name in names:
        values = example.properties.get(name, [])
        found += [str(v) for v in (values if isinstance(values, list) else [values]) if v]
    return list(dict.fromkeys(found))


def _answer(
    call: Call, example: Example, limit: int, threshold: float, cutoff: float
) -> dict[str, Any]:
    from detente.screening.engine import Question  # noqa: PLC0415  numpy comes with the first question

    names = _texts(example, _NAMES) or [_of_parts(example)]
    kind = _KIND.get(example.schema)
    births, countries, papers = (
        tuple(_texts(example, of)) for of in (_BIRTHS, _COUNTRIES, _PAPERS)
    )
    best: dict[str, dict[str, Any]] = {}
    lists: Mapping[str, str] = {}
    stamps = []
    undecided = []
    if len(names) > NAMES_MAX:
        raise _refused(f"a query has {len(names)} names where {NAMES_MAX} are asked")
    for name in names:
        asked = Question(name, kind, births, countries, papers)
        kept = screens(call).ask(
            call.office, call.person, asked, call.now, call.path.text("dataset"), LIMIT_MAX
        )
        stamps.append(kept.stamp)
        if kept.undecided:
            undecided.append({"name": name, "why": kept.undecided})
        lists = kept.decision.lists
        for hit in kept.decision.hits:
            if hit.score > best.get(hit.entity, {"score": -1.0})["score"]:
                features = dict(hit.factors)
                best[hit.entity] = {"score": hit.score, "features": features}
    ranked = sorted(best.items(), key=lambda each: (-each[1]["score"], each[0]))
    kept_hits = [(entity, hit) for entity, hit in ranked if hit["score"] >= cutoff]
    kept_hits = [each for each in kept_hits if _wanted(call, each[0], lists)]
    results = [
        {**_entity(call, entity, lists), **hit, "match": hit["score"] >= threshold}
        for entity, hit in kept_hits[:limit]
    ]
    return {
        "status": 200, "results": results,
        "total": {"value": len(kept_hits), "relation": "eq"},
        "query": {"id": example.id, "schema": example.schema, "properties": example.properties},
        "decisions": stamps, "undecided": undecided,
    }  # fmt: skip


def _of_parts(example: Example) -> str:
    parts = _texts(example, ("firstName", "secondName", "middleName", "lastName"))
    if not parts:
        raise _refused("a query has no name")
    return " ".join(parts)


def _wanted(call: Call, entity: str, lists: Mapping[str, str]) -> bool:
    dataset, _, name = entity.partition(OURS)
    listed = screens(call).listed(entity, lists)
    schema = _schema(listed)
    include = call.query.texts("include_dataset")
    return (
        (not include or dataset in include)
        and dataset not in call.query.texts("exclude_dataset")
        and schema not in call.query.texts("exclude_schema")
        and name not in call.query.texts("exclude_entity_ids")
        and (not call.query.texts("topics") or bool({*call.query.texts("topics")} & {*listed.programs}))
    )  # fmt: skip


def _schema(listed: Listed) -> str:
    return _BACK.get(listed.schema, listed.schema)


def _entity(call: Call, entity: str, lists: Mapping[str, str]) -> dict[str, Any]:
    dataset, _, name = entity.partition(OURS)
    listed = screens(call).listed(entity, lists)
    told = {
        "name": listed.names,
        "alias": tuple(a.name for a in listed.aliases if a.quality != "weak"),
        "weakAlias": tuple(a.name for a in listed.aliases if a.quality == "weak"),
        "birthDate": listed.births, "country": listed.countries,
        "idNumber": tuple(p.value for p in listed.ids), "topics": listed.programs,
    }  # fmt: skip
    return {
        "id": name, "caption": listed.names[0], "schema": _schema(listed),
        "properties": {key: list(values) for key, values in told.items() if values},
        "datasets": [dataset], "referents": [], "target": True,
        "first_seen": None, "last_seen": None, "last_change": None,
    }  # fmt: skip


def _search(call: Call) -> Reply:
    from detente.screening.engine import Question  # noqa: PLC0415  numpy comes with the first question

    limit = call.query.whole("limit", SEARCH_LIMIT)
    offset = call.query.whole("offset", 0)
    kind = _KIND.get(call.query.text("schema"))
    countries = tuple(call.query.texts("countries"))
    kept = screens(call).ask(
        call.office, call.person, Question(call.query.text("q"), kind, (), countries),
        call.now, call.path.text("dataset"), LIMIT_MAX,
    )  # fmt: skip
    lists = kept.decision.lists
    found = [e.entity for e in kept.decision.hits if _wanted(call, e.entity, lists)]
    document = {
        "results": [_entity(call, each, lists) for each in found[offset : offset + limit]],
        "facets": {}, "limit": limit, "offset": offset,
        "total": {"value": len(found), "relation": "eq"},
    }  # fmt: skip
    return Reply(cast(Json, document))


def _healthz(call: Call) -> Reply:
    screens(call).index()
    return Reply({"status": "ok"})


def _catalog(call: Call) -> Reply:
    book = screens(call).book(call.office, call.person)
    force = book.in_force()
    rows: list[dict[str, Any]] = [
        {
            "name": name, "title": name, "summary": each.source, "url": None, "load": True,
            "entities_url": None, "version": each.entries, "index_version": each.entries,
            "index_current": True, "children": [],
        }
        for name, each in sorted(force.items())
    ]  # fmt: skip
    whole = {
        "name": EVERY, "title": EVERY, "summary": None, "url": None, "load": False,
        "entities_url": None, "version": "", "index_version": None, "index_current": True,
        "children": sorted(force),
    }  # fmt: skip
    names = [EVERY, *sorted(force)]
    document = {"datasets": [whole, *rows], "current": names, "outdated": [], "index_stale": False}
    return Reply(cast(Json, document))


def _query(name: str, kind: Text | Whole, **more: Any) -> Field:  # noqa: ANN401  those of Field
    return Field(name, kind, required=False, about="app.api_field.screening_yente", **more)


def _many(name: str, size: int = 200) -> Field:
    return _query(name, Text(size), many=True, count_min=0, count_max=50)


_DATASET: Final = Field("dataset", Text(40), about="app.api_field.screening_scope")
_SHARE: Final = Text(10, form=r"0?\.\d{1,6}|[01](\.0*)?")
_FILTERS: Final = (
    _many("include_dataset"), _many("exclude_dataset"), _many("exclude_schema"), _many("topics"),
    _query("changed_since", Text(40)), _query("limit", Whole(1, LIMIT_MAX)),
)  # fmt: skip
_ANSWER: Final = Answer({"type": "object"})
_READ: Final = Needs(role=Role.READ)
OPERATIONS: Final = (
    Operation(
        "POST", "screening/yente/match/{dataset}", _match, about="app.api.screening_match",
        path_fields=(_DATASET,), takes=Bytes(BODY_MAX, "application/json"),
        query=(
            *_FILTERS, _query("threshold", _SHARE), _query("cutoff", _SHARE),
            _query("algorithm", Text(60)), _many("exclude_entity_ids"),
        ),
        answer=_ANSWER, needs=_READ,
    ),
    Operation(
        "GET", "screening/yente/search/{dataset}", _search, about="app.api.screening_search",
        attends=False, path_fields=(_DATASET,),
        query=(
            Field("q", Text(2_000), about="app.api_field.screening_name"), *_FILTERS,
            _query("schema", Text(40)), _many("countries", 60), _query("offset", Whole(0, 9_499)),
            _many("sort"), _many("datasets"), _many("filter_op"), _many("facets"),
            _query("fuzzy", Text(8)), _query("simple", Text(8)), _many("exclude_entity_ids"),
        ),
        answer=_ANSWER, needs=_READ,
    ),
    Operation(
        "GET", "screening/yente/healthz", _healthz, about="app.api.screening_healthz",
        attends=False, answer=_ANSWER, needs=_READ,
    ),
    Operation(
        "GET", "screening/yente/catalog", _catalog, about="app.api.screening_catalog",
        attends=False, answer=_ANSWER, needs=_READ,
    ),
)  # fmt: skip
