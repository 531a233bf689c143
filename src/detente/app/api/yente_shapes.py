"""An entity of a list in yente's shape, and what its clients filter by."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from detente.app.api.operations import Call
from detente.app.api.screening import screens
from detente.app.screening.jobs import OURS
from detente.app.screening.room import Kept, unknown_list
from detente.core.errors import OurFault
from detente.office.fields import Field, Text, Whole
from detente.screening.listed import AIRCRAFT, ORGANIZATION, PERSON, VESSEL
from detente.screening.lists.book import EVERY, FTM, NAME_LONGEST

LIMIT_MAX: Final = 500  # of one answer, as there; a hundred entities are found at most
MANY_MAX: Final = 50
ENTITY_MAX: Final = 300  # characters of LIST:ID
FLAG: Final = Text(
    5, form="[Tt]rue|TRUE|[Ff]alse|FALSE|1|0|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF"
)
_MOMENT: Final = r"\d{4}-\d{2}-\d{2}(T\d{2}(:\d{2}(:\d{2})?)?)?"
_ANY: Final = "Thing"
_LEGAL: Final = "LegalEntity"
_KIND: Final[Mapping[str, str | None]] = {
    _ANY: None, "Person": PERSON, "Vessel": VESSEL, "Airplane": AIRCRAFT, "Company": ORGANIZATION,
    "Organization": ORGANIZATION, "PublicBody": ORGANIZATION, _LEGAL: _LEGAL,
}  # fmt: skip
_BACK: Final = {AIRCRAFT: "Airplane"}
# What a schema of theirs may be on a list: a list may tell less of it.
_AS: Final[Mapping[str | None, tuple[str, ...]]] = {
    PERSON: ("Person", _LEGAL, _ANY), ORGANIZATION: ("Organization", _LEGAL, _ANY),
    VESSEL: ("Vessel", _ANY), AIRCRAFT: ("Airplane", _ANY),
    _LEGAL: ("Person", "Organization", _LEGAL, _ANY),
}  # fmt: skip
_OF_ALL: Final = {"countries": "country", "topics": "topics", "identifiers": "idNumber"}
_PROPERTY: Final = "properties."
_OF: Final = ":"  # between a list and an id of its own; no name of a list has it


def query(name: str, kind: Text | Whole, **more: Any) -> Field:  # noqa: ANN401  those of Field
    """Return a parameter that may be left out."""
    return Field(name, kind, required=False, about="app.api_field.screening_yente", **more)


def many(name: str, size: int = 200) -> Field:
    """Return a parameter that may stand several times."""
    return query(name, Text(size), many=True, count_min=0, count_max=MANY_MAX)


FILTERS: Final = (
    many("include_dataset", NAME_LONGEST), many("exclude_dataset", NAME_LONGEST), many("exclude_schema"), many("topics"),
    query("changed_since", Text(19, form=_MOMENT)), many("exclude_entity_ids", ENTITY_MAX),
    query("limit", Whole(1, LIMIT_MAX)),
)  # fmt: skip


def refused(what: str) -> OurFault:
    """Return the fault of a query that cannot be asked."""
    return OurFault("screening.query", what[:300], "mend that query; nothing was asked")


def relation(kept: Sequence[Kept]) -> str:
    """Return yente's word for a total: `gte`, for only the names most alike are compared."""
    return "gte" if any(each.decision.hits for each in kept) else "eq"


def kind_of(schema: str) -> str | None:
    """Return what we call a schema, None for any. Raises OurFault("screening.query")."""
    if schema not in _KIND:
        raise refused(f"no schema {schema[:60]!r}; there are {', '.join(_KIND)}")
    return _KIND[schema]


