"""Two real parties that no line joins: records, answers and receipts go by files alone."""

import json
import os
import re
import stat
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.support.offices import BUNDLE
from tests.support.processes import until
from tests.support.running import Running

from detente.app import client
from detente.core.errors import OurFault

Pair = tuple[Running, Running]


def without_line(side: Running, other: Running) -> None:
    """Agree on files: nothing listens, nobody is dialled."""
    file = side.folder / "detente.toml"
    listen = re.compile(r"^listen = .*$", re.MULTILINE)
    file.write_text(listen.sub(f'listen = []\ncourier = ["{other.name}"]', file.read_text()))


@contextmanager
def by_files(place: Path) -> Iterator[Pair]:
    """Two parties that run, have met, and live on files."""
    both = Running(place, "aurelia.gov"), Running(place, "borealis.gov")
    for one, other in (both, both[::-1]):
        one.meet(other)
        without_line(one, other)
    try:
        for each in both:
            each.start()
        for each in both:
            each.insist("GET", "/api/v1/log")
        yield both
    finally:
        for each in both:
            each.end()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with by_files(tmp_path_factory.mktemp("couriers")) as both:
        yield both


def detente(side: Running, *words: str, fails: bool = False, leaves: bool = False) -> Any:  # noqa: ANN401
    """Run one command; return its JSON document, or the fault it ended in.

    leaves: it ends with 1, for it did not take in all that the file holds.
    """
    paths = os.pathsep.join(str(Path(each).resolve()) for each in sys.path if each)
    done = subprocess.run(
        [sys.executable, "-m", "detente", *words, "--json", "--at", str(side.folder)],
        env={**os.environ, "PYTHONPATH": paths, "LANG": "C.UTF-8"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert bool(done.returncode) is (fails or leaves), done.stderr
    return json.loads(done.stderr)["error"] if fails else json.loads(done.stdout)


def send(side: Running, other: Running, text: str) -> str:
    body = {
        "file": b64encode((BUNDLE % text).encode()).decode(),
        "to": [other.address],
        "about": text[:50],
    }
    mid: str = side.insist("POST", "/api/v1/cert/send", body)["records"][0]["mid"]
    return mid


def level(side: Running, mid: str) -> str:
    found: str = side.ask("GET", f"/api/v1/record/{mid}")["level"]
    return found


def link(side: Running) -> dict[str, Any]:
    [row] = detente(side, "link", "list")
    return dict(row)


def export(side: Running, other: Running, file: Path) -> dict[str, Any]:
    return dict(detente(side, "carry", "export", other.name, "-o", str(file)))


def bring(side: Running, file: Path, *more: str, leaves: bool = False) -> dict[str, Any]:
    return dict(detente(side, "carry", "import", str(file), *more, leaves=leaves))


def there_and_back(a: Running, b: Running, place: Path) -> dict[str, Any]:
    """One journey: A's file to B, B's answer to A."""
    export(a, b, place / "there")
    bring(b, place / "there", "-o", str(place / "back"))
    return bring(a, place / "back")


def test_records_and_receipts_go_both_ways_and_prove(pair: Pair, tmp_path: Path) -> None:
    a, b = pair
    there, back = send(a, b, "from a"), send(b, a, "from b")
    assert (level(a, there), link(a)["state"], link(a)["sent"]) == ("SUBMITTED", "COURIER", 0)
    out = export(a, b, tmp_path / "there")
    assert (out["records"], out["waiting"], out["peer"]) == (2, 0, b.name)
    assert stat.S_IMODE((tmp_path / "there").stat().st_mode) == 0o600
    assert not (tmp_path / "there.new").exists()
    came = bring(b, tmp_path / "there", "-o", str(tmp_path / "back"))
    assert (came["new"], came["digits"]) == (2, out["digits"])
    assert re.fullmatch(r"\d{5}( \d{5}){3}", came["digits"])
    assert came["answer"]["receipt"] == 2
    home = bring(a, tmp_path / "back")
    assert home["newly_receipted"] == 2
    until(lambda: level(a, there) in ("STORED", "DELIVERED"), "A's record is receipted")
    for _ in range(2):
        there_and_back(a, b, tmp_path)
    until(lambda: level(b, back) == "DELIVERED", "B's record was opened, and B knows")
    until(lambda: level(a, there) == "DELIVERED", "A's record was opened, and A knows")
    row = link(a)
    assert row["file_out"]
    assert row["file_in"]
    proof = tmp_path / "one.tlog-proof"
    detente(a, "evidence", "export", "--record", there, "-o", str(proof))
    cards = [tmp_path / f"{side.folder.name}.card" for side in pair]
    for side, card in zip(pair, cards, strict=True):
        detente(side, "party", "card", "-o", str(card))
    done = subprocess.run(
        [sys.executable, "-m", "detente", "verify", str(proof),
         *(word for card in cards for word in ("--card", str(card)))],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_doctor_finds_nothing_wrong_with_a_link_of_files(pair: Pair) -> None:
    assert detente(pair[0], "doctor")["findings"] == []


def test_a_file_is_read_again_after_its_node_was_killed_in_the_middle(
    pair: Pair, tmp_path: Path
) -> None:
    a, b = pair
    there_and_back(a, b, tmp_path)
    mids = [send(a, b, f"number {n} " + "x" * 20_000) for n in range(8)]
    export(a, b, tmp_path / "there")
    data = (tmp_path / "there").read_bytes()
    node = client.node(b.folder)
    page = f"/v1/carry/import/{node.ask('POST', '/v1/carry/import')['id']}"
    node.ask("POST", f"{page}/look", data)
    assert node.ask("POST", f"{page}/look", b"")["records"] >= len(mids)
    node.ask("POST", f"{page}/take", data[: len(data) * 2 // 3])
    before = b.kill("node")
    until(lambda: b.half("node") not in (0, before), "the node is started again")
    b.insist("GET", "/api/v1/log")

    def gone() -> str | None:
        try:
            node.ask("POST", f"{page}/take", data)
        except OurFault as fault:
            node.close()
            return fault.code if fault.code != "run.not_running" else None
        return "taken"

    assert until(gone, "the new node answers") == "carry.gone"
    came = bring(b, tmp_path / "there")
    assert came["new"] >= len(mids)
    assert bring(b, tmp_path / "there")["new"] == 0
    until(lambda: {row["mid"] for row in b.records()} >= set(mids), "all are at B's office")


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (lambda data: data[:-1], "carry.cut"),
        (
            lambda data: data[:2_000] + bytes([data[2_000] ^ 1]) + data[2_001:],
            "carry.(cut|altered)",
        ),
        (lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:], "carry.other"),
        (lambda _: b"hello", "carry.shape"),
        (lambda _: b"", "carry.cut"),
    ],
)
def test_a_harmed_file_is_refused(pair: Pair, tmp_path: Path, harm: Any, code: str) -> None:  # noqa: ANN401
    a, b = pair
    export(a, b, tmp_path / "there")
    (tmp_path / "there").write_bytes(harm((tmp_path / "there").read_bytes()))
    fault = detente(b, "carry", "import", str(tmp_path / "there"), fails=True)
    assert re.fullmatch(code, fault["code"])


def test_our_own_file_comes_back_as_ours(pair: Pair, tmp_path: Path) -> None:
    a, b = pair
    export(a, b, tmp_path / "there")
    fault = detente(a, "carry", "import", str(tmp_path / "there"), fails=True)
    assert fault["code"] == "carry.ours"


def test_what_cannot_be_read_or_written_is_said(pair: Pair, tmp_path: Path) -> None:
    a, b = pair
    none = str(tmp_path / "none")
    assert detente(a, "carry", "import", none, fails=True)["code"] == "file.unreadable"
    nowhere = str(tmp_path / "no" / "where")
    told = detente(a, "carry", "export", b.name, "-o", nowhere, fails=True)
    assert told["code"] == "file.unwritable"
    told = detente(a, "carry", "export", "cordia.gov", "-o", none, fails=True)
    assert told["code"] == "link.none"
    assert not (tmp_path / "none.new").exists()


def test_the_node_asks_for_a_party_and_knows_its_files(pair: Pair) -> None:
    node = client.node(pair[0].folder)
    with pytest.raises(OurFault, match=r"form\.missing"):
        node.ask("POST", "/v1/carry/export", {})
    with pytest.raises(OurFault, match=r"carry\.gone"):
        node.ask("GET", "/v1/carry/export/none")
    node.ask("POST", "/v1/carry/import")
    with pytest.raises(OurFault, match=r"carry\.gone"):
        node.ask("POST", "/v1/carry/import/none/look", b"DTB1")
    node.close()


def test_files_are_told_in_words(pair: Pair, tmp_path: Path) -> None:
    a, b = pair
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    words = [sys.executable, "-m", "detente", "--lang", "ru", "link", "list", "--at", str(a.folder)]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
    assert "курьерскими файлами" in done.stdout
    assert "последний файл отправлен" in done.stdout
    assert b.name in done.stdout


# Attachments.

BIG = 64 * 2**20


def attach(side: Running, other: Running, file: Path) -> str:
    """Send a bundle with a file; return its mid."""
    bundle = file.with_suffix(".json")
    bundle.write_text(BUNDLE % file.name)
    told = detente(
        side, "cert", "send", str(bundle), "--to", other.address, "--about", file.name,
        "--attach", str(file),
    )  # fmt: skip
    return str(told["records"][0]["mid"])


def files_of(side: Running, mid: str) -> list[dict[str, Any]]:
    return list(side.ask("GET", f"/api/v1/record/{mid}/files"))


def save(side: Running, mid: str, name: str, file: Path) -> bytes:
    detente(side, "record", "save", mid, name, "-o", str(file))
    return file.read_bytes()


def test_sixty_four_mebibytes_go_by_sticks_and_the_receipt_comes_back(
    pair: Pair, tmp_path: Path
) -> None:
    a, b = pair
    for _ in range(2):
        there_and_back(a, b, tmp_path)
    big = tmp_path / "disk.img"
    big.write_bytes(os.urandom(BIG))
    mid = attach(a, b, big)
    sticks = [tmp_path / f"stick{n}" for n in range(3)]
    for stick in sticks:
        out = detente(a, "carry", "export", b.name, "-o", str(stick), "--max-size", "25M")
        assert stick.stat().st_size == out["size"] <= 25_000_000
        assert out["attached"] == 1
        assert out["attached_bytes"] + out["attached_later"] == BIG + 16 * BIG // 65_536
    # The second import is cut by a kill of the node, and done again; the order is any.
    whole = 0
    for stick in (sticks[2], sticks[0]):
        whole += bring(b, stick)["attached_whole"]
    node = client.node(b.folder)
    page = f"/v1/carry/import/{node.ask('POST', '/v1/carry/import')['id']}"
    data = sticks[1].read_bytes()
    pieces = [data[at : at + 2**20] for at in range(0, len(data), 2**20)]
    for piece in pieces:
        node.ask("POST", f"{page}/look", piece)
    assert node.ask("POST", f"{page}/look", b"")["attached"] == 1
    for piece in pieces[: len(pieces) * 2 // 3]:
        node.ask("POST", f"{page}/take", piece)
    node.close()
    before = b.kill("node")
    until(lambda: b.half("node") not in (0, before), "the node is started again")
    b.insist("GET", "/api/v1/log")
    came = bring(b, sticks[1])
    assert came["attached_bytes"] < len(data), "what was kept before is not taken in twice"
    assert whole + came["attached_whole"] == 1
    assert bring(b, sticks[1])["attached_bytes"] == 0
    until(lambda: files_of(b, mid)[0]["percent"] == 100, "B's office sees all of it")
    assert save(b, mid, big.name, tmp_path / "saved") == big.read_bytes()
    export(b, a, tmp_path / "back")
    assert bring(a, tmp_path / "back")["newly_receipted"] >= 1
    until(lambda: level(a, mid) in ("STORED", "DELIVERED"), "the record is receipted")

    def told_whole() -> bool:
        export(b, a, tmp_path / "back")
        bring(a, tmp_path / "back")
        return bool(files_of(a, mid)[0]["attached"])

    until(told_whole, "A knows that the attachment is whole at B's")
    out = export(a, b, tmp_path / "there")
    assert (out["attached"], out["attached_later"]) == (0, 0)


@pytest.mark.parametrize("size", ["", "much", "1X", "-5M"])
def test_a_size_that_is_none_is_refused(pair: Pair, tmp_path: Path, size: str) -> None:
    a, b = pair
    words = ("carry", "export", b.name, "-o", str(tmp_path / "file"), "--max-size", size)
    assert detente(a, *words, fails=True)["code"] == "form.usage"
    told = detente(a, *words[:-1], "1000", fails=True)
    assert told["code"] == "carry.least"
