import pytest
from hypothesis import given
from hypothesis.strategies import from_regex, text
from tests.support import outcomes

from detente.core import names
from detente.core.errors import TheirFault


@given(
    desk=from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True),
    party=from_regex(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", fullmatch=True),
)
def test_an_address_is_its_desk_and_its_party(desk: str, party: str) -> None:
    address = f"{desk}@{party}"
    assert names.split(address) == (desk, party)
    assert (names.desk_of(address), names.party_of(address)) == (desk, party)
    assert names.is_party(party)


@given(wrong=text())
def test_any_text_ends_in_an_address_or_a_fault(wrong: str) -> None:
    parts = outcomes.value_or_code(names.split, wrong)
    assert parts == "E_HEADER" or "@".join(parts) == wrong


def test_a_desk_has_at_most_32_characters_and_a_party_63() -> None:
    assert names.split("d" * 32 + "@" + "p" * 63) == ("d" * 32, "p" * 63)
    for wrong in ("d" * 33 + "@p", "d@" + "p" * 64):
        with pytest.raises(TheirFault, match="E_HEADER"):
            names.split(wrong)


@pytest.mark.parametrize(
    "wrong",
    ["cert", "cert@", "@borealis.gov", "Cert@borealis.gov", "cert@Borealis.gov", "1@b", "-@b",
     "cert@borealis.gov\n", "cert@@borealis.gov", "cert@.gov", "cert@gov.", "cért@b", "\u0441@b"],
)  # fmt: skip
def test_look_alikes_and_other_forms_are_no_address(wrong: str) -> None:
    with pytest.raises(TheirFault) as caught:
        names.party_of(wrong)
    assert caught.value.code == "E_HEADER"


@pytest.mark.parametrize("wrong", [None, 1, "", "-a", "a-", "A", "a" * 64, "ä", "a\n"])
def test_what_is_no_party(wrong: object) -> None:
    assert not names.is_party(wrong)
