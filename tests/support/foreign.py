"""A foreign TAXII 2.1 server as a process: medallion with what it holds in memory."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import taxii2client.v21 as client
from requests import RequestException
from tests.support.ports import free_port
from tests.support.processes import PATIENCE, until

USER: Final = "borealis"
SECRET: Final = "a secret of theirs"
COLLECTION: Final = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"


class Foreign:
    """One API root with one collection, as a foreign consumer reads it."""

    def __init__(self, place: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/api/"
        self.settings = place / "medallion.json"
        held = place / "held.json"
        held.write_text(json.dumps(_held(self.url)))
        backend = {
            "module": "medallion.backends.memory_backend",
            "module_class": "MemoryBackend",
            "filename": str(held),
        }
        settings = {"backend": backend, "users": {USER: SECRET}, "taxii": {"max_page_size": 100}}
        self.settings.write_text(json.dumps(settings))

    def objects(self, **filters: str) -> list[dict[str, Any]]:
        """What a consumer of theirs is given; the last versions, unless asked otherwise."""
        read = client.Collection(
            f"{self.url}collections/{COLLECTION}/", user=USER, password=SECRET
        ).get_objects(**filters)
        found: list[dict[str, Any]] = read.get("objects", [])
        return found

    def object(self, identity: str) -> dict[str, Any]:
        """One object's last version; {} while there is none."""
        return next((each for each in self.objects(id=identity)), {})

    def answers(self) -> bool:
        try:
            self.objects()
        except RequestException:
            return False
        return True


@contextmanager
def foreign(place: Path) -> Iterator[Foreign]:
    """A server that runs until the test is over."""
    server = Foreign(place)
    with (place / "medallion.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "medallion.scripts.run", "--port", str(server.port),
             str(server.settings)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until(server.answers, "the foreign server answers")
        yield server
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _held(url: str) -> dict[str, Any]:
    media = ["application/taxii+json;version=2.1"]
    collection = {
        "id": COLLECTION, "title": "What neighbours tell", "can_read": True, "can_write": True,
        "media_types": ["application/stix+json;version=2.1"], "objects": [], "manifest": [],
    }  # fmt: skip
    information = {"title": "A third party", "versions": media, "max_content_length": 9_765_625}
    root = {"information": information, "status": [], "collections": [collection]}
    return {
        "/discovery": {"title": "A third party", "default": url, "api_roots": [url]},
        "api": root,
    }
