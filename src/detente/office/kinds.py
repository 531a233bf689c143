"""Kinds of the house itself: receipts of offices, refusals, and what people did.

Normative: spec/kinds/sys.md.
"""

from typing import Final

from detente.office.fields import Field, Mid, Text, Whole
from detente.office.kind import Kind

NOT_OPENED_MAX: Final = 10_000
REQUEST: Final = Field(
    "request", Text(64), required=False
)  # named by whoever may have to ask again

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
ACT: Final = Kind(
    name="office.act",
    version=1,
    fields=(
        Field("person", Text(64)),
        Field("user", Text(64)),
        Field("act", Text(64)),
        Field("mids", Mid(), many=True, count_min=0, count_max=64),
        REQUEST,
    ),
    source="JS-2001 §3: bring perpetrators to justice, while protecting the rights of civilians",
)
HOUSE: Final = {kind.name: kind for kind in (DELIVERED, READ, REJECT, ACT)}
