"""The first administrator's way in: said by `detente run` while nobody can enter the console.

A link is a secret. It is made and shown where a person reads it, on a terminal; a log keeps what it
is given, so there the command stands that makes one.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from detente.app import client, halves
from detente.app.config import Config
from detente.app.console import settings as console
from detente.app.face import say
from detente.core.errors import Fault
from detente.office.people import House

_WAIT: Final = 0.5  # seconds between two questions to an office that is not there yet


def lines(
    url: str, folder: str, people: Sequence[Mapping[str, Any]], link_of: Callable[[str], str],
    *, terminal: bool,
) -> list[str]:  # fmt: skip
    """Return what to say to whoever started a party; nothing once an administrator can enter.

    people: rows of the API's list; link_of: makes a one-time link and returns its last part.
    """
    admins = [row for row in people if row["active"] and House.ADMINISTRATOR in row["house"]]
    if not admins or any(row["can_enter"] for row in admins):
        return []
    name = admins[0]["name"]
    if not terminal:
        return [say("run.nobody_in", url=url, name=name, folder=folder)]
    return [say("run.first_in", name=name), f"  {url}/enter/{link_of(name)}"]


def begin(settings: Config, tell: Callable[[str], None], *, terminal: bool) -> None:
    """Say it, once, as soon as the office answers; nothing where no console is served here."""
    place = console.place(settings)
    if place is None or "office" not in halves.here(settings.folder):
        return

    def wait() -> None:
        pause = threading.Event()
        found = None
        while found is None:
            pause.wait(_WAIT)
            found = _found(settings, place.url, terminal=terminal)
        for line in found:
            tell(line)

    threading.Thread(target=wait, daemon=True).start()  # it ends with the process


def _found(settings: Config, url: str, *, terminal: bool) -> list[str] | None:
    asked = client.office(settings.folder)

    def link_of(name: str) -> str:
        made: str = asked.ask("POST", f"/api/v1/person/{name}/enter-link", {})["link"]
        return made

    try:
        people = asked.ask("GET", "/api/v1/person")
        return lines(url, str(settings.folder), people, link_of, terminal=terminal)
    except Fault as fault:
        # Whatever else it is, is told where people ask for it.
        return None if fault.code in ("run.not_running", "hatch.closed") else []
    finally:
        asked.close()
