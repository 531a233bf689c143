"""Two real paths of one link, and one is cut without a word."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.app.test_real_crash import send
from tests.support.ports import free_port
from tests.support.processes import SECRETS, until
from tests.support.running import Running
from tests.support.wires import Wire

from detente.app import build, client


class Placed(Running):
    """A party whose card names other addresses than those where it listens."""

    def __init__(self, place: Path, name: str, card: list[str], listen: list[str]) -> None:
        super().__init__(place / "unused", name)
        self.folder = place / name.partition(".")[0]
        files = {f"{half}_passphrase_file": str(self._secret(half)) for half in ("node", "office")}
        root = place / f"{self.folder.name}-root"
        build.make_party(self.folder, root, name, card, SECRETS, files)
        file = self.folder / "detente.toml"
        told = file.read_text().replace(
            f"listen = {json.dumps(card)}", f"listen = {json.dumps(listen)}"
        )
        file.write_text(told)

    def _secret(self, half: str) -> Path:
        return self.folder.parent / "unused" / f"{self.folder.name}-{half}.passphrase"

    def paths(self) -> dict[str, dict[str, Any]]:
        asked = client.node(self.folder)
        try:
            rows = asked.ask("GET", "/v1/links")
        finally:
            asked.close()
        return {each["path"]: each for each in rows[0]["paths"]}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Placed, Placed, list[Wire]]]:
    (tmp_path / "unused").mkdir()
    port = free_port()
    wires = [Wire(("127.0.0.1", port)) for _ in range(2)]
    card = [each.address for each in wires]
    a = Placed(tmp_path, "aurelia.gov", [f"tcp://127.0.0.1:{free_port()}"], [])
    b = Placed(tmp_path, "borealis.gov", card, [f"tcp://127.0.0.1:{port}"])
    for one, other in ((a, b), (b, a)):
        one.meet(other)
    try:
        for each in (a, b):
            each.start()
        until(lambda: a.is_live() and b.is_live(), "the link is up")
        yield a, b, wires
    finally:
        for each in (a, b):
            each.end()
        for wire in wires:
            wire.end()


def states(side: Placed) -> list[str]:
    return [side.paths()[name]["state"] for name in ("path-1", "path-2")]


def stored(side: Placed, mid: str) -> bool:
    level: str = side.insist("GET", f"/api/v1/record/{mid}")["level"]
    return level in ("STORED", "DELIVERED", "READ")


def test_a_path_cut_without_a_word_is_left_and_found_again(
    pair: tuple[Placed, Placed, list[Wire]],
) -> None:
    a, b, wires = pair
    until(lambda: states(a) == ["USED", "UP"], "both paths are up, the first carries")
    first = send(a, b, 1)
    until(lambda: stored(a, first), "it is stored over the first path")
    wires[0].is_cut.set()
    before = wires[1].carried
    second = send(a, b, 2)
    until(lambda: stored(a, second), "it is stored over the second path")
    assert wires[1].carried > before
    assert states(a)[1] == "USED"
    assert a.is_live()
    # The forwarder's system still takes connections: a line that is up, and nobody who answers.
    down = ("PATH_DOWN", "NODE_DOWN")
    until(lambda: states(a)[0] in down, "the first is given up, and why is told")
    assert a.paths()["path-1"]["why"]
    assert a.is_live()
    wires[0].is_cut.clear()
    until(lambda: states(a) == ["USED", "UP"], "the first is dialled again and carries again")
    third = send(a, b, 3)
    until(lambda: stored(a, third), "it is stored")
