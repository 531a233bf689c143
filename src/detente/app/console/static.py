"""Files that browsers fetch: held in memory under names that carry their hash, so never stale."""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from detente.app.console.ask import Answer

FOREVER: Final = "public, max-age=31536000, immutable"
_HASH: Final = 12
_URL: Final = re.compile(rb'url\("([^"]+)"\)')
_TYPES: Final[Mapping[str, str]] = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "txt": "text/plain; charset=utf-8",
    "webmanifest": "application/manifest+json",
}


class Statics:
    """The files of one folder, read once. A name that is not among them does not exist."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._urls: dict[str, str] = {}
        self._answers: dict[str, Answer] = {}
        # A style sheet names its faces by the addresses that they have here, so they come first.
        for name, plain in sorted(files.items(), key=lambda one: one[0].endswith(".css")):
            data = self._addressed(plain) if name.endswith(".css") else plain
            stem, _, ending = name.rpartition(".")
            if ending not in _TYPES:
                continue
            hashed = f"{stem}.{hashlib.sha256(data).hexdigest()[:_HASH]}.{ending}"
            self._urls[name] = f"/static/{hashed}"
            self._answers[hashed] = Answer(200, data, _TYPES[ending], {"Cache-Control": FOREVER})

    def _addressed(self, sheet: bytes) -> bytes:
        def address(found: re.Match[bytes]) -> bytes:
            return b'url("%s")' % self._urls[found[1].decode()].encode()

        return _URL.sub(address, sheet)

    def url(self, name: str) -> str:
        """Return where a file is fetched; its name changes with its bytes."""
        return self._urls[name]

    def find(self, name: str) -> Answer | None:
        """Return the file of a hashed name."""
        return self._answers.get(name)
