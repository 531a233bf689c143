import json
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from detente.app.cli import Root
from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.cert.formats.mail import Letter, read_mail

IODEF_2 = b"""<?xml version="1.0"?>
<IODEF-Document version="2.00" xml:lang="en" xmlns="urn:ietf:params:xml:ns:iodef-2.0">
  <Incident purpose="reporting" restriction="amber">
    <IncidentID name="cert.waterworks.example">WW-42</IncidentID>
    <GenerationTime>2026-11-22T09:00:00+00:00</GenerationTime>
    <StartTime>2026-11-21T22:15:00+03:00</StartTime>
    <Description>Pump controllers answer to strangers</Description>
    <Assessment><SystemImpact severity="medium" completion="succeeded" type="takeover-system"/>
      <BusinessImpact severity="high" type="degraded-reputation"/></Assessment>
    <Contact type="organization" role="creator">
      <ContactName>Waterworks CERT</ContactName><Email><EmailTo>cert@waterworks.example</EmailTo></Email>
    </Contact>
    <EventData><Flow>
      <System category="source"><Node><Address category="ipv4-addr">192.0.2.7</Address></Node></System>
      <System category="target"><Node><DomainData system-status="x"><Name>pump.waterworks.example</Name></DomainData></Node></System>
    </Flow></EventData>
    <IndicatorData/>
  </Incident>
</IODEF-Document>"""
IODEF_1 = b"""<IODEF-Document version="1.00" xmlns="urn:ietf:params:xml:ns:iodef-1.0">
  <iodef:Incident xmlns:iodef="urn:ietf:params:xml:ns:iodef-1.0" restriction="need-to-know">
    <IncidentID name="csirt.example.com">189493</IncidentID>
    <ReportTime>2001-09-13T23:19:24+00:00</ReportTime>
    <Description>Host sending out Code Red probes</Description>
    <Assessment><Impact completion="failed" type="admin"/></Assessment>
    <Contact role="creator" type="organization"><ContactName>Example.com CSIRT</ContactName>
      <Email>contact@csirt.example.com</Email></Contact>
  </iodef:Incident>
</IODEF-Document>"""


def message(text: str = "A wave of letters.", **headers: str) -> EmailMessage:
    found = EmailMessage()
    found["Subject"] = "Phishing at the ministry"
    found["From"] = "Duty officer <duty@ministry.example>"
    found["Date"] = "Sun, 22 Nov 2026 12:00:00 +0300"
    found["Message-ID"] = "<1@ministry.example>"
    for name, value in headers.items():
        del found[name]
        found[name] = value
    found.set_content(text)
    return found


def with_xml(data: bytes, name: str = "report.xml") -> Letter:
    found = message()
    found.add_attachment(data, maintype="application", subtype="xml", filename=name)
    return read_mail(found.as_bytes())


def test_a_plain_message_is_one_draft_of_its_words() -> None:
    letter = read_mail(message().as_bytes())
    (draft,) = letter.drafts
    assert draft.about == "Phishing at the ministry"
    assert draft.text == "A wave of letters."
    assert draft.seen == Moment.parse("2026-11-22T09:00:00.000Z")
    assert draft.reporter == "Duty officer <duty@ministry.example>"
    assert draft.reference == "<1@ministry.example>"
    assert (draft.severity, draft.tlp) == ("", ""), "a person chooses what the message does not say"
    assert letter.warnings == ()


def test_subjects_and_words_of_other_character_sets_are_read() -> None:
    raw = (
        b"Subject: =?koi8-r?B?98HWzs8=?=\r\nFrom: a@b.example\r\n"
        b"Content-Type: text/plain; charset=windows-1251\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + "Письма пришли".encode("cp1251")
    )
    (draft,) = read_mail(raw).drafts
    assert (draft.about, draft.text) == ("Важно", "Письма пришли")


@pytest.mark.parametrize("charset", ["zlib", "punycode", "unicode_escape", "x-unheard-of", "rot13"])
def test_a_character_set_that_is_none_is_read_as_latin_and_told(charset: str) -> None:
    raw = f"Subject: s\r\nContent-Type: text/plain; charset={charset}\r\n\r\nplain".encode()
    letter = read_mail(raw)
    assert letter.drafts[0].text == "plain"
    assert any("not known" in warning for warning in letter.warnings)


