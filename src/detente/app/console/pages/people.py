"""Administration of people: who works here, in which places. It shows no desk."""

from typing import Final

from detente.app.console import settings as console_settings
from detente.app.console.ask import Answer, Ask, go
from detente.app.console.doors import door_of, fresh, show
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.face import LANGUAGES
from detente.core.errors import OurFault
from detente.office.accounts import Change
from detente.office.desk import Role
from detente.office.people import ROLES_OF, House, Place

NEEDS: Final = House.ADMINISTRATOR.value


def every(site: Site, ask: Ask) -> Answer:
    """List people, and offer to make one."""
    return _every(site, ask)


def _every(site: Site, ask: Ask, fault: OurFault | None = None) -> Answer:
    now, means = site.now(), door_of(site).means
    rows = [(each, means.of(each.name, now)) for each in site.office.people.every(now)]
    allowed = [(place.value, [role in roles for role in Role]) for place, roles in ROLES_OF.items()]
    return show(
        site, ask, "people", 200 if fault is None else 422, fault, rows=rows, desks=_desks(site),
        places=[each.value for each in Place], house=[each.value for each in House],
        roles=[each.value for each in Role], allowed=allowed, told=ask, spares=len(site.office.people.spares()),
    )  # fmt: skip


def make(site: Site, ask: Ask) -> Answer:
    """Make a person."""
    by, name = fresh(site, ask).person, ask.told("name").strip()
    try:
        site.office.people.make(by, name, _given(site, ask), site.now(), ask.told("why")[:200])
    except OurFault as fault:
        return _every(site, ask, fault)
    return go(f"/people/{name}")


def one(site: Site, ask: Ask) -> Answer:
    """Show a person."""
    return _one(site, ask)


def _one(site: Site, ask: Ask, fault: OurFault | None = None, link: str = "") -> Answer:
    now, name = site.now(), ask.parts["name"]
    person = site.office.people.find(name, now)
    return show(
        site, ask, "person", 200 if fault is None else 422, fault, person=person, link=link,
        means=door_of(site).means.of(name, now), desks=_desks(site),
        places=[each.value for each in Place], house=[each.value for each in House],
        history=list(reversed(site.office.people.history(name, now))), languages=LANGUAGES,
        sessions=len(door_of(site).sessions.of(name, now)),
    )  # fmt: skip


def change(site: Site, ask: Ask) -> Answer:
    """Change roles of a person, as they were seen."""
    return _act(site, ask, "change")


def suspend(site: Site, ask: Ask) -> Answer:
    """Suspend a person; their sessions end."""
    return _act(site, ask, "suspend")


def resume(site: Site, ask: Ask) -> Answer:
    """Let a person work again."""
    return _act(site, ask, "resume")


def _act(site: Site, ask: Ask, what: str) -> Answer:
    by, name, now = fresh(site, ask).person, ask.parts["name"], site.now()
    people, why = site.office.people, ask.told("why")[:200]
    seen = int(ask.told("serial")) if ask.told("serial").isdecimal() else 0
    try:
        if what == "change":
            people.change(by, name, seen, _given(site, ask), now, why)
        elif what == "suspend":
            people.suspend(by, name, seen, now, why)
            door_of(site).sessions.end_all(name)
        else:
            people.resume(by, name, seen, now, why)
    except OurFault as fault:
        return _one(site, ask, fault)
    return go(f"/people/{name}")


def link(site: Site, ask: Ask) -> Answer:
    """Make a one-time link and show it, this once."""
    by, name = fresh(site, ask).person, ask.parts["name"]
    try:
        token = door_of(site).enter_link(by, name, site.now())
    except OurFault as fault:
        return _one(site, ask, fault)
    place = console_settings.place(site.settings)
    assert place is not None, "it is being asked"
    return _one(site, ask, link=f"{place.url}/enter/{token}")


def sign_out(site: Site, ask: Ask) -> Answer:
    """End every session of a person."""
    door_of(site).sign_out_everywhere(ask.person, ask.parts["name"], site.now())
    return go(f"/people/{ask.parts['name']}")


def _desks(site: Site) -> list[str]:
    return list(site.office.people.desks)


def _given(site: Site, ask: Ask) -> Change:
    places: dict[str, Place] = {}
    for desk in _desks(site):
        told = ask.told(f"desk-{desk}")
        if told:
            places[desk] = _place(told)
    house = ask.form.get("house", ())
    return Change(
        display=ask.told("display").strip() or None,
        places=places,
        house=frozenset(_house(each) for each in house),
        language=ask.told("language") or None,
    )


def _place(told: str) -> Place:
    try:
        return Place(told)
    except ValueError:
        raise OurFault("form.choice", f"no place {told[:20]!r}", "choose one of the list") from None


def _house(told: str) -> House:
    try:
        return House(told)
    except ValueError:
        raise OurFault("form.choice", f"no role {told[:20]!r}", "choose one of the list") from None


ROUTES: Final = (
    Route("GET", "people", every, NEEDS),
    Route("POST", "people", make, NEEDS),
    Route("GET", "people/{name}", one, NEEDS),
    Route("POST", "people/{name}", change, NEEDS),
    Route("POST", "people/{name}/suspend", suspend, NEEDS),
    Route("POST", "people/{name}/resume", resume, NEEDS),
    Route("POST", "people/{name}/link", link, NEEDS),
    Route("POST", "people/{name}/sign-out", sign_out, NEEDS),
)
