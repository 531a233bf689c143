"""Node and office as two system users of one machine; a party of one user is their peer.

Users are numbers without names. Needs root, which alone may start processes as others.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support import processes
from tests.support.processes import Machine, until

from detente.app.meeting import Meeting

GROUP: Final = 61_000
NODE, OFFICE, OPERATOR, THIRD = 61_001, 61_002, 61_003, 61_009
SAMPLE: Final = Path(__file__).parents[2] / "src/detente/app/samples/c2-indicators.json"
KNOCK: Final = """
import socket, sys
sock = socket.socket(socket.AF_UNIX)
sock.settimeout(20)
try:
    sock.connect(sys.argv[1])
    sock.sendall(b"GET /v1/links HTTP/1.1\\r\\nHost: here\\r\\n\\r\\n")
    print("answered" if sock.recv(1) else "refused")
except PermissionError:
    print("may not connect")
except (BrokenPipeError, ConnectionResetError):
    print("refused")
"""


def become(user: int, group: int = GROUP) -> list[str]:
    return ["setpriv", "--reuid", str(user), "--regid", str(group), "--clear-groups"]


def interpreter() -> str:
    """Return a Python that other system users may run too, or skip."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("two system users need root and setpriv")
    same = f"python{sys.version_info.major}.{sys.version_info.minor}"
    paths = os.pathsep.join(each for each in sys.path if each)
    for each in (sys.executable, f"/usr/bin/{same}", f"/usr/local/bin/{same}"):
        command = [*become(NODE), each, "-c", "import detente.app.run"]
        environment = {**os.environ, "PYTHONPATH": paths}
        try:
            tried = subprocess.run(
                command, env=environment, capture_output=True, check=False, cwd="/"
            )
        except OSError:
            continue
        if tried.returncode == 0:
            return each
    pytest.skip("no Python of this version that other system users may run")


