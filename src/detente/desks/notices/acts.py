"""What a person may do at the desk of notices, and what the desk says by itself."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.notices import finding, folds, kinds, procedures
from detente.desks.notices.formats import reading, shipped
from detente.desks.notices.formats.declared import Format
from detente.desks.notices.rules import FLOOD_AT, minute_of
from detente.desks.notices.terms.acts import acknowledge_within, agreed
from detente.office.desk import Act, Role
from detente.office.drafting import EXERCISE, PRECEDENCES, TLP, UNRELEASED, Draft, ext_of
from detente.office.fields import (
    Desks,
    Field,
    File,
    Flag,
    LongText,
    Mid,
    OneOf,
    Text,
    Value,
    Values,
    Whole,
)
from detente.office.kind import Kind
from detente.office.procedure import rungs
from detente.office.reader import Reader, every
from detente.office.scene import Scene
from detente.office.stands import COURSES, DUES

_MID: Final = Field("mid", Mid(), bare=True)
_PREC: Final = Field("prec", OneOf(*PRECEDENCES), required=False, about="ui.field.prec")
_URGENCY: Final = (_PREC, UNRELEASED, EXERCISE)
_TO: Final = Field("to", Desks(desk="notices"))
_CODE: Final = Field("format", Text(16, "[A-Z][A-Z0-9]{0,15}"), bare=True)
_LANGUAGE: Final = Field("language", Text(3, "[a-z]{2,3}"), default="en")
_OFFICER: Final = Field("officer", Text(80))
_CHECK: Final = "N90"
_CHECKED: Final = "N91"
_STEPS: Final = {"desk": 0, "supervisor": 1, "channel": 2}


def _frame(found: Format, values: Values, number: int, now: Moment) -> dict[str, Value]:
    wrong = found.wrong(tuple((v.text("name"), v.text("text")) for v in values.parts("value")))
    if wrong:
        raise OurFault(
            "notices.value", wrong, f"see its fields: detente notices format {found.code}"
        )
    return {
        "format": found.code,
        "version": found.version,
        "digest": found.digest,
        "year": int(str(now)[:4]),
        "number": number,
        "language": values.text("language", "en"),
        "value": values.parts("value"),
    }


def _body(told: dict[str, Value]) -> Values:
    return Values({name: value for name, value in told.items() if value not in (None, "")})


def _own(look: Reader) -> str:
    # Our own address stands on what we sent; before the first there is no number to look for.
    return next(
        (Values(row).text("from") for row in look.find(folds.NEWEST, {"ours": True}, None, 1)), ""
    )


def _number(look: Reader, to: str, now: Moment) -> int:
    own, year = _own(look), int(str(now)[:4])
    return finding.next_number(look, own, to, year) if own else 1


def build_send(
    values: Values, look: Reader, now: Moment, *, matter: str | None = None
) -> tuple[Draft, ...]:
    """Make one notice for each desk, numbered by itself: numbers run from one side to one other."""
    drafts = []
    for to in values.texts("to"):
        found = finding.to_write(look, values.text("format"), to)
        told = _frame(found, values, _number(look, to, now), now)
        prec = values.text("prec", "") or found.precedence
        terms = agreed(look, to, now)
        told["acknowledge"] = found.acknowledge or acknowledge_within(terms, prec)
        told["ladder"] = terms.ladder if terms else ""
        kind = kinds.NOTICE
        if found.answer:
            kind, told["answer"] = kinds.QUERY, found.answer
        drafts.append(
            Draft(
                kind=kind, to=(to,), body=_body(told), created=now, matter=matter,
                prec=prec, tlp=values.text("tlp"),
                ext=ext_of(values),
            )
        )  # fmt: skip
    return tuple(drafts)


def _prec_after(kind: Kind, notice: Values) -> str:
    # What one officer, an interpreter or the office itself says of a FLASH waits for nobody's second
    # signature, which every FLASH needs (spec/record.md 4.2).
    alone = kind in (kinds.RECEIPT, kinds.TRANSLATION, kinds.STEP)
    return "IMMEDIATE" if alone and notice["prec"] == "FLASH" else notice.text("prec")


def _said(kind: Kind, notice: Values, body: Values, values: Values, now: Moment) -> Draft:
    ours = notice.flag("ours")
    return Draft(
        kind=kind,
        to=notice.texts("to") if ours else (notice.text("from"),),
        body=body,
        created=now,
        matter=notice.text("matter"),
        reply_to=notice.data("mid"),
        prec=values.text("prec", "") or _prec_after(kind, notice),
        tlp=notice.text("tlp"),
        ext=_marked(notice, values),
    )


def _marked(notice: Values, values: Values) -> dict[str, str] | None:
    # What is said to a notice carries its mark and no other: a drill settles nothing real.
    mark, asked = notice.text("exercise"), values.text("exercise")
    if asked and asked != mark:
        what = "this notice is of another exercise" if mark else "this notice is of no exercise"
        remedy = "leave --exercise out: what is said to a notice carries its mark"
        raise OurFault("notices.mark", what, remedy)
    return {**(ext_of(values) or {}), **({"exercise": mark} if mark else {})} or None


def _theirs(notice: Values) -> Values:
    if notice.flag("ours"):
        raise OurFault("notices.ours", "this notice is our own", "choose one of theirs")
    return notice


def _ours(notice: Values) -> Values:
    if not notice.flag("ours"):
        raise OurFault("notices.not_ours", f"it is {notice.text('party')}'s", "choose one of ours")
    return notice


def _after(look: Reader, notice: Values, draft: Draft) -> Draft:
    # It replies to what was read last: so both sides know that it came after a correction.
    changes = ("correction", "cancellation")
    said = finding.said_to(look, notice.data("mid"))
    last = [each for each in said if each["what"] in changes and each["from"] == notice["from"]]
    last.sort(key=lambda each: each["what"] == "cancellation")  # nothing follows a cancellation
    return replace(draft, reply_to=last[-1].data("mid")) if last else draft


def build_acknowledge(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Say that a person read it; kept is when our node had it, so that both sides count alike."""
    notice = _theirs(finding.notice_at(look, values.data("mid")))
    body = Values(
        {"of": notice["mid"], "officer": values["officer"], "kept": notice.moment("kept_at")}
    )
    return (_after(look, notice, _said(kinds.RECEIPT, notice, body, values, now)),)


