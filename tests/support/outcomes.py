"""What became of a call: the code of its fault, or what it returned."""

from collections.abc import Callable
from typing import TypeVar

import pytest

from detente.core.errors import Fault, TheirFault

T = TypeVar("T")


def fault_of(call: Callable[..., object], *args: object) -> str:
    """The code of the fault that the call must end in."""
    with pytest.raises(Fault) as caught:
        call(*args)
    return caught.value.code


def value_or_code(call: Callable[..., T], *args: object) -> T | str:
    """What the call returns, or the code of the TheirFault it ends in; anything else escapes."""
    try:
        return call(*args)
    except TheirFault as fault:
        return fault.code
