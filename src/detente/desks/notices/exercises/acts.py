"""What a person does about an exercise, and the notices that the desk then sends by itself."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.notices import acts as notices
from detente.desks.notices import finding
from detente.desks.notices.exercises import holding, kinds, play, reading, shipped
from detente.desks.notices.exercises.play import Play
from detente.desks.notices.exercises.scenario import Inject
from detente.office.desk import Act, Role
from detente.office.drafting import TLP, UNRELEASED, Draft
from detente.office.fields import Desks, Field, File, Mid, OneOf, Text, Values, When
from detente.office.kind import Kind
from detente.office.reader import Reader
from detente.office.scene import Scene

_MID: Final = Field("mid", Mid(), bare=True)


def _ext(name: str, values: Values) -> Mapping[str, str]:
    # The mark is the scenario's own: nobody leaves it out, and nobody names another.
    more = {"unreleased": values.text("unreleased")} if "unreleased" in values else {}
    return {"exercise": name, **more}


def build_begin(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Propose an exercise to each desk: the file itself, when it begins, and which role we play."""
    if ("file" in values) == ("scenario" in values):
        raise OurFault(
            "notices.which_scenario", "name one scenario: a file, or one that ships",
            "see: detente notices scenarios",
        )  # fmt: skip
    data = values.data("file") if "file" in values else shipped.file(values.text("scenario"))
    told = reading.read(data)
    role = values.text("role", "") or told.roles[0].name
    if role not in [each.name for each in told.roles]:
        raise OurFault(
            "notices.role", f"{role[:32]} is no role of this scenario",
            f"choose {' or '.join(each.name for each in told.roles)}",
        )  # fmt: skip
    for to in values.texts("to"):
        for code in sorted({each.format for each in told.notices}):
            finding.to_write(look, code, to)
    body = Values(
        {
            "file": data.decode(),
            "begins": values.get("begins") or now,
            "role": role,
            "language": values.text("language", "en"),
        }
    )
    return tuple(
        Draft(
            kind=kinds.BEGUN, to=(to,), body=body, created=now, tlp=values.text("tlp"),
            ext=_ext(told.name, values),
        )
        for to in values.texts("to")
    )  # fmt: skip


def _draft(found: Play, kind: Kind, body: Values, values: Values, now: Moment) -> Draft:
    return Draft(
        kind=kind, to=(found.theirs,), body=body, created=now, matter=found.row.text("matter"),
        reply_to=found.mid, tlp=found.row.text("tlp"), ext=_ext(found.name, values),
    )  # fmt: skip


def _open(look: Reader, values: Values, now: Moment) -> Play:
    found = play.at(look, values.data("mid"))
    if found.state(now) == play.ENDED:
        raise OurFault(
            "notices.exercise_over", "this exercise is over", "see: detente notices grade"
        )
    return found


def _joined(found: Play) -> Play:
    if found.zero is None:
        raise OurFault(
            "notices.not_joined", "the other side has not joined this exercise",
            "wait until they join, or talk to them",
        )  # fmt: skip
    return found


