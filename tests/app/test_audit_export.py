"""The command that saves the trail, and the one that saves the whole home log with its proof."""

import json
from pathlib import Path
from typing import Any

import pytest

from detente.app import client
from detente.app.verbs import audit
from detente.core.errors import OurFault


class Office:
    """Answers as the API does."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, method: str, path: str) -> bytes:
        self.asked.append(f"{method} {path}")
        return b'{"form":"detente/v1/audit"}\n'

    def pages(self, path: str, _query: object) -> list[dict[str, Any]]:
        self.asked.append(path)
        return [{"mid": "one"}]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    (tmp_path / "detente.toml").write_text('[party]\nname = "aurelia.gov"\n')
    made = Office()
    monkeypatch.setattr(client, "office", lambda _: made)
    return made


def export(folder: Path, *words: str) -> Path:
    file = folder / "out"
    audit.audit_export.main(
        ["-o", str(file), "--at", str(folder), "--quiet", *words], standalone_mode=False
    )
    return file


def test_the_proof_is_written_as_it_came(office: Office, tmp_path: Path) -> None:
    assert export(tmp_path, "--proof").read_bytes() == b'{"form":"detente/v1/audit"}\n'
    assert office.asked == ["GET /api/v1/audit/file"]


def test_without_it_the_trail_is_written_a_line_each(office: Office, tmp_path: Path) -> None:
    assert json.loads(export(tmp_path).read_text()) == {"mid": "one"}
    assert office.asked == ["/api/v1/audit"]


def test_a_part_of_a_log_proves_nothing(office: Office, tmp_path: Path) -> None:
    with pytest.raises(OurFault) as caught:
        export(tmp_path, "--proof", "--person", "anna")
    assert (caught.value.code, office.asked) == ("form.unknown", [])
    assert not (tmp_path / "out").exists()
