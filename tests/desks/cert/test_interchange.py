"""The page about exchange says what the mapping does."""

import re

import pytest
from tests.desks.cert import interchange_page as page

from detente.desks.cert.formats.misp import attribute_types


@pytest.mark.parametrize("language", page.PAGES)
@pytest.mark.parametrize("table", page.HEADS)
def test_a_table_of_the_page_is_that_of_the_mapping(table: str, language: str) -> None:
    text = page.PAGES[language].read_text(encoding="utf-8")
    assert page.held(text, table) == page.made(table, language)


def test_every_type_of_the_table_has_a_property_and_a_type_to_go_back_as() -> None:
    for name, path, back in page.rows("types"):
        assert path, name
        said = back.strip("`")
        assert attribute_types.TYPES[said] == attribute_types.TYPES[name.strip("`")], name


def test_both_pages_have_the_same_parts() -> None:
    marks = [re.findall(r"<!-- .*? -->|^#+ ", each.read_text(encoding="utf-8"), re.MULTILINE)
             for each in page.PAGES.values()]  # fmt: skip
    assert marks[0] == marks[1]