def test_of_two_forms_the_plain_one_is_taken_and_of_html_only_what_is_shown() -> None:
    html = "<head><title>t</title></head><style>p{}</style><p>One</p><script>alert(1)</script>Two &amp; three"
    lone = EmailMessage()
    lone["Subject"] = "s"
    lone.set_content(html, subtype="html")
    assert read_mail(lone.as_bytes()).drafts[0].text == "One\nTwo & three"
    both = message("In plain words.")
    both.add_alternative(html, subtype="html")
    assert read_mail(both.as_bytes()).drafts[0].text == "In plain words."


def test_an_attachment_is_named_with_type_size_and_hash_and_not_opened() -> None:
    bomb = b"PK\x03\x04" + bytes(1000)
    letter = message()
    letter.add_attachment(bomb, maintype="application", subtype="zip", filename="lög\u202e.zip")
    (draft,) = read_mail(letter.as_bytes()).drafts
    assert (
        f"lög .zip (application/zip, 1004 bytes, SHA-256 {sha256(bomb).hexdigest()})" in draft.text
    )
    assert "\u202e" not in draft.text


def test_an_incident_in_iodef_2_is_taken_over_with_what_it_says() -> None:
    letter = with_xml(IODEF_2)
    (draft,) = letter.drafts
    assert draft.about == "Pump controllers answer to strangers"
    assert draft.seen == Moment.parse("2026-11-21T19:15:00.000Z")
    assert (draft.severity, draft.tlp, draft.reference) == ("high", "AMBER", "WW-42")
    assert draft.reporter == "Waterworks CERT cert@waterworks.example"
    assert draft.addresses == (("192.0.2.7", "source"), ("pump.waterworks.example", "target"))
    assert "SystemImpact: takeover-system, succeeded, medium" in draft.text
    assert letter.warnings == ("report.xml: IndicatorData is not taken over",)


def test_an_incident_in_iodef_1_is_taken_over_too() -> None:
    (draft,) = with_xml(IODEF_1).drafts
    assert draft.about == "Host sending out Code Red probes"
    assert draft.seen == Moment.parse("2001-09-13T23:19:24.000Z")
    assert (draft.severity, draft.tlp, draft.reference) == ("", "AMBER", "189493")
    assert draft.reporter == "Example.com CSIRT contact@csirt.example.com"


@pytest.mark.parametrize(
    "xml",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><IODEF-Document><Incident/></IODEF-Document>',
        b"<IODEF-Document><Incident>"
        + b"<a>" * 60
        + b"</a>" * 60
        + b"</Incident></IODEF-Document>",
        b"<IODEF-Document><Incident>",
        b"<IODEF-Document><Incident>" + b"x" * 1_200_000 + b"</Incident></IODEF-Document>",
    ],
)
def test_an_attachment_that_is_no_sound_xml_is_told_and_the_message_is_read(xml: bytes) -> None:
    letter = with_xml(xml)
    assert letter.drafts[0].text.startswith("A wave of letters.")
    assert any("not read to its end" in warning for warning in letter.warnings)


def test_other_xml_is_an_attachment_like_any() -> None:
    letter = with_xml(b"<a/>", "other.xml")
    assert "other.xml (application/xml, 4 bytes" in letter.drafts[0].text


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            "multipart/signed; protocol=application/pkcs7-signature",
            "signed with S/MIME; the signature was not",
        ),
        (
            "multipart/signed; protocol=application/pgp-signature",
            "signed with OpenPGP; the signature was not",
        ),
    ],
)
def test_a_signature_is_told_as_not_checked(kind: str, words: str) -> None:
    inner = kind.partition("protocol=")[2]
    raw = (
        f"Subject: s\r\nContent-Type: {kind}; boundary=b\r\n\r\n--b\r\n\r\nwords\r\n--b\r\n"
        f"Content-Type: {inner}\r\n\r\nAAAA\r\n--b--\r\n"
    ).encode()
    letter = read_mail(raw)
    assert letter.drafts[0].text == "words"
    assert any(words in warning for warning in letter.warnings)


