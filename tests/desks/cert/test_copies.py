"""A withdrawal and a correction find every copy, and the sender sees what became of each."""

import json

import pytest
from tests.desks.cert.test_sharing import rows_of
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import BUNDLE, OBJECT, PERSON, Net, Side
from tests.support.outcomes import fault_of

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.desks.cert import elsewhere
from detente.office.fields import Value, Values

CORDIA = "cordia.gov"


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS, CORDIA)


def send(side: Side, *to: Side, text: str = "wave") -> bytes:
    side.net.now += Span(10)
    mid = side.act(
        "cert/send", "", file=(BUNDLE % text).encode(), about=text, tlp="GREEN",
        to=tuple(each.address for each in to),
    )  # fmt: skip
    side.net.settle()
    return mid


def copies(side: Side) -> dict[str, Values]:
    rows = rows_of(side, "cert/copies", id=OBJECT)
    return {row.text("to").partition("@")[2]: row for row in rows}


def test_a_withdrawal_goes_to_all_who_have_it_and_each_copys_state_is_seen(net: Net) -> None:
    a, b, c = net.sides
    to_b, to_c = send(a, b), send(a, c)
    b.office.records.read(PERSON, to_b, net.now)
    net.settle()
    before = copies(a)
    assert [before[name]["reached"] for name in ("borealis.gov", CORDIA)] == ["seen", "arrived"]
    assert {row["state"] for row in before.values()} == {"stands"}
    net.set_line(a, c, up=False)
    given = Values({"mid": to_b, "object": (Values({"id": OBJECT}),), "reason": "false"})
    assert len(a.office.act(PERSON, "cert/withdraw", given, net.now).mids) == 2
    net.settle()
    found = copies(a)
    assert [(each["state"], each["told"]) for each in found.values()] == [
        ("asked", "arrived"), ("asked", "sent"),
    ]  # fmt: skip
    kept = (Values({"id": OBJECT, "because": "court order"}),)
    b.act("cert/acknowledge", "", mid=found["borealis.gov"]["withdrawal"], kept=kept)
    net.settle()
    row = copies(a)["borealis.gov"]
    assert (row["state"], row["because"]) == ("kept", "court order")
    net.set_line(a, c, up=True)
    net.settle()
    withdrawal = copies(a)[CORDIA]["withdrawal"]
    c.act("cert/acknowledge", "", mid=withdrawal)
    net.settle()
    assert copies(a)[CORDIA]["state"] == "removed"
    (gone,) = rows_of(c, "cert/objects", mid=to_c)
    assert gone["state"] == "withdrawn"


def test_only_this_bundle_and_what_replaces_it_is_spared(net: Net) -> None:
    a, b, c = net.sides
    to_b = send(a, b)
    send(a, c)
    a.act(
        "cert/withdraw", "", mid=to_b, object=(Values({"id": OBJECT}),), reason="false", only=True
    )
    net.settle()
    assert [row["state"] for row in copies(a).values()] == ["asked", "stands"]
    again, new = send(a, b), send(a, b, c)
    a.act("cert/withdraw", "", mid=again, all=True, reason="corrected", replaced_by=new)
    net.settle()
    assert {row["state"] for row in rows_of(a, "cert/objects", mid=new)} == {"stands"}


def test_a_correction_goes_to_whoever_had_it(net: Net) -> None:
    a, b, c = net.sides
    send(a, b)
    send(a, c)
    bundle = json.loads(BUNDLE % "wave")
    (one,) = bundle["objects"]
    one["modified"] = "2026-11-22T11:00:00.000Z"
    one["name"] = "corrected"
    net.now += Span(10)
    given: dict[str, Value] = {
        "file": json.dumps(bundle).encode(),
        "about": "corrected",
        "tlp": "GREEN",
    }
    mid = a.act("cert/correct", "", **given)
    net.settle()
    for side in (b, c):
        assert any(row["mid"] == mid for row in rows_of(side, "cert/list"))
    newest = [row for row in rows_of(a, "cert/copies", id=OBJECT) if row["mid"] == mid]
    assert [row["to"] for row in newest] == [b.address, c.address]
    one["id"] = "indicator--00000000-0000-4000-8000-000000000009"
    with pytest.raises(OurFault, match="no bundle of ours"):
        a.act("cert/correct", "", **{**given, "file": json.dumps(bundle).encode()})


def test_nobody_has_what_we_never_said(net: Net) -> None:
    a, b, _ = net.sides
    send(b, a)
    with pytest.raises(OurFault, match=r"cert\.no_object"):
        rows_of(a, "cert/copies", id=OBJECT)


@pytest.mark.parametrize("others", [2, 3])
def test_one_withdrawal_goes_after_so_many_bundles(
    net: Net, monkeypatch: pytest.MonkeyPatch, others: int
) -> None:
    assert elsewhere.BUNDLES_MAX == limits.MAX_BUNDLES_AFTER
    monkeypatch.setattr(elsewhere, "BUNDLES_MAX", 2)
    a, b, _ = net.sides
    first, *_ = [send(a, b) for _ in range(1 + others)]
    given = Values({"mid": first, "object": (Values({"id": OBJECT}),), "reason": "false"})
    if others > 2:
        assert fault_of(a.office.act, PERSON, "cert/withdraw", given, net.now) == "cert.objects"
    else:
        assert len(a.office.act(PERSON, "cert/withdraw", given, net.now).mids) == 1 + others
