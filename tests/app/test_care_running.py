"""Looking after parties that run: real processes, real files."""

import base64
import json
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.app.test_metrics import ROW
from tests.support.ports import free_port
from tests.support.processes import until
from tests.support.running import Running, two_parties

BUNDLE = Path(__file__).parents[1] / "faults" / "bundle.json"
MARK = "a line that nobody else may ever see"


def detente(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "detente", *map(str, words)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def document(*words: object) -> Any:  # noqa: ANN401
    said = detente(*words, "--json")
    assert said.stdout, said.stderr
    return json.loads(said.stdout)


def send(one: Running, other: Running, about: str) -> None:
    members = {
        "file": base64.b64encode(BUNDLE.read_bytes()).decode(),
        "to": [other.address], "about": about, "tlp": "GREEN",
    }  # fmt: skip
    one.insist("POST", "/api/v1/cert/send", members)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Running]]:
    with two_parties(tmp_path_factory.mktemp("care")) as found:
        one, other = found
        send(one, other, MARK)
        until(lambda: any(not row["ours"] for row in other.records()), "it came")
        yield found


def rot(folder: Path) -> list[tuple[int, int]]:
    """Flip a byte in one record of each log of a link, as a disk might."""
    db = sqlite3.connect(folder / "node" / "node.sqlite", timeout=30)
    logs = db.execute("select id from log where origin not like '%home-%'").fetchall()
    hit = []
    for (number,) in logs:
        place = (number << 48) + 1
        row = db.execute("select envelope from entry where place=?", (place,)).fetchone()
        changed = row[0][:200] + bytes([row[0][200] ^ 1]) + row[0][201:]
        db.execute("update entry set envelope=? where place=?", (changed, place))
        hit.append((number, 1))
    db.commit()
    db.close()
    return hit


def test_a_lost_bit_is_found_and_given_back_while_both_run(pair: tuple[Running, Running]) -> None:
    one, _ = pair
    assert document("check", "--at", one.folder)["ok"]
    hit = rot(one.folder)
    assert len(hit) == 2
    found = document("check", "--at", one.folder)
    assert not found["ok"]
    flaws = [flaw for row in found["logs"] for flaw in row["flaws"]]
    assert flaws == [{"what": "envelope", "at": 1}] * 2
    said = detente("check", "--at", one.folder)
    assert said.returncode == 1
    assert "NOT RIGHT" in said.stdout
    assert "detente check --repair" in said.stdout
    mended = detente("check", "--repair", "--at", one.folder)
    assert mended.returncode == 0, mended.stdout
    assert "2 records asked" in mended.stdout
    assert one.is_live()


def test_a_backup_taken_while_records_are_sent_is_whole(
    pair: tuple[Running, Running], tmp_path: Path
) -> None:
    one, other = pair
    file = tmp_path / "one.backup"
    making = subprocess.Popen(
        [sys.executable, "-m", "detente", "backup", "-o", file, "--at", one.folder],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    sent = 0
    while making.poll() is None:
        send(one, other, f"during {sent}")
        sent += 1
    assert making.returncode == 0
    assert sent
    assert detente("backup", "--check", file).returncode == 0
    again = tmp_path / "again"
    assert detente("restore", file, "--to", again).returncode == 0
    assert document("check", "--at", again)["ok"]
    assert not (again / "node" / "incarnation").exists()


def test_metrics_and_logs_hold_no_text(pair: tuple[Running, Running]) -> None:
    one, other = pair
    told = subprocess.run(
        ["curl", "--silent", "--unix-socket", one.folder / "node/admin.sock", "http://node/metrics"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    rows = [row for row in told.splitlines() if not row.startswith("#")]
    assert all(ROW.fullmatch(row) for row in rows)
    assert 'detente_link_state{peer="borealis.gov",state="LIVE"} 1' in rows
    counts = [row for row in rows if row.startswith("detente_receipt_seconds_count")]
    assert int(counts[0].split()[-1]) >= 1
    for text in (told, one.log.read_text(), other.log.read_text()):
        assert MARK not in text
        assert "bundle--" not in text


def test_every_line_of_the_log_is_an_object_with_the_fields_of_its_page(
    pair: tuple[Running, Running],
) -> None:
    page = (BUNDLE.parents[2] / "docs" / "operate" / "logs.md").read_text("utf-8")
    for each in pair:
        lines = [line for line in each.log.read_text().splitlines() if line.startswith("{")]
        assert lines
        for row in map(json.loads, lines):
            assert list(row)[:5] == ["at", "level", "process", "code", "what"]
            assert all(f"`{name}`" in page for name in row), row


def test_the_port_for_metrics_answers_one_page(tmp_path: Path) -> None:
    port = free_port()
    alone = Running(tmp_path, "aurelia.gov")
    settings = alone.folder / "detente.toml"
    text = f'{settings.read_text()}\n[metrics]\nlisten = "tcp://127.0.0.1:{port}"\n'
    settings.write_text(text)
    alone.start()
    try:

        def ask() -> bytes | None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as reply:
                    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
                    return bytes(reply.read())
            except urllib.error.URLError:
                return None

        assert b"\ndetente_up 1\n" in until(ask, "the port answers")
        for path in ("/", "/v1/doctor", "/v1/links"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}")
    finally:
        alone.end()


def test_a_chunk_of_an_attachment_is_checked_and_given_back_while_both_run(
    pair: tuple[Running, Running], tmp_path: Path
) -> None:
    one, other = pair
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(range(256)) * 4_096)
    found = document(
        "cert", "send", BUNDLE, "--to", other.address, "--about", "with a file", "--attach", large,
        "--at", one.folder,
    )  # fmt: skip
    mid = found["records"][0]["mid"]

    def attached() -> bool:
        rows = one.insist("GET", f"/api/v1/record/{mid}/files")
        return bool(rows) and all(row["attached"] for row in rows)

    until(attached, "the sender knows that it is whole there")
    assert document("check", "--at", other.folder)["attachments"] == 1
    file = max((other.folder / "node" / "staged").iterdir(), key=lambda each: each.stat().st_size)
    data = bytearray(file.read_bytes())
    data[70_000] ^= 1
    file.write_bytes(data)
    told = document("check", "--at", other.folder)
    assert not told["ok"]
    assert [(row["aid"], row["bad"]) for row in told["damaged"]] == [(file.name, [1])]
    said = detente("check", "--at", other.folder)
    assert said.returncode == 1
    assert "1 of 16 chunks" in said.stdout
    assert "detente check --repair" in said.stdout
    assert detente("check", "--repair", "--at", other.folder).returncode == 0

    def whole() -> bool:
        told = document("check", "--at", other.folder)
        return bool(told["ok"])

    until(whole, "it is right again")
    back = tmp_path / "back.bin"
    until(
        lambda: other.insist("GET", f"/api/v1/record/{mid}/files")[0]["percent"] == 100,
        "the chunk came back",
    )
    assert detente("record", "save", mid, "1", "-o", back, "--at", other.folder).returncode == 0
    assert back.read_bytes() == large.read_bytes()
