"""Health of the house, for administrators: the doctor's findings, since when, and what mends them."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from detente.app import halves, rights
from detente.app.api.faults import doctor_shown
from detente.app.api.owed import attention_shown
from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, Later, page
from detente.app.console.pages import asking
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.doctor import ask as reading
from detente.app.doctor import checks
from detente.app.doctor.checks import Finding
from detente.app.doctor.facts import Facts
from detente.app.face import words_of
from detente.office.people import House

NEEDS: Final = House.ADMINISTRATOR.value


def doctor(site: Site, ask: Ask) -> Answer | Later:
    """Show the findings."""
    site.read_news()
    facts, frame = _facts(site), framing.frame(site, ask, "health")

    def shown(told: Sequence[Any]) -> Answer:
        node = reading.read_node(told[0]) if told[0] is not None else None
        judged = replace(facts, node=node)
        values = {
            "frame": frame,
            "found": [_row(each, ask.language) for each in checks.judge(judged)],
            "unseen": () if node is not None else ("node",),
            "free": facts.free,
            "total": facts.total,
            "backup_at": facts.backup_at,
            "bells": facts.office.bells if facts.office else (),
        }
        return page(site.renderer.render("pages/doctor.html", ask.language, values))

    return asking.ask(site, (asking.DOCTOR,), shown) if _may_ask(site) else shown([None])


def _may_ask(site: Site) -> bool:
    is_here = "node" in halves.here(site.settings.folder)
    return is_here and rights.see(site.settings).may_ask_node(os.getuid())


def _facts(site: Site) -> Facts:
    # The office tells of itself without asking its own socket: it answers this very page.
    facts = reading.of_folder(site.settings)
    if _may_ask(site):
        facts = reading.with_cards(facts, site.settings.folder)
    shown, waits = doctor_shown(site.office), attention_shown(site.office, site.now())
    assert isinstance(shown, dict)
    assert isinstance(waits, dict)
    return replace(facts, office=reading.read_office(shown, waits))


def _row(each: Finding, language: str) -> dict[str, object]:
    words, places = words_of(language), dict(each.places)
    if "state" in places and "why" in places:
        places["state"] = words[f"link.{places['state']}"]

    def filled(text: str) -> str:
        for name, value in places.items():
            text = text.replace("{" + name + "}", str(value))
        return text

    return {
        "code": each.code,
        "error": each.severity == checks.ERROR,
        "where": each.where,
        "since": each.since,
        "what": filled(words[f"finding.{each.code}"]),
        "remedy": filled(words[f"finding.{each.code}_try"]),
    }


ROUTES: Final = (Route("GET", "doctor", doctor, NEEDS),)
