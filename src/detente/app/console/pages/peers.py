"""Parties: whom we met, taking their invitation, and comparing sixty digits by telephone.

The digits of the other side are never shown: whoever could read them here would not ask. What is
typed is judged group by group; a group that differs is named, and no more.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from detente.app import halves, said
from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, Later, download, go, page
from detente.app.console.pages import asking
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.digits import GROUPS
from detente.app.meeting import Meeting, Peer
from detente.core import limits
from detente.core.errors import OurFault, TheirFault
from detente.ui.safe import Html

ADMINISTRATOR: Final = "administrator"
LIVE: Final = "LIVE"  # of a link whose line carries records
WRONG_MAX: Final = 2  # groups may be misheard; three are another key
REFUSED: Final = 422
_STATES: Final[Mapping[str, str]] = {
    "invited": "invited", "not compared": "not_compared", "confirmed": "confirmed",
    "root changed": "root_changed", "root compared": "root_compared",
}  # fmt: skip


def listed(site: Site, ask: Ask) -> Answer:
    """List the parties that we met, and how to meet another."""
    return _list(site, ask, None)


def card(site: Site, _ask: Ask) -> Answer:
    """Give our own card as a file."""
    own = _meeting(site).card()
    return download(own.note, f"{own.name}.card")


def invite(site: Site, ask: Ask) -> Answer:
    """Give an invitation for a party as a file."""
    name = ask.told("name").strip().lower()
    try:
        data = _meeting(site).invite(name)
    except OurFault as fault:
        return _list(site, ask, fault)
    return download(data, f"{site.settings.text('party.name')}-to-{name}.invite")


def add(site: Site, ask: Ask) -> Answer:
    """Take a party's invitation, from a file or as it was pasted."""
    chosen = ask.file("file")
    data = chosen.data if chosen is not None and chosen.data else _pasted(ask.told("pasted"))
    try:
        peer = _meeting(site).add(_checked(data))
    except (OurFault, TheirFault) as fault:
        return _list(site, ask, fault)
    return go(f"/peers/{peer.name}")


def show(site: Site, ask: Ask) -> Answer:
    """Show how far the meeting with a party is; the digits, while they are to be compared."""
    return _confirm(site, ask, (), None)


def confirm(site: Site, ask: Ask) -> Answer | Later:
    """Judge the groups that were typed; confirm the party once all twelve agree."""
    typed = tuple(_digits(ask.told(f"g{at}")) for at in range(1, GROUPS + 1))
    meeting, name = _meeting(site), ask.parts["party"]
    peer = meeting.find(name)
    if peer.card is None or not _due(peer):
        return _confirm(site, ask, typed, None)
    verdict = judged(typed, _due(peer))
    if verdict.count("agree") < GROUPS:
        return _confirm(site, ask, typed, None)
    try:
        meeting.confirm(name, " ".join(typed), site.now())
    except OurFault as fault:
        return _confirm(site, ask, typed, fault)

    def told(_answers: Sequence[object]) -> Answer:
        with suppress(OurFault):  # not running: it reads the card when it starts
            site.office.status.see_cards()
        return go(f"/peers/{name}")

    return asking.ask(site, (asking.RELOAD,), told)


def judged(typed: Sequence[str], due: Sequence[str]) -> list[str]:
    """Return for each group: "agree", "differs", or "" while nothing is typed.

    From the third group that differs on nothing is judged any more: it is another key.
    """
    found = ["" if not one else "agree" if one == other else "differs"
             for one, other in zip(typed, due, strict=True)]  # fmt: skip
    if found.count("differs") > WRONG_MAX:
        return ["differs" if each else "" for each in found]
    return found


def _due(peer: Peer) -> list[str]:
    waits = peer.coming.newest if peer.coming else peer.card
    done = peer.next_confirmed_at if peer.coming else peer.confirmed_at
    return [] if waits is None or done else waits.fingerprint.split()


def _digits(text: str) -> str:
    return "".join(char for char in text if char in "0123456789")[:5]


