"""Three parties made once: borealis is the victim, aurelia its honest peer, cordia is hostile."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.faults import runs
from tests.faults.hostile import Hostile
from tests.faults.runs import Running


@dataclass(frozen=True)
class Place:
    """Folders of three parties that have met, and where the victim listens."""

    aurelia: Path
    borealis: Path
    cordia: Path
    port: int

    def copied(self, place: Path) -> "Place":
        """Return the same three as they were made, elsewhere and on another port."""
        port = runs.free_port()
        found = Place(
            runs.copy(self.aurelia, place),
            runs.copy(self.borealis, place),
            runs.copy(self.cordia, place),
            port,
        )
        for folder in (found.aurelia, found.borealis):
            listen_at(folder, port if folder is found.borealis else runs.free_port())
        return found


def listen_at(folder: Path, port: int) -> None:
    """Write another port into a party's settings. Its card keeps the old one."""
    file = folder / "detente.toml"
    lines = [
        f'listen = ["tcp://127.0.0.1:{port}"]' if line.startswith("listen") else line
        for line in file.read_text().splitlines()
    ]
    file.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Three parties that have met and never ran. Copy them; do not run these."""
    place = tmp_path_factory.mktemp("made")
    port = runs.free_port()
    found = Place(
        runs.make(place, "aurelia.gov", runs.free_port()),
        runs.make(place, "borealis.gov", port),
        runs.make(place, "cordia.gov"),
        port,
    )
    runs.meet(found.aurelia, found.borealis)
    runs.meet(found.cordia, found.borealis)
    return found


@pytest.fixture(scope="session")
def place(made: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The three that run through the whole session; aurelia's card says where borealis listens."""
    folder = tmp_path_factory.mktemp("run")
    return Place(
        runs.copy(made.aurelia, folder),
        runs.copy(made.borealis, folder),
        runs.copy(made.cordia, folder),
        made.port,
    )


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
