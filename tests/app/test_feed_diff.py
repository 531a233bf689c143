"""Differences between a MISP instance and us, asked over the API."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.misp import Misp, serving
from tests.support.misp_rig import Rig, feed

from detente.app.api import feeds as room
from detente.app.api.operations import Call, Caller
from detente.core.errors import OurFault
from detente.office.fields import Values

ITEM = {"type": "ip-dst", "value": "198.51.100.7", "to_ids": True,
        "uuid": "a0000000-0000-4000-8000-000000000001"}  # fmt: skip


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    misp = Misp()
    with serving(misp):
        misp.make("wave", ITEM, tags=("tlp:green",))
        one = Rig.new(tmp_path, feed(misp))
        one.turn()
        misp.events[next(iter(misp.events))]["Attribute"][0]["comment"] = "x"
        yield one


def ask(rig: Rig, method: str, path: str, name: str = "theirs") -> object:
    office, now = rig.house.side.office, rig.house.net.now
    (operation,) = [e for e in room.OPERATIONS if (e.method, e.path) == (method, path)]
    person = office.people.active("supervisor", now)
    call = Call(office, Caller(person), now, lambda: None, path=Values({"name": name}))
    return operation.run(call).document


def test_a_comparison_is_asked_for_made_and_read(rig: Rig) -> None:
    assert ask(rig, "GET", "feed/{name}/compare") == {
        "feed": "theirs", "asked": False, "at": None, "events": 0}  # fmt: skip
    told = ask(rig, "POST", "feed/{name}/compare")
    assert isinstance(told, dict)
    assert told["asked"] is True
    rig.turn()  # though it is not due: somebody waits
    done = ask(rig, "GET", "feed/{name}/compare")
    assert done == {"feed": "theirs", "asked": False, "at": str(rig.house.net.now), "events": 1}
    rows = ask(rig, "GET", "feed/{name}/differences")
    assert isinstance(rows, list)
    (row,) = rows
    assert (row["item"], row["state"], row["fields"]) == (ITEM["uuid"], "differs", ["comment"])
    assert row["shown"] == "198[.]51[.]100[.]7"


def test_a_feed_that_is_none_of_misp_is_not_compared(rig: Rig) -> None:
    with pytest.raises(OurFault, match="no feed of MISP"):
        ask(rig, "POST", "feed/{name}/compare", "other")
