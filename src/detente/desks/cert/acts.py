"""What a person may do at the CERT desk."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.cert import (
    clashing,
    elsewhere,
    embargo,
    folds,
    index,
    kinds,
    large,
    parted,
    rules,
    sharing,
    warned,
)
from detente.desks.cert.formats import checking, members, notes, stix, strict
from detente.desks.cert.formats.defang import defang
from detente.desks.cert.formats.members import Object
from detente.office.desk import Act, Role
from detente.office.drafting import TLP, URGENCY, WITHIN, Draft, Enclosure, Evidenced, ext_of
from detente.office.enclosed import ATTACH
from detente.office.fields import Desks, Field, File, Flag, Mid, Parts, Value, Values
from detente.office.kind import Kind
from detente.office.reader import Reader

_NAME: Final = "bundle.json"
_TOLD: Final = 5  # errors that one refusal names
_SHOWN: Final = 5  # of what may not go, named in a sentence
FILE_ROW: Final = 1_000  # bytes at most of a file's name, aid, size and key
FILE: Final = Field("file", File(size_max=stix.SIZE_MAX), bare=True)
_MID: Final = Field("mid", Mid(), bare=True)
DESPITE: Final = Field("despite", Flag(), default=False)  # warning lists were seen, and it goes


def build_send(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Make one bundle of a file. Its bytes travel as they are; what is read from it goes beside.

    What no body holds goes as a file of its record.
    """
    return bundle_of(values.data("file"), values, look, now, own=False)


def bundle_of(
    data: bytes,
    values: Values,
    look: Reader,
    now: Moment,
    beside: tuple[Enclosure, ...] = (),
    *,
    own: bool = True,
) -> tuple[Draft, ...]:
    """Make a record of a bundle's bytes. values: those of SEND but its file; no `to`: to ourselves.

    beside: files that go with it. own: our own few warning lists ask for a word too. Raises OurFault: stix.*, cert.bundle_size, cert.marking,
    cert.arrangement, cert.warned.
    """
    if len(data) > limits.MAX_BUNDLE:
        what = f"a bundle of {len(data)} bytes, where {limits.MAX_BUNDLE} are allowed (MAX_BUNDLE)"
        raise OurFault("cert.bundle_size", what, "split the bundle")
    bundle = stix.read(data)
    _refuse_flawed(bundle, now)
    _refuse_contradiction(look, bundle, now)
    if len(bundle.objects) > kinds.OBJECTS_MAX:
        what = f"{len(bundle.objects)} objects, where {kinds.OBJECTS_MAX} are allowed"
        raise OurFault("cert.bundle_size", what, "split the bundle")
    tlp = values.text("tlp")
    if not rules.is_strict_enough(tlp, bundle.tlp):
        what = f"the bundle is marked TLP:{bundle.tlp}, stricter than {tlp}"
        raise OurFault("cert.marking", what, f"choose {bundle.tlp}, or leave those objects out")
    to = values.texts("to")
    check(look, bundle.whole, to, now)
    if to:
        embargo.refuse(look, bundle.whole)
    if to and not values.flag("despite"):
        refuse_warned(look, bundle.whole, own=own)
    body = Values(
        {
            "bundle": bundle.text,
            "objects": tuple(object_of(ref) for ref in bundle.objects),
            "about": values["about"],
            "asks": values.get("asks"),
        }
    ).keep(index.read, bundle)
    kind = kinds.BUNDLE
    enclose: tuple[Enclosure, ...] = ()
    if len(data) > limits.MAX_BODY or _size_of(body, values) > limits.MAX_BODY:
        kind, enclose = kinds.BUNDLE_FILE, (Enclosure(_NAME, data),)
        body = body.without("bundle", "objects").with_(
            sha256=sha256(data).digest(), count=len(bundle.objects)
        )
    within = values.span("within")
    return (
        Draft(
            kind=kind,
            to=to,
            body=body,
            created=now,
            prec=values.text("prec"),
            ext=ext_of(values),
            tlp=tlp,
            deadline=None if within is None else now + within,
            attach=values.texts(ATTACH.name),
            enclose=(*enclose, *beside),
        ),
    )


