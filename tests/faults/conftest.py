"""Three parties made once: borealis is the victim, aurelia its honest peer, cordia is hostile."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.faults import runs
from tests.faults.hostile import Hostile
from tests.faults.runs import Running
from tests.support.ports import free_port


@dataclass(frozen=True)
class Place:
    """Folders of three parties that have met, and where the victim listens."""

    aurelia: Path
    borealis: Path
    cordia: Path
    port: int

    def copied(self, place: Path) -> "Place":
        """Return the same three as they were made, elsewhere and on another port."""
        port = free_port()
        found = Place(
            runs.copy(self.aurelia, place),
            runs.copy(self.borealis, place),
            runs.copy(self.cordia, place),
            port,
        )
        for folder in (found.aurelia, found.borealis):
            listen_at(folder, port if folder is found.borealis else free_port())
        return found


def listen_at(folder: Path, port: int) -> None:
    """Write another port into a party's settings. Its card keeps the old one."""
    file = folder / "detente.toml"
    lines = [
        f'listen = ["tcp://127.0.0.1:{port}"]' if line.startswith("listen") else line
        for line in file.read_text().splitlines()
    ]
    file.write_text("\n".join(lines) + "\n")


def three(place: Path) -> Place:
    """Make three parties; aurelia and cordia have met borealis."""
    port = free_port()
    found = Place(
        runs.make(place, "aurelia.gov", free_port()),
        runs.make(place, "borealis.gov", port),
        runs.make(place, "cordia.gov"),
        port,
    )
    runs.meet(found.aurelia, found.borealis)
    runs.meet(found.cordia, found.borealis)
    return found


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Three parties that have met and never ran. Copy them; do not run these."""
    return three(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Three that run through the whole session.

    They are no copies: a copy that another test runs has the same keys, and would be taken for them.
    """
    return three(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def victim(place: Place) -> Iterator[Running]:
    """Borealis, running."""
    with runs.running(place.borealis) as found:
        yield found.ready()
        assert found.process.poll() is None, found.lines


@pytest.fixture(scope="session")
def honest(place: Place, victim: Running) -> Iterator[Running]:
    """Aurelia, running, its link with borealis up."""
    with runs.running(place.aurelia) as found:
        found.ready()
        runs.until(lambda: victim.state("aurelia.gov") == "LIVE")
        yield found


@pytest.fixture(scope="session")
def hostile(place: Place, victim: Running) -> Iterator[Hostile]:
    """Cordia, in the hands of the tests."""
    found = Hostile(place.cordia, place.borealis, place.port)
    yield found
    found.close()
