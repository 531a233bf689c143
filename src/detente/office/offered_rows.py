"""What the office keeps beside a desk's collections: statuses of what was handed in, and who asked."""

from typing import Final

from detente.office.fields import Field, LongText, Text, When, Whole
from detente.office.tables import Table

STATUSES: Final = Table(
    name="offered_statuses",
    key="id",
    columns=(
        Field("id", Text(36)),
        Field("person", Text(64)),
        Field("collection", Text(96)),
        Field("at", When()),
        Field("text", LongText(2**31)),
    ),
    quiet=True,
)
ASKED: Final = Table(
    name="offered_asked",
    key="key",
    columns=(
        Field("key", Text(200)),
        Field("collection", Text(96)),
        Field("person", Text(64)),
        Field("label", Text(64), required=False),
        Field("at", When()),
        Field("upto", Whole()),  # microseconds: the last object that went out, 0 for none
        Field("count", Whole()),  # objects that went out so far
    ),
    find_by=(("collection",),),
    quiet=True,
)
# What went out to a reader without a gap or a filter: all that was added after `since`, up to `reached`.
WALKED: Final = Table(
    name="offered_walked",
    key="key",
    columns=(
        Field("key", Text(240)),
        Field("collection", Text(96)),
        Field("person", Text(64)),
        Field("label", Text(64), required=False),
        Field("at", When()),  # when the last of it went out
        Field("since", Whole(-1)),  # microseconds; -1: from the beginning
        Field("reached", Whole()),
    ),
    quiet=True,
)
