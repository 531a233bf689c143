import pytest

from detente.core import errors
from detente.core.errors import Fault, OurFault, TheirFault


def test_a_fault_carries_code_what_and_remedy() -> None:
    fault = TheirFault("E_SIG", "no author", "sign it")
    assert (fault.code, fault.what, fault.remedy) == ("E_SIG", "no author", "sign it")
    assert str(fault) == "E_SIG: no author; sign it"


@pytest.mark.parametrize("code", sorted(errors.WIRE))
def test_a_fault_of_the_wire_has_its_number_and_class(code: str) -> None:
    fault = TheirFault(code, "what", "remedy")
    assert (fault.number, fault.wire_class) == errors.WIRE[code]


def test_the_hundreds_of_a_number_are_its_class() -> None:
    hundreds = {"C": 1, "R": 2, "H": 3}
    assert not [n for n, sort in errors.WIRE.values() if n // 100 != hundreds[sort]]


def test_no_two_codes_share_a_number() -> None:
    assert len({number for number, _ in errors.WIRE.values()}) == len(errors.WIRE)


def test_our_codes_and_those_of_the_wire_are_apart() -> None:
    assert not errors.OURS & errors.WIRE.keys()
    assert errors.OURS | errors.WIRE.keys() == errors.CODES


def test_a_fault_is_always_somebodys() -> None:
    with pytest.raises(AssertionError, match="whose fault"):
        Fault("E_SIG", "what", "remedy")


def test_a_code_that_is_in_no_list_cannot_be_raised() -> None:
    with pytest.raises(AssertionError, match=r"area\.nothing"):
        OurFault("area.nothing", "what", "remedy")