def _checked(data: bytes) -> bytes:
    if not data:
        raise OurFault("form.missing", "no invitation is given", "choose a file, or paste it")
    if len(data) > limits.MAX_INVITE:
        raise OurFault("form.size", "this is too long for an invitation", "ask for it again")
    return data


def _pasted(text: str) -> bytes:
    plain = text.replace("\r\n", "\n")
    return (plain if plain.endswith("\n") or not plain else f"{plain}\n").encode()


def _meeting(site: Site) -> Meeting:
    halves.need(site.settings.folder, "node")
    return Meeting(site.settings.folder)


def _list(site: Site, ask: Ask, fault: OurFault | TheirFault | None) -> Answer:
    try:
        meeting = _meeting(site)
    except OurFault as away:
        values: dict[str, object] = {
            "here": False,
            "fault": said.of(away, ask.language),
            "peers": [],
            "own": None,
        }
        return _page(site, ask, "pages/peers.html", values)
    own = meeting.card()
    values = {
        "here": True,
        "fault": said.of(fault, ask.language) if fault else None,
        "peers": [_row(each) for each in meeting.peers()],
        "own": {
            "name": own.name, "serial": own.serial, "groups": own.fingerprint.split(),
            "endpoints": [each.addr for each in own.endpoints],
            "picture": picture([own.name, *[each.addr for each in own.endpoints], own.fingerprint]),
        },
    }  # fmt: skip
    return _page(site, ask, "pages/peers.html", values, REFUSED if fault else 200)


def picture(lines: Sequence[str]) -> Html:
    """Return lines as a QR picture, drawn in place: black on white, whatever the theme."""
    import segno  # noqa: PLC0415  where a picture is drawn

    code = segno.make("\n".join(lines), error="m", micro=False)
    drawn = code.svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True)
    return Html(drawn)


def _row(peer: Peer) -> dict[str, object]:
    return {
        "name": peer.name,
        "state": _STATES[peer.state()],
        "desks": sorted(peer.card.desks) if peer.card else [],
        "serial": peer.card.serial if peer.card else 0,
        "since": (peer.next_confirmed_at if peer.coming else peer.confirmed_at) or "",
    }


def _confirm(site: Site, ask: Ask, typed: Sequence[str], fault: OurFault | None) -> Answer:
    meeting = _meeting(site)
    peer = meeting.find(ask.parts["party"])
    due = _due(peer)
    verdict = judged(typed or [""] * GROUPS, due) if due else []
    wrong = [at for at, each in enumerate(verdict, 1) if each == "differs"]
    values: dict[str, object] = {
        "peer": _row(peer),
        "fault": said.of(fault, ask.language) if fault else None,
        "own": meeting.card().fingerprint.split(),
        "groups": [
            {"at": at, "text": text, "verdict": each}
            for at, (text, each) in enumerate(
                zip(typed or [""] * GROUPS, verdict, strict=bool(due)), 1
            )
        ],
        "wrong": wrong,
        "stranger": len(wrong) > WRONG_MAX,
        "agreed": verdict.count("agree"),
        "of": GROUPS,
        "done": not due and peer.card is not None,
        "line": _line(site, peer.name),
    }
    return _page(site, ask, "pages/peer.html", values, REFUSED if wrong or fault else 200)


def _line(site: Site, name: str) -> dict[str, bool]:
    levels = [each for each in site.office.status.levels() if each.peer == name]
    return {
        "up": any(each.state == LIVE for each in levels),
        "record": any(each.size > 0 for each in levels),
    }


def _page(
    site: Site, ask: Ask, template: str, values: Mapping[str, object], status: int = 200
) -> Answer:
    frame = framing.frame(site, ask, "links", "CLEAR")
    return page(site.renderer.render(template, ask.language, {**values, "frame": frame}), status)


ROUTES: Final = (
    Route("GET", "peers", listed, ADMINISTRATOR),
    Route("GET", "peers/card", card, ADMINISTRATOR),
    Route("POST", "peers/invite", invite, ADMINISTRATOR),
    Route("POST", "peers/add", add, ADMINISTRATOR),
    Route("GET", "peers/{party}", show, ADMINISTRATOR),
    Route("POST", "peers/{party}/confirm", confirm, ADMINISTRATOR),
)
