"""What a desk says by itself: once, under its own signature, to whoever has that desk."""

from collections.abc import Sequence
from dataclasses import replace

from tests.support.offices import Net, Side

from detente.app.desks import DESKS
from detente.core.moment import Moment, Span
from detente.desks.cert.incident import folds, kinds
from detente.office.chores import EVERY
from detente.office.drafting import Draft
from detente.office.fields import Values
from detente.office.reader import Reader
from detente.office.scene import Scene


def ping(look: Reader, scene: Scene, now: Moment) -> Sequence[Draft]:
    """A test that is due once."""
    if look.find(folds.CASES, {}, None, 1):
        return ()
    body = Values({"about": scene.own})
    return [Draft(kind=kinds.PING, to=(each,), body=body, created=now) for each in scene.peers]


class Minding(Side):
    """A side whose desk has a chore, on the first of two sides alone."""

    def start_office(self) -> None:
        chores = (ping,) if self.party.name.startswith("aurelia") else ()
        self.desks = (replace(DESKS[0], chores=chores),)
        super().start_office()


def pings(side: Side) -> list[Values]:
    return [*side.of_kind("cert.ping", ours=True), *side.of_kind("cert.ping", ours=False)]


def test_a_chore_is_done_once_by_the_desk_itself_and_reaches_the_peer() -> None:
    net = Net("aurelia.gov", "borealis.gov", kind=Minding)
    a, b = net.sides
    net.turn()
    (sent,), (came,) = pings(a), pings(b)
    assert sent.data("mid") == came.data("mid")
    assert came.text("author").startswith("m-")
    net.now = net.now + Span.of(hours=1)
    net.turn()
    assert len(pings(b)) == 1, "it sees in its tables that it was done"


def test_a_desk_is_asked_again_after_a_while_and_one_without_chores_never() -> None:
    net = Net("aurelia.gov", "borealis.gov", kind=Minding)
    a, b = net.sides
    net.turn()
    assert b.office.chores.due() is None
    due = a.office.chores.due()
    assert due is not None
    assert net.now < due <= net.now + EVERY


def test_a_chore_sees_the_paths_to_a_peer_that_its_node_has() -> None:
    seen: list[Sequence[tuple[str, bool]]] = []

    def look(_look: Reader, scene: Scene, _now: Moment) -> Sequence[Draft]:
        if scene.party == "aurelia.gov":
            seen.append(scene.paths("borealis.gov"))
        return ()

    class Looking(Side):
        def start_office(self) -> None:
            self.desks = (replace(DESKS[0], chores=(look,)),)
            super().start_office()

    net = Net("aurelia.gov", "borealis.gov", kind=Looking)
    net.turn()
    net.now = net.now + EVERY
    net.turn()
    assert seen[-1] == [("primary", True)]
