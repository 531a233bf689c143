"""An advisory in CSAF 2.0 as a record: sent, checked by the other side, read."""

from dataclasses import replace
from hashlib import sha256

import pytest
from tests.desks.cert.advisories import changed, encoded
from tests.desks.cert.test_cert import NOW, Side, say
from tests.office.test_files import inspect, said
from tests.support.offices import PERSON, Net

from detente.core import limits
from detente.core.errors import OurFault, TheirFault
from detente.desks.cert import advisory
from detente.desks.cert.desk import DESK
from detente.office.fields import Value, Values
from detente.ui import body

AURELIA, TO = "aurelia.gov", ("cert@borealis.gov",)
LABEL = "/document/distribution/tlp/label"


def advise(side: Side, data: bytes, **more: Value) -> bytes:
    values: dict[str, Value] = {"file": data, "to": TO, "tlp": "CLEAR", **more}
    draft = side.act("cert/advise", NOW, **values)
    return say(side, draft, side)


def test_an_advisory_is_listed_and_given_back_to_the_byte() -> None:
    side, data = Side(AURELIA), encoded(changed())
    mid = advise(side, data)
    (row,) = side.look("cert/advisories")
    assert (row["mid"], row["id"], row["version"]) == (mid, "AUR-2026-0007", "2")
    assert row["about"] == "Pump controllers without authentication"
    (text,) = side.look("cert/advisory_export", mid=mid)
    assert str(text["advisory"]).encode() == data


def test_the_latest_stands_first_and_a_record_that_comes_again_stands_once() -> None:
    side = Side(AURELIA)
    one = advise(side, encoded(changed()))
    draft = side.act("cert/advise", file=encoded(changed()), to=TO, tlp="CLEAR", about="Again")
    two = say(side, draft, side, side, at=draft.created.__class__(draft.created.ms + 1))
    assert [row["mid"] for row in side.look("cert/advisories")] == [two, one]


def test_it_is_read_as_lines_with_products_by_name_and_addresses_broken() -> None:
    side = Side(AURELIA)
    rows = side.look("cert/advisory", mid=advise(side, encoded(changed())))
    found = {str(row["part"]): row for row in rows}
    assert found["affected"]["text"] == "Waterworks Pump Controller 4.1"
    assert found["affected"]["subject"] == "CVE-2026-0007"
    assert found["fixed"]["text"] == "Waterworks Pump Controller 4.2"
    assert "9.8 CRITICAL" in str(found["score"]["text"])
    assert "https://waterworks.example/4.2" in str(found["remedy"]["text"])
    assert "https://cert.aurelia.example/csaf" in str(found["reference"]["text"])
    assert "finding" not in found
    look = next(each for each in DESK.looks if each.name == "cert/advisory")
    texts = [DESK.harmless(str(row["text"])) for row in rows]
    assert not any("https://" in each for each in texts)
    assert all(body.is_free(each) for each in look.columns if each.name == "text")


def test_what_steers_a_screen_is_not_in_the_lines() -> None:
    title = "A\u202eB\x07<script>alert(1)</script>"
    side = Side(AURELIA)
    mid = advise(side, encoded(changed(("/document/title", title))))
    rows = side.look("cert/advisory", mid=mid)
    assert rows[0]["text"] == "A B <script>alert(1)</script>"
    assert side.look("cert/advisories")[0]["about"] == "A B <script>alert(1)</script>"


def test_many_lines_are_cut_and_counted() -> None:
    note = {"category": "general", "text": "n"}
    side = Side(AURELIA)
    mid = advise(side, encoded(changed(("/document/notes", [note] * 1_000))))
    rows = side.look("cert/advisory", mid=mid)
    assert len(rows) == 401
    assert rows[-1]["part"] == "more"
    assert int(str(rows[-1]["text"])) > 600


def test_an_advisory_that_is_not_valid_does_not_leave() -> None:
    twice = changed()["vulnerabilities"] * 2
    with pytest.raises(OurFault, match=r"csaf\.invalid.*6\.1\.23"):
        advise(Side(AURELIA), encoded(changed(("/vulnerabilities", twice))))


@pytest.mark.parametrize(("label", "tlp"), [("AMBER", "GREEN"), ("RED", "AMBER+STRICT")])
def test_an_advisory_does_not_leave_under_a_weaker_marking(label: str, tlp: str) -> None:
    with pytest.raises(OurFault, match=r"cert\.marking"):
        advise(Side(AURELIA), encoded(changed((LABEL, label))), tlp=tlp)


