"""What yente's clients ask: /match, /search and /entities, answered from the lists in force.

The shapes are those of yente 5 (EntityMatchQuery, EntityMatchResponse, SearchResponse). A client gets
`.../api/v1/screening/yente` as its server and asks as it always does. The score is ours whatever
algorithm is asked: weights, settings and an algorithm that have no effect are named in the answer.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import msgspec

from detente.app.api.operations import Answer, Bytes, Call, Needs, Operation
from detente.app.api.screening import screens, unread
from detente.app.api.yente_search import SEARCH
from detente.app.api.yente_shapes import (
    ENTITY_MAX,
    FILTERS,
    FLAG,
    Entities,
    Filter,
    kind_of,
    query,
    refused,
    relation,
)
from detente.app.http import Reply
from detente.app.screening.room import LIMIT_MAX
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.office.desk import Role
from detente.office.fields import Field, Text
from detente.screening.lists.book import EVERY, NAME_LONGEST
from detente.screening.version import ENGINE

if TYPE_CHECKING:
    from detente.screening.decision import Told

BODY_MAX: Final = 1 << 20  # bytes of one batch
QUERIES_MAX: Final = 100  # of one batch, as there
QUESTIONS_MAX: Final = 5_000  # of one batch: names times the lists that are asked each by itself
NAMES_MAX: Final = 50  # names of one query
LIMIT: Final = 5
NAMED: Final = "detente"  # our algorithm
THEIRS: Final = (  # those of yente: asked by name, and answered by ours
    "best", "logic-v2", "logic-v1", "name-based", "name-qualified", "ofac-249", "regression-v1",
)  # fmt: skip
THRESHOLD: Final = 0.7
CUTOFF: Final = 0.5
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
        raise refused(str(error)) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise OurFault("form.json", str(error)[:300], "send a batch of queries") from None
    queries = {name: each for name, each in asked.queries.items() if each is not None}
    if not 1 <= len(queries) <= QUERIES_MAX:
        raise refused(f"{len(queries)} queries where 1 to {QUERIES_MAX} are allowed")
    algorithm = call.query.text("algorithm").strip().lower() or NAMED
    if algorithm not in (NAMED, *THEIRS):
        raise refused(f"no algorithm {algorithm!r}; there are {', '.join((NAMED, *THEIRS))}")
    limit = call.query.whole("limit", LIMIT)
    threshold = _share(call, "threshold", THRESHOLD)
    cutoff = min(threshold, _share(call, "cutoff", CUTOFF))
    entities = Entities(call)
    scopes = entities.asked(call.path.text("dataset"), call)
    names = {name: _names(each) for name, each in queries.items()}
    questions = sum(map(len, names.values())) * len(scopes)
    if questions > QUESTIONS_MAX:
        raise refused(f"{questions} names times lists to ask where {QUESTIONS_MAX:,} are allowed")
    want = _Want(entities, scopes, Filter(call), limit, threshold, cutoff)
    responses = {name: _answer(call, each, names[name], want) for name, each in queries.items()}
    matcher = {"detente": {"description": f"the screening engine, version {ENGINE}", "url": ""}}
    unused = [name for name in ("weights", "config") if getattr(asked, name)]
    if algorithm not in (NAMED, "best"):
        unused.append("algorithm")
    document = {"responses": responses, "matcher": matcher, "limit": limit, "unused": unused}
    headers = (("x-batch-size", str(len(responses))),)
    return Reply(cast(Json, document), headers=headers)


def _share(call: Call, name: str, default: float) -> float:
    text = call.query.text(name)
    return float(text) if text else default


def _texts(example: Example, names: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for name in names:
        values = example.properties.get(name, [])
        found += [str(v) for v in (values if isinstance(values, list) else [values]) if v]
    return list(dict.fromkeys(found))


class _Want(NamedTuple):
    """What all queries of a batch are asked alike."""

    entities: Entities
    scopes: tuple[str, ...]
    filter: Filter
    limit: int
    threshold: float
    cutoff: float


def _names(example: Example) -> list[str]:
    names = _texts(example, _NAMES) or [_of_parts(example)]
    if len(names) > NAMES_MAX:
        raise refused(f"a query has {len(names)} names where {NAMES_MAX} are asked")
    return names


def _answer(call: Call, example: Example, names: list[str], want: _Want) -> dict[str, Any]:
    from detente.screening.engine import Question  # noqa: PLC0415  numpy comes with the first question

    kind = kind_of(example.schema)
    births, countries, papers = (
        tuple(_texts(example, of)) for of in (_BIRTHS, _COUNTRIES, _PAPERS)
    )
    best: dict[str, tuple[Told, Mapping[str, str]]] = {}
    kept = [
        screens(call).ask(
            call.office, call.person, Question(name, kind, births, countries, papers), call.now,
            scope, LIMIT_MAX,
        )
        for name in names
        for scope in want.scopes
    ]  # fmt: skip
    for each in kept:
        for hit in each.decision.hits:
            held = best.get(hit.entity)
            if hit.score >= want.cutoff and (held is None or hit.score > held[0].score):
                best[hit.entity] = hit, each.decision.lists
    ranked = sorted(best.values(), key=lambda each: (-each[0].score, each[0].entity))
    told = want.entities.shapes([(hit.entity, lists) for hit, lists in ranked])
    found = list(zip(told, (hit for hit, _ in ranked), strict=True))
    found = [each for each in found if want.filter.takes(each[0])]
    results = [
        {
            **one, "score": hit.score, "features": dict(hit.factors),
            "explanations": explained(hit.factors), "match": hit.score >= want.threshold,
        }
        for one, hit in found[: want.limit]
    ]  # fmt: skip
    undecided = {each.decision.name: each.undecided for each in kept if each.undecided}
    return {
        "status": 200, "results": results,
        "total": {"value": len(found), "relation": relation(kept)},
        "query": {"id": example.id, "schema": example.schema, "properties": example.properties},
        "decisions": [each.stamp for each in kept],
        "undecided": [{"name": name, "why": why} for name, why in undecided.items()],
        "unread": unread(kept[0].unread),
    }  # fmt: skip


def explained(factors: Sequence[tuple[str, float]]) -> dict[str, Any]:
    """Return the parts of a score as yente's clients read them."""
    return {
        why: {"score": by, "detail": None, "query": None, "candidate": None} for why, by in factors
    }


