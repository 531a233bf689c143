"""What people choose for their own screens: language and theme. It goes with them everywhere."""

from pathlib import Path

import pytest
from tests.support.household import Household


@pytest.fixture
def house(tmp_path: Path) -> Household:
    return Household(tmp_path)


def theme_of(house: Household, name: str, path: str = "me") -> str:
    html = house.get(name, path).data.decode()
    return html.partition('data-theme="')[2].partition('"')[0]


def test_a_theme_is_kept_with_the_person_and_stands_on_every_page(house: Household) -> None:
    assert theme_of(house, "reader") == "system"
    for told in ("dark", "light", "system"):
        assert house.post("reader", "me/theme", {"theme": told}).status == 303
        assert theme_of(house, "reader") == told
        assert theme_of(house, "reader", "links") == told
        assert theme_of(house, "drafter") == "system", "nobody else's screen changes"
        html = house.get("reader", "me").data.decode()
        assert f'name="theme" value="{told}" checked' in html
    house.post("reader", "me/theme", {"theme": "dark"})
    assert house.side.office.people.find("reader", house.net.now).theme == "dark"
    house.side.office.rebuild(house.net.now)
    assert theme_of(house, "reader") == "dark", "it stands in the home log"


def test_a_theme_that_is_none_is_refused_and_changes_nothing(house: Household) -> None:
    answer = house.post("reader", "me/theme", {"theme": "pink"})
    assert answer.status == 400
    assert b"form.choice" in answer.data
    assert theme_of(house, "reader") == "system"


def test_a_page_that_says_no_is_in_the_persons_language_and_theme_and_keeps_their_places(
    house: Household,
) -> None:
    house.post("reader", "me/theme", {"theme": "dark"})
    house.post("reader", "me/language", {"language": "ru"})
    html = house.get("reader", "matter/00").data.decode()
    assert '<html lang="ru" dir="ltr" data-theme="dark">' in html
    assert 'href="/attention"' in html
    shown = house.get("", "no-page-of-this-name")
    assert b"/attention" not in shown.data, "nobody is told what is here"
