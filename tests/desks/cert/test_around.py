"""Who saw an object, and what it is found by."""

from tests.desks.cert.test_index import Desk, indicator, record
from tests.desks.cert.test_viewing import ONE, see, sighting


def test_who_saw_it_is_told_with_times_and_counts() -> None:
    desk = Desk().fold(
        record(1, indicator(1)), record(2, sighting(1, ONE, count=7), by="cordia.gov")
    )
    (row,) = see(desk, "sightings", id=ONE)
    assert (row["from"], row["last_seen"], row["times"]) == (
        "cert@cordia.gov", "2026-01-06T00:00:00Z", 7,
    )  # fmt: skip
    desk = Desk().fold(record(1, indicator(1)), record(2, sighting(1, ONE, count=True)))
    (row,) = see(desk, "sightings", id=ONE)
    assert row["times"] is None


def test_the_values_are_those_that_find_it() -> None:
    rows = see(Desk().fold(record(1, indicator(1))), "values", id=ONE)
    assert [row["value"] for row in rows] == ["198.51.100.1"]
