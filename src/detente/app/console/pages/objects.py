"""One object of the CERT desk: who said it, its neighbours drawn, its times, its bytes, its faults."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from detente.app import harmless
from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, page
from detente.app.console.pages.desks import cells_of
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.faces import words
from detente.core import record
from detente.core.errors import OurFault
from detente.office.desk import Role
from detente.office.fields import FileText, Values
from detente.office.tables import Row
from detente.ui import body, graph
from detente.ui.body import Cell
from detente.ui.safe import plain_title

SHOWN_MAX: Final = 20_000  # characters of an object's text on the page; the file has all
_DESK: Final = "cert"
# What may be a sample is in the file alone: it is drawn on no page.
_PAYLOAD: Final = re.compile(r'("(?:payload_bin|data)"\s*:\s*)"([A-Za-z0-9+/=\s\\]{64,})"')
_PARTS: Final = ("object", "copies", "readers", "sightings", "near", "timeline", "notes")


@dataclass(frozen=True, slots=True)
class Part:
    """One table of the page."""

    name: str
    about: str
    heads: tuple[str, ...]
    rows: tuple[tuple[tuple[Cell | None, str], ...], ...]


def show(site: Site, ask: Ask) -> Answer:
    """Show an object that stands here."""
    site.read_news()
    identity, language = ask.parts["id"], ask.language
    safe = harmless.of(_DESK)
    found = {name: _look(site, ask, name, identity) for name in (*_PARTS, "values")}
    (raw,) = _look(site, ask, "raw", identity)
    text = str(raw["object"])
    said, near = found["object"], found["near"]
    kind = identity.partition("--")[0]
    titles = (row["title"] for row in found["timeline"] if row["id"] == identity)
    named = safe(next((str(each) for each in titles if each), ""))
    drawn = graph.svg(
        graph.Node(named, kind),
        [_step(row) for row in near],
        words().get("console.object.graph", language),
        " ".join(f"{row.text('what')}: {row.text('id')}." for row in map(Values, near)),
    )
    values = {
        "frame": framing.frame(
            site, ask, "desks", framing.strictest(str(row.get("tlp", "")) for row in said)
        ),
        "id": identity,
        "kind": kind,
        "name": named,
        "window": plain_title(named or identity),
        "state": body.choice(_DESK, str(_latest(said)["state"]), words(), language),
        "graph": drawn if near else None,
        "parts": [_part(site, name, found[name], language) for name in _PARTS],
        "found_by": [row for (row,) in _cells(site, "values", found["values"], language)],
        "mine": _mine(site, ask, said),
        "marking": str(_latest(said)["tlp"]),
        "raw": safe(_PAYLOAD.sub(_left_out, text)[:SHOWN_MAX]),
        "bytes_count": len(text.encode()),
        "cut": len(text) > SHOWN_MAX,
        "hidden": framing.is_locked(ask),
    }
    return page(site.renderer.render("pages/object.html", language, values))


def _left_out(found: re.Match[str]) -> str:
    return f'{found[1]}"({len(found[2])})"'


def _look(site: Site, ask: Ask, name: str, identity: str) -> tuple[Row, ...]:
    look = site.office.find_look(f"{_DESK}/{name}")
    field = next(each for each in look.fields if each.name == "id")
    values = Values({"id": field.read([identity])})
    try:
        return site.office.look(ask.person, look.name, values, site.now())[1]
    except OurFault as fault:
        if fault.code != "cert.no_object":  # it went to nobody from here
            raise
        return ()


def _latest(said: Sequence[Row]) -> Row:
    assert said, "an object that nobody said is no page"
    return max(said, key=lambda row: str(row["modified"]))


def _step(row: Row) -> graph.Step:
    other = str(row["id"])
    node = graph.Node(
        harmless.text(_DESK, str(row["title"] or "")),
        other.partition("--")[0],
        f"/object/{other}",
        quiet=row["state"] != "valid",
    )
    return graph.Step(str(row["what"]), node, outward=row["side"] == "to")


def _mine(site: Site, ask: Ask, said: Sequence[Row]) -> list[tuple[str, str]]:
    """Return what we said and still stands: how our record is called, and where it is taken back."""
    own, found = f"{_DESK}@{site.settings.text('party.name')}", []
    for row in map(Values, said):
        if row["from"] == own and row["state"] == "valid" and ask.person.may(_DESK, Role.AUTHOR):
            mid = row.data("mid")
            told = {
                "mid": record.mid_text(mid),
                "object": f"{ask.parts['id']}@{row.text('modified')}",
            }
            found.append((record.mid_text(mid), f"/write/{_DESK}/withdraw?{urlencode(told)}"))
    return found


def _cells(
    site: Site, name: str, rows: Sequence[Row], language: str
) -> tuple[tuple[tuple[Cell | None, str], ...], ...]:
    look = site.office.find_look(f"{_DESK}/{name}")
    return tuple(cells_of(look, _DESK, row, language) for row in rows)


def _part(site: Site, name: str, rows: Sequence[Row], language: str) -> Part:
    look, own = site.office.find_look(f"{_DESK}/{name}"), words()
    assert not any(isinstance(each.type, FileText) for each in look.columns)
    return Part(
        name,
        own.get(f"{_DESK}.look.{name}", language),
        tuple(own.get(body.word_of(each, _DESK, own), language) for each in look.columns),
        _cells(site, name, rows, language),
    )


ROUTES: Final = (Route("GET", "object/{id}", show),)
