"""The CERT desk, declared."""

from typing import Final

from detente.desks.cert import acts, folds, kinds, pages
from detente.desks.cert.formats import stix
from detente.office.desk import Check, Desk
from detente.office.fields import Values


def wrong_bundle(body: Values) -> str | None:
    """Say what is wrong with a stranger's bundle: no STIX, or not the objects it is said to hold."""
    bundle = stix.examine(body.text("bundle").encode())
    if isinstance(bundle, stix.Flaw):
        return f"{bundle.code} {bundle.what}"
    said = [(one.text("id"), one.text("modified"), one["sha256"]) for one in body.parts("objects")]
    return None if said == list(bundle.objects) else "objects are not those of the bundle"


def wrong_withdraw(body: Values) -> str | None:
    """Say what is wrong with a withdrawal: it names objects, or all, and not both."""
    return "objects and all, or neither" if body.flag("all") == ("objects" in body) else None


DESK: Final = Desk(
    name="cert",
    kinds=kinds.ALL,
    folds=folds.ALL,
    acts=acts.ALL,
    looks=pages.ALL,
    checks=(Check(kinds.BUNDLE, wrong_bundle), Check(kinds.WITHDRAW, wrong_withdraw)),
)
