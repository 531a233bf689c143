"""The command line over a large file: handed in, step by step, shown, sent; begun anew after a restart."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from detente.app import client
from detente.app.face import Out
from detente.app.verbs import large
from detente.core import limits
from detente.core.errors import OurFault

HANDLE = "0" * 32
TOLD = [
    {"name": "objects", "of": "", "count": 7, "first": []},
    {"name": "type", "of": "indicator", "count": 7, "first": []},
    {"name": "warnings", "of": "", "count": 1, "first": ["objects[3].name: holds markup"]},
]


class Office:
    """An office that answers as the API does; it is started again before the step of this number."""

    def __init__(self, lost_at: int = 0, fault: OurFault | None = None) -> None:
        self.asked: list[tuple[str, object, str]] = []
        self.lost_at, self.fault, self.step = lost_at, fault, 0

    def ask(
        self, _method: str, path: str, body: object = None, *, wish: str = ""
    ) -> Mapping[str, object]:
        self.asked.append((path, body, wish))
        if path == "/api/v1/file":
            return {"file": HANDLE}
        if path == f"/api/v1/file/{HANDLE}":
            assert isinstance(body, bytes)
            return {"held": len(body)}
        common: dict[str, object] = {"done": 1, "size": 2, "part": 0, "parts": 3, "told": TOLD}
        if path == "/api/v1/cert/send/large":
            self.step = 0
            return {**common, "phase": "reading"}
        self.step += 1
        if self.step == self.lost_at:
            self.lost_at = 0
            raise OurFault("stage.lost", "started again", "hand it in again")
        if self.fault is not None:
            raise self.fault
        assert isinstance(body, dict)
        assert body["go"] is (self.step > 2)
        phase = ("", "reading", "ready", "cutting", "sent")[self.step]
        return {**common, "phase": phase, "records": [{"mid": "m"}], "notes": [], "drafts": []}


def send(office: Office, tmp_path: Path, *, dry_run: bool = False) -> dict[str, Any]:
    file = tmp_path / "big.json"
    file.write_bytes(b"x" * 100)
    out = Out(as_json=False, quiet=False)
    asked = cast("client.Client", office)
    return large.send(asked, "cert/send", str(file), {"about": "x"}, out, dry_run=dry_run)


def test_it_is_sent_after_it_was_judged_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = send(office := Office(), tmp_path)
    assert (found["phase"], found["records"]) == ("sent", [{"mid": "m"}])
    told = capsys.readouterr().err
    assert "7 objects:" in told
    assert "7 indicator" in told
    assert "objects[3].name: holds markup" in told
    assert "goes as 3 records" in told
    assert [body for path, body, _ in office.asked if path.endswith("/large")] == [
        {"about": "x", "file": HANDLE}
    ]


def test_a_dry_run_stops_when_all_was_judged(tmp_path: Path) -> None:
    found = send(office := Office(), tmp_path, dry_run=True)
    assert found["phase"] == "ready"
    assert [body for _, body, _ in office.asked[-2:]] == [{"go": False}, {"go": False}]


def test_an_office_that_was_started_again_gets_it_again_under_the_same_wish(tmp_path: Path) -> None:
    found = send(office := Office(lost_at=3), tmp_path)
    assert found["phase"] == "sent"
    wishes = [wish for path, _, wish in office.asked if path.endswith("/large")]
    assert len(wishes) == 2
    assert len(set(wishes)) == 1
    assert len(wishes[0]) == 32


def test_a_refusal_is_told_and_nothing_is_tried_again(tmp_path: Path) -> None:
    office = Office(fault=OurFault("cert.marking", "stricter", "choose RED"))
    with pytest.raises(OurFault, match=r"cert\.marking"):
        send(office, tmp_path)
    assert sum(path.endswith("/large") for path, _, _ in office.asked) == 1


@pytest.mark.parametrize(
    ("size", "is_large"), [(limits.MAX_BUNDLE, False), (limits.MAX_BUNDLE + 1, True)]
)
def test_a_file_above_what_one_record_carries_is_large(
    tmp_path: Path, size: int, *, is_large: bool
) -> None:
    file = tmp_path / "big.json"
    with file.open("wb") as handle:
        handle.truncate(size)
    assert large.is_large(str(file)) is is_large
    with file.open("wb") as handle:
        handle.truncate(limits.MAX_BUNDLE_PARTS * limits.MAX_BUNDLE + 1)
    with pytest.raises(OurFault, match=r"form\.size"):
        large.is_large(str(file))
    assert not large.is_large("-")
    assert not large.is_large(str(tmp_path / "none"))