def build_answer(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Answer a notice by one of a format."""
    notice = _theirs(finding.notice_at(look, values.data("mid")))
    to = notice.text("from")
    code = _CHECKED if notice["format"] == _CHECK else values.text("format", "N3")
    if code == _CHECKED and not values.parts("value"):
        values = values.with_(value=_checked(notice))
    found = finding.to_write(look, code, to)
    told = _frame(found, values, _number(look, to, now), now)
    body = _body({**told, "of": notice["mid"]})
    return (_after(look, notice, _said(kinds.REPLY, notice, body, values, now)),)


def _checked(notice: Values) -> tuple[Values, ...]:
    echo = next((v.text("text") for v in notice.parts("value") if v["name"] == "echo"), "-")
    offset = -finding.delay_s(notice)
    return (
        Values({"name": "echo", "text": echo}), Values({"name": "offset", "text": str(offset)}),
    )  # fmt: skip


def build_correct(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Correct values of a notice of ours; a field that is named is given whole."""
    notice = _ours(finding.notice_at(look, values.data("mid")))
    found = finding.by_digest(look, notice.data("digest"))
    changed = values.parts("value")
    names = {each.text("name") for each in changed}
    rest = [each for each in notice.parts("value") if each.text("name") not in names]
    told = [(each.text("name"), each.text("text")) for each in (*rest, *changed)]
    wrong = found.wrong(tuple(told)) if found else None
    if wrong:
        raise OurFault(
            "notices.value", wrong, f"see: detente notices format {notice.text('format')}"
        )
    before = finding.said_to(look, notice.data("mid"), "correction")
    after = before[-1]["mid"] if before else None
    body = Values(
        {"of": notice["mid"], "after": after, "value": changed, "text": values.get("text")}
    )
    return (_said(kinds.CORRECTION, notice, body, values, now),)


def build_cancel(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Cancel a notice of ours."""
    notice = _ours(finding.notice_at(look, values.data("mid")))
    body = Values({"of": notice["mid"], "reason": values["reason"], "text": values.get("text")})
    return (_said(kinds.CANCELLATION, notice, body, values, now),)


def build_translate(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Attach a translation to the prose of a notice; coded values need none and take none."""
    notice = finding.notice_at(look, values.data("mid"))
    name, place = values.text("name"), values.whole("place", 1)
    found = finding.by_digest(look, notice.data("digest"))
    slot = found.named.get(name) if found else None
    texts = [each for each in notice.parts("value") if each["name"] == name]
    if not 1 <= place <= len(texts) or (found and (slot is None or slot.type != "prose")):
        raise OurFault(
            "notices.no_prose", f"{name} {place} is no prose of this notice",
            "coded values are shown in every language by themselves",
        )  # fmt: skip
    told = ("name", "place", "language", "text", "translator")
    body = Values(
        {"of": notice["mid"], "official": values.flag("official"), **{n: values[n] for n in told}}
    )
    return (_said(kinds.TRANSLATION, notice, body, values, now),)


def build_check(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Make the daily communication check, and tell which formats we hold."""
    given = values.with_(
        format=_CHECK, language="en", value=(Values({"name": "echo", "text": values["echo"]}),)
    )
    sent = build_send(given, look, now)
    # Which formats we hold is true, and no exercise is.
    return sent if "exercise" in values else (*sent, *build_tell(values, look, now))


def build_tell(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Tell which formats we hold, so that the other side sees at once what differs."""
    rows = [*shipped.shipped().values(), *(each for _, each in finding.own_formats(look))]
    held = {
        each.digest: Values({"format": each.code, "version": each.version, "digest": each.digest})
        for each in rows
    }
    body = Values({"formats": tuple(held.values())[: kinds.VALUES_MAX]})
    return (Draft(kind=kinds.HELD, to=values.texts("to"), body=body, created=now),)


def build_adopt(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Add a format of our own for us and the desks named: the file itself, to the byte."""
    found = reading.read(values.data("file"))
    if found.code in shipped.shipped():
        raise OurFault(
            "notices.format", f"line 1: {found.code} is a format that comes with the program",
            "give it another code",
        )  # fmt: skip
    text = values.data("file").decode()
    body = Values({"format": found.code, "version": found.version, "file": text})
    return (Draft(kind=kinds.FORMAT, to=values.texts("to"), body=body, created=now),)


def build_note(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Write into the watch log; it stays here."""
    body = Values({"entry": values["entry"], "text": values["text"]})
    return (Draft(kind=kinds.ENTRY, to=(), body=body, created=now),)


def _overdue(look: Reader, own: str, now: Moment) -> Iterator[Values]:
    # The first that is due stands first: what is not due yet costs one look, however much waits.
    for due in every(look, DUES, {"desk": own}):
        if now <= due.moment("due"):
            return
        row = look.get(COURSES, due.text("course"))
        assert row is not None, "both are written at once"
        yield Values(row)


def steps(look: Reader, scene: Scene, now: Moment) -> Sequence[Draft]:
    """Record each step of the ladder that an unkept deadline has reached, once on each side."""
    drafts = []
    alike: Counter[tuple[str, int]] = (
        Counter()
    )  # a flood is answered by a few steps, not by as many
    for row in _overdue(look, scene.own, now):
        notice = look.get(folds.NOTICES, row.data("mid"))
        if notice is None:
            continue
        ladder = rungs(Values(notice).text("ladder", "")) or procedures.LADDER
        reached = [each for each in ladder if now > row.moment("due") + each.after]
        if not reached:
            continue
        crowd = row.text("other"), minute_of(row.moment("due"))
        alike[crowd] += 1
        if alike[crowd] > FLOOD_AT and notice["prec"] != "FLASH":
            continue
        ours = row.text("desk")
        done = {
            (one.text("state"), one.text("word"))
            for one in finding.said_to(look, row.data("mid"), "step")
            if one["from"] == ours
        }
        for rung in reached:
            if (row.text("state"), rung.up.value) not in done:
                told = {
                    "of": row["mid"],
                    "rung": rung.up.value,
                    "state": row["state"],
                    "due": row["due"],
                }
                drafts.append(_said(kinds.STEP, Values(notice), Values(told), Values({}), now))
    return drafts


def _act(
    name: str, kind: Kind, fields: tuple[Field, ...], example: str, role: Role = Role.AUTHOR
) -> Act:
    return Act(
        name=f"notices/{name}", fields=fields, build=_BUILDS[name], role=role, source=kind.source,
        example=example, on_watch=name == "acknowledge",
    )  # fmt: skip


_BUILDS: Final = {
    "send": build_send, "acknowledge": build_acknowledge, "answer": build_answer,
    "correct": build_correct, "cancel": build_cancel, "translate": build_translate,
    "check": build_check, "tell": build_tell, "adopt": build_adopt, "note": build_note,
}  # fmt: skip
_MAY: Final = Field(
    "value", kinds.VALUE.type, required=False, many=True, count_max=kinds.VALUES_MAX
)
ALL: Final = (
    _act("send", kinds.NOTICE, (_TO, _CODE, kinds.VALUE, _LANGUAGE, TLP, *_URGENCY),
         "N80 --to borealis.gov --value text=Greetings"),
    _act("acknowledge", kinds.RECEIPT, (_MID, _OFFICER, *_URGENCY), 'k3q7zb --officer "A. Lind"', Role.ANSWER),
    _act("answer", kinds.REPLY,
         (_MID, Field("format", _CODE.type, default="N3"), _MAY, _LANGUAGE, *_URGENCY),
         "k3q7zb --value position=not_ours", Role.ANSWER),
    _act("correct", kinds.CORRECTION, (_MID, kinds.VALUE, kinds.TEXT, *_URGENCY),
         "k3q7zb --value help=none"),
    _act("cancel", kinds.CANCELLATION, (_MID, Field("reason", kinds.REASONS), kinds.TEXT, *_URGENCY),
         "k3q7zb --reason error"),
    _act("translate", kinds.TRANSLATION,
         (_MID, Field("name", Text(32, "[a-z][a-z0-9_]{0,31}")), Field("place", Whole(1, 32), default=1),
          Field("language", Text(3, "[a-z]{2,3}")), Field("text", LongText(8_000)),
          Field("official", Flag(), default=False), Field("translator", Text(80)), *_URGENCY),
         'k3q7zb --name text --language ru --text "Привет" --translator "I. Orlova"', Role.ANSWER),
    _act("check", kinds.NOTICE, (_TO, Field("echo", Text(120), default="check"), TLP, _PREC, EXERCISE),
         "--to borealis.gov"),
    _act("tell", kinds.HELD, (_TO,), "--to borealis.gov"),
    _act("adopt", kinds.FORMAT, (Field("file", File(kinds.FILE_MAX), bare=True), _TO),
         "p1-ferry.toml --to borealis.gov"),
    _act("note", kinds.ENTRY, (Field("entry", kinds.ENTRY.members["entry"].type, default="note"),
         Field("text", LongText(4_000))), '--text "Generator tested"'),
)  # fmt: skip
