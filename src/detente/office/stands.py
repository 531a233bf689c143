"""Where the courses of this office stand, as desks may look it up beside their own tables."""

from typing import Final

from detente.office.fields import Field, Flag, Mid, OneOf, Text, When
from detente.office.tables import Table

COURSES: Final = Table(
    name="house_courses",
    key="key",
    columns=(
        Field("key", Text(170)),  # the record that opened it, a blank, and the desk of the peer
        Field("mid", Mid()),
        Field("matter", Text(32)),
        Field("procedure", Text(48)),
        Field("desk", Text(96)),
        Field("other", Text(96)),
        Field("ours", Flag()),  # we opened it
        Field("state", Text(32)),
        Field("by", Mid()),
        Field("at", When()),
        Field("owes", OneOf("us", "them"), required=False),
        Field("due", When(), required=False),
        Field("ended", Flag()),
    ),
    find_by=(("mid",), ("matter",), ("procedure",)),
)

DUES: Final = Table(  # those that wait for something by a time: the first that is due stands first
    name="house_dues",
    key="key",
    columns=(
        Field("key", Text(190)),
        Field("course", Text(170)),
        Field("matter", Text(32)),
        Field("desk", Text(96)),
        Field("due", When()),
    ),
    find_by=(("matter",), ("desk",)),
)


def course_key(mid: bytes, other: str) -> str:
    """Return the key of a course: of the record that opened it, with a desk of a peer."""
    return f"{mid.hex()} {other}"