def check(look: Reader, objects: Sequence[Object], to: Sequence[str], now: Moment) -> None:
    """Raise OurFault("cert.arrangement") unless all of a bundle may go to these desks.

    To nobody, that is to ourselves, anything may.
    """
    for party in sorted({address.partition("@")[2] for address in to}):
        lines = [line for line in sharing.check(look, objects, party, now) if line.why]
        if lines:
            shown = ", ".join(f"{line.id} ({line.why})" for line in lines[:_SHOWN])
            what = f"{len(lines)} of {len(objects)} objects may not go to {party}: {shown}"
            raise OurFault("cert.arrangement", what, "leave them out: detente cert share --part")


def refuse_warned(look: Reader, objects: Sequence[Object], *, own: bool) -> None:
    """Raise OurFault("cert.warned") if a value of a bundle stands on a warning list."""
    found = warned.hits(look, objects, own=own)
    if found:
        shown = ", ".join(f"{defang(hit.value)} ({hit.list})" for hit in found[:_SHOWN])
        what = f"{len(found)} values stand on warning lists: {shown}"
        raise OurFault("cert.warned", what, "leave them out, or say --despite")


def objects_of(data: bytes) -> tuple[Object, ...]:
    """Return the objects of a bundle that was read before; nobody changes them."""
    return tuple(members.objects(strict.parse(data).value, "objects"))


def read_whole(data: bytes) -> tuple[Object, ...]:
    """Return the objects of a bundle that a person hands in. Raises OurFault("stix.*")."""
    return tuple(stix.read(data).whole)


