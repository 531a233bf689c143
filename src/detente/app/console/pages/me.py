"""One's own account: sessions, passkeys, recovery codes, language, theme, tokens."""

from typing import Final

from detente.app import hashing
from detente.app.console import agents, guard, passkeys
from detente.app.console.ask import Answer, Ask, Later, document, go
from detente.app.console.doors import door_of, fresh, keys_of, session_of, show
from detente.app.console.pages.entering import check_same
from detente.app.console.routes import PERSON, Route
from detente.app.console.site import Site
from detente.app.desk_keys import Tried, no_key
from detente.app.face import LANGUAGES
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.office.accounts import Change
from detente.office.fields import Within
from detente.office.tokens import scopes_of, shown_key

THEMES: Final = ("system", "light", "dark")


def account(site: Site, ask: Ask) -> Answer:
    """Show one's own account."""
    return _account(site, ask)


def _account(site: Site, ask: Ask, fault: OurFault | None = None, made: str = "") -> Answer:
    door, found, now = door_of(site), session_of(ask), site.now()
    person, keys = found.person, keys_of(site)
    tokens = [
        {"id": shown_key(each.key), "label": each.label, "scopes": " ".join(each.scopes),
         "until": each.until, "used": each.used}
        for each in door.tokens.of(person.name, now)
    ]  # fmt: skip
    sessions = [
        {"key": each.key, "agent": agents.told(each.agent), "address": each.address, "begun": each.begun,
         "seen": each.seen, "here": each.key == found.key, "method": each.method}
        for each in door.sessions.of(person.name, now)
    ]  # fmt: skip
    return show(
        site, ask, "me", 200 if fault is None else 422, fault, person=person, sessions=sessions,
        means=door.means.of(person.name, now), passkeys=passkeys.possible(site), tokens=tokens,
        has_keys=bool(keys and keys.has_keys(person.name)), least=door.rules.password_min,
        scopes=sorted(scopes_of(person)), made=made, languages=LANGUAGES, themes=THEMES,
        console=site.name,
    )  # fmt: skip


def language(site: Site, ask: Ask) -> Answer:
    """Choose the language of one's screens."""
    person, told = ask.person, ask.told("language")
    if told not in LANGUAGES:
        raise OurFault("form.choice", f"no language {told[:20]!r}", f"use {', '.join(LANGUAGES)}")
    given = Change(language=told)
    site.office.people.change(person, person.name, person.serial, given, site.now())
    return go("/me")


def theme(site: Site, ask: Ask) -> Answer:
    """Choose whether one's screens are light, dark, or as the system says."""
    person, told = ask.person, ask.told("theme")
    if told not in THEMES:
        raise OurFault("form.choice", f"no theme {told[:20]!r}", f"use {', '.join(THEMES)}")
    given = Change(theme="" if told == THEMES[0] else told)
    site.office.people.change(person, person.name, person.serial, given, site.now())
    return go("/me")


def end(site: Site, ask: Ask) -> Answer:
    """End one session."""
    door_of(site).sessions.end(ask.person.name, ask.told("session")[:200])
    return go("/me")


def end_all(site: Site, ask: Ask) -> Answer:
    """End every session, this one too."""
    door_of(site).sign_out_everywhere(ask.person, ask.person.name, site.now())
    return go("/sign-in").but(guard.session_cookie(""))


def codes(site: Site, ask: Ask) -> Answer:
    """Make new recovery codes and show them, this once."""
    found = fresh(site, ask)
    made = door_of(site).means.new_recovery(found.person.name)
    return show(site, ask, "codes", codes=made, next="/me")


def password(site: Site, ask: Ask) -> Answer | Later:
    """Change one's password: that of signing in, or of the desks alone; other sessions end.

    Keys of desks that the old one opens are put under the new one.
    """
    door, found, now = door_of(site), fresh(site, ask), site.now()
    person, keys = found.person, keys_of(site)
    old, new = ask.told("password")[:1024], ask.told("new")[:1024]
    try:
        check_same(new, ask.told("twice"))
        party = site.settings.text("party.name")
        door.rules.check_password(new, person.name, person.shown, party)
        check = door.door.begin(person.name, ask.address, now)
    except OurFault as fault:
        return _account(site, ask, fault)
    has = door.means.of(person.name, now).password
    fresh_check = door.means.to_derive(person.name)

    def slow() -> tuple[bytes, bytes, Tried | None]:
        tried = keys.try_password(person.name, old) if keys else None
        return hashing.derive(check, old), hashing.derive(fresh_check, new), tried

    def then(given: object) -> Answer:
        assert isinstance(given, tuple), "that is what the slow step gives"
        was, derived, tried = given
        try:
            if has:
                door.door.confirm(check, was)
            elif tried is None or not tried.fits:
                raise no_key(person.name)
            if keys is not None and tried is not None:  # first: with the old one it opens still
                keys.wrap_again(tried, new)
        except OurFault as fault:
            return _account(site, ask, fault)
        if has:
            door.means.keep_password(fresh_check, derived)
        door.note(person, "person/password", now)
        door.sessions.end_all(person.name, but=found.key)
        return go("/me")

    return Later(slow, then)


def passkey_options(site: Site, ask: Ask) -> Answer:
    """Say what a new passkey is made of."""
    return document(passkeys.options_to_make(site, door_of(site), fresh(site, ask).person))


def passkey(site: Site, ask: Ask) -> Answer:
    """Keep one more passkey."""
    door, person = door_of(site), fresh(site, ask).person
    door.means.add_passkey(person.name, passkeys.made(site, ask, door, person))
    return document({"to": "/me"})


def drop_passkey(site: Site, ask: Ask) -> Answer:
    """Forget a passkey."""
    person = fresh(site, ask).person
    try:
        door_of(site).means.drop_passkey(person.name, ask.told("passkey")[:200], site.now())
    except OurFault as fault:
        return _account(site, ask, fault)
    return go("/me")


def token(site: Site, ask: Ask) -> Answer:
    """Make a token and show it, this once."""
    person, label = fresh(site, ask).person, ask.told("label")
    try:
        life = Within().read("within", ask.told("within"))
        assert isinstance(life, Span), "that is what it reads as"
        made = door_of(site).new_token(person, label, ask.form.get("scope", ()), life, site.now())
    except OurFault as fault:
        return _account(site, ask, fault)
    return _account(site, ask, made=made)


def revoke(site: Site, ask: Ask) -> Answer:
    """Take a token away."""
    door_of(site).tokens.revoke(ask.person.name, ask.told("token")[:12])
    return go("/me")


ROUTES: Final = (
    Route("GET", "me", account, PERSON),
    Route("POST", "me/language", language, PERSON),
    Route("POST", "me/theme", theme, PERSON),
    Route("POST", "me/end", end, PERSON),
    Route("POST", "me/end-all", end_all, PERSON, when_locked=True),
    Route("POST", "me/codes", codes, PERSON),
    Route("POST", "me/password", password, PERSON),
    Route("POST", "me/options", passkey_options, PERSON),
    Route("POST", "me/passkey", passkey, PERSON),
    Route("POST", "me/passkey/drop", drop_passkey, PERSON),
    Route("POST", "me/token", token, PERSON),
    Route("POST", "me/token/revoke", revoke, PERSON),
)
