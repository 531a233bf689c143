"""A new party has a console: on this machine alone, with a port and a name of its own."""

from pathlib import Path

import pytest
from tests.support.outcomes import fault_of

from detente.app import config, first_console, founding
from detente.app.console import settings


def made(folder: Path, party: str, told: str | None = None, busy: tuple[int, ...] = ()) -> str:
    """Write the settings of a party; return its console's address as the office reads it."""
    found = first_console.section(told, party, folder, free=lambda port: port not in busy)
    folder.mkdir(parents=True)
    text = founding.settings_text(party, [], {}, {"console": found})
    (folder / config.FILE_NAME).write_text(text)
    place = settings.place(config.load(str(folder)))
    served = "" if place is None else place.url
    assert served == first_console.url(found)
    return served


def test_it_is_on_this_machine_at_the_first_free_port(tmp_path: Path) -> None:
    assert made(tmp_path / "a", "aurelia.gov") == "http://aurelia.localhost:8443"
    assert 'listen = "tcp://127.0.0.1:8443"' in (tmp_path / "a" / config.FILE_NAME).read_text()
    busy = made(tmp_path / "elsewhere" / "b", "borealis.gov", busy=(8443, 8444))
    assert busy == "http://borealis.localhost:8445"


def test_a_party_beside_keeps_its_port_though_it_does_not_run(tmp_path: Path) -> None:
    made(tmp_path / "a", "aurelia.gov")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / config.FILE_NAME).write_bytes(b"\xff[console")
    (tmp_path / "older").mkdir()
    (tmp_path / "older" / config.FILE_NAME).write_text('console = "tcp"')
    assert made(tmp_path / "b", "borealis.gov") == "http://borealis.localhost:8444"


def test_where_no_port_is_free_the_first_is_written(tmp_path: Path) -> None:
    busy = tuple(range(first_console.FIRST, first_console.FIRST + first_console.TRIES))
    assert made(tmp_path / "a", "aurelia.gov", busy=busy) == "http://aurelia.localhost:8443"
    assert made(tmp_path / "x" / "b", "borealis.gov", busy=busy[:-1]).endswith(":8542")


@pytest.mark.parametrize(
    ("told", "served"),
    [
        ("none", ""),
        ("tcp://127.0.0.1:9000", "http://aurelia.localhost:9000"),
        ("tcp://[::1]:9000", "http://aurelia.localhost:9000"),
        ("tcp://192.0.2.7:9000", "https://192.0.2.7:9000"),
        ("tcp://[2001:db8::7]:9000", "https://[2001:db8::7]:9000"),
    ],
)
def test_what_is_told_is_taken_and_others_come_by_tls(
    tmp_path: Path, told: str, served: str
) -> None:
    assert made(tmp_path / "a", "aurelia.gov", told) == served


@pytest.mark.parametrize("told", ["tcp://0.0.0.0:8443", "tcp://[::]:8443", "8443", "", "tcp://a:1"])
def test_no_address_or_every_address_is_refused(tmp_path: Path, told: str) -> None:
    asked = fault_of(lambda: first_console.section(told, "aurelia.gov", tmp_path / "a"))
    assert asked == "path.address_bad"


def test_a_port_that_somebody_has_is_not_free() -> None:
    import socket  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0)) as held:
        assert not first_console._is_free(held.getsockname()[1])