@pytest.mark.parametrize(
    "change",
    [
        {"advisory": "{}"},
        {"advisory": "no JSON"},
        {"advisory": encoded(changed(("/document/title", None))).decode()},
        {"id": "AUR-2026-0008"},
        {"version": "1"},
    ],
)
def test_a_strangers_advisory_is_valid_and_the_one_that_it_is_said_to_be(
    change: dict[str, Value],
) -> None:
    draft = Side(AURELIA).act("cert/advise", file=encoded(changed()), to=TO, tlp="CLEAR")
    body = draft.kind.write(draft.body.with_(**change))
    with pytest.raises(TheirFault, match="E_CANON"):
        DESK.read(draft.kind.name, body)


def test_a_name_that_only_their_copy_of_a_list_knows_is_told_and_not_refused() -> None:
    newer = changed(("/vulnerabilities/0/cwe", {"id": "CWE-9999", "name": "Of next year"}))
    side = Side(AURELIA)
    draft = side.act("cert/advise", file=encoded(changed()), to=TO, tlp="CLEAR")
    theirs = draft.body.with_(advisory=encoded(newer).decode())
    DESK.read(draft.kind.name, draft.kind.write(theirs))
    mid = say(side, replace(draft, body=theirs), side)
    last = side.look("cert/advisory", mid=mid)[-1]
    assert last["part"] == "finding"
    assert "6.1.11" in str(last["text"])


def test_an_id_that_nobody_sent_is_unknown() -> None:
    with pytest.raises(OurFault, match=r"cert\.unknown_record"):
        Side(AURELIA).look("cert/advisory", mid=b"x" * 32)


def of_size(size: int) -> bytes:
    """A valid advisory of this many bytes: white space around it counts, and goes along."""
    data = encoded(changed())
    return data + b" " * (size - len(data))


def test_an_advisory_that_no_body_holds_goes_as_a_file_and_reads_alike() -> None:
    net = Net(AURELIA, "borealis.gov")
    a, b = net.sides
    data = of_size(limits.MAX_ADVISORY)
    mid = a.act("cert/advise", file=data, to=(b.address,), tlp="CLEAR")
    net.turn()
    assert b.office.look(PERSON, "cert/advisories", Values({}), net.now)[1] == ()
    inspect(net)
    for side in (a, b):
        _, [row] = side.office.look(PERSON, "cert/advisories", Values({}), net.now)
        assert (row["mid"], row["id"]) == (mid, "AUR-2026-0007")
        _, [text] = side.office.look(PERSON, "cert/advisory_export", Values({"mid": mid}), net.now)
        assert str(text["advisory"]).encode() == data
    assert [each.data("of") for each in said(b, a, "sys.attached")] == [mid]


def test_an_advisory_that_a_body_holds_stays_in_it_and_one_above_the_limit_goes_nowhere() -> None:
    side = Side(AURELIA)
    small = side.act("cert/advise", file=of_size(100_000), to=TO, tlp="CLEAR")
    assert small.kind.name == "cert.advisory"
    field = next(each for each in advisory.ADVISE.fields if each.name == "file")
    assert field.type.flaw(of_size(limits.MAX_ADVISORY)) is None
    assert field.type.flaw(of_size(limits.MAX_ADVISORY + 1)) is not None


@pytest.mark.parametrize(
    ("sizes", "wrong"),
    [
        ((), "no file encloses the advisory"),
        ((limits.MAX_ADVISORY + 1,), "MAX_ADVISORY: an advisory of"),
        ((limits.MAX_ADVISORY,), None),
    ],
)
def test_a_record_without_an_advisory_or_with_one_too_large_is_refused(
    sizes: tuple[int, ...], wrong: str | None
) -> None:
    files = tuple(
        Values({"name": "a.json", "aid": b"a" * 32, "size": size, "key": b"k" * 32})
        for size in sizes
    )
    body = Values({"sha256": b"h" * 32, "id": "A", "version": "1", "about": "odd"})
    text = advisory.ADVISORY_FILE.write(body.with_(files=files) if files else body)
    if wrong is None:
        DESK.read("cert.advisory_file", text)
        return
    with pytest.raises(TheirFault, match=f"E_CANON.*{wrong}"):
        DESK.read("cert.advisory_file", text)


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (encoded(changed()), "not the advisory that its record names"),
        (b"\xff", "no UTF-8"),
        (b"{}", "csaf.invalid"),
        (encoded(changed(("/document/tracking/id", "AUR-2026-0008"))), "id and version"),
    ],
)
def test_a_file_that_is_not_the_advisory_said_is_refused(data: bytes, wrong: str) -> None:
    digest = b"h" * 32 if "names" in wrong else sha256(data).digest()
    body = Values({"sha256": digest, "id": "AUR-2026-0007", "version": "2", "about": "odd"})
    with pytest.raises(TheirFault, match=f"E_ATT.*{wrong}"):
        advisory.read_file(body, data)
