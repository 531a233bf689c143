"""Words that are searched: plain texts are split by another way than all others, into the same."""

from hypothesis import given
from hypothesis import strategies as st

from detente.office import finding


@given(text=st.text(st.characters(max_codepoint=127)))
def test_plain_texts_are_split_as_all_others_are(text: str) -> None:
    other = finding.split(f"{text} é")
    assert other == (*finding.split(text), "é")


def test_words_are_letters_and_digits_in_small_letters() -> None:
    assert finding.split("CVE-2026_1, Pump's") == ("cve", "2026", "1", "pump", "s")
