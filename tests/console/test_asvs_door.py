"""What the pages of the door hold, item by item of docs/operate/asvs.md."""

import re
from pathlib import Path

from tests.support.household import PEOPLE, Household

from detente.app import faces


def test_a_password_is_masked_and_may_be_pasted(tmp_path: Path) -> None:
    house = Household(tmp_path)
    pages = [house.get("", "sign-in").data.decode(), house.get("reader", "again").data.decode()]
    for page in pages:
        (field,) = re.findall(r'<input[^>]* name="password"[^>]*>', page)
        assert 'type="password"' in field
        assert 'autocomplete="current-password"' in field
        assert "maxlength" not in field
    script = b"".join(data for name, data in faces.static().items() if name.endswith(".js"))
    assert b"paste" not in script


def test_signing_out_is_one_step_away_from_every_page(tmp_path: Path) -> None:
    house = Household(tmp_path)
    for name in PEOPLE:
        assert 'action="/sign-out"' in house.get(name, "me").data.decode()
        for path in ("attention", "links", "write", "desks", "drafts"):
            assert 'href="/me"' in house.get(name, path).data.decode(), (name, path)
