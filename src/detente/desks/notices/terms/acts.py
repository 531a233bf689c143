"""How people agree terms of service, and see which hold."""

from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.notices.kinds import LADDER as LADDER_FIELD
from detente.desks.notices.kinds import SOURCE, SPANS
from detente.desks.notices.procedures import LADDER
from detente.desks.notices.terms import kinds, rules
from detente.desks.notices.terms.folds import all_terms, terms_at
from detente.office.desk import Act, Look, Role
from detente.office.drafting import PRECEDENCES, TLP, Draft
from detente.office.fields import Desks, Field, Flag, Mid, OneOf, Text, Values, When
from detente.office.reader import Reader
from detente.office.tables import Row

_MINUTE_MS: Final = 60_000
SHIPPED: Final = ",".join(
    f"{each.up}={each.after.ms // _MINUTE_MS}m" for each in LADDER
)  # the ladder where none was agreed
_WAITS, _NO, _LATER, _STANDS, _OVER = "open", "declined", "later", "stands", "replaced"


def pairs(body: Values) -> list[tuple[str, str]]:
    """Return the spans of a body by precedence, as they stand there."""
    return [(each.text("prec"), each.text("within")) for each in body.parts("speed")]


def wrong_terms(body: Values) -> str | None:
    """Say what is wrong with a proposal that came."""
    if not pairs(body) and "ladder" not in body:
        return "speed, ladder: one of them is to be agreed"
    return rules.wrong(pairs(body)) or rules.wrong_ladder(body.text("ladder", ""))


def build_propose(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Propose to each desk within how long notices are read; nothing changes until it agrees."""
    wrong = wrong_terms(values)
    if wrong:
        raise OurFault(
            "notices.terms", wrong,
            "name each precedence once, the more urgent no slower, and a ladder as"
            " desk=0m,supervisor=10m,channel=30m",
        )  # fmt: skip
    since = values.get("since") or now
    told = {name: values.get(name) for name in ("speed", "ladder", "text")}
    body = Values({**{name: value for name, value in told.items() if value}, "since": since})
    return tuple(
        Draft(kind=kinds.TERMS, to=(to,), body=body, created=now, tlp=values.text("tlp"))
        for to in values.texts("to")
    )


def build_agree(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Agree to what the other side proposed, or decline it."""
    row, terms = terms_at(look, values.data("mid"))
    if row.flag("ours"):
        raise OurFault(
            "notices.no_terms", "this proposal is our own", "wait for their word, or propose anew"
        )
    if terms.answer is not None:
        raise OurFault(
            "notices.no_terms",
            "this proposal has its answer",
            "propose anew what shall be otherwise",
        )
    body = Values({"of": terms.mid, "yes": not values.flag("decline"), "text": values.get("text")})
    return (
        Draft(
            kind=kinds.REPLY, to=(terms.from_,), body=body, created=now,
            matter=row.text("matter"), reply_to=terms.mid, tlp=row.text("tlp"),
        ),
    )  # fmt: skip


def agreed(look: Reader, to: str, now: Moment) -> rules.Terms | None:
    """Return the terms with a desk that hold; None if none do."""
    ours = [each for each in all_terms(look) if to in (each.from_, each.to)]  # all are with us
    return rules.standing(ours, ours[0].from_, ours[0].to, now) if ours else None


def acknowledge_within(terms: rules.Terms | None, prec: str) -> str:
    """Return within how long a desk is to read a notice by terms; "" if there are none."""
    return "" if terms is None else rules.whole(terms.speed)[prec]


def read_terms(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return every proposal, the newest first, and what holds now."""
    every = all_terms(look)
    asked = values.text("party", "")
    found: list[Row] = []
    for each in every:
        if asked and not {each.from_, each.to} & {f"notices@{asked}"}:
            continue
        speed = rules.whole(each.speed)
        found.append(
            {
                "mid": each.mid,
                "state": _state(every, each, now),
                "from": each.from_,
                "to": each.to,
                "begins": each.begins or each.since,
                **{prec.lower(): speed[prec] for prec in reversed(PRECEDENCES)},
                "ladder": each.ladder or SHIPPED,
                "created": each.created,
            }
        )
    return tuple(found)


def _state(every: list[rules.Terms], one: rules.Terms, now: Moment) -> str:
    if one.answer is None:
        return _WAITS
    if one.begins is None:
        return _NO
    if one.begins > now:
        return _LATER
    return _STANDS if rules.standing(every, one.from_, one.to, now) == one else _OVER


ALL: Final = (
    Act(
        name="notices/propose",
        fields=(
            Field("to", Desks(desk="notices")), kinds.SPEED, LADDER_FIELD, Field("since", When(), required=False),
            kinds.TERMS.members["text"], TLP,
        ),
        build=build_propose,
        role=Role.AUTHOR,
        source=SOURCE,
        example="--to borealis.gov --speed ROUTINE=12h --ladder desk=0m,supervisor=10m,channel=30m",
    ),
    Act(
        name="notices/agree",
        fields=(
            Field("mid", Mid(), bare=True), Field("decline", Flag(), default=False),
            kinds.REPLY.members["text"],
        ),
        build=build_agree,
        role=Role.RELEASE,
        source=SOURCE,
        example="k3q7zb",
    ),
)  # fmt: skip
_SPAN: Final = OneOf(*SPANS)
LOOKS: Final = (
    Look(
        name="notices/terms",
        fields=(Field("party", Text(63), required=False),),
        read=read_terms,
        columns=(
            Field("mid", Mid()), Field("state", OneOf(_WAITS, _NO, _LATER, _STANDS, _OVER)),
            Field("from", Text(96)), Field("to", Text(96)), Field("begins", When()),
            Field("flash", _SPAN), Field("immediate", _SPAN), Field("priority", _SPAN),
            Field("routine", _SPAN), LADDER_FIELD, Field("created", When()),
        ),
        example="--party borealis.gov",
    ),
)  # fmt: skip