def _of_parts(example: Example) -> str:
    parts = _texts(example, ("firstName", "secondName", "middleName", "lastName"))
    if not parts:
        raise refused("a query has no name")
    return " ".join(parts)


def _entity(call: Call) -> Reply:
    return Reply(cast(Json, Entities(call).find(call.path.text("entity"))))


def _algorithms(call: Call) -> Reply:
    screens(call)
    about = f"the screening engine of this node, version {ENGINE}"
    docs = {"name": NAMED, "description": about, "config": {}, "features": {}}
    one = {"name": NAMED, "description": about, "features": {}, "docs": docs}
    return Reply(cast(Json, {"algorithms": [one], "default": NAMED, "best": NAMED}))


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


_DATASET: Final = Field("dataset", Text(NAME_LONGEST), about="app.api_field.screening_scope")
_SHARE: Final = Text(10, form=r"0?\.\d{1,6}|[01](\.0*)?")
_ANSWER: Final = Answer({"type": "object"})
_READ: Final = Needs(role=Role.READ)
OPERATIONS: Final = (
    Operation(
        "POST", "screening/yente/match/{dataset}", _match, about="app.api.screening_match",
        path_fields=(_DATASET,), takes=Bytes(BODY_MAX, "application/json"),
        query=(
            *FILTERS, query("threshold", _SHARE), query("cutoff", _SHARE),
            query("algorithm", Text(60)), query("fuzzy", FLAG),
        ),
        answer=_ANSWER, needs=_READ,
    ),
    Operation(
        "GET", "screening/yente/entities/{entity}", _entity, about="app.api.screening_entity",
        attends=False, path_fields=(Field("entity", Text(ENTITY_MAX), about="app.api_field.screening_yente"),),
        query=(query("nested", FLAG),), answer=_ANSWER, needs=_READ,
    ),
    Operation(
        "GET", "screening/yente/algorithms", _algorithms, about="app.api.screening_algorithms",
        attends=False, answer=_ANSWER, needs=_READ,
    ),
    *(
        Operation(
            "GET", f"screening/yente/{name}", _healthz, about="app.api.screening_healthz",
            attends=False, answer=_ANSWER, needs=_READ,
        )
        for name in ("healthz", "readyz")
    ),
    Operation(
        "GET", "screening/yente/catalog", _catalog, about="app.api.screening_catalog",
        attends=False, answer=_ANSWER, needs=_READ,
    ),
    *SEARCH,
)  # fmt: skip
