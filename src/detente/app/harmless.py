"""Free text as people are shown it, as each desk declares: an address that nobody follows by a slip.

What is sent, kept and given to programs stays as it is.
"""

from collections.abc import Callable
from typing import Final

from detente.app.desks import DESKS
from detente.office.fields import Field
from detente.ui import body

_OF: Final = {each.name: each.harmless for each in DESKS}


def of(desk: str) -> Callable[[str], str]:
    """Return what makes text of a desk harmless."""
    return _OF.get(desk, str)


def text(desk: str, shown: str) -> str:
    """Return text of a desk as people read it."""
    return of(desk)(shown)


def column(desk: str, field: Field, shown: str) -> str:
    """Return a value of a column as a command prints it: free text alone is made harmless."""
    return of(desk)(shown) if body.is_free(field) else shown
