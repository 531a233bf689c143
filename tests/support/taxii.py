"""Two real parties, one of them with a console, and tokens for programs that speak TAXII."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port
from tests.support.processes import until
from tests.support.running import Running

from detente.office.offered import collection_id


class Server(Running):
    """One party whose console, and so its TAXII server, listens on this machine."""

    def __init__(self, place: Path, name: str, *, tls: str = "auto") -> None:
        super().__init__(place, name)
        self.port = free_port()
        self.url = f"{'http' if tls == 'off' else 'https'}://localhost:{self.port}/"
        with (self.folder / "detente.toml").open("a") as settings:
            settings.write(
                f'\n[console]\nlisten = "tcp://127.0.0.1:{self.port}"\n'
                f'name = "localhost"\ntls = "{tls}"\n'
            )

    @property
    def certificate(self) -> Path:
        """What vouches for its own TLS."""
        found = [*(self.folder / "office" / "console").glob("*.pem")]
        return next(each for each in found if b"BEGIN CERTIFICATE" in each.read_bytes())

    def person(self) -> str:
        """The name of whoever founded it."""
        found: str = self.insist("GET", "/api/v1/person")[0]["name"]
        return found

    def token(self, *scopes: str, name: str = "") -> str:
        """A new token of a person."""
        body = {"label": "siem", "scopes": [*scopes], "within": "1d"}
        made: str = self.insist("POST", f"/api/v1/person/{name or self.person()}/token", body)[
            "token"
        ]
        return made

    def collection(self, alias: str) -> str:
        """The id of a collection, which every party makes of its names."""
        return collection_id(self.name, "cert", alias)


@contextmanager
def serving(place: Path, *, tls: str = "auto") -> Iterator[tuple[Server, Running]]:
    """Aurelia with a TAXII server, and Borealis, linked; ended when the test is."""
    pair = Server(place, "aurelia.gov", tls=tls), Running(place, "borealis.gov")
    for one, other in (pair, pair[::-1]):
        one.meet(other)
    try:
        for each in pair:
            each.start()
        for each in pair:
            until(each.is_live, f"the link of {each.name} is up")
            each.insist("GET", "/api/v1/log")
        yield pair
    finally:
        for each in pair:
            each.end()
