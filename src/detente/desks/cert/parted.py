"""Taking back a bundle that went in parts: all of them in one act, and one answer to all.

The first part stands for the whole in its procedure. So what is said of a further one replies to the
first, and its `part` says that it is all of that part and not of the whole.
"""

from dataclasses import replace

from detente.core.errors import OurFault
from detente.desks.cert import folds, transfers
from detente.office.drafting import Draft
from detente.office.fields import Values
from detente.office.reader import Reader, every


def to_take_back(look: Reader, mid: bytes) -> tuple[Values, ...]:
    """Return the parts that still stand of the whole that a record of ours is of; none if of none.

    Raises OurFault: cert.on_its_way while not every addressee has every part, cert.objects if
    nothing of it stands.
    """
    row = look.get(transfers.PARTS, mid)
    if row is None or not row["ours"]:
        return ()
    parts = transfers.of_whole(look, Values(row).text("whole"))
    standing = [part for part in parts if not transfers.back_of(look, part)]
    away = [part.whole("number") for part in standing if not _is_there(look, part)]
    away += transfers.missing(parts)
    if away:
        told = transfers.ranges(sorted(away))
        what = f"{len(away)} of {parts[0].whole('parts')} parts are on their way: {told}"
        raise OurFault("cert.on_its_way", what, "wait until detente cert transfers says delivered")
    if not standing:
        raise OurFault("cert.objects", "every part of it was taken back", "see: cert transfer")
    return tuple(standing)


def _is_there(look: Reader, part: Values) -> bool:
    read = look.get(folds.BUNDLES, part["mid"]) is not None
    return read and transfers.part_state(look, part) == "delivered"


def of_part(look: Reader, draft: Draft) -> Draft:
    """Return a withdrawal as it is said of a further part; of any other bundle as it is."""
    row = look.get(transfers.PARTS, draft.body["of"])
    if row is None or row["number"] == 1:
        return draft
    first = transfers.of_whole(look, Values(row).text("whole"))[0]
    body = draft.body.with_(all=False, part=True) if draft.body.flag("all") else draft.body
    reply_to = first.data("mid") if first.whole("number") == 1 else draft.reply_to
    return replace(draft, body=body, reply_to=reply_to)


def beside(look: Reader, withdrawal: Values) -> list[Values]:
    """Return what else its author took back of the same whole and we did not answer, itself first."""
    row = look.get(transfers.PARTS, withdrawal["of"])
    if row is None:
        what = "what it takes back went in one record"
        raise OurFault("cert.objects", what, "acknowledge it without --transfer")
    party = withdrawal["party"]
    found = [
        one
        for part in transfers.of_whole(look, Values(row).text("whole"))
        for one in every(look, folds.WITHDRAWALS, {"of": part["mid"], "party": party})
        if one["mid"] != withdrawal["mid"] and not _is_answered(look, one)
    ]
    return [withdrawal, *found]


def _is_answered(look: Reader, one: Values) -> bool:
    return any(row.flag("ours") for row in every(look, folds.WITHDRAWN, {"of": one["mid"]}))
