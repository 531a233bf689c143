"""A node holds no text: what people wrote is in no file, log or memory of the node's process.

The control is the same search over the office, which must find it.
"""

import json
import re
import socket
import struct
import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.support.offices import BUNDLE, OBJECT
from tests.support.processes import until
from tests.support.running import Running, two_parties

MARKERS = ("zwanzig-dunkle-Igel-b", "zwanzig-dunkle-Igel-a", "zwanzig-dunkle-Igel-t")


def forms(marker: str) -> list[bytes]:
    """The marker as it could stand somewhere: plain, UTF-16, hex, base64 at each of three shifts."""
    plain = marker.encode()
    found = [plain, marker.encode("utf-16-le"), plain.hex().encode(), plain.hex().upper().encode()]
    for shift in range(3):
        # The characters that do not depend on what stands before and after.
        text = b64encode(bytes(shift) + plain)
        start = (shift * 8 + 5) // 6
        found.append(text[start : (shift + len(plain)) * 8 // 6])
    return found


SOUGHT = re.compile(b"|".join(re.escape(form) for each in MARKERS for form in forms(each)))


def found_in(pieces: Iterable[bytes]) -> set[bytes]:
    return {hit for piece in pieces for hit in SOUGHT.findall(piece)}


def files(folder: Path) -> Iterator[bytes]:
    for file in folder.rglob("*"):
        if file.is_file():
            yield file.read_bytes()


def memory(process: int) -> Iterator[bytes]:
    """Every readable page of a process, as a core dump would hold it."""
    ranges = Path(f"/proc/{process}/maps").read_text().splitlines()
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as pages:
        for line in ranges:
            where, rights = line.split()[:2]
            start, end = (int(each, 16) for each in where.split("-"))
            if "r" not in rights or line.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            try:
                pages.seek(start)
                yield pages.read(end - start)
            except OSError:
                continue  # a device's page


def open_files(process: int) -> set[str]:
    found = set()
    for each in Path(f"/proc/{process}/fd").iterdir():
        try:
            found.add(str(each.readlink()))
        except OSError:
            continue
    return found


def talk(a: Running, b: Running) -> str:
    """Say each marker once: bundle and its line, the answer's text, the acknowledgement's."""
    bundle, about, text = MARKERS
    sent = a.ask(
        "POST",
        "/api/v1/cert/send",
        {
            "file": b64encode((BUNDLE % bundle).encode()).decode(),
            "to": [b.address],
            "about": about,
        },
    )
    mid: str = sent["records"][0]["mid"]
    until(lambda: any(row["mid"] == mid for row in b.records()), "it came")
    assert bundle in b.ask("POST", f"/api/v1/record/{mid}/read")["text"]
    b.ask("POST", "/api/v1/cert/answer", {"mid": mid, "verdict": "question", "text": text})
    until(lambda: any(row["kind"] == "cert.answer" for row in a.records()), "it was answered")
    a.ask(
        "POST",
        "/api/v1/cert/withdraw",
        {"mid": mid, "object": [OBJECT], "reason": "corrected"},
    )
    until(lambda: a.ask("GET", f"/api/v1/record/{mid}")["level"] == "READ", "the reading was told")
    until(lambda: any(row["kind"] == "cert.withdraw" for row in b.records()), "it was withdrawn")
    return mid


def test_the_node_knows_no_text_that_its_office_sends_or_receives(tmp_path: Path) -> None:
    if not Path("/proc/self/mem").exists():
        pytest.skip("no /proc here")
    with two_parties(tmp_path) as (a, b):
        talk(a, b)
        for side in (a, b):
            node, office = side.half("node"), side.half("office")
            try:
                held = found_in(memory(office))
            except PermissionError:
                pytest.skip("this user may not read the memory of its processes")
            # The control: the office has it, so that the search would find it.
            assert held
            assert found_in(files(side.folder / "office"))
            assert found_in(memory(node)) == set()
            assert found_in(files(side.folder / "node")) == set()
            assert found_in([side.log.read_bytes()]) == set()
            assert found_in(files(side.folder / "party")) == set()
            # Neither half has a file of the other's open.
            assert not any("/office/" in each for each in open_files(node))
            assert not any("/node/" in each for each in open_files(office))


class Tap:
    """Stands between an office and its node's hatch, and keeps what passes."""

    def __init__(self, socket_file: Path) -> None:
        self.passed: list[bytes] = []
        self._there = socket_file.with_name("hatch.real")
        socket_file.rename(self._there)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(socket_file))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near, _ = self._listener.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(str(self._there))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):  # one of them ended
            while data := one.recv(65_536):
                self.passed.append(data)
                other.sendall(data)
        other.close()


def test_only_sealed_bytes_pass_the_hatch(tmp_path: Path) -> None:
    with two_parties(tmp_path) as (a, b):
        tap = Tap(a.folder / "node" / "hatch.sock")
        was = a.kill("office")
        until(lambda: a.half("office") not in (0, was), "the office is back")
        a.insist("GET", "/api/v1/log")
        talk(a, b)
        passed = b"".join(tap.passed)
        assert b"cert.bundle" in passed  # headers do pass
        assert found_in([passed]) == set()
        assert found_in(files(a.folder / "office"))


def test_the_search_finds_every_form_that_it_says() -> None:
    marker = MARKERS[0]
    hidden = [
        json.dumps({"about": marker}).encode(),
        struct.pack(">I", 9) + marker.encode("utf-16-le"),
        *(b64encode(b"x" * shift + marker.encode() + b"yy") for shift in range(3)),
        marker.encode().hex().encode(),
    ]
    assert all(found_in([each]) for each in hidden)
    assert not found_in([b64encode(b"nothing of it"), marker[:-3].encode()])
