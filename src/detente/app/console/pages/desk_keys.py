"""Desk keys: which desks are open, opening one by a password, and who else may.

A session that came by password opens what it opens at sign-in; here opens it who came by passkey, who
was let in since, or who changed the password by an enter link.
"""

from collections.abc import Callable
from typing import Final

from detente.app import desk_proof
from detente.app.console.ask import Answer, Ask, Later, go
from detente.app.console.doors import door_of, fresh, keys_of, session_of, show
from detente.app.console.pages.entering import check_same
from detente.app.console.pages.sign_in import next_of
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.desk_keys import DeskKeys, Tried, no_key
from detente.core.errors import OurFault
from detente.office.desk import Role
from detente.office.people import Person

HERE: Final = "/desk-keys"
_Act = Callable[[DeskKeys, Person, str, Tried], Answer]


def every(site: Site, ask: Ask) -> Answer:
    """Show how the desks stand."""
    return _every(site, ask)


def _every(site: Site, ask: Ask, fault: OurFault | None = None) -> Answer:
    found, keys, now = session_of(ask), keys_of(site), site.now()
    person = found.person
    rows = []
    for row in keys.rows(person, found.key) if keys else ():
        stands = person.stands(row.desk, Role.READ)
        others = [
            (each.name, each.shown, False)
            for each in site.office.people.every(now)
            if each.stands(row.desk, Role.READ) and each.name not in row.holders
        ]
        rows.append(
            {
                "key": row, "stands": stands, "rules": person.supervises(row.desk),
                "others": others, "alone": row.entrusted and len(row.holders) == 1,
            }
        )  # fmt: skip
    means = door_of(site).means.of(person.name, now)
    status = 200 if fault is None else 403 if fault.code == "office.forbidden" else 422
    return show(
        site, ask, "desk_keys", status, fault, rows=rows,
        has_password=means.password, next=next_of(ask) if ask.asked("next") else HERE,
        has_keys=bool(keys and keys.has_keys(person.name)), me=person.name,
        least=door_of(site).rules.password_min,
    )  # fmt: skip


def open_(site: Site, ask: Ask) -> Answer | Later:
    """Open one's desks; older: the password under which the keys were put, if it was another."""
    older, told = ask.told("older")[:1024], ask.told("password")[:1024]
    key = session_of(ask).key
    try:
        check_same(told, ask.told("twice", told)[:1024])
    except OurFault as fault:
        return _every(site, ask, fault)

    def done(keys: DeskKeys, person: Person, _desk: str, tried: Tried) -> Answer:
        if older:
            tried = keys.take_older(person, older, tried)
        if not keys.hold(key, person, tried, site.now()):
            raise no_key(person.name)
        site.read_news()
        return go(next_of(ask) if ask.told("next") else HERE)

    return _proving(site, ask, told, done)


def close(site: Site, ask: Ask) -> Answer:
    """Close what this session opened."""
    keys = keys_of(site)
    if keys is not None:
        keys.release(session_of(ask).key, site.now())
    return go(HERE)


def let_in(site: Site, ask: Ask) -> Answer:
    """Let another person of the desk have its keys."""
    return _with_keys(
        site, ask, lambda keys, by, desk, name: keys.let_in(by, name, desk, site.now())
    )


def let_out(site: Site, ask: Ask) -> Answer:
    """Take a person's keys away."""
    return _with_keys(
        site, ask, lambda keys, by, desk, name: keys.let_out(by, name, desk, site.now())
    )


def _with_keys(site: Site, ask: Ask, act: Callable[[DeskKeys, Person, str, str], object]) -> Answer:
    by, keys = fresh(site, ask).person, keys_of(site)
    try:
        if keys is not None:
            act(keys, by, ask.parts["desk"], ask.told("person")[:64])
    except OurFault as fault:
        return _every(site, ask, fault)
    return go(HERE)


def entrust(site: Site, ask: Ask) -> Answer | Later:
    """Give the keys of a desk to its people."""
    try:
        _check_supervisor(site, ask)
        check_same(ask.told("password"), ask.told("twice", ask.told("password")))
    except OurFault as fault:
        return _every(site, ask, fault)

    def done(keys: DeskKeys, person: Person, desk: str, tried: Tried) -> Answer:
        keys.entrust(person, desk, tried, site.now())
        return show(site, ask, "desk_moved", desk=desk, to="people")

    return _proving(site, ask, ask.told("password"), done)


def hand_back(site: Site, ask: Ask) -> Answer | Later:
    """Give the keys of a desk to the office's passphrase again."""
    try:
        _check_supervisor(site, ask)
    except OurFault as fault:
        return _every(site, ask, fault)

    def done(keys: DeskKeys, person: Person, desk: str, tried: Tried) -> Answer:
        keys.hand_back(person, desk, tried, site.now())
        return show(site, ask, "desk_moved", desk=desk, to="office")

    return _proving(site, ask, ask.told("password"), done)


def _check_supervisor(site: Site, ask: Ask) -> None:
    keys = keys_of(site)
    if keys is not None:  # before a password is weighed
        keys.check_supervisor(ask.person, ask.parts["desk"])


def _proving(site: Site, ask: Ask, password: str, done: _Act) -> Answer | Later:
    keys, person = keys_of(site), session_of(ask).person
    if keys is None:
        raise OurFault("http.no_page", "no desk here has keys of its own", "go back")
    try:
        slow = desk_proof.asking(keys, person, ask.address, password, site.now())
    except OurFault as fault:
        return _every(site, ask, fault)

    def then(found: object) -> Answer:
        assert isinstance(found, desk_proof.Derived), "that is what the slow step gives"
        try:
            tried = desk_proof.proved(keys, person, found)
            return done(keys, person, ask.parts.get("desk", ""), tried)
        except OurFault as fault:
            return _every(site, ask, fault)

    return Later(slow, then)


ROUTES: Final = (
    Route("GET", "desk-keys", every),
    Route("POST", "desk-keys/open", open_),
    Route("POST", "desk-keys/close", close),
    Route("POST", "desk-keys/{desk}/let-in", let_in),
    Route("POST", "desk-keys/{desk}/let-out", let_out),
    Route("POST", "desk-keys/{desk}/entrust", entrust),
    Route("POST", "desk-keys/{desk}/hand-back", hand_back),
)
