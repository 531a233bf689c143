"""Browsers by the names that people know."""

import pytest

from detente.app.console import agents


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        (("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "HeadlessChrome/156.0.0.0 Safari/537.36"), "Chrome 156 · Linux"),
        (("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0"), "Edge 156 · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
         "Firefox 140 · Linux"),
        (("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
         "like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"), "Safari 18 · iOS"),
        (("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like "
         "Gecko) Version/18.5 Safari/605.1.15"), "Safari 18 · macOS"),
        ("Firefox/140", "Firefox 140"),
        ("curl/8.5", "curl/8.5"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_browser_is_told_by_name_number_and_system(agent: str, told: str) -> None:
    assert agents.told(agent) == told


def test_a_name_nobody_knows_is_cut() -> None:
    assert agents.told("x" * 60) == "x" * 60
    assert agents.told("x" * 61) == "x" * 60 + "…"