class Entities:
    """Entities of the lists in force, in yente's shape.

    An id of FollowTheMoney names one entity wherever it stands. Ids of other lists are the list's
    own ("36"), and another list may give the same to somebody else: they have their list before them.
    """

    def __init__(self, call: Call) -> None:
        room = screens(call)
        self._at_hand, self._book = room.at_hand, room.book(call.office, call.person)
        self._force = self._book.in_force()

    def asked(self, dataset: str, call: Call, datasets: Sequence[str] = ()) -> tuple[str, ...]:
        """Return the scopes to ask, so that nobody on a list left out crowds out who is meant.

        datasets: a search's own. Raises OurFault: list.unknown, screening.query with no list left.
        """
        included, excluded = (
            call.query.texts(f"{what}_dataset") for what in ("include", "exclude")
        )
        for each in (dataset, *included, *datasets):
            if each not in self._force and each != EVERY:
                raise unknown_list(each)
        every = set(self._force) if dataset == EVERY else {dataset}
        left = every - set(excluded)
        for named in (included, datasets):
            left &= left if not named or EVERY in named else set(named)
        if EVERY in excluded or (every and not left):
            raise refused("no list is left to ask: all are excluded, or none of them included")
        return (dataset,) if left == every else tuple(sorted(left))

    def shape(self, entity: str, lists: Mapping[str, str]) -> dict[str, Any]:
        """Return an entity of list versions, {list: hash}. Raises OurFault("list.unknown")."""
        dataset, _, own = entity.partition(OURS)
        listed = self._at_hand.listed(entity, lists)
        seen = self._at_hand.seen(self._book, entity, lists)
        told = {
            "name": listed.names,
            "alias": tuple(a.name for a in listed.aliases if a.quality != "weak"),
            "weakAlias": tuple(a.name for a in listed.aliases if a.quality == "weak"),
            "birthDate": listed.births, "country": listed.countries,
            "idNumber": tuple(p.value for p in listed.ids), "topics": listed.programs,
        }  # fmt: skip
        return {
            "id": own if self._is_global(dataset) and _OF not in own else f"{dataset}{_OF}{own}",
            "caption": listed.names[0], "schema": _BACK.get(listed.schema, listed.schema),
            "properties": {key: list(values) for key, values in told.items() if values},
            "datasets": [dataset], "referents": [], "target": True,
            "first_seen": seen.first, "last_seen": seen.last, "last_change": seen.change,
        }  # fmt: skip

    def shapes(self, hits: Sequence[tuple[str, Mapping[str, str]]]) -> list[dict[str, Any]]:
        """Return the shapes of (entity, list versions), in their order; each list is read once."""
        made = {}
        for place in sorted(range(len(hits)), key=lambda place: hits[place][0]):
            made[place] = self.shape(*hits[place])
        return [made[place] for place in range(len(hits))]

    def find(self, name: str) -> dict[str, Any]:
        """Return the entity that an id of `shape` names. Raises OurFault("list.unknown")."""
        dataset, of, own = name.partition(_OF)
        lists = {each: version.entries for each, version in self._force.items()}
        of_all = (f"{each}{OURS}{name}" for each in sorted(lists) if self._is_global(each))
        places = [f"{dataset}{OURS}{own}"] if of else list(of_all)
        for each in places:
            try:
                return self.shape(each, lists)
            except OurFault as fault:
                if fault.code != "list.unknown":
                    raise
        what = f"no list in force has {name[:80]!r}"
        raise OurFault("list.unknown", what, "ask /search or /match for its name: an id is LIST:ID")

    def _is_global(self, dataset: str) -> bool:
        version = self._force.get(dataset)
        return version is not None and version.reader == FTM


def values_of(entity: Mapping[str, Any], field: str) -> list[str] | None:
    """Return what an entity has in a field that is filtered, counted or sorted by; None: no field."""
    properties: Mapping[str, list[str]] = entity["properties"]
    if field in _OF_ALL:
        return properties.get(_OF_ALL[field], [])
    if field.startswith(_PROPERTY):
        return properties.get(field.removeprefix(_PROPERTY), [])
    if field == "names":
        return [v for key in ("name", "alias", "weakAlias") for v in properties.get(key, [])]
    found = entity.get("id" if field == "entity_id" else field)
    if field in ("datasets", "referents"):
        return list(entity[field])
    if field in ("schema", "caption", "id", "entity_id", "first_seen", "last_seen", "last_change"):
        return [str(found)] if found else []
    return [] if field in ("genders", "dates") else None


_NOBODY: Final[Mapping[str, Any]] = {"properties": {}, "datasets": [], "referents": []}


def checked(field: str, what: str) -> str:
    """Return a field that entities have. Raises OurFault("screening.query")."""
    if values_of(_NOBODY, field) is None:
        raise refused(f"no field {field[:60]!r} to {what} by")
    return field


class Filter:
    """What a client wants to see of those found. It only leaves out: it changes no score."""

    def __init__(
        self, call: Call, kind: str | None = None, fields: Mapping[str, list[str]] | None = None,
        *, all_: bool = False,
    ) -> None:  # fmt: skip
        self._not_schema = frozenset(call.query.texts("exclude_schema"))
        self._not_ids = frozenset(call.query.texts("exclude_entity_ids"))
        self._since = call.query.text("changed_since")
        self._schemas = _AS.get(kind)
        self._all = all_
        self._fields = {"topics": list(call.query.texts("topics"))} | dict(fields or {})

    def takes(self, entity: Mapping[str, Any]) -> bool:
        """Return whether a client wants to see an entity."""
        if entity["schema"] in self._not_schema or entity["id"] in self._not_ids:
            return False
        if self._schemas and entity["schema"] not in self._schemas:
            return False
        # When it changed is not known of a version that the book has lost: it is shown.
        if self._since and entity["last_change"] and entity["last_change"] <= self._since:
            return False
        return all(self._has(entity, *each) for each in self._fields.items() if each[1])

    def _has(self, entity: Mapping[str, Any], field: str, wanted: list[str]) -> bool:
        found = {each.casefold() for each in values_of(entity, field) or ()}
        held = [each.casefold() in found for each in wanted]
        return all(held) if self._all else any(held)
