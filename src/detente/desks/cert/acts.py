"""What a person may do at the CERT desk."""

from dataclasses import replace
from typing import Final

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.cert import folds, kinds, rules
from detente.desks.cert.formats import stix
from detente.office.desk import PREC, TLP, WITHIN, Act, Draft, Reader, Role, every
from detente.office.fields import Desks, Field, File, Flag, Mid, Parts, Value, Values
from detente.office.kind import Kind

_FILE: Final = Field("file", File(size_max=stix.SIZE_MAX), bare=True)
_MID: Final = Field("mid", Mid(), bare=True)


def build_send(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Make one bundle of a file. Its bytes travel as they are; what is read from it goes beside."""
    data = values.data("file")
    _refuse_larger(len(data))
    bundle = stix.read(data)
    tlp = values.text("tlp")
    if not rules.is_strict_enough(tlp, bundle.tlp):
        what = f"the bundle is marked TLP:{bundle.tlp}, stricter than {tlp}"
        raise OurFault("cert.marking", what, f"choose {bundle.tlp}, or leave those objects out")
    body = Values(
        {
            "bundle": bundle.text,
            "objects": tuple(_object(ref) for ref in bundle.objects),
            "about": values["about"],
            "asks": values.get("asks"),
        }
    )
    _refuse_larger(kinds.BUNDLE.size_bytes(body))
    within = values.span("within")
    return (
        Draft(
            kind=kinds.BUNDLE,
            to=values.texts("to"),
            body=body,
            created=now,
            prec=values.text("prec"),
            tlp=tlp,
            deadline=None if within is None else now + within,
        ),
    )


def build_answer(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Answer a bundle to whoever sent it, under its own marking."""
    bundle = bundle_at(look, values.data("mid"))
    if bundle["ours"]:
        raise OurFault("cert.ours", "this bundle is our own", "answer one of theirs")
    body = values.without("mid", "prec").with_(to=values["mid"])
    draft = _follow(kinds.ANSWER, bundle, values, body, now)
    return (replace(draft, to=(bundle.text("from"),)),)


def build_withdraw(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Take back a bundle of ours, or objects of it, from everyone to whom it went."""
    mid = values.data("mid")
    bundle = bundle_at(look, mid)
    if not bundle["ours"]:
        what = f"the bundle is {bundle.text('party')}'s"
        raise OurFault("cert.not_ours", what, "answer it, or ask them to withdraw it")
    if values.flag("all") == ("object" in values):
        what = "neither objects nor all were named, or both"
        raise OurFault("cert.objects", what, "give --object one or more times, or --all")
    versions = versions_of(look, mid)
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
    return (_follow(kinds.WITHDRAW, bundle, values, body, now),)


def build_acknowledge(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Say of each object that was taken back what we did with it."""
    mid = values.data("mid")
    found = look.get(folds.WITHDRAWALS, mid)
    if found is None:
        raise OurFault("cert.unknown_record", "no withdrawal has this id", "look at cert list")
    row = Values(found)
    if row["ours"]:
        raise OurFault("cert.ours", "this withdrawal is our own", "acknowledge one of theirs")
    of = row.data("of")
    bundle = bundle_at(look, of)
    if row["party"] != bundle["party"]:
        what = f"{row.text('party')} withdrew what {bundle.text('party')} said"
        raise OurFault("cert.not_author", what, "leave it: it changes nothing")
    held, named = versions_of(look, of), withdrawal_of(row)
    gone = rules.withdrawn(named.party, held, [named])
    missing = sorted(one for one in named.versions if not rules.withdrawn("", held, [_only(one)]))
    kept = {ref.text("id"): ref["because"] for ref in values.parts("kept")}
    for identity in kept:
        if identity not in {version[0] for version in gone}:
            what = f"{identity} is not among what was withdrawn"
            raise OurFault("cert.no_object", what, "look at cert objects")
    done = [
        _done(one, "kept" if one[0] in kept else "removed", kept) for one in held if one in gone
    ]
    done += [_done(one, "not_held", {}) for one in missing]
    body = Values({"of": mid, "done": tuple(done)})
    draft = _follow(kinds.WITHDRAWN, bundle.with_(tlp=row["tlp"]), values, body, now)
    return (replace(draft, to=(row.text("from"),), matter=row.text("matter"), reply_to=mid),)


def bundle_at(look: Reader, mid: bytes) -> Values:
    """Return the row of a bundle; raises OurFault("cert.unknown_record")."""
    row = look.get(folds.BUNDLES, mid)
    if row is None:
        raise OurFault("cert.unknown_record", "no bundle has this id", "look at cert list")
    return Values(row)


def versions_of(look: Reader, mid: bytes) -> tuple[rules.Version, ...]:
    """Return every object of a bundle in its order."""
    rows = every(look, folds.OBJECTS, {"bundle": mid})
    return tuple((row.text("id"), row.text("modified")) for row in rows)


def withdrawal_of(row: Values) -> rules.Withdrawal:
    """Return a row of cert_withdrawals as the rules read it."""
    refs = row.parts("objects")
    versions = frozenset((ref.text("id"), ref.text("modified")) for ref in refs)
    return rules.Withdrawal(row.text("party"), row.flag("all"), versions)


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


def _object(ref: stix.Ref) -> Values:
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
        tlp=bundle.text("tlp"),
    )


def _refuse_stranger(ref: Values, versions: tuple[rules.Version, ...]) -> None:
    wanted = (ref.text("id"), ref.text("modified"))
    if not rules.withdrawn("", versions, [_only(wanted)]):
        shown = "@".join(part for part in wanted if part)
        raise OurFault("cert.no_object", f"{shown} is not in this bundle", "look at cert objects")


def _refuse_larger(size: int) -> None:
    if size > limits.MAX_BODY:
        what = f"{size} bytes as a record's body, where {limits.MAX_BODY} are allowed"
        raise OurFault("cert.bundle_size", what, "split the bundle, until attachments exist")


SEND: Final = Act(
    name="cert/send",
    fields=(
        _FILE,
        Field("to", Desks(desk="cert")),
        kinds.ABOUT,
        kinds.ASKS,
        TLP,
        PREC,
        WITHIN,
    ),
    build=build_send,
    role=Role.AUTHOR,
    source=kinds.BUNDLE.source,
    example='bundle.json --to borealis.gov --about "Phishing wave" --tlp AMBER --within 24h',
)
ANSWER: Final = Act(
    name="cert/answer",
    fields=(_MID, kinds.VERDICT, kinds.TEXT, PREC),
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
        PREC,
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
        PREC,
    ),
    build=build_acknowledge,
    role=Role.ANSWER,
    source=kinds.WITHDRAWN.source,
    example='w5d2aa --kept "indicator--33fe3b22-0201-47cf-85d0-97c02164528d=court order"',
)

ALL: Final = (SEND, ANSWER, WITHDRAW, ACKNOWLEDGE)
