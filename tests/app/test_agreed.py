"""What settings say of lines."""

import pytest

from detente.app import agreed
from detente.core.errors import OurFault


def test_rates_are_read_as_bytes_by_party_and_path() -> None:
    told = ["borealis.gov/path-2 = 9600", "borealis.gov/path-1=64000", "cordia.gov/a = 300"]
    assert agreed.rates(told) == {
        "borealis.gov": {"path-2": 1_200, "path-1": 8_000},
        "cordia.gov": {"a": 37},
    }
    assert agreed.rates([]) == {}


@pytest.mark.parametrize(
    "wrong",
    ["", "borealis.gov = 9600", "borealis.gov/path-2 = 299", "-/path-2 = 9600", "b/p = fast"],
)
def test_a_rate_of_no_form_is_refused_with_an_example(wrong: str) -> None:
    with pytest.raises(OurFault, match=r"config\.bad"):
        agreed.rates([wrong])


def test_parties_of_classic_ok_are_names() -> None:
    assert agreed.classic(["borealis.gov"]) == {"borealis.gov"}
    with pytest.raises(OurFault, match=r"config\.bad"):
        agreed.classic(["Borealis!"])
