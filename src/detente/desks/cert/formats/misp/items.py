"""Items of MISP, attributes and objects, made of objects of STIX that did not come from there."""

from collections.abc import Iterable
from typing import Final

from detente.desks.cert.formats import comparing, ids, members, scos
from detente.desks.cert.formats.comparing import Pair
from detente.desks.cert.formats.members import Object
from detente.desks.cert.formats.misp import attribute_types, templates
from detente.desks.cert.formats.misp.making import KEPT

_NATIVE: Final = ("misp:type=", "misp:category=", "misp:to_ids=")


def of_indicator(one: Object, _pool: dict[str, Object]) -> tuple[list[Object] | None, bool]:
    """Return the items that an indicator becomes, None for none, and whether they say all of it."""
    language, pattern = members.text(one, "pattern_type"), members.text(one, "pattern")
    if language == "stix":
        seen = comparing.take_apart(pattern)
        found: list[Object] = []
        for at, pairs in enumerate(seen or ()):
            alone = len(seen or ()) == 1
            made = say(tuple(pairs), one, acts=True, place=None if alone else at)
            if made is None:
                break
            found += made
        else:
            if seen:
                return found, _is_plain(one)
    name = attribute_types.rule_type(language)
    if not name:
        return None, False
    return [_attribute(name, pattern, one, acts=True)], _is_plain(one)


def of_observed(one: Object, pool: dict[str, Object]) -> tuple[list[Object] | None, bool]:
    """Return the items that an observation becomes; see of_indicator."""
    pairs: list[Pair] = []
    whole, seen = _is_plain(one), list[Object]()
    for ref in members.texts(one, "object_refs"):
        if ref not in pool:
            return None, False
        more, all_ = scos.take_apart(pool[ref])
        pairs += more
        whole = whole and all_
        seen.append(pool[ref])
    whole = whole and scos.build(tuple(pairs)) == seen  # their ids are made of what they say
    found = say(tuple(pairs), one, acts=False) if pairs else None
    if found is None and pairs:
        each = [say((pair,), one, acts=False, place=at) for at, pair in enumerate(pairs)]
        found = [item for made in each for item in made or ()] if all(each) else None
        whole = False
    return found, whole and found is not None


def of_vulnerability(one: Object, _pool: dict[str, Object]) -> tuple[list[Object] | None, bool]:
    """Return the item that a vulnerability becomes; see of_indicator."""
    name = members.text(one, "name")
    links = members.objects(one, "external_references")
    return [_attribute(attribute_types.CVE, name, one, acts=False)], len(links) <= 1


def say(
    pairs: tuple[Pair, ...], one: Object, *, acts: bool, place: int | None = None
) -> list[Object] | None:
    """Return one item that says these pairs, an attribute or an object; None if neither can.

    acts: whether it may be given to machines. place: of several made of one object.
    """
    simple = attribute_types.type_of(pairs) if len(pairs) <= 2 else None  # noqa: PLR2004  two parts
    if simple is not None:
        return [_attribute(*simple, one, acts=acts, place=place)]
    template = templates.object_of(pairs)
    if template is None:
        return None
    name, held = template
    uuid = _uuid(one, place)
    template_uuid, category = templates.TEMPLATES.get(name, ("", "misc"))
    made: Object = {"name": name, "meta-category": category, "uuid": uuid}
    if template_uuid:
        made |= {"template_uuid": template_uuid, "template_version": "1"}
    made["timestamp"] = str(ids.seconds_of(one.get("modified")))
    made["description"] = name
    if members.flag(one, "revoked"):
        made["deleted"] = True
    inner: list[Object] = []
    for at, each in enumerate(held):
        item = _attribute(each.type, each.value, one, acts=acts)
        item |= {"object_relation": each.relation, "uuid": ids.uuid(uuid, str(at))}
        inner.append(item)
    made["Attribute"] = [*inner]
    return [made]


def _attribute(
    type_: str, value: str, one: Object, *, acts: bool, place: int | None = None
) -> Object:
    item: Object = {
        "uuid": _uuid(one, place),
        "type": type_,
        "category": attribute_types.category_of(type_),
        "to_ids": acts,
        "value": value,
        "comment": members.text(one, "description") or members.text(one, "x_misp_comment"),
    }
    if "modified" in one:
        item["timestamp"] = str(ids.seconds_of(one["modified"]))
    if members.flag(one, "revoked"):
        item["deleted"] = True
    tag(item, [each for each in members.texts(one, "labels") if not each.startswith(_NATIVE)])
    return item


def _uuid(one: Object, place: int | None) -> str:
    uuid = str(one["id"]).partition("--")[2]
    return uuid if place is None else ids.uuid(str(one["id"]), str(place))


_PLAIN: Final = frozenset(
    {"type", "spec_version", "id", "created_by_ref", "created", "modified", "revoked", "labels",
     "object_marking_refs", "pattern", "pattern_type", "pattern_version", "valid_from", "description",
     "first_observed", "last_observed", "number_observed", "object_refs", "x_misp_comment", KEPT}
)  # fmt: skip


def _is_plain(one: Object) -> bool:
    """Return whether attributes say all that an indicator or an observation says."""
    name = members.text(one, "name")
    named = not name or name in members.text(one, "pattern")
    return named and not one.keys() - _PLAIN - {"name"}


def tag(holder: Object, names: Iterable[str]) -> None:
    """Give an item tags that it has not."""
    listed = members.objects(holder, "Tag")
    known = {members.text(each, "name") for each in listed}
    more: list[Object] = [{"name": name} for name in dict.fromkeys(names) if name not in known]
    if more:
        holder["Tag"] = [*listed, *more]
