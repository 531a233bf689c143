"""What goes by itself under an arrangement that says so: our own bundles, as far as they fit it.

Ours alone: what another party told us goes on by a person. Nothing stricter than TLP:AMBER, no
exercise, nothing taken back, no value of a warning list. Source: decision 0073.
"""

from typing import Final

from detente.core import names
from detente.core.moment import Moment
from detente.desks.cert import acts, exchange, folds, index, kinds, sharing, warned
from detente.desks.cert.formats import marking
from detente.office.automatic import DONE, STATES, Automatic, Order, Step
from detente.office.desk import Act, Fold, Look, Opened, Role
from detente.office.drafting import MARKINGS, Draft
from detente.office.fields import Desks, Field, LongText, Mid, OneOf, Text, Values, When, Whole
from detente.office.kind import Kind
from detente.office.offering import Wish
from detente.office.reader import Reader, every
from detente.office.tables import Row, Rows, Table

STRICTEST: Final = "AMBER"  # whatever was arranged
_BECAUSE: Final = Field("because", Text(200), required=False)
_STATE: Final = Field("state", OneOf("stopped", "running"))
_PARTY: Final = Field("party", Text(63), required=False)  # none: each
_SCAN: Final = 500

# To ourselves: whether anything goes by itself, and to whom.
SWITCH: Final = Kind(
    name="cert.automatic",
    version=1,
    fields=(_STATE, _PARTY, _BECAUSE),
    source=kinds.ARRANGEMENT.source,
)
SWITCHES: Final = Table(
    name="cert_automatic",
    key="mid",
    columns=(Field("mid", Mid()), *SWITCH.fields, Field("created", When())),
)
OWN: Final = Table(  # bundles of ours that may go on, in the order in which they came to be here
    name="cert_own_bundles",
    key="added",
    columns=(
        Field("added", Whole()),
        Field("mid", Mid()),
        Field("to", Desks()),
        Field("tlp", OneOf(*MARKINGS)),
        Field("created", When()),
    ),
)


def fold_switch(rows: Rows, opened: Opened) -> None:
    """Keep who stopped it or let it go on; a stranger's word is none."""
    if opened.ours:
        rows.put({**opened.body, "mid": opened.mid, "created": opened.created})


def fold_own(rows: Rows, opened: Opened) -> None:
    """Keep a bundle of ours that is no exercise."""
    if opened.ours and "exercise" not in opened.ext:
        row: Row = {"added": opened.added, "mid": opened.mid, "to": opened.to, "tlp": opened.tlp}
        rows.put({**row, "created": opened.created})


def is_stopped(look: Reader, party: str) -> bool:
    """Return whether somebody stopped what goes to a party by itself, or all of it."""
    newest: dict[str, Values] = {}
    for row in every(look, SWITCHES, {}):
        before = newest.get(row.text("party"))
        if before is None or _age(before) < _age(row):
            newest[row.text("party")] = row
    found = (newest.get(name) for name in ("", party))
    return any(row is not None and row["state"] == "stopped" for row in found)


def orders(look: Reader, now: Moment) -> tuple[Order, ...]:
    """Return the arrangements of ours that say so, stand, and were not stopped."""
    parties = {row.text("to") for row in every(look, sharing.ARRANGEMENTS, {}) if row.flag("ours")}
    found = []
    for party in sorted(parties):
        rows = sharing.newest(look, party)
        if all(_is_automatic(row, now) for row in rows) and not is_stopped(look, party):
            found.append(Order(rows[-1].data("mid"), party, rows[-1].text("author")))
    return tuple(found)


def _is_automatic(row: Values, now: Moment) -> bool:
    if row.flag("ends") or row["way"] != "automatic":
        return False
    return "until" not in row or now <= row.moment("until")


def next_step(look: Reader, order: Order, after: int, now: Moment) -> Step | None:
    """Return the next bundle that came after a place and is for this party to be asked about."""
    terms = sharing.standing(look, order.party)
    assert terms, "the order is made of them"
    while rows := look.find(OWN, {}, after if after >= 0 else None, _SCAN):
        for own in map(Values, rows):
            if own.moment("created") >= terms[0].moment("created") and not _is_done(
                look, own, order
            ):
                return _step(look, order, terms, own, now)
        after = Values(rows[-1]).whole("added")
    return None


