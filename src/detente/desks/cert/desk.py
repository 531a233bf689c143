"""The CERT desk, declared."""

from hashlib import sha256
from typing import Final

from detente.core import limits
from detente.core.errors import TheirFault
from detente.desks.cert import (
    acts,
    advisory,
    around,
    arranging,
    clashing,
    copies,
    exchange,
    folds,
    handing,
    index,
    indexing,
    kinds,
    linking,
    offering,
    pages,
    procedures,
    releasing,
    sharing,
    transfers,
    viewing,
    warned,
)
from detente.desks.cert.embargo import folds as embargo_folds
from detente.desks.cert.embargo import kinds as embargo_kinds
from detente.desks.cert.formats import stix
from detente.desks.cert.formats.defang import defang
from detente.desks.cert.home import acts as home_acts
from detente.desks.cert.home import folds as home_folds
from detente.desks.cert.home import kinds as home_kinds
from detente.desks.cert.home import own
from detente.desks.cert.home import pages as home_pages
from detente.desks.cert.incident import acts as incident_acts
from detente.desks.cert.incident import confirming, testing
from detente.desks.cert.incident import folds as incident_folds
from detente.desks.cert.incident import kinds as incident_kinds
from detente.desks.cert.incident import pages as incident_pages
from detente.desks.cert.incident import procedures as incident_procedures
from detente.desks.cert.vulnerability import acts as vulnerability_acts
from detente.desks.cert.vulnerability import pages as vulnerability_pages
from detente.desks.cert.vulnerability import procedures as vulnerability_procedures
from detente.office.desk import Check, Desk, Enclosing, Searchable
from detente.office.enclosed import FILES
from detente.office.fields import Values


def wrong_bundle(body: Values) -> str | None:
    """Say what is wrong with a stranger's bundle: no STIX, or not the objects it is said to hold."""
    bundle = body.once(index.read)
    if isinstance(bundle, stix.Flaw):
        return f"{bundle.code} {bundle.what}"
    said = [(one.text("id"), one.text("modified"), one["sha256"]) for one in body.parts("objects")]
    return None if said == list(bundle.objects) else "objects are not those of the bundle"


def wrong_bundle_file(body: Values) -> str | None:
    """Say what is wrong with a record whose bundle is a file: no file, or one above MAX_BUNDLE."""
    files = body.parts(FILES.name)
    if not files:
        return "no file encloses the bundle"
    size = files[0].whole("size")
    return None if size <= limits.MAX_BUNDLE else f"MAX_BUNDLE: a bundle of {size} bytes"


def wrong_first(body: Values) -> str | None:
    """Say what is wrong with what a bundle says of the whole that it is the first part of."""
    part = body.get("part")
    return _wrong_number(part, 1, 1) if isinstance(part, Values) else None


def wrong_part(body: Values) -> str | None:
    """Say what is wrong with what a later part says of its whole."""
    part = body["part"]
    assert isinstance(part, Values)
    return _wrong_number(part, 2, part.whole("parts")) or (
        "more of the whole than objects" if part.whole("own") > body.whole("count") else None
    )


def _wrong_number(part: Values, first: int, last: int) -> str | None:
    number = part.whole("number")
    return None if first <= number <= last else f"part {number} of {part.whole('parts')}"


def read_bundle_file(body: Values, data: bytes) -> Values:
    """Return a bundle that came as a file as the body that it would have been.

    Raises TheirFault("E_ATT"): it is not what its record says, or no bundle.
    """
    bundle = stix.examine(data)
    wrong = None
    if sha256(data).digest() != body.data("sha256"):
        wrong = "the file is not the bundle that its record names"
    elif isinstance(bundle, stix.Flaw):
        wrong = f"{bundle.code} {bundle.what}"
    elif len(bundle.objects) != body.whole("count"):
        wrong = f"{len(bundle.objects)} objects where {body.whole('count')} are said"
    if wrong is not None or isinstance(bundle, stix.Flaw):
        raise TheirFault("E_ATT", f"cert.bundle_file: {wrong}", "see spec/kinds/cert.md 6")
    objects = tuple(acts.object_of(ref) for ref in bundle.objects)
    rest = body.without("sha256", "count")
    return rest.with_(bundle=bundle.text, objects=objects).keep(index.read, bundle)


