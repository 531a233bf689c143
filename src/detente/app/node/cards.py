"""What the admin asks a running node about cards."""

from typing import Final

from detente.app.http import Reply, Request
from detente.app.loop import clock
from detente.app.node.admin import Routes
from detente.app.node.ground import Ground
from detente.core import canon
from detente.core.canon import Json
from detente.core.errors import OurFault

HOLD: Final = 30.0  # seconds in which a card that was begun must be made


def cards(ground: Ground, _request: Request) -> Reply:
    """Return every party's chain as the node holds it, and how far each peer has ours."""
    chains: Json = {each.party: canon.to_base64(each.note) for each in ground.node.cards()}
    told: list[Json] = [
        {"party": each.party, "told": each.told, "known": each.known, "known_at": each.known_at}
        for each in ground.node.told()
    ]
    return Reply({"chains": chains, "told": told, "roots": roots_shown(ground)})


def roots_shown(ground: Ground) -> list[Json]:
    """Return the changes of root keys that some link has not taken up yet."""
    return [
        {"party": each.party, "serial": each.serial, "ours": each.ours, "compared": each.compared}
        for each in ground.node.root_waits()
    ]


def one(ground: Ground, request: Request) -> Reply:
    """Return one party's chain, as bytes. Raises OurFault("party.unknown")."""
    for each in ground.node.cards():
        if each.party == request.path[2]:
            return Reply(data=each.note)
    raise OurFault(
        "party.unknown", f"no cards of {request.path[2][:80]}", "see: detente party list"
    )


def hold(ground: Ground, _request: Request) -> Reply:
    """Move no log for half a minute, or until `reload`; return where a new card takes over."""
    ground.held_until = clock() + HOLD
    sizes: Json = {
        link_id: {"own": each.own, "peer": each.peer}
        for link_id, each in ground.node.hold().items()
    }
    return Reply({"sizes": sizes})


ROUTES: Final[Routes] = {
    ("GET", ("v1", "cards")): cards,
    ("GET", ("v1", "cards", "*")): one,
    ("POST", ("v1", "cards", "hold")): hold,
}
