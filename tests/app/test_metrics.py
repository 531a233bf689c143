"""The page for Prometheus: its form, every metric on the docs' page, and what is measured."""

import re
from pathlib import Path

import pytest
from tests.support.outcomes import fault_of

from detente.app import config
from detente.app.node import meter as op_meter
from detente.app.node.meter import Histogram, Meter
from detente.app.operating import metrics
from detente.core.moment import Moment
from detente.node.ports import Level

ROOT = Path(__file__).parents[2]
ROW = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)+)\})? ([0-9.e+-]+|\+Inf)')


def level(size: int, receipted: int, link_id: str = "link") -> Level:
    return Level("o", "a.gov", "b.gov", link_id, size, receipted, 0, "", 0, "LIVE", "", Moment(1))


HOME = Level("h", "a.gov", "", "", 9, 9, 0, "", 0, "home", "", Moment(0))


def see(meter: Meter, moment: float, *rows: Level) -> None:
    meter.see([(row.link_id, row, row) for row in rows], moment)


@pytest.mark.parametrize("page", ["docs/operate/metrics.md", "docs/ru/operate/metrics.md"])
def test_every_metric_stands_on_the_page_with_its_type_and_no_other_does(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    rows = re.findall(r"^\| `(detente_[a-z_]+)` \| ([a-z]+) \|", text, re.MULTILINE)
    assert rows == [(name, kind) for name, (kind, _) in metrics.METRICS.items()]


@pytest.mark.parametrize("page", ["docs/operate/metrics.md", "docs/ru/operate/metrics.md"])
def test_an_alert_on_the_page_names_metrics_that_are(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    named = set(re.findall(r"\bdetente_[a-z_]+", "".join(re.findall(r"expr: (.*)", text))))
    assert named
    suffixed = {f"{name}_{end}" for name in metrics.METRICS for end in ("bucket", "count")}
    assert named - metrics.METRICS.keys() - suffixed == set()


def test_text_is_escaped_and_numbers_are_whole_where_they_are() -> None:
    told = metrics.render(
        [
            ("detente_up", {}, True),
            ("detente_log_records", {"peer": 'a"b\\c\nd', "owner": "x"}, 3),
            ("detente_link_waiting_seconds", {"peer": "y"}, 0.25),
        ]
    )
    assert told.splitlines() == [
        "# HELP detente_up 1 while the node can store, 0 after a fault of its disk",
        "# TYPE detente_up gauge",
        "detente_up 1",
        "# HELP detente_log_records records in a log, by its owner",
        "# TYPE detente_log_records gauge",
        'detente_log_records{peer="a\\"b\\\\c\\nd",owner="x"} 3',
        "# HELP detente_link_waiting_seconds how long the oldest record waits for a link",
        "# TYPE detente_link_waiting_seconds gauge",
        'detente_link_waiting_seconds{peer="y"} 0.25',
    ]
    samples = [row for row in told.splitlines() if not row.startswith("#")]
    assert all(ROW.fullmatch(row) for row in samples)


def test_a_histogram_counts_at_and_below_each_bound() -> None:
    seen = Histogram()
    for value in (0.005, 0.0051, 99.0):
        seen.see(value)
    rows = {(name, labels.get("le", "")): value for name, labels, value in seen.samples("x", {})}
    assert rows["x_bucket", "0.005"] == 1
    assert rows["x_bucket", "0.01"] == 2
    assert rows["x_bucket", "60"] == 2
    assert rows["x_bucket", "+Inf"] == rows["x_count", ""] == 3
    assert rows["x_sum", ""] == pytest.approx(99.0101)


def test_a_receipt_is_measured_from_when_its_records_were_logged() -> None:
    meter = Meter()
    see(meter, 0.0, level(5, 5))
    see(meter, 10.0, level(7, 5))
    see(meter, 11.0, level(9, 5))
    assert meter.latency("link").count == 0
    see(meter, 12.0, level(9, 8))
    assert (meter.latency("link").count, meter.latency("link").total) == (1, 2.0)
    see(meter, 14.0, level(9, 9))
    assert (meter.latency("link").count, meter.latency("link").total) == (2, 5.0)
    assert meter.latency("other").count == 0


def test_what_waits_for_a_receipt_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(op_meter, "_UNDER_WAY_MAX", 2)
    meter = Meter()
    for size in range(9):
        see(meter, float(size), level(size, 0))
    see(meter, 20.0, level(9, 9))
    assert meter.latency("link").count == 2


def test_bytes_are_counted_by_link() -> None:
    meter = Meter()
    meter.came("link", 3, Moment(5))
    meter.came("link", 4, Moment(6))
    meter.went("link", 9)
    assert (meter.received, meter.sent, meter.heard_at) == (
        {"link": 7}, {"link": 9}, {"link": Moment(6)},
    )  # fmt: skip


def settings(folder: Path, listen: str) -> config.Config:
    text = f'[party]\nname = "aurelia.gov"\n[metrics]\nlisten = "{listen}"\n'
    (folder / "detente.toml").write_text(text)
    return config.load(str(folder))


def test_the_port_is_off_by_default_and_only_of_this_machine(tmp_path: Path) -> None:
    assert metrics.address(settings(tmp_path, "")) is None
    found = metrics.address(settings(tmp_path, "tcp://127.0.0.1:9443"))
    assert found is not None
    assert found.port == 9443
    for open_to_all in ("tcp://0.0.0.0:9443", "tcp://198.51.100.7:9443"):
        told = settings(tmp_path, open_to_all)
        assert fault_of(metrics.address, told) == "config.bad"
    assert fault_of(metrics.address, settings(tmp_path, "9443")) == "path.address_bad"
