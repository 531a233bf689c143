"""Wishes: an act under a name that its caller made up, so that asking again does nothing twice.

In the home log a wish stands as its name, a blank, and a mark of what was asked for: the same name
for something else is refused, also after a restart. Entries of older versions have no mark.
"""

import re
from hashlib import sha256
from typing import Final

from detente.core import canon
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office.desk import Act
from detente.office.enclosed import Upload
from detente.office.fields import Cut, Value, Values

NAME_MAX: Final = 64  # characters
MARK_CHARS: Final = 32
_MARKED: Final = re.compile(rf"(.{{1,{NAME_MAX}}}) ([0-9a-f]{{{MARK_CHARS}}})")


def wish_of(request: str, act: Act, values: Values) -> str:
    """Return the wish of an act with these values; files handed in before do not count.

    Whoever lost the answer and the office may have to hand a file in again, under another name.
    """
    named = {field.name for field in act.fields if not isinstance(field.type, Upload)}
    given = {name: _plain(value) for name, value in values.items() if name in named}
    mark = sha256(canon.encode({"act": act.name, "values": given})).hexdigest()[:MARK_CHARS]
    return f"{request} {mark}"


def split(wish: str) -> tuple[str, str]:
    """Return name and mark of a wish; "" for a mark that it has not."""
    found = _MARKED.fullmatch(wish)
    return (found[1], found[2]) if found else (wish, "")


def is_again(asked: tuple[str, str], stood: tuple[str, str]) -> bool:
    """Say whether a wish is one that stood before; each as name of the act, and wish.

    Raises OurFault("office.reused") if the name was given to something else.
    """
    (act, wish), (former_act, former_wish) = asked, stood
    (name, mark), (former_name, former_mark) = split(wish), split(former_wish)
    if name != former_name:
        return False
    if act != former_act or (mark and former_mark and mark != former_mark):
        raise OurFault(
            "office.reused",
            f"the name {name!r} was given to another wish before",
            "make up a new name for a new wish",
            "request",
        )
    return True


def _plain(value: Value) -> Json:
    if isinstance(value, Values):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, bytes):
        return sha256(value).hexdigest()
    if isinstance(value, (Moment, Span)):
        return value.ms
    return value.text if isinstance(value, Cut) else value
