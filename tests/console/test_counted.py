"""What is counted of the console."""

import re
from pathlib import Path

import pytest

from detente.app.console.counted import METRICS
from detente.app.console.meter import Meter, Seen
from detente.app.log import Log
from detente.app.operating.metrics import render_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["docs/operate/console.md", "docs/ru/operate/console.md"])
def test_every_metric_stands_on_the_page_with_its_type_and_no_other_does(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    rows = re.findall(r"^\| `(detente_[a-z_]+)` \| ([a-z]+) \|", text, re.MULTILINE)
    assert rows == [(name, kind) for name, (kind, _) in METRICS.items()]


def test_requests_are_counted_by_route_and_status_and_strange_methods_as_one() -> None:
    meter = Meter(Log("office", "error"))
    for method in ("GET", "GET", "BREW", "PROPFIND"):
        meter.see(Seen(method, "links/{party}", 200, 0.01, ""))
    meter.see(Seen("GET", "live", 200, 9_999.0, ""))
    meter.write()
    told = render_of(METRICS, list(meter.samples()))
    about = 'route="/links/{party}",status="200"'
    assert f'detente_console_requests_total{{method="GET",{about}}} 2' in told
    assert f'detente_console_requests_total{{method="other",{about}}} 2' in told
    assert "detente_console_request_seconds_count 4" in told  # a stream is no answer


def test_a_line_of_the_log_names_the_key_of_who_asked(capsys: pytest.CaptureFixture[str]) -> None:
    meter = Meter(Log("office", "info"))
    meter.see(Seen("POST", "matter/{matter}", 303, 0.0125, "s-01"))
    meter.see(Seen("GET", "static", 200, 0.0, ""))
    assert capsys.readouterr().err == ""
    meter.write()
    rows = capsys.readouterr().err.splitlines()
    assert len(rows) == 1
    assert '"route": "/matter/{matter}", "status": 303, "ms": 12, "person": "s-01"' in rows[0]