@pytest.mark.parametrize("of", ["enveloped-data", "signed-data"])
def test_what_hides_its_words_is_told(of: str) -> None:
    raw = (
        f"Subject: s\r\nContent-Type: application/pkcs7-mime; smime-type={of}\r\n\r\nAAAA".encode()
    )
    assert any("it is not read" in warning for warning in read_mail(raw).warnings)


def test_a_forwarded_message_is_read_inside_its_cover() -> None:
    cover = message("See below.")
    cover.add_attachment(message("The first report.", Subject="Inner"))
    (draft,) = read_mail(cover.as_bytes()).drafts
    assert draft.text == "See below.\n\nThe first report."


def nested(levels: int) -> bytes:
    head = b"Subject: s\r\n"
    for place in range(levels - 1):
        head += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (place, place)
    return head + b"\r\nwords"


def many(parts: int) -> bytes:
    one = b"--b\r\n\r\nx\r\n"
    return (
        b"Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        + one * (parts - 1)
        + b"--b--\r\n"
    )


def test_parts_depth_words_and_size_are_bounded_at_their_edges() -> None:
    assert read_mail(nested(limits.MAX_MAIL_DEPTH)).drafts[0].text == "words"
    read_mail(many(limits.MAX_MAIL_PARTS))
    for raw in (
        nested(limits.MAX_MAIL_DEPTH + 1),
        nested(5_000),
        many(limits.MAX_MAIL_PARTS + 1),
        b"Subject: s\r\n\r\n" + b"x" * limits.MAX_MAIL,
    ):
        with pytest.raises(OurFault, match=r"mail\.form"):
            read_mail(raw)
    exact = read_mail(b"Subject: s\r\n\r\n" + b"x" * limits.MAX_MAIL_TEXT)
    longer = read_mail(b"Subject: s\r\n\r\n" + b"x" * (limits.MAX_MAIL_TEXT + 1))
    assert exact.warnings == ()
    assert longer.drafts[0].text == exact.drafts[0].text
    assert any("only the first" in warning for warning in longer.warnings)
    whole = b"Subject: s\r\n\r\n" + b"x" * (limits.MAX_MAIL - 14)
    assert read_mail(whole).drafts
    lines = b"Subject: s\n" + b"\n" * (limits.MAX_MAIL_LINES - 1)
    assert read_mail(lines).warnings == ("the message has no words that could be read",)
    with pytest.raises(OurFault, match="lines"):
        read_mail(lines + b"\n")


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\nwords", b"no header at all"])
def test_what_has_no_header_is_no_message(raw: bytes) -> None:
    with pytest.raises(OurFault, match=r"mail\.form"):
        read_mail(raw)


@pytest.mark.parametrize("date", ["yesterday", "Sun, 99 Foo 99999 99:99:99 +9999", "0" * 5_000])
def test_a_date_that_is_none_is_told(date: str) -> None:
    letter = read_mail(f"Subject: s\r\nDate: {date}\r\n\r\nw".encode())
    assert letter.drafts[0].seen is None
    assert "its date cannot be read" in letter.warnings


@given(st.binary(max_size=400))
def test_no_bytes_do_more_than_be_read_or_refused(data: bytes) -> None:
    kind = b"Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n"
    for raw in (data, b"Subject: " + data, b"Subject: s\r\n" + kind + b"\r\n--b\r\n" + data):
        try:
            drafts = len(read_mail(raw).drafts)
        except OurFault as fault:
            drafts = int(fault.code == "mail.form")
        assert drafts


def test_the_verb_shows_a_draft_and_sends_nothing(tmp_path: Path) -> None:
    file = tmp_path / "report.eml"
    letter = message()
    letter.add_attachment(IODEF_2, maintype="application", subtype="xml", filename="r.xml")
    file.write_bytes(letter.as_bytes())
    done = CliRunner().invoke(Root("detente"), ["cert", "mail", str(file), "--json"])
    assert done.exit_code == 0, done.output
    (draft,) = json.loads(done.stdout)["drafts"]
    assert draft["about"] == "Pump controllers answer to strangers"
    assert draft["addresses"][0] == {"address": "192.0.2.7", "role": "source"}
    shown = CliRunner().invoke(Root("detente"), ["cert", "mail", str(file)], standalone_mode=False)
    assert "WW-42" in shown.stdout