def build_join(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Take part in an exercise that the other side proposed: from then on our role is played."""
    found = _open(look, values, now)
    if found.row.flag("ours") or found.zero is not None:
        raise OurFault(
            "notices.joined", "we are in this exercise already", "see: detente notices exercises"
        )
    body = Values({"of": found.mid, "language": values.text("language", "en")})
    return (_draft(found, kinds.JOINED, body, values, now),)


def build_inject(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Send a notice of our role now: the one that is named, else the next."""
    found = _joined(_open(look, values, now))
    own = [each for each in found.scenario.notices if each.by == found.ours]
    named = values.text("name", "")
    left = [each for each in own if found.notice(look, each) is None]
    left = [each for each in left if named in ("", each.name)]
    if not left:
        raise OurFault(
            "notices.no_inject", "no such notice of our role is left to send",
            "see: detente notices timeline",
        )  # fmt: skip
    return (_notice(found, left[0], look, now),)


def _notice(found: Play, inject: Inject, look: Reader, now: Moment) -> Draft:
    assert found.zero is not None, "whoever asks has looked"
    told = inject.told(found.zero, found.languages[found.ours])
    (draft,) = notices.build_send(
        Values(
            {
                "to": (found.theirs,),
                "format": inject.format,
                "value": tuple(Values({"name": name, "text": text}) for name, text in told),
                "language": found.languages[found.ours],
                "prec": inject.precedence or None,
                "tlp": found.row.text("tlp"),
                "exercise": found.name,
            }
        ),
        look,
        now,
        matter=play.matter_of(found.mid, inject.name),
    )
    return draft


def build_reading(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Say how a reader of our side understood what came; of one reader the first choice counts."""
    found = _joined(_open(look, values, now))
    for each in values.parts("choice"):
        question = next((q for q in found.scenario.questions if q.name == each["question"]), None)
        codes = [one.code for one in question.choices] if question else []
        if each.text("choice") not in codes:
            told = f"one of {', '.join(codes)}" if codes else "no question of it"
            raise OurFault(
                "notices.choice", f"{each.text('question')}: {told}",
                "see: detente notices questions",
            )  # fmt: skip
    body = Values({"of": found.mid, "reader": values["reader"], "choice": values.parts("choice")})
    return (_draft(found, kinds.READING, body, values, now),)


def build_end(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """End an exercise at once, for both sides: nothing of it is sent from then on."""
    found = _open(look, values, now)
    body = {"of": found.mid, **({"text": values["text"]} if "text" in values else {})}
    return (_draft(found, kinds.ENDED, Values(body), values, now),)


def send_due(look: Reader, scene: Scene, now: Moment) -> Sequence[Draft]:
    """Send the next notice of our role that is due in each exercise that runs.

    One at a time for one peer: each takes the number after the one before.
    """
    drafts: dict[str, Draft] = {}
    for found in play.plays(look):
        if found.state(now) != play.RUNNING or found.theirs in drafts:
            continue
        assert found.zero is not None, "it runs"
        for inject in found.scenario.notices:
            due = inject.by == found.ours and found.zero + inject.at <= now
            if not due or found.notice(look, inject) is not None:
                continue
            try:
                draft = _notice(found, inject, look, now)
            except OurFault:
                continue  # the timeline says that it waits; the rest of the desk goes on
            if scene.asks_two(draft.prec, draft.kind.name):
                continue  # two people send it, as they would in earnest: act inject
            drafts[found.theirs] = draft
            break
    return tuple(drafts.values())


def _act(
    name: str, kind: Kind, fields: tuple[Field, ...], build: Callable[..., tuple[Draft, ...]],
    example: str, role: Role = Role.AUTHOR,
) -> Act:  # fmt: skip
    return Act(
        name=f"notices/{name}", fields=(*fields, UNRELEASED), build=build, role=role,
        source=kind.source, example=example,
    )  # fmt: skip


_LANGUAGE: Final = Field("language", kinds.LANGUAGE.type, default="en")
ALL: Final = (
    _act("exercise", kinds.BEGUN, (
        Field("file", File(limits.MAX_SCENARIO), required=False, bare=True),
        Field("scenario", OneOf(*shipped.NAMES), required=False),
        Field("to", Desks(desk="notices")), Field("begins", When(), required=False),
        Field("role", kinds.NAME, required=False), _LANGUAGE, TLP,
    ), build_begin, "--scenario grid_at_sea --to borealis.gov --role coast"),
    _act("join", kinds.JOINED, (_MID, _LANGUAGE), build_join, "k3q7zb --language ru"),
    holding.act(_act(
        "inject", kinds.BEGUN, (_MID, Field("name", kinds.NAME, required=False)), build_inject,
        "k3q7zb --name outage",
    )),
    _act("reading", kinds.READING, (_MID, kinds.READER, kinds.CHOICES), build_reading,
         'k3q7zb --reader "A. Lind" --choice accused=nobody', Role.ANSWER),
    _act("end", kinds.ENDED, (_MID, Field("text", Text(200), required=False)), build_end,
         'k3q7zb --text "Something real has happened"'),
)  # fmt: skip
