"""Sharing arrangements: with each party what we let go to it, and what it lets go to us."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from detente.app import harmless
from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, page
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.faces import words
from detente.core.moment import Moment
from detente.office.desk import Role
from detente.office.fields import Values
from detente.office.tables import Row
from detente.ui import body

_DESK: Final = "cert"


@dataclass(frozen=True, slots=True)
class Terms:
    """What one side lets go. types and sectors: () for each. past: how many stood before."""

    about: str
    state: str
    stands: bool
    upto: str
    pap: str
    types: tuple[str, ...]
    sectors: tuple[str, ...]
    way: str
    said: Moment
    until: Moment | None
    href: str
    past: int


@dataclass(frozen=True, slots=True)
class Between:
    """Both ways between us and one party; None where nothing was ever said."""

    party: str
    ours: Terms | None
    theirs: Terms | None
    change: str  # where a person changes ours, "" for who may not
    end: str


def arrangements(site: Site, ask: Ask) -> Answer:
    """Show what may go each way, party by party."""
    site.read_news()
    look = site.office.find_look(f"{_DESK}/arrangements")
    rows = site.office.look(ask.person, look.name, Values({}), site.now())[1]
    own = site.settings.text("party.name")
    named = {str(row[name]) for row in rows for name in ("party", "to")}
    peers = {each.party for each in site.office.offered.collections(ask.person) if each.party}
    may = ask.person.may(_DESK, Role.AUTHOR)
    found = [
        Between(
            party,
            _terms([row for row in rows if row["party"] == own and row["to"] == party], ask.language),
            _terms([row for row in rows if row["party"] == party and row["to"] == own], ask.language),
            _write(party) if may else "",
            _write(party, ends="true") if may else "",
        )
        for party in sorted((named | peers) - {own})
    ]  # fmt: skip
    values = {
        "frame": framing.frame(site, ask, "desks"),
        "rows": found,
        "own": own,
        "hidden": framing.is_locked(ask),
    }
    return page(site.renderer.render("pages/arrangements.html", ask.language, values))


def _write(party: str, **more: str) -> str:
    return f"/write/{_DESK}/arrange?" + urlencode({"to": f"{_DESK}@{party}", **more})


def _terms(rows: list[Row], language: str) -> Terms | None:
    if not rows:
        return None
    row = Values(rows[0])  # the newest first
    until = row.get("until")
    state = row.text("state")
    return Terms(
        about=harmless.text(_DESK, row.text("about")),
        state=body.choice(_DESK, state, words(), language),
        stands=state == "stands",
        upto=row.text("upto"),
        pap=row.text("pap"),
        types=row.texts("type") if "type" in row else (),
        sectors=tuple(
            body.choice(_DESK, each, words(), language)
            for each in (row.texts("sector") if "sector" in row else ())
        ),
        way=body.choice(_DESK, row.text("way"), words(), language),
        said=row.moment("created"),
        until=until if isinstance(until, Moment) else None,
        href=f"/record/{row.data('mid').hex()}",
        past=len(rows) - 1,
    )


ROUTES: Final = (Route("GET", "arrangements", arrangements),)
