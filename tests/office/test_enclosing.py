"""A bundle that no body holds goes as a file of its record, and is read as if it stood in it."""

import json
from collections.abc import Mapping
from hashlib import sha256

import pytest
from tests.office.test_files import inspect, said
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import BUNDLE, PERSON, Net, Side

from detente.core import limits
from detente.core.errors import TheirFault
from detente.desks.cert import folds, index, kinds
from detente.desks.cert.desk import DESK
from detente.office import enclosing
from detente.office.fields import Value, Values
from detente.office.writing import Letter


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def bundle_of(size: int) -> bytes:
    """A bundle of this many bytes: white space after it counts, and goes along."""
    data = (BUNDLE % "large").encode()
    return data + b" " * (size - len(data))


def send(side: Side, other: Side, data: bytes, **more: Value) -> bytes:
    values = {"file": data, "to": (other.address,), "about": "large", "tlp": "GREEN", **more}
    return side.act("cert/send", "", **values)


def listed(side: Side) -> list[bytes]:
    return [row.data("mid") for row in side.rows(folds.BUNDLES)]


def exported(side: Side, mid: bytes) -> bytes:
    _, [row] = side.office.look(PERSON, "cert/export", Values({"mid": mid}), side.net.now)
    return Values(row).text("bundle").encode()


def kind_of(side: Side, mid: bytes) -> str:
    return next(row.text("kind") for row in side.office.records.page(None, 99) if row["mid"] == mid)


def test_a_large_bundle_goes_as_a_file_and_reads_as_if_inline(net: Net) -> None:
    a, b = net.sides
    data = bundle_of(limits.MAX_BUNDLE)
    mid = send(a, b, data)
    net.turn()
    assert listed(b) == [], "not before it is whole and checked"
    inspect(net)
    for side in (a, b):
        assert kind_of(side, mid) == "cert.bundle_file"
        assert listed(side) == [mid]
        assert exported(side, mid) == data
        assert len(side.rows(index.INDEX)) == len(json.loads(data)["objects"])
    assert [each.data("of") for each in said(b, a, "sys.attached")] == [mid]
    b.act("cert/answer", mid=mid, verdict="useful")
    net.turn()
    _, [row] = a.office.look(PERSON, "cert/list", Values({}), net.now)
    assert row["state"] == "answered"
    reference = Values({"id": str(a.rows(index.INDEX)[0]["id"])})
    a.act("cert/withdraw", mid=mid, object=(reference,), reason="false", all=False)
    net.turn()
    assert any(
        row["state"] == "withdrawn"
        for row in b.office.look(PERSON, "cert/objects", Values({"mid": mid}), net.now)[1]
    )


def test_a_bundle_that_a_body_holds_stays_in_it(net: Net) -> None:
    a, b = net.sides
    mid = send(a, b, bundle_of(100_000))
    net.turn()
    assert kind_of(b, mid) == "cert.bundle"


def test_tables_folded_anew_hold_the_bundle_again(net: Net) -> None:
    a, b = net.sides
    data = bundle_of(300_000)
    mid = send(a, b, data)
    net.turn()
    inspect(net)
    for side in (a, b):
        side.office.rebuild(net.now)
        side.restart()
        net.turn()
        inspect(net)
        assert exported(side, mid) == data
    assert len(said(b, a, "sys.attached")) == 1, "it is answered once"


def test_a_bundle_waits_with_its_record_for_the_line(net: Net) -> None:
    a, b = net.sides
    net.set_line(a, b, up=False)
    mid = send(a, b, bundle_of(300_000))
    inspect(net)
    net.set_line(a, b, up=True)
    net.settle()
    inspect(net)
    assert listed(a) == listed(b) == [mid]


def test_a_bundle_with_other_files_goes_first(net: Net) -> None:
    a, b = net.sides
    handle = a.office.files.take("notes.txt", b"notes", net.now)
    mid = send(a, b, bundle_of(300_000), attach=(handle,))
    net.turn()
    inspect(net)
    assert [each.name for each in b.office.records.file_states(mid)] == ["bundle.json", "notes.txt"]
    assert b.office.records.file(PERSON, mid, 1, 0) == b"notes"
    assert listed(b) == [mid]


def forged(net: Net, data: bytes, **body: Value) -> None:
    """A record of A that says something else of its bundle than is true."""
    a, b = net.sides
    files = a.office.files.finish([a.office.files.take("bundle.json", data, net.now)], net.now)
    whole: Mapping[str, Value] = {
        "sha256": sha256(data).digest(), "count": 2, "about": "odd", "files": files, **body,
    }  # fmt: skip
    values = Values(whole)
    letter = Letter(
        kind=kinds.BUNDLE_FILE.name, desk="cert", to=(b.address,), created=net.now, matter="1" * 32,
        text=kinds.BUNDLE_FILE.write(values), body=values, att=enclosing.attachments(values),
        prec="ROUTINE", tlp="GREEN",
    )  # fmt: skip
    a.office.post([a.office.write(letter, "s-01")], net.now)
    net.turn()
    inspect(net)


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (bundle_of(300_000), {"sha256": b"?" * 32}),
        (bundle_of(300_000), {"count": 9}),
        (b" " * 300_000, {}),
        (b"{}", {}),
    ],
)
def test_a_file_that_is_not_the_bundle_said_is_refused(
    net: Net, data: bytes, body: Mapping[str, Value]
) -> None:
    a, b = net.sides
    forged(net, data, **body)
    [reject] = said(b, a, "sys.reject")
    assert reject.text("code") == "E_ATT"
    assert listed(b) == []
    b.restart()
    net.turn()
    inspect(net)
    assert len(said(b, a, "sys.reject")) == 1


@pytest.mark.parametrize(
    ("files", "wrong"),
    [
        ((), "no file encloses the bundle"),
        ((limits.MAX_BUNDLE + 1,), f"MAX_BUNDLE: a bundle of {limits.MAX_BUNDLE + 1} bytes"),
        ((limits.MAX_BUNDLE,), None),
    ],
)
def test_a_record_without_a_bundle_or_with_one_too_large_is_refused(
    files: tuple[int, ...], wrong: str | None
) -> None:
    rows = tuple(
        Values({"name": "bundle.json", "aid": b"a" * 32, "size": size, "key": b"k" * 32})
        for size in files
    )
    body = Values({"sha256": b"h" * 32, "count": 2, "about": "odd"})
    text = kinds.BUNDLE_FILE.write(body.with_(files=rows) if rows else body)
    if wrong is None:
        DESK.read("cert.bundle_file", text)
        return
    with pytest.raises(TheirFault, match=f"E_CANON.*{wrong}"):
        DESK.read("cert.bundle_file", text)