@dataclass
class Two:
    """Aurelia of two users, Borealis of one."""

    machine: Machine
    interpreter: str
    aurelia: Path
    borealis: Path
    halves: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, half: str) -> None:
        user = NODE if half == "node" else OFFICE
        self.halves[half] = self.machine.run(self.aurelia, "--only", half, become=become(user))

    def ask(self, user: int, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return self.machine.ask(*words, "--at", self.aurelia, "--json", become=become(user))

    def document(self, user: int, *words: str | Path) -> Any:  # noqa: ANN401  a test knows which
        said = self.ask(user, *words)
        assert said.returncode == 0, said.stderr
        return json.loads(said.stdout)

    def knock(self, user: int, sock: str, group: int = GROUP) -> str:
        said = subprocess.run(
            [*become(user, group), self.interpreter, "-c", KNOCK, str(self.aurelia / sock)],
            capture_output=True, text=True, check=True, cwd="/",
        )  # fmt: skip
        return said.stdout.strip()

    def state(self) -> str:
        said = self.ask(NODE, "link", "list")
        return json.loads(said.stdout)[0]["state"] if said.returncode == 0 else "no answer"


def hand_over(folder: Path) -> None:
    """Do to a party what deploy/README.md says for two system users."""
    with (folder / "detente.toml").open("a") as file:
        file.write(f'\n[node]\noffice_user = "{OFFICE}"\n')
    for place, user, mode in (("node", NODE, 0o750), ("party", NODE, 0o700),
                              ("office", OFFICE, 0o750)):  # fmt: skip
        for at, _, names in os.walk(folder / place):
            for each in (Path(at), *(Path(at) / name for name in names)):
                os.chown(each, user, GROUP)
        (folder / place).chmod(mode)
    for path, mode in ((folder, 0o750), (folder / "detente.toml", 0o640)):
        os.chown(path, 0, GROUP)
        path.chmod(mode)
    for half, user in (("node", NODE), ("office", OFFICE)):
        secret = folder.with_name(f"{folder.name}-{half}.passphrase")
        os.chown(secret, user, GROUP)
        secret.chmod(0o400)


@pytest.fixture(scope="module")
def two() -> Iterator[Two]:
    python = interpreter()
    machine = Machine(python)
    place = Path(tempfile.mkdtemp(prefix="detente-two-"))
    place.chmod(0o711)
    try:
        aurelia = processes.make(place, "aurelia.gov", operator=OPERATOR)
        borealis = processes.make(place, "borealis.gov")
        processes.meet(aurelia, borealis)
        processes.meet(borealis, aurelia)
        hand_over(aurelia)
        found = Two(machine, python, aurelia, borealis)
        machine.run(borealis)
        found.start("node")
        found.start("office")
        until(lambda: processes.is_live(borealis), "the link is up")
        until(lambda: processes.serves(borealis), "the office of borealis answers")
        until(
            lambda: found.ask(OPERATOR, "log", "list").returncode == 0,
            "the office of aurelia answers",
        )
        yield found
    finally:
        machine.end()
        shutil.rmtree(place)


def test_what_the_operator_sends_is_delivered(two: Two) -> None:
    said = two.ask(
        OPERATOR, "cert", "send", SAMPLE, "--to", "borealis.gov", "--about", "two users",
        "--wait", "delivered",
    )  # fmt: skip
    assert said.returncode == 0, said.stderr


def test_what_the_peer_sends_is_read_by_the_operator(two: Two) -> None:
    said = two.machine.ask(
        "cert", "send", SAMPLE, "--to", "aurelia.gov", "--about", "one user",
        "--wait", "delivered", "--at", two.borealis, "--json",
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    rows = two.document(OPERATOR, "record", "list")
    kinds = [row["kind"] for row in rows if row["from"].endswith("borealis.gov")]
    assert "cert.bundle" in kinds, rows


def test_the_sockets_are_the_groups_and_the_admins_is_not(two: Two) -> None:
    modes = {
        name: (two.aurelia / name).stat().st_mode & 0o777
        for name in ("node/hatch.sock", "node/admin.sock", "office/desk.sock")
    }
    assert modes == {"node/hatch.sock": 0o660, "node/admin.sock": 0o600, "office/desk.sock": 0o660}
    assert (two.borealis / "node/hatch.sock").stat().st_mode & 0o777 == 0o600
    assert (two.borealis / "office/desk.sock").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("user", "group", "sock", "found"),
    [
        (THIRD, GROUP, "node/hatch.sock", "refused"),
        (THIRD, GROUP, "office/desk.sock", "refused"),
        (THIRD, GROUP, "node/admin.sock", "may not connect"),
        (THIRD, THIRD, "node/hatch.sock", "may not connect"),
        (THIRD, THIRD, "office/desk.sock", "may not connect"),
        (OPERATOR, GROUP, "node/hatch.sock", "refused"),
        (OPERATOR, GROUP, "office/desk.sock", "answered"),
        (NODE, GROUP, "node/hatch.sock", "refused"),
        (NODE, GROUP, "node/admin.sock", "answered"),
        (NODE, GROUP, "office/desk.sock", "refused"),
        (OFFICE, GROUP, "node/admin.sock", "may not connect"),
        (OFFICE, GROUP, "office/desk.sock", "refused"),
        (0, GROUP, "node/hatch.sock", "refused"),
        (0, GROUP, "node/admin.sock", "refused"),
    ],
)
def test_a_socket_serves_its_own_user_alone(
    two: Two, user: int, group: int, sock: str, found: str
) -> None:
    assert two.knock(user, sock, group) == found


def test_a_stranger_at_the_hatch_stands_in_the_log_once(two: Two) -> None:
    for _ in range(2):
        assert two.knock(THIRD, "node/hatch.sock") == "refused"
    rows = [row for row in processes.log_rows(two.aurelia) if row.get("user") == THIRD]
    assert [row["code"] for row in rows] == ["hatch.closed"]


@pytest.mark.parametrize(
    ("user", "place"),
    [
        (NODE, "office/vault/desk-cert.json"), (NODE, "office/vault/s-01.json"),
        (NODE, "office/office.sqlite"), (NODE, "office/people.json"),
        (OFFICE, "node/vault/log.json"), (OFFICE, "node/vault/tls.json"),
        (OFFICE, "node/node.sqlite"), (OFFICE, "node/incarnation"), (OFFICE, "party/card"),
        (OPERATOR, "office/vault/s-01.json"), (OPERATOR, "office/office.sqlite"),
        (OPERATOR, "node/vault/log.json"), (OPERATOR, "node/node.sqlite"),
    ],
)  # fmt: skip
def test_no_half_reads_what_is_the_others(two: Two, user: int, place: str) -> None:
    path = two.aurelia / place
    assert path.is_file()
    tried = subprocess.run(
        [*become(user), "cat", str(path)], capture_output=True, text=True, check=False, cwd="/"
    )
    assert (tried.returncode, tried.stdout) == (1, "")
    assert "Permission denied" in tried.stderr


@pytest.mark.parametrize(
    ("user", "not_asked"),
    [(NODE, ["office"]), (OPERATOR, ["node"]), (0, ["node", "office"])],
)
def test_the_doctor_is_content_and_says_whom_it_did_not_ask(
    two: Two, user: int, not_asked: list[str]
) -> None:
    until(lambda: two.state() == "LIVE", "the link is up")
    found = json.loads(two.ask(user, "doctor").stdout)
    faults = [row["what"] for row in found["findings"] if "MiB are free" not in row["what"]]
    assert faults == []
    assert found["not_asked"] == not_asked


def test_the_doctor_run_by_root_finds_a_vault_that_the_other_half_could_read(two: Two) -> None:
    vault = two.aurelia / "node" / "vault"
    vault.chmod(0o750)
    try:
        found = json.loads(two.ask(0, "doctor").stdout)
    finally:
        vault.chmod(0o700)
    assert {"what": f"{vault} can be read by its group", "remedy": f"chmod g= {vault}"} in [
        {key: row[key] for key in ("what", "remedy")} for row in found["findings"]
    ]


def test_a_half_started_as_the_wrong_user_says_so(two: Two) -> None:
    said = two.ask(THIRD, "run", "--only", "node")
    assert said.returncode == 2
    assert json.loads(said.stderr.splitlines()[-1])["error"]["code"] in {
        "path.permission", "file.unreadable",
    }  # fmt: skip


def test_one_process_does_not_start_the_halves_of_two_users(two: Two) -> None:
    said = two.ask(NODE, "run")
    assert said.returncode == 2
    error = json.loads(said.stderr.splitlines()[-1])["error"]
    assert error["code"] == "config.bad"
    assert "node.office_user" in error["what"]


def test_after_a_confirmation_the_node_asks_to_be_started_again_and_the_office_finds_it(
    two: Two,
) -> None:
    digits = Meeting(two.borealis).card().fingerprint
    row = two.document(NODE, "party", "confirm", "borealis.gov", "--digits", digits)
    assert row["reloaded"] is True
    assert two.halves["node"].wait(processes.PATIENCE) == 75
    two.start("node")
    until(lambda: two.state() == "LIVE", "the link is up again")
    said = two.ask(
        OPERATOR, "cert", "send", SAMPLE, "--to", "borealis.gov", "--about", "again",
        "--wait", "delivered",
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
