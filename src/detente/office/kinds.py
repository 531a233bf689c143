"""Kinds of the house itself: receipts of offices, refusals, and what people did.

Normative: spec/kinds/sys.md.
"""

from typing import Final

from detente.core import limits, talk
from detente.office import home_kinds
from detente.office.fields import Digest, Field, Flag, Mid, OneOf, Parts, Text, When, Whole
from detente.office.kind import Kind

NOT_OPENED_MAX: Final = 10_000
REASON_MAX: Final = 500  # characters of an answer's reason
REQUEST: Final = home_kinds.REQUEST
PERSON_NAME_MAX: Final = 32
PERSON_NAME: Final = "[a-z][a-z0-9._-]*"

DELIVERED: Final = Kind(
    name="sys.delivered",
    version=1,
    fields=(
        Field("origin", Text(200)),
        Field("upto", Whole()),
        Field("not", Whole(), many=True, count_min=0, count_max=NOT_OPENED_MAX),
    ),
    open_body=True,
    source="JS-2013 §4: information sharing arrangements between computer emergency response teams",
)
READ: Final = Kind(
    name="sys.read",
    version=1,
    fields=(Field("of", Mid()),),
    open_body=True,
    source="JS-2013 §5: communications that can reduce the risk of misperception",
)
ATTACHED: Final = Kind(
    name="sys.attached",
    version=1,
    fields=(
        Field("of", Mid()),
        Field("aids", Digest(), many=True, count_max=limits.MAX_ATT),
    ),
    open_body=True,
    source="JS-2013 §4: information sharing arrangements between computer emergency response teams",
)
AUDIT_HEAD: Final = Kind(
    name="sys.audit_head",
    version=1,
    fields=(Field("origin", Text(200)), Field("size", Whole()), Field("root", Digest())),
    source="JS-2013 §5: communications that can reduce the risk of misperception",
)
REJECT: Final = Kind(
    name="sys.reject",
    version=1,
    fields=(
        Field("of", Mid()),
        Field("code", Text(32)),
        Field("what", Text(500)),
        Field("remedy", Text(500)),
    ),
    source="JS-2013 §5: communications that can reduce the risk of misperception",
)
ACT: Final = home_kinds.ACT
PERSON: Final = Kind(  # all that a person of this party is, from now on
    name="office.person",
    version=1,
    fields=(
        Field("name", Text(PERSON_NAME_MAX, PERSON_NAME)),
        Field("serial", Whole(1)),
        Field("event", OneOf("made", "changed", "suspended", "resumed")),
        Field("display", Text(80)),
        Field("user", Text(10, "[0-9]{1,10}"), required=False),  # a system user's number
        Field("signer", Text(64), required=False),
        Field(
            "places",
            Parts(
                (
                    Field("desk", Text(32)),
                    Field("place", OneOf("reader", "drafter", "releaser", "supervisor")),
                ),
                sign="=",
            ),
            many=True,
            count_min=0,
            count_max=limits.MAX_DESKS,
        ),
        Field(
            "house",
            OneOf("administrator", "auditor", "overseer"),
            many=True,
            count_min=0,
            count_max=3,
        ),
        Field("language", Text(16, "[a-z]{2,3}(_[a-z0-9]{2,8})*"), required=False),
        Field("theme", OneOf("light", "dark"), required=False),  # of their screens
        Field("active", Flag()),
        Field("by", Text(64)),  # the person who did it
        Field("why", Text(200), required=False),
    ),
    source="JS-2001 §3: bring perpetrators to justice, while protecting the rights of civilians",
)
_PERSON: Final = (Field("person", Text(64)), Field("user", Text(64), required=False))
_WATCHED: Final = "JS-2013 §5: communications that can reduce the risk of misperception"
TAKE: Final = Kind(name="office.take", version=1, fields=_PERSON, source=_WATCHED)
LEAVE: Final = Kind(name="office.leave", version=1, fields=_PERSON, source=_WATCHED)
SEEN: Final = Kind(
    name="office.seen", version=1, fields=(*_PERSON, Field("about", Text(160))), source=_WATCHED
)
DIGEST: Final = Kind(
    name=talk.DIGEST_KIND,
    version=1,
    fields=(
        Field("count", Whole()),
        Field("mids", Digest()),
        Field("state", Digest()),
        Field(
            "logs",
            Parts((Field("origin", Text(200)), Field("size", Whole()))),
            many=True,
            count_max=limits.MAX_DIGEST_LOGS,
        ),
        Field(
            "held",
            Mid(),
            required=False,
            many=True,
            count_min=0,
            count_max=limits.MAX_DIGEST_MIDS,
        ),
    ),
    source="JS-2013 §5: communications that can reduce the risk of misperception",
)


def _answer(name: str) -> Kind:
    return Kind(
        name=name,
        version=1,
        fields=(
            Field("of", Mid()),
            Field("reason", Text(REASON_MAX), required=False),
            Field("until", When(), required=False),
        ),
        source="JS-2013 §5: communications that can reduce the risk of misperception",
    )


# What a person answers (spec/kinds/ack.md).
ACTION: Final = _answer("ack.action")
HOLD: Final = _answer("ack.hold")
DECLINED: Final = _answer("ack.declined")
HOUSE: Final = {
    kind.name: kind
    for kind in (
        *(DELIVERED, READ, ATTACHED, REJECT, AUDIT_HEAD, PERSON, DIGEST, ACTION, HOLD, DECLINED),
        *(TAKE, LEAVE, SEEN),
        *home_kinds.ALL,
    )
}