def _is_done(look: Reader, own: Values, order: Order) -> bool:
    there = order.party in {names.party_of(address) for address in own.texts("to")}
    return there or bool(look.find(DONE, {"made": own["mid"]}, None, 1))


def _step(look: Reader, order: Order, terms: tuple[Values, ...], own: Values, now: Moment) -> Step:
    mid, place = own.data("mid"), own.whole("added")
    why = _why_not(look, order, terms, own, now)
    if why:
        return Step(mid, place, None, why)
    given = Values({"mid": mid, "to": (f"cert@{order.party}",), "part": True, "tlp": own["tlp"]})
    return Step(mid, place, Wish(exchange.SHARE.name, given))


def _why_not(
    look: Reader, order: Order, terms: tuple[Values, ...], own: Values, now: Moment
) -> str:
    strictest = min(STRICTEST, *(row.text("upto") for row in terms), key=MARKINGS.index)
    if MARKINGS.index(own.text("tlp")) > MARKINGS.index(strictest):
        return f"TLP:{own.text('tlp')}"
    text = look.get(folds.TEXTS, own["mid"])
    if text is None:
        return "its text is not here"
    gone = {identity for identity, _ in index.gone_of(look, acts.bundle_at(look, own.data("mid")))}
    objects = acts.objects_of(Values(text).text("bundle").encode())
    hits = {hit.id for hit in warned.hits(look, objects)}
    stays = {line.id for line in sharing.check(look, objects, order.party, now) if line.why}
    left = [
        str(one["id"])
        for one in objects
        if one.get("type") != marking.TYPE and str(one["id"]) not in stays | hits | gone
    ]
    if not left:
        return f"none of {len(objects)} objects fits"
    if all(_is_there(look, own.data("mid"), each, order.party) for each in left):
        return "it is there already"
    return ""


def _is_there(look: Reader, mid: bytes, identity: str, party: str) -> bool:
    rows = index.said(look, identity)
    same = {row.data("sha256") for row in rows if row["mid"] == mid}
    for row in rows:
        if row.data("sha256") in same:
            bundle = acts.bundle_at(look, row.data("mid"))
            if party in {
                names.party_of(each) for each in (*bundle.texts("to"), bundle.text("from"))
            }:
                return True
    return False


def build_switch(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Stop what goes by itself, or let it go on."""
    body = Values({name: values.get(name) for name in ("state", "party", "because")})
    return (Draft(kind=SWITCH, to=(), body=body, created=now, tlp="CLEAR"),)


def read_handed(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return what went by itself and what did not, the latest first, each with its arrangement."""
    asked = values.text("party")
    rows = [row for row in every(look, DONE, {}) if asked in ("", row.text("party"))]
    rows.sort(key=lambda row: (row.moment("at"), row.text("place")), reverse=True)
    columns = [column.name for column in HANDED.columns]
    return tuple(
        {name: row.get(name) for name in columns} for row in rows[: values.whole("count", 50)]
    )


def _age(row: Values) -> tuple[Moment, bool]:
    return row.moment("created"), row["state"] == "stopped"  # of one moment, the stop is heard


SET: Final = Act(
    name="cert/automatic",
    fields=(_STATE, _PARTY, _BECAUSE),
    build=build_switch,
    role=Role.AUTHOR,
    source=SWITCH.source,
    example="--state stopped --party borealis.gov",
)
HANDED: Final = Look(
    name="cert/handed",
    fields=(Field("party", Text(63), required=False), Field("count", Whole(1, 500), default=50)),
    read=read_handed,
    columns=(
        Field("at", When()),
        Field("party", Text(63)),
        Field("order", Mid()),
        Field("of", Mid()),
        Field("state", OneOf(*STATES)),
        Field("made", Mid(), required=False),
        Field("why", LongText(500), required=False),
    ),
    example="--party borealis.gov",
)
AUTOMATIC: Final = Automatic(orders, next_step)
KINDS: Final = (SWITCH,)
FOLDS: Final = (
    Fold(SWITCHES, (SWITCH,), fold_switch),
    Fold(OWN, (kinds.BUNDLE,), fold_own),
)
