"""A message or IODEF that is imported begins an incident for a person to complete; it makes no record."""

import json
from base64 import b64encode
from pathlib import Path

import pytest
from tests.desks.cert.test_mail import IODEF_1, IODEF_2, message
from tests.desks.cert.test_sharing import LIST, rows_of
from tests.support.household import Household
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net

from detente.core.errors import OurFault
from detente.desks.cert.formats import letters
from detente.office.fields import Value, Values
from detente.office.post import Outcome


def take(net: Net, data: bytes, **more: Value) -> Outcome:
    given = Values({"file": data, **more})
    return net.sides[0].office.act(PERSON, "cert/import", given, net.now)


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def test_a_message_with_an_incident_in_it_is_begun_as_it_says(net: Net) -> None:
    mail = message()
    mail.add_attachment(IODEF_2, "application", "xml", filename="incident.xml")
    a, b = net.sides
    outcome = take(net, mail.as_bytes(), to=(b.address,))
    assert outcome.mids == ()
    ((name, begun),) = outcome.begun
    assert begun.act == "cert/incident"
    typed = a.office.texts.get(PERSON, name)
    assert typed.values["about"] == ("Pump controllers answer to strangers",)
    assert (typed.values["severity"], typed.values["tlp"]) == (("high",), ("AMBER",))
    assert typed.values["to"] == (b.address,)
    assert "192[.]0[.]2[.]7 source" in typed.values["text"][0]
    assert {"category", "impact"} & typed.values.keys() == set()  # it does not say them
    assert rows_of(a, "cert/list") == []


def test_words_alone_are_begun_too_and_what_was_not_checked_is_told(net: Net) -> None:
    raw = (
        b"Subject: A wave\r\nFrom: duty@ministry.example\r\n"
        b"Content-Type: multipart/signed; boundary=b; protocol=application/pkcs7-signature\r\n\r\n"
        b"--b\r\n\r\nSince noon.\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nAAAA\r\n--b--\r\n"
    )
    ((_, begun),) = take(net, raw).begun
    assert begun.values["text"][0].startswith("Since noon.")
    assert begun.notes == ("signed with S/MIME; the signature was not checked here",)


def test_encrypted_words_are_told_as_not_read(net: Net) -> None:
    raw = (
        b"Subject: s\r\nFrom: a@b.example\r\n"
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nAAAA"
    )
    ((_, begun),) = take(net, raw).begun
    assert "a part is encrypted: it is not read; decrypt it first" in begun.notes


def test_iodef_by_itself_is_begun(net: Net) -> None:
    ((_, begun),) = take(net, b'<?xml version="1.0"?>\n' + IODEF_1).begun
    assert begun.values["about"] == ("Host sending out Code Red probes",)


def test_iodef_that_holds_none_makes_nothing(net: Net) -> None:
    with pytest.raises(OurFault, match=r"exchange\.unknown: IODEF without"):
        take(net, b'<IODEF-Document version="2.00"></IODEF-Document>')
    assert net.sides[0].office.texts.every(PERSON, net.now) == ()


@pytest.mark.parametrize(
    "data",
    [
        LIST,
        b"Subject: 1.2.3.4\n",
        b"bad.evil\nFrom: x\nDate: y\n",
        b'{"type": "bundle"}',
        b"",
        b"<xml/>",
    ],
)
def test_a_list_is_no_message(data: bytes) -> None:
    assert not letters.is_one(data)


def test_the_same_over_the_api_and_the_console(tmp_path: Path) -> None:
    house = Household(tmp_path)
    raw = message().as_bytes()
    body = {"file": b64encode(raw).decode()}
    answer = house.api("drafter", "POST", "cert/import", json.dumps(body).encode())
    (begun,) = json.loads(answer.data)["begun"]
    assert begun["about"] == "Phishing at the ministry"
    page = house.get("drafter", f"/write/{begun['act']}", draft=begun["name"])
    assert "Phishing at the ministry" in page.data.decode()
