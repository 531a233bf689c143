"""Signing in and out, and showing again who one is: password and code, or a passkey."""

from collections.abc import Callable
from typing import Final

from detente.app import hashing
from detente.app.console import guard, passkeys
from detente.app.console.ask import Answer, Ask, Later, document, go, local
from detente.app.console.doors import door_of, keys_of, session_of, show
from detente.app.console.routes import ANYONE, PERSON, Route
from detente.app.console.site import Site
from detente.app.desk_keys import Tried
from detente.core.errors import OurFault
from detente.office.signin import Proof

HOME: Final = "/"
_Form = Callable[[Site, Ask, OurFault | None, int], Answer]
_Done = Callable[[Site, Ask, Proof, Tried | None], Answer]


def next_of(ask: Ask) -> str:
    """Return where to go on; the first page for what is no page here."""
    try:
        return local(ask.told("next") or ask.asked("next") or HOME)
    except OurFault:
        return HOME


def where_of(ask: Ask) -> tuple[str, str]:
    """Return from where somebody asks: address and browser."""
    return ask.address, ask.headers.get("user-agent", "")


def form(site: Site, ask: Ask) -> Answer:
    """Show the form."""
    if ask.session is not None:
        return go(next_of(ask))
    return _form(site, ask)


def _form(site: Site, ask: Ask, fault: OurFault | None = None, status: int = 200) -> Answer:
    return show(
        site, ask, "sign_in", status, fault, next=next_of(ask), name=ask.told("name")[:64],
        passkeys=passkeys.possible(site), action="/sign-in", kind="sign_in",
    )  # fmt: skip


def enter(site: Site, ask: Ask) -> Answer | Later:
    """Let somebody in by password and code."""
    return _prove(site, ask, _form, _admitted)


def _admitted(site: Site, ask: Ask, proof: Proof, tried: Tried | None) -> Answer:
    former = ask.cookies.get(guard.SESSION, "")
    token = door_of(site).admit(proof, where_of(ask), site.now(), former)
    _open_desks(site, token, proof, tried)
    to = "/me" if proof.method == "recovery" else next_of(ask)
    return go(to).but(guard.session_cookie(token))


def _prove(site: Site, ask: Ask, form_: _Form, done: _Done) -> Answer | Later:
    door = door_of(site).door
    name = ask.told("name") if ask.session is None else ask.session.person.name
    try:
        check = door.begin(name, ask.address, site.now())
    except OurFault as fault:
        return form_(site, ask, fault, 429)

    def then(found: object) -> Answer:
        assert isinstance(found, tuple), "that is what the slow step gives"
        derived, tried = found
        try:
            proof = door.finish(check, derived, ask.told("code")[:64], site.now())
        except OurFault as fault:
            if fault.code != "signin.refused":
                raise
            return form_(site, ask, fault, 403)
        return done(site, ask, proof, tried)

    password, keys = ask.told("password")[:1024], keys_of(site)

    def slow() -> tuple[bytes, Tried | None]:
        derived = hashing.derive(check, password)
        return derived, keys.try_password(check.name, password) if keys else None

    return Later(slow, then)


def _open_desks(site: Site, token: str, proof: Proof, tried: Tried | None) -> None:
    # A password opens the desks of its person; whoever it opens none for comes in all the same.
    keys = keys_of(site)
    if keys is not None and tried is not None:
        key = door_of(site).sessions.key_of(token)
        keys.hold(key, proof.person, tried, site.now())


def passkey_options(site: Site, _ask: Ask) -> Answer:
    """Say what a passkey is to sign."""
    return document(passkeys.options_to_show(site, door_of(site)))


def passkey(site: Site, ask: Ask) -> Answer:
    """Let somebody in by a passkey."""
    door = door_of(site)
    try:
        person = passkeys.shown(site, ask, door)
    except OurFault as fault:
        raise door.told(fault, "", ask.address) from None
    door.door.welcome(person, ask.address, site.now())
    former = ask.cookies.get(guard.SESSION, "")
    token = door.admit(Proof(person, "passkey"), where_of(ask), site.now(), former)
    return document({"to": next_of(ask)}).but(guard.session_cookie(token))


def leave(site: Site, ask: Ask) -> Answer:
    """End this session."""
    found = session_of(ask)
    door_of(site).sessions.end(found.person.name, found.key)
    keys = keys_of(site)
    if keys is not None:
        keys.see(site.now())
    return go("/sign-in").but(guard.session_cookie(""))


# Again: a session that is locked, or an act that asks.


def again_form(site: Site, ask: Ask) -> Answer:
    """Ask once more who it is."""
    return _again_form(site, ask)


def _again_form(site: Site, ask: Ask, fault: OurFault | None = None, status: int = 200) -> Answer:
    found = session_of(ask)
    return show(
        site, ask, "sign_in", status, fault, next=next_of(ask), name=found.person.name,
        passkeys=passkeys.possible(site), action="/again",
        kind="unlock" if found.locked else "again",
    )  # fmt: skip


def again(site: Site, ask: Ask) -> Answer | Later:
    """Take the proof, under a new token."""
    return _prove(site, ask, _again_form, _proved)


def _proved(site: Site, ask: Ask, proof: Proof, tried: Tried | None) -> Answer:
    token = _renewed(site, ask, proof.method)
    _open_desks(site, token, proof, tried)
    return go(next_of(ask)).but(guard.session_cookie(token))


def _renewed(site: Site, ask: Ask, method: str) -> str:
    sessions, now, old = door_of(site).sessions, site.now(), ask.cookies[guard.SESSION]
    keys = keys_of(site)
    if keys is not None:
        keys.see(now)  # a pause closed what this session held
    token = sessions.prove(old, method, now)
    if keys is not None:
        keys.move(sessions.key_of(old), sessions.key_of(token))
    return token


def again_passkey(site: Site, ask: Ask) -> Answer:
    """Take a passkey of the same person, under a new token."""
    door, found = door_of(site), session_of(ask)
    person = passkeys.shown(site, ask, door)
    if person.name != found.person.name:
        raise OurFault("signin.passkey", "this passkey is another person's", "use one of your own")
    token = _renewed(site, ask, "passkey")
    return document({"to": next_of(ask)}).but(guard.session_cookie(token))


ROUTES: Final = (
    Route("GET", "sign-in", form, ANYONE),
    Route("POST", "sign-in", enter, ANYONE),
    Route("POST", "sign-in/options", passkey_options, ANYONE),
    Route("POST", "sign-in/passkey", passkey, ANYONE),
    Route("POST", "sign-out", leave, PERSON, when_locked=True),
    Route("GET", "unlock", again_form, PERSON, when_locked=True),
    Route("GET", "again", again_form, PERSON, when_locked=True),
    Route("POST", "again", again, PERSON, when_locked=True),
    Route("POST", "again/passkey", again_passkey, PERSON, when_locked=True),
)