def build_answer(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Answer a bundle to whoever sent it, under its own marking."""
    bundle = bundle_at(look, values.data("mid"))
    if bundle["ours"]:
        raise OurFault("cert.ours", "this bundle is our own", "answer one of theirs")
    body = values.without("mid", "prec", ATTACH.name).with_(to=values["mid"])
    draft = _follow(kinds.ANSWER, bundle, values, body, now)
    return (replace(draft, to=(bundle.text("from"),), attach=values.texts(ATTACH.name)),)


def build_withdraw(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Take back a bundle of ours from everyone to whom it went, or objects of it, in whichever bundle they went."""
    mid = values.data("mid")
    is_whole = values.flag("all") and not values.flag("only")
    parts = parted.to_take_back(look, mid) if is_whole else ()
    bundle = bundle_at(look, mid)
    if not bundle["ours"]:
        what = f"the bundle is {bundle.text('party')}'s"
        raise OurFault("cert.not_ours", what, "answer it, or ask them to withdraw it")
    if values.flag("all") == ("object" in values):
        what = "neither objects nor all were named, or both"
        raise OurFault("cert.objects", what, "give --object one or more times, or --all")
    versions = index.versions_of(look, mid)
    for ref in values.parts("object"):
        _refuse_stranger(ref, versions)
    if values.get("replaced_by") == mid:
        what = "a bundle cannot replace itself"
        raise OurFault("cert.objects", what, "name the bundle that replaces it")
    if "replaced_by" in values and not bundle_at(look, values.data("replaced_by"))["ours"]:
        raise OurFault("cert.not_ours", "what replaces it is not ours", "name a bundle of ours")
    body = Values(
        {
            "of": mid,
            "all": values.flag("all"),
            "objects": values.parts("object") or None,
            "reason": values["reason"],
            "replaced_by": values.get("replaced_by"),
        }
    )
    if values.get("replaced_by") in {part["mid"] for part in parts}:
        what = "a bundle cannot replace what it is a part of"
        raise OurFault("cert.objects", what, "name the bundle that replaces it")
    if parts:
        each = [(bundle_at(look, part.data("mid")), body.with_(of=part["mid"])) for part in parts]
        return tuple(_taking(look, at, values, one, now) for at, one in each)
    first = _taking(look, bundle, values, body, now)
    spared = (mid, values.get("replaced_by"))
    named = () if values.flag("only") else values.parts("object")
    others = elsewhere.find(look, named, versions, spared)
    bodies = ((at, body.with_(of=at["mid"], all=False, objects=refs)) for at, refs in others)
    return (first, *(_taking(look, at, values, one, now) for at, one in bodies))


def _taking(look: Reader, bundle: Values, values: Values, body: Values, now: Moment) -> Draft:
    return parted.of_part(look, _follow(kinds.WITHDRAW, bundle, values, body, now))


def build_acknowledge(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Say of each object that was taken back what we did with it; of all parts of a transfer at once."""
    mid = values.data("mid")
    found = look.get(folds.WITHDRAWALS, mid)
    if found is None:
        raise OurFault("cert.unknown_record", "no withdrawal has this id", "look at cert list")
    row = Values(found)
    if row["ours"]:
        raise OurFault("cert.ours", "this withdrawal is our own", "acknowledge one of theirs")
    rows = parted.beside(look, row) if values.flag("transfer") else [row]
    kept = {ref.text("id"): ref["because"] for ref in values.parts("kept")}
    taken = [(each, _taken(look, each)) for each in rows]
    for identity in kept:
        if not any(identity == version[0] for _, gone in taken for version in gone):
            what = f"{identity} is not among what was withdrawn"
            raise OurFault("cert.no_object", what, "look at cert objects")
    return tuple(_removed(look, each, gone, kept, values, now) for each, gone in taken)


def _taken(look: Reader, row: Values) -> frozenset[rules.Version]:
    of = row.data("of")
    bundle = bundle_at(look, of)
    if row["party"] != bundle["party"]:
        what = f"{row.text('party')} withdrew what {bundle.text('party')} said"
        raise OurFault("cert.not_author", what, "leave it: it changes nothing")
    named = folds.withdrawal_of(row)
    return rules.withdrawn(named.party, index.versions_of(look, of), [named])


def _removed(
    look: Reader, row: Values, gone: frozenset[rules.Version], kept: dict[str, Value],
    values: Values, now: Moment,
) -> Draft:  # fmt: skip
    mid, of = row.data("mid"), row.data("of")
    held, named = index.versions_of(look, of), folds.withdrawal_of(row)
    missing = sorted(one for one in named.versions if not rules.withdrawn("", held, [_only(one)]))
    done = [
        _done(one, "kept" if one[0] in kept else "removed", kept) for one in held if one in gone
    ]
    done += [_done(one, "not_held", {}) for one in missing]
    body = Values({"of": mid, "done": tuple(done)})
    size = kinds.WITHDRAWN.size_bytes(body)
    if size > limits.MAX_BODY:
        what = f"{size} bytes as a record's body, where {limits.MAX_BODY} are allowed"
        raise OurFault("cert.bundle_size", what, "give shorter reasons for what is kept")
    bundle = bundle_at(look, of).with_(tlp=row["tlp"])
    draft = _follow(kinds.WITHDRAWN, bundle, values, body, now)
    return replace(draft, to=(row.text("from"),), matter=row.text("matter"), reply_to=mid)


def bundle_at(look: Reader, mid: bytes) -> Values:
    """Return the row of a bundle; raises OurFault("cert.unknown_record")."""
    row = look.get(folds.BUNDLES, mid)
    if row is None:
        raise OurFault("cert.unknown_record", "no bundle has this id", "look at cert list")
    return Values(row)


def _only(version: rules.Version) -> rules.Withdrawal:
    return rules.Withdrawal("", all=False, versions=frozenset({version}))


def _done(version: rules.Version, state: str, because: dict[str, Value]) -> Values:
    return Values(
        {
            "id": version[0],
            "modified": version[1] or None,
            "state": state,
            "because": because.get(version[0]),
        }
    )


def object_of(ref: stix.Ref) -> Values:
    """Return an object of a bundle as a body names it."""
    return Values({"id": ref.id, "modified": ref.modified or None, "sha256": ref.sha256})


def _follow(kind: Kind, bundle: Values, values: Values, body: Values, now: Moment) -> Draft:
    return Draft(
        kind=kind,
        to=bundle.texts("to"),
        body=body,
        created=now,
        matter=bundle.text("matter"),
        reply_to=bundle.data("mid"),
        prec=values.text("prec"),
        ext=ext_of(values),
        tlp=bundle.text("tlp"),
    )


def _refuse_stranger(ref: Values, versions: tuple[rules.Version, ...]) -> None:
    wanted = (ref.text("id"), ref.text("modified"))
    if not rules.withdrawn("", versions, [_only(wanted)]):
        shown = "@".join(part for part in wanted if part)
        raise OurFault("cert.no_object", f"{shown} is not in this bundle", "look at cert objects")


def _refuse_flawed(bundle: stix.Bundle, now: Moment) -> None:
    found = checking.of_objects(bundle.whole, str(now))
    errors = [each for each in found if each.severity == notes.ERROR]
    if errors:
        told = "; ".join(map(str, errors[:_TOLD]))
        more = f"; and {len(errors) - _TOLD} more" if len(errors) > _TOLD else ""
        raise OurFault("stix.standard", f"{told}{more}", "correct what is named")


def _refuse_contradiction(look: Reader, bundle: stix.Bundle, now: Moment) -> None:
    told: list[str] = []
    evidence: list[Draft] = []
    known = index.known(look, [ref.id for ref in bundle.objects])
    for place, (ref, one) in enumerate(zip(bundle.objects, bundle.whole, strict=True)):
        row = index.other_content(look, ref) if ref.id in known else None
        if row is not None:
            told.append(clashing.words(place, ref, row))
            clashing.keep(evidence, look, ref, one, row, SEND.name, now)
    if told:
        more = f"; and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
        what = f"{'; '.join(told[:_TOLD])}{more}"
        fault = OurFault("cert.conflict", what, "give what was changed a new modified")
        raise Evidenced(fault, tuple(evidence))


def _size_of(body: Values, values: Values) -> int:
    # Files are named in the body too, once they are handed in.
    return kinds.BUNDLE.size_bytes(body) + len(values.texts(ATTACH.name)) * FILE_ROW


SEND: Final = Act(
    name="cert/send",
    fields=(
        FILE,
        Field("to", Desks(desk="cert")),
        kinds.ABOUT,
        kinds.ASKS,
        TLP,
        *URGENCY,
        WITHIN,
        DESPITE,
        ATTACH,
    ),
    build=build_send,
    role=Role.AUTHOR,
    source=kinds.BUNDLE.source,
    example='bundle.json --to borealis.gov --about "Phishing wave" --tlp AMBER --within 24h',
    large=large.LargeBundle,
)
ANSWER: Final = Act(
    name="cert/answer",
    fields=(_MID, kinds.VERDICT, kinds.TEXT, *URGENCY, ATTACH),
    build=build_answer,
    role=Role.ANSWER,
    source=kinds.ANSWER.source,
    example='k3q7zb --verdict useful --text "Seen at two of ours"',
)
WITHDRAW: Final = Act(
    name="cert/withdraw",
    fields=(
        _MID,
        Field("object", kinds.REF, required=False, many=True, count_max=kinds.OBJECTS_MAX),
        Field("all", Flag(), default=False),
        kinds.REASON,
        Field("replaced_by", Mid(), required=False),
        Field("only", Flag(), default=False),
        *URGENCY,
    ),
    build=build_withdraw,
    role=Role.AUTHOR,
    source=kinds.WITHDRAW.source,
    example="k3q7zb --object indicator--33fe3b22-0201-47cf-85d0-97c02164528d --reason false",
)
ACKNOWLEDGE: Final = Act(
    name="cert/acknowledge",
    fields=(
        _MID,
        Field(
            "kept",
            Parts((kinds.OBJECT_ID, Field("because", kinds.BECAUSE.type)), sign="="),
            required=False,
            many=True,
            count_max=kinds.OBJECTS_MAX,
        ),
        Field("transfer", Flag(), default=False),
        *URGENCY,
    ),
    build=build_acknowledge,
    role=Role.ANSWER,
    source=kinds.WITHDRAWN.source,
    example='w5d2aa --kept "indicator--33fe3b22-0201-47cf-85d0-97c02164528d=court order"',
)

ALL: Final = (SEND, ANSWER, WITHDRAW, ACKNOWLEDGE)
