"""The console's room: what it does in its turns."""

from pathlib import Path

from tests.support import console
from tests.support.console import Rig

from detente.app.console.pages import program
from detente.app.console.room import _Serving


def test_a_session_that_ended_is_told_to_its_streams_alone(tmp_path: Path) -> None:
    with console.running(tmp_path, program.ROUTES) as rig:
        serving = _Serving(rig.site, rig.keeper, rig.front, rig.server, None)
        one, other = rig.sign_in(), rig.sign_in(token="token-2")
        lines = [Line(rig, token) for token in (one, other)]
        rig.in_office(serving.end_signed_out)
        rig.beat("boot.1")
        assert [line.kind() for line in lines] == ["tick", "tick"]
        del rig.book.sessions[one]
        rig.in_office(serving.end_signed_out)
        assert lines[0].kind() == "end"
        rig.beat("boot.1")
        assert lines[1].kind() == "tick"
        for line in lines:
            line.close()


class Line:
    def __init__(self, rig: Rig, token: str) -> None:
        self._sock = rig.connect()
        self._sock.settimeout(60)
        self._file = self._sock.makefile("rb")
        self._sock.sendall(
            f"GET /live?state=boot.1 HTTP/1.1\r\nHost: {rig.host}\r\n"
            f"Cookie: {rig.terms.prefix}session={token}\r\n\r\n".encode()
        )
        while self._file.readline() != b"\r\n":
            continue

    def kind(self) -> str:
        while not (row := self._file.readline()).startswith(b"event: "):
            assert row, "the stream ended"
        return row[7:].decode().strip()

    def close(self) -> None:
        self._file.close()
        self._sock.close()
