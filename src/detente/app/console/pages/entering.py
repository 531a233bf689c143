"""Coming in the first time: the one-time link, then a password with an authenticator, or a passkey."""

import base64
import io
from typing import Final

from detente.app import hashing
from detente.app.console import guard, passkeys
from detente.app.console.ask import Answer, Ask, Cookie, Later, document, go
from detente.app.console.doors import door_of, show
from detente.app.console.pages.sign_in import where_of
from detente.app.console.routes import ANYONE, Route
from detente.app.console.site import Site
from detente.core.errors import OurFault
from detente.office.entering import SETUP_LIFE, Setup
from detente.office.people import Person
from detente.office.signin import Proof

SETUP: Final = "setup"  # a cookie: who came by a link and has not chosen yet


def link(site: Site, ask: Ask) -> Answer:
    """Show for whom a link is; nothing is used up."""
    name = door_of(site).entrance.look(ask.parts["token"], site.now())
    return show(site, ask, "enter", person=_person(site, name).shown, action=ask.here)


def begin(site: Site, ask: Ask) -> Answer:
    """Use the link up."""
    token = door_of(site).entrance.begin(ask.parts["token"], site.now())
    return go("/setup").but(Cookie(SETUP, token, SETUP_LIFE.ms // 1000))


def choose(site: Site, ask: Ask) -> Answer:
    """Show what there is to choose."""
    return _choose(site, ask)


def _choose(site: Site, ask: Ask, fault: OurFault | None = None, status: int = 200) -> Answer:
    setup = _setup(site, ask)
    person = _person(site, setup.name)
    return show(
        site, ask, "setup", status, fault, person=person.shown, name=person.name,
        secret=secret_text(setup.secret), passkeys=passkeys.possible(site),
        least=door_of(site).rules.password_min, console=site.name,
    )  # fmt: skip


def picture(site: Site, ask: Ask) -> Answer:
    """Return the picture that an authenticator reads."""
    setup = _setup(site, ask)
    return qr(site, setup.name, setup.secret)


def qr(site: Site, name: str, secret: bytes) -> Answer:
    """Return an authenticator's secret as a QR picture, black on white."""
    import pyotp  # noqa: PLC0415  beside its one use
    import segno  # noqa: PLC0415

    uri = pyotp.TOTP(_base32(secret)).provisioning_uri(
        name=name, issuer_name=site.settings.text("party.name")
    )
    out = io.BytesIO()
    segno.make(uri, error="m").save(
        out, kind="svg", scale=5, border=4, light="#fff", dark="#000", xmldecl=False, nl=False
    )
    return Answer(200, out.getvalue(), "image/svg+xml")


def password(site: Site, ask: Ask) -> Answer | Later:
    """Keep password and authenticator, and show the recovery codes, this once."""
    door, setup = door_of(site), _setup(site, ask)
    told, twice = ask.told("password"), ask.told("twice")
    try:
        check_same(told, twice)
        party = site.settings.text("party.name")
        person = _person(site, setup.name)
        door.rules.check_password(told, setup.name, person.shown, party)
        door.means.check_code(setup.secret, ask.told("code")[:64], site.now())
    except OurFault as fault:
        return _choose(site, ask, fault, 422)
    check = door.means.to_derive(setup.name)

    def then(found: object) -> Answer:
        assert isinstance(found, bytes), "that is what is derived"
        token, code = ask.cookies[SETUP], ask.told("code")[:64]
        _, codes = door.entrance.choose_password(token, check, found, code, site.now())
        session = _come_in(site, ask, setup.name, "link")
        answer = show(site, ask, "codes", codes=codes, next="/")
        return answer.but(guard.session_cookie(session), Cookie(SETUP, ""))

    return Later(lambda: hashing.derive(check, told), then)


def check_same(told: str, twice: str) -> None:
    """Raise OurFault("people.password") unless a new password was typed alike twice."""
    if told != twice:
        raise OurFault("people.password", "the two passwords differ", "type them again")


def passkey_options(site: Site, ask: Ask) -> Answer:
    """Say what a new passkey is made of."""
    person = _person(site, _setup(site, ask).name)
    return document(passkeys.options_to_make(site, door_of(site), person))


def passkey(site: Site, ask: Ask) -> Answer:
    """Keep a passkey as all that a person has."""
    door, setup = door_of(site), _setup(site, ask)
    found = passkeys.made(site, ask, door, _person(site, setup.name))
    door.entrance.choose_passkey(ask.cookies[SETUP], found, site.now())
    session = _come_in(site, ask, setup.name, "passkey")
    return document({"to": "/me"}).but(guard.session_cookie(session), Cookie(SETUP, ""))


def _come_in(site: Site, ask: Ask, name: str, method: str) -> str:
    person, former = _person(site, name), ask.cookies.get(guard.SESSION, "")
    door_of(site).door.welcome(person, ask.address, site.now())
    return door_of(site).admit(Proof(person, method), where_of(ask), site.now(), former)


def _setup(site: Site, ask: Ask) -> Setup:
    return door_of(site).entrance.setup_of(ask.cookies.get(SETUP, ""), site.now())


def _person(site: Site, name: str) -> Person:
    return site.office.people.active(name, site.now())


def _base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode()


def secret_text(secret: bytes) -> str:
    """Return a secret as people type it into an authenticator: groups of four."""
    text = _base32(secret)
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


ROUTES: Final = (
    Route("GET", "enter/{token}", link, ANYONE),
    Route("POST", "enter/{token}", begin, ANYONE),
    Route("GET", "setup", choose, ANYONE),
    Route("GET", "setup/code.svg", picture, ANYONE),
    Route("POST", "setup", password, ANYONE),
    Route("POST", "setup/options", passkey_options, ANYONE),
    Route("POST", "setup/passkey", passkey, ANYONE),
)
