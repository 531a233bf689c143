"""Two people at one desk: who writes, and who releases."""

from collections.abc import Callable
from dataclasses import replace

from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import BUNDLE, PERSON, Net, Side

from detente.office.desk import Role
from detente.office.fields import Value, Values
from detente.office.office import Office
from detente.office.people import Person
from detente.office.post import Outcome
from detente.office.waiting import Policy

RELEASER = Person("second", "1001", "s-02", {"cert": frozenset({Role.READ, Role.RELEASE})})
READER = Person("reader", "1002", "s-03", {"cert": frozenset({Role.READ})})
WHY = "the second person is not to be reached"


class Pair(Side):
    """A party whose office has both keys at work, under a policy of its own."""

    policy = Policy()

    def start_office(self) -> None:
        signers = {each: self.party.signers[each] for each in ("m-01", "s-01", "s-02")}
        self.keys = replace(self.keys, signers=signers)
        super().start_office()
        entropy = self._entropy("office with two")
        self.office = Office(
            self.desks, self.hatch, self.shelf, self.keys, entropy, policy=self.policy
        )
        self.office.resume(self.net.now)


def pairs(policy: Policy = Policy(), make: Callable[..., Net] = Net) -> Net:  # noqa: B008
    """Two parties with two people each."""
    kind = type("Pair", (Pair,), {"policy": policy})
    return make(AURELIA, BOREALIS, kind=kind)


def wish(
    side: Side, about: str, to: Side, person: Person = PERSON, request: str = "", **more: Value
) -> Outcome:
    """Send a bundle as a person would; whatever becomes of it."""

    values = {
        "file": (BUNDLE % about).encode(),
        "to": (to.address,),
        "about": about,
        "tlp": "GREEN",
        "prec": "FLASH",
        **more,
    }
    return side.office.act(person, "cert/send", Values(values), side.net.now, request)