def read_list_file(body: Values, data: bytes) -> Values:
    """Return a list of text that came as a file as the body that it would have been.

    Raises TheirFault("E_ATT"): it is not what its record says, or no text.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    if sha256(data).digest() != body.data("sha256") or not text:
        what = "the file is not the list that its record names"
        raise TheirFault("E_ATT", what, "see spec/kinds/cert.md 10 and 17")
    return body.without("sha256").with_(text=text)


def wrong_withdraw(body: Values) -> str | None:
    """Say what is wrong with a withdrawal: it names objects, or all, or all of a part, and one of them."""
    said = (body.flag("all"), body.flag("part"), "objects" in body)
    return "objects and all, or neither" if sum(said) != 1 else None


DESK: Final = Desk(
    name="cert",
    kinds=(
        *kinds.ALL,
        *handing.KINDS,
        advisory.ADVISORY,
        advisory.ADVISORY_FILE,
        *incident_kinds.ALL,
        *home_kinds.ALL,
        *embargo_kinds.ALL,
    ),
    folds=(
        *folds.ALL,
        *indexing.ALL,
        *linking.ALL,
        *sharing.ALL,
        *handing.FOLDS,
        *warned.ALL,
        *advisory.FOLDS,
        *clashing.FOLDS,
        *transfers.FOLDS,
        *incident_folds.ALL,
        *confirming.FOLDS,
        *testing.FOLDS,
        *home_folds.ALL,
        *embargo_folds.ALL,
    ),
    acts=tuple(
        releasing.guard(each)
        for each in (
            *acts.ALL,
            *exchange.ACTS,
            arranging.ARRANGE,
            copies.CORRECT,
            handing.SET,
            advisory.ADVISE,
            *incident_acts.ALL,
            testing.PLAN,
            *home_acts.ALL,
            *vulnerability_acts.ALL,
        )
    ),
    released=releasing.check,
    looks=(
        *pages.ALL,
        *viewing.ALL,
        *transfers.LOOKS,
        *clashing.LOOKS,
        *around.ALL,
        arranging.ARRANGEMENTS,
        copies.COPIES,
        copies.READERS,
        handing.HANDED,
        *advisory.LOOKS,
        *incident_pages.ALL,
        *home_pages.ALL,
        *vulnerability_pages.ALL,
        testing.TESTS,
    ),
    checks=(
        Check(kinds.BUNDLE, wrong_bundle),
        Check(kinds.BUNDLE_FILE, wrong_bundle_file),
        Check(kinds.BUNDLE_FILE, wrong_first),
        Check(kinds.PART, wrong_bundle_file),
        Check(kinds.PART, wrong_part),
        Check(kinds.WITHDRAW, wrong_withdraw),
        *advisory.CHECKS,
        Check(kinds.WARNING_LIST_FILE, wrong_bundle_file),
        Check(home_kinds.CONSTITUENTS_FILE, wrong_bundle_file),
    ),
    procedures=(*procedures.ALL, *incident_procedures.ALL, *vulnerability_procedures.ALL),
    offers=offering.OFFERS,
    automatic=handing.AUTOMATIC,
    chores=(testing.due,),
    numbered=indexing.NUMBERED,
    own=own.OWN,
    harmless=defang,
    searchable=(
        Searchable(kinds.BUNDLE, ("about", "asks", "bundle")),
        Searchable(kinds.BUNDLE_FILE, ("about", "asks")),
        Searchable(kinds.PART, ("about",)),
        Searchable(kinds.ANSWER, ("text",)),
        Searchable(incident_kinds.INCIDENT, ("about", "text", "asks")),
        Searchable(incident_kinds.UPDATE, ("text",)),
        Searchable(incident_kinds.AWARE, ("about", "text")),
        Searchable(incident_kinds.WARNING, ("about", "text")),
        Searchable(incident_kinds.REPORT, ("text",)),
        Searchable(incident_kinds.REQUEST, ("about", "question")),
        Searchable(incident_kinds.REPLY, ("text",)),
        Searchable(advisory.ADVISORY, ("about", "asks", "advisory")),
        Searchable(advisory.ADVISORY_FILE, ("about", "asks")),
    ),
    enclosing=(
        Enclosing(
            kinds.BUNDLE_FILE, kinds.BUNDLE, limits.MAX_BUNDLE, folds.BUNDLES, read_bundle_file
        ),
        advisory.ENCLOSING,
        Enclosing(kinds.PART, kinds.BUNDLE, limits.MAX_BUNDLE, folds.BUNDLES, read_bundle_file),
        Enclosing(
            kinds.WARNING_LIST_FILE,
            kinds.WARNING_LIST,
            limits.MAX_BUNDLE,
            warned.READ,
            read_list_file,
        ),
        Enclosing(
            home_kinds.CONSTITUENTS_FILE,
            home_kinds.CONSTITUENTS,
            limits.MAX_BUNDLE,
            home_folds.READ,
            read_list_file,
        ),
    ),
)
