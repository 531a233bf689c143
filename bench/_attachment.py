"""An attachment between two parties, and the same bytes over one bare TLS line; see docs/bench.md."""

import json
import os
import socket
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path

from OpenSSL import SSL, crypto

from bench._parties import AURELIA, BOREALIS, Pair
from bench._report import ROOT, pss_mb
from detente.app import client
from detente.app.verbs.file import hand_in
from detente.vault.certificate import tls_identity

SIZE = 100_000_000
PIECE = 65_536
LOOK = 0.02  # seconds between two looks whether the answer is there
BUNDLE = {
    "type": "bundle",
    "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d",
    "objects": [
        {
            "type": "indicator",
            "spec_version": "2.1",
            "id": "indicator--33fe3b22-0201-47cf-85d0-97c02164528d",
            "created": "2026-11-20T12:00:00.000Z",
            "modified": "2026-11-20T12:00:00.000Z",
            "pattern": "[file:name = 'a']",
            "pattern_type": "stix",
            "valid_from": "2026-11-20T12:00:00Z",
        }
    ],
}


def make(path: Path, size: int) -> Path:
    """Make a file of bytes that no line can shorten."""
    with path.open("wb") as handle:
        left = size
        while left:
            left -= handle.write(os.urandom(min(left, 2**20)))
    return path


# Ours.


class Ours:
    """Two parties that run, and a file to send again and again."""

    def __init__(self, size: int) -> None:
        self.pair, self.size = Pair(), size
        for name in (AURELIA, BOREALIS):
            for half in ("node", "office"):
                self.pair.start(name, half)
        self.file = make(self.pair.folder / "large.bin", size)
        self.bundle = json.dumps(BUNDLE)
        self.peak_mb = 0.0

    def once(self) -> dict[str, float]:
        """Send the file once; return seconds and the peak of one party's memory."""
        office = client.office(self.pair.at(AURELIA))
        mark = hand_in(office, str(self.file))
        body = {
            "file": b64encode(self.bundle.encode()).decode(),
            "to": [BOREALIS],
            "about": "bench",
            "tlp": "GREEN",
            "attach": [mark],
        }
        before, start = self._cpu(), time.perf_counter()
        mid = office.ask("POST", "/api/v1/cert/send", body)["records"][0]["mid"]
        peak, looks = 0.0, 0
        while True:
            [row] = office.ask("GET", f"/api/v1/record/{mid}/files")
            if row["attached"]:
                break
            looks += 1
            if looks % 4 == 1:
                peak = max(peak, *(pss_mb(self.pair.pids(each)) for each in (AURELIA, BOREALIS)))
            time.sleep(LOOK)
        seconds = time.perf_counter() - start
        return {"ours_s": seconds, "ours_cpu_s": self._cpu() - before, "peak_mb": peak}

    def _cpu(self) -> float:
        pids = (pid for each in (AURELIA, BOREALIS) for pid in self.pair.pids(each))
        return sum(cpu_s(pid) for pid in pids)


def cpu_s(pid: int) -> float:
    """Return the seconds of a core that a process took so far, its own and the system's."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# The peer.


def context() -> SSL.Context:
    """Return a context with a certificate of its own; nobody is judged."""
    found = SSL.Context(SSL.TLS_METHOD)
    found.set_min_proto_version(SSL.TLS1_3_VERSION)
    identity = tls_identity(bytes(range(32)))
    found.use_certificate(crypto.load_certificate(crypto.FILETYPE_ASN1, identity.certificate))
    found.use_privatekey(crypto.PKey.from_cryptography_key(identity.key))
    return found


def receive(port: int, path: str) -> None:
    """Take one connection, write what comes, sync once, say so."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        print("ready", flush=True)
        sock, _ = listener.accept()
    before = time.process_time()
    line = SSL.Connection(context(), sock)
    line.set_accept_state()
    with Path(path).open("wb", buffering=0) as handle:
        left = int.from_bytes(line.recv(8), "big")
        while left:
            data = line.recv(PIECE)
            handle.write(data)
            left -= len(data)
        os.fsync(handle.fileno())
    line.sendall(b"!")
    print(time.process_time() - before, flush=True)
    line.shutdown()
    sock.close()


def theirs(path: Path, size: int) -> dict[str, float]:
    """Return the seconds, and those of a core, that the same bytes take over one TLS connection."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    environment = dict(os.environ, PYTHONPATH=f"{ROOT}/src:{ROOT}")
    target = path.with_suffix(".got")
    command = [sys.executable, "-m", "bench._attachment", str(port), str(target)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        sock = socket.create_connection(("127.0.0.1", port))
        line = SSL.Connection(context(), sock)
        line.set_connect_state()
        line.do_handshake()
        before, start = time.process_time(), time.perf_counter()
        line.sendall(size.to_bytes(8, "big"))
        with path.open("rb", buffering=0) as handle:
            while data := handle.read(PIECE):
                line.sendall(data)
        assert line.recv(1) == b"!"
        seconds, cpu = time.perf_counter() - start, time.process_time() - before
        cpu += float(process.stdout.readline())
        sock.close()
    target.unlink()
    return {"tls_s": seconds, "tls_cpu_s": cpu}


def both(ours: Ours) -> dict[str, float]:
    """Return the figures of one run: ours, then theirs."""
    found = {**ours.once(), **theirs(ours.file, ours.size)}
    found["fraction_of_tls"] = found["tls_s"] / found["ours_s"]
    found["mb_per_s"] = ours.size / 1e6 / found["ours_s"]
    return {key: round(value, 3) for key, value in found.items()}


if __name__ == "__main__":
    receive(int(sys.argv[1]), sys.argv[2])
