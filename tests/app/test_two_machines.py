"""Office and node of one party on two machines: real folders, processes and TLS, on 127.0.0.x.

A party of one machine is their peer. Between office and node stands a line that a test can cut.
"""

import json
import re
import selectors
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support import processes
from tests.support.ports import free_port
from tests.support.processes import Machine, until

from detente.app import allowed, build_keys, client, config, halves
from detente.app.meeting import Meeting
from detente.core import envelope, limits
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.node.ports import Kept
from detente.paths.hatch import HatchClient
from detente.paths.hatch_line import TlsLine
from detente.paths.tcp import dial, parse_address
from detente.paths.tls import HATCH, TlsConnection, TlsContext
from detente.store.logs import SqliteLogs
from detente.vault.certificate import TlsIdentity, tls_identity

SAMPLE: Final = Path(__file__).parents[2] / "src/detente/app/samples/c2-indicators.json"
SECRET_TEXT: Final = "only the desks read this about line"
NODE_HOST, OFFICE_HOST = "127.0.0.2", "127.0.0.3"


class Cable:
    """A line between two machines: carries bytes, is cut, or stays open and carries nothing."""

    def __init__(self, host: str, port: int) -> None:
        self._to = host, port
        self._listener = socket.create_server((OFFICE_HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.dead = False  # takes connections and bytes, and passes on none
        self.carried = bytearray()
        self._ended = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._ended:
            try:
                one, _ = self._listener.accept()
            except OSError:
                return
            try:
                other = socket.create_connection(self._to)
            except OSError:
                one.close()
                continue
            self._pairs.append((one, other))
            for source, sink in ((one, other), (other, one)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if not self.dead:
                    self.carried += data
                    sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for each in pair:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()

    def end(self) -> None:
        self._ended = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(processes.PATIENCE)
        self.cut()


class Apart:
    """Aurelia on two machines, Borealis on one."""

    def __init__(self, place: Path, machine: Machine) -> None:
        self.place, self.machine = place, machine
        self.node, self.office = (
            place / "machine-node" / "aurelia",
            place / "machine-desk" / "aurelia",
        )
        self.root = place / "stick"
        self.borealis = processes.make(place, "borealis.gov")
        for each in (self.node, self.office):
            each.parent.mkdir()
        self.port = free_port()
        self.halves: dict[str, subprocess.Popen[bytes]] = {}

    def say(self, *words: str | Path, at: Path | None = None) -> Any:  # noqa: ANN401
        more = ("--at", at) if at else ()
        said = self.machine.ask(*words, *more, "--json")
        assert said.returncode == 0, said.stderr
        return json.loads(said.stdout)

    def fault(self, *words: str | Path, at: Path | None = None) -> str:
        said = self.machine.ask(*words, *(("--at", at) if at else ()), "--json")
        assert said.returncode == 2, said.stdout + said.stderr
        code: str = json.loads(said.stderr.splitlines()[-1])["error"]["code"]
        return code

    def make(self) -> None:
        """Follow the ceremony: two files are carried, each with digits that are typed."""
        hatch = f"tcp://{NODE_HOST}:{self.port}"
        made = self.say(
            "init", "aurelia.gov", "--half", "node", "--folder", self.node,
            "--listen", f"tcp://127.0.0.1:{free_port()}", "--hatch", hatch,
            "--make-passphrases", self.node.with_name("secrets"),
            "-o", self.place / "node.half",
        )  # fmt: skip
        signed = self.say(
            "init", "aurelia.gov", "--half", "office", "--folder", self.office,
            "--with", self.place / "node.half", "--check", made["check"], "--root", self.root,
            "--make-passphrases", self.office.with_name("secrets"),
            "-o", self.place / "office.half",
        )  # fmt: skip
        self.say(
            "hatch", "join", self.place / "office.half", "--check", signed["check"], at=self.node
        )
        self.cable = Cable(NODE_HOST, self.port)
        self.set_line(self.cable.port)
        processes.meet(self.node, self.borealis)
        processes.meet(self.borealis, self.node)

    def set_line(self, port: int) -> None:
        file = self.office / "detente.toml"
        text = re.sub(r'node = ".*"', f'node = "tcp://{OFFICE_HOST}:{port}"', file.read_text())
        file.write_text(text)

    def start(self, half: str) -> None:
        folder = self.node if half == "node" else self.office
        self.halves[half] = self.machine.run(folder)

    def stop(self, half: str) -> None:
        self.halves[half].terminate()
        self.halves[half].wait(processes.PATIENCE)

    def works(self) -> None:
        until(lambda: processes.serves(self.office), "the office has its node")

    def send(self, about: str, *more: str | Path) -> str:
        row = self.say(
            "cert", "send", SAMPLE, "--to", "borealis.gov", "--about", about,
            "--wait", "delivered", *more, at=self.office,
        )  # fmt: skip
        found: str = row["records"][0]["mid"]
        return found

    def closed(self) -> int:
        """How often the office told that its line was closed."""
        rows = processes.log_rows(self.office)
        return sum(row.get("code") == "hatch.closed" for row in rows)

    def away(self) -> OurFault:
        """Ask the office for its logs until it says why it cannot."""

        def why() -> OurFault | None:
            asked = client.office(self.office)
            try:
                asked.ask("GET", "/api/v1/log")
            except OurFault as fault:
                return fault
            finally:
                asked.close()
            return None

        return until(why, "the office says that its node is away")


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    machine = Machine()
    found = Apart(tmp_path_factory.mktemp("apart"), machine)
    try:
        found.make()
        found.say(
            "card", "pin", "borealis.gov", "--digits", Meeting(found.borealis).card().fingerprint,
            at=found.office,
        )  # fmt: skip
        machine.run(found.borealis)
        found.start("node")
        found.start("office")
        until(lambda: processes.is_live(found.node), "the link is up")
        until(lambda: processes.serves(found.borealis), "the office of borealis answers")
        found.works()
        yield found
    finally:
        machine.end()
        with suppress(AttributeError):
            found.cable.end()
        shutil.rmtree(found.place)


def test_each_machine_has_its_half_and_nothing_of_the_other(apart: Apart) -> None:
    assert halves.here(apart.node) == ("node",)
    assert halves.here(apart.office) == ("office",)
    names = {each.name for each in apart.node.rglob("*.json")}
    assert not names & {"desk-cert.json", "s-01.json", "m-01.json", "people.json", "pins.json"}
    names = {each.name for each in apart.office.rglob("*.json")}
    assert not names & {"log.json", "tls.json", "cosign.json", "n-01.json", "node-hpke.json"}
    assert not any(each.name.startswith("root-") for each in apart.node.rglob("*"))
    assert not any(each.name.startswith("root-") for each in apart.office.rglob("*"))


def test_a_record_goes_all_the_way_in_both_directions(apart: Apart) -> None:
    mid = apart.send(SECRET_TEXT)
    assert apart.say("record", "show", mid, at=apart.office)["level"].startswith("DELIVERED")
    said = apart.machine.ask(
        "cert", "send", SAMPLE, "--to", "aurelia.gov", "--about", "an answer",
        "--wait", "delivered", "--at", apart.borealis, "--json",
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    rows = apart.say("record", "list", at=apart.office)
    assert "cert.bundle" in {row["kind"] for row in rows if row["from"].endswith("borealis.gov")}


def test_a_half_says_where_the_other_is(apart: Apart) -> None:
    assert apart.fault("link", "list", at=apart.office) == "run.elsewhere"
    assert apart.fault("party", "list", at=apart.office) == "run.elsewhere"
    assert apart.fault("record", "list", at=apart.node) == "run.elsewhere"
    assert apart.fault("run", "--only", "office", at=apart.node) == "run.elsewhere"
    assert apart.fault("hatch", "list", at=apart.office) == "run.elsewhere"


def test_the_doctor_is_content_on_both_and_says_whom_it_did_not_ask(apart: Apart) -> None:
    for folder, other in ((apart.node, "office"), (apart.office, "node")):
        found = json.loads(apart.machine.ask("doctor", "--at", folder, "--json").stdout)
        faults = [row["what"] for row in found["findings"] if "MiB are free" not in row["what"]]
        assert faults == []
        assert found["not_asked"] == [other]


def test_a_cut_line_is_dialled_again(apart: Apart) -> None:
    apart.works()
    before = apart.closed()
    apart.cable.cut()
    # Its log keeps it: who asks may come when the line is there again.
    until(lambda: apart.closed() > before, "the office says that its line was cut")
    apart.works()
    apart.send("after a cut")


def test_a_line_that_stays_open_and_carries_nothing_is_given_up(apart: Apart) -> None:
    apart.works()
    apart.cable.dead = True
    try:
        until(
            lambda: any(
                f"for {limits.HATCH_SILENCE // 1000} seconds" in row["what"]
                for row in processes.log_rows(apart.office)
                if row.get("code") == "hatch.closed"
            ),
            "the office gives the line up",
        )
        fault = apart.away()
        assert "does not answer since 20" in fault.what
    finally:
        apart.cable.dead = False
        apart.cable.cut()
    apart.works()
    apart.send("after silence")


def test_the_node_may_start_again(apart: Apart) -> None:
    apart.works()
    apart.stop("node")
    assert apart.away().code == "hatch.closed"
    apart.start("node")
    apart.works()
    apart.send("after the node was away")


def test_the_office_may_start_again(apart: Apart) -> None:
    apart.stop("office")
    said = apart.machine.ask(
        "cert", "send", SAMPLE, "--to", "aurelia.gov", "--about", "while nobody is there",
        "--wait", "stored", "--at", apart.borealis, "--json",
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    mid = json.loads(said.stdout)["records"][0]["mid"]
    apart.start("office")
    apart.works()
    until(
        lambda: mid in {row["mid"] for row in apart.say("record", "list", at=apart.office)},
        "what came meanwhile is there",
    )


def test_a_file_of_some_mebibytes_goes_both_ways(apart: Apart) -> None:
    data = bytes(range(256)) * 4 * 3_072  # 3 MiB
    file = apart.place / "capture.bin"
    file.write_bytes(data)
    mid = apart.send("with a file", "--attach", file)
    until(lambda: saved(apart, apart.borealis, mid) == data, "borealis has the file")
    said = apart.machine.ask(
        "cert", "send", SAMPLE, "--to", "aurelia.gov", "--about", "a file back", "--attach", file,
        "--wait", "delivered", "--at", apart.borealis, "--json",
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    back = json.loads(said.stdout)["records"][0]["mid"]
    until(lambda: saved(apart, apart.office, back) == data, "aurelia's office has the file")


def saved(apart: Apart, folder: Path, mid: str) -> bytes:
    to = apart.place / f"saved-{folder.parent.name}"
    to.mkdir(exist_ok=True)
    said = apart.machine.ask(
        "record", "save", mid, "capture.bin", "-o", to / mid, "--at", folder, "--json"
    )
    return (to / mid).read_bytes() if said.returncode == 0 else b""


def test_a_nodes_administrator_finds_neither_text_nor_desk_key(apart: Apart) -> None:
    apart.send(SECRET_TEXT)
    office = config.load(str(apart.office))
    secret = Path(office.path("vault.office_passphrase_file")).read_bytes().strip()
    vault = build_keys.office_vault(office, secret)
    seeds = [vault._key(each)[0].seed for each in vault.ids()]
    wanted = [SECRET_TEXT.encode(), SAMPLE.read_bytes()[:200], *seeds]
    seen = b"".join(each.read_bytes() for each in apart.node.parent.rglob("*") if each.is_file())
    seen += bytes(apart.cable.carried)
    memory = memory_of(processes.half_of(apart.node, "node"))
    assert apart.node.name.encode() in memory, "the memory was read"
    for each in wanted:
        assert each not in seen
        assert each not in memory
    # The same search finds both where they are: it would have seen them.
    desk = memory_of(processes.half_of(apart.office, "office"))
    assert SECRET_TEXT.encode() in desk


def memory_of(process: int) -> bytes:
    found = bytearray()
    with (
        Path(f"/proc/{process}/maps").open() as maps,
        Path(f"/proc/{process}/mem").open("rb") as mem,
    ):
        for row in maps:
            where, rights, *_ = row.split()
            start, end = (int(each, 16) for each in where.split("-"))
            if rights[:2] != "rw":
                continue
            with suppress(OSError, ValueError, OverflowError):
                mem.seek(start)
                found += mem.read(end - start)
    return bytes(found)


# Keys at the hatch.


def knock(apart: Apart, identity: TlsIdentity, pin: bytes | None = None) -> HatchClient:
    """Come to the hatch with a key of one's own."""
    pin = pin or halves.node_pin(apart.office)
    context = TlsContext(identity.certificate, identity.key, HATCH)
    sock = dial(parse_address(f"tcp://{NODE_HOST}:{apart.port}"))
    tls = TlsConnection(
        context, sock, dialled=True, pins=lambda: {pin: "node"}, since=Moment(0), expect="node"
    )
    with selectors.DefaultSelector() as wait:
        wait.register(sock, selectors.EVENT_READ)
        while not tls.established:
            tls.writable()
            assert wait.select(processes.PATIENCE)
            tls.readable()
    return HatchClient(TlsLine(tls))


def strangers(apart: Apart) -> int:
    found: int = apart.say("hatch", "list", at=apart.node)["strangers"]
    return found


def test_a_key_that_is_not_let_in_gets_no_answer_and_is_told(apart: Apart) -> None:
    before, identity = strangers(apart), tls_identity(b"\x17" * 32)
    for _ in range(2):
        knocking = knock(apart, identity)
        with pytest.raises(OurFault) as caught:
            knocking.levels()
        assert caught.value.code == "hatch.refused"
        knocking.close()
    until(lambda: strangers(apart) == before + 2, "both are counted")
    rows = [row for row in processes.log_rows(apart.node) if row.get("code") == "hatch.stranger"]
    assert [row["key"] for row in rows] == [identity.pin.hex()]
    said = json.loads(apart.machine.ask("doctor", "--at", apart.node, "--json").stdout)
    assert any(identity.pin.hex() in row["what"] for row in said["findings"]), said


def test_a_second_office_sees_its_own_desk_alone(apart: Apart) -> None:
    apart.send("not for the other office")
    identity = tls_identity(b"\x18" * 32)
    rows = allowed.read(apart.node)
    # No card of today names a second desk: the desk stands in the file alone.
    allowed.allow(apart.node, identity.pin, ("visa",), Moment(0))
    try:
        other = until(lambda: _let_in(apart, identity), "the key is let in")
        sizes = {each.origin: each.size for each in other.levels()}
        assert sum(sizes.values()) > 3
        assert all(b"cert@" not in each.envelope for each in other.since({}, 4_096, 2**22))
        record = _whole(apart)[0]
        with pytest.raises(OurFault) as caught:
            other.prove(record.origin, record.seq)
        assert caught.value.code == "proof.unknown"
        with pytest.raises(OurFault) as caught:
            other.attend("cert", Moment(0))
        assert caught.value.code == "office.no_desk"
        [answer] = other.submit([record.envelope], Moment(0))
        assert answer.code == "E_DESK"
        other.close()
    finally:
        apart.say("hatch", "revoke", identity.pin.hex(), at=apart.node)
    assert allowed.read(apart.node) == rows
    apart.works()


def _let_in(apart: Apart, identity: TlsIdentity) -> HatchClient | None:
    knocking = knock(apart, identity)
    try:
        knocking.levels()
    except OurFault:
        knocking.close()
        return None
    return knocking


def _whole(apart: Apart) -> list[Kept]:
    """Return our own records to borealis, as the node holds them."""
    store = SqliteLogs(apart.node / "node" / "node.sqlite")
    try:
        found = []
        for each in processes.links(apart.node):
            origin = f"aurelia.gov/detente/{each['link_id']}"
            with store.begin() as tx:
                rows = tx.rows(origin, 0, 64, 2**22)
            found += [Kept(origin, row.seq, row.kept_at, row.envelope) for row in rows]
        return [each for each in found if b'"from":"cert@aurelia.gov"' in each.envelope]
    finally:
        store.close()


def test_the_node_verifies_what_an_office_elsewhere_hands_in(apart: Apart) -> None:
    settings = config.load(str(apart.office))
    secret = Path(settings.path("vault.office_passphrase_file")).read_bytes().strip()
    vault = build_keys.office_vault(settings, secret)
    identity = build_keys.hatch_identity(vault)
    assert identity is not None
    good = _whole(apart)[0].envelope
    parts = envelope.split(good)
    forged = parts.header.replace(b'"prec":"ROUTINE"', b'"prec":"PRIORITY"')
    assert forged != parts.header
    office = knock(apart, identity)
    answers = office.submit([good, envelope.encode(parts._replace(header=forged))], Moment(0))
    office.close()
    assert [each.code for each in answers] == ["", "E_SIG"], "what was taken once stays taken"
    apart.works()


def test_a_key_that_is_let_in_no_more_loses_its_line_and_a_new_one_is_carried(
    apart: Apart,
) -> None:
    apart.works()
    [row] = apart.say("hatch", "list", at=apart.node)["offices"]
    assert row["there"] is True
    apart.say("hatch", "revoke", row["pin"], at=apart.node)
    until(lambda: not processes.serves(apart.office), "the line is cut")
    until(lambda: apart.away().code == "hatch.refused", "the office knows why")
    made = apart.say("hatch", "offer", "--new", "-o", apart.place / "again.half", at=apart.office)
    assert made["pin"] != row["pin"]
    bad = "00000 " * halves.GROUPS
    join = ("hatch", "join", apart.place / "again.half", "--check")
    assert apart.fault(*join, bad, at=apart.node) == "hatch.digits"
    apart.say(*join, made["check"], at=apart.node)
    apart.works()
    [fresh] = apart.say("hatch", "list", at=apart.node)["offices"]
    assert (fresh["pin"], fresh["there"]) == (made["pin"], True)
    apart.send("under the new key")


def test_an_office_does_not_speak_with_another_key_than_its_nodes(apart: Apart) -> None:
    apart.works()
    due = halves.node_pin(apart.office)
    apart.stop("office")
    halves.keep_node(apart.office, b"\x19" * 32)
    apart.start("office")
    until(lambda: processes.half_of(apart.office, "office"), "it runs")
    until(lambda: apart.away().code == "hatch.stranger", "the office knows why")
    apart.stop("office")
    halves.keep_node(apart.office, due)
    apart.start("office")
    apart.works()


def test_a_desk_key_is_changed_with_the_stick_at_the_office(apart: Apart) -> None:
    secret = apart.office.with_name("secrets") / "root.passphrase"
    made = apart.say(
        "card", "new", "--root", apart.root, "--rotate", "cert", "--root-passphrase-file", secret,
        at=apart.office,
    )  # fmt: skip
    assert made["serial"] == 2
    cards = apart.place / "own.cards"
    apart.say("card", "export", "--chain", "-o", cards, at=apart.office)
    assert apart.say("card", "import", cards, at=apart.node)["serial"] == 2
    until(lambda: processes.is_live(apart.node), "the link is up again")
    apart.works()
    said = apart.machine.ask(
        "cert", "send", SAMPLE, "--to", "aurelia.gov", "--about", "to the new key",
        "--wait", "delivered", "--at", apart.borealis, "--json",
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    apart.send("after the change")
