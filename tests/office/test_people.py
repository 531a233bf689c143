"""Who works here is history: changed by administrators, refolded to equal rows."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.offices import PERSON, Net, Side

from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office import kinds, people, people_rows
from detente.office.accounts import Accounts, Change
from detente.office.desk import Opened, Role
from detente.office.fields import Values
from detente.office.people import House, Person, Place, permit, place_of, roles_of
from detente.store.memory import MemoryRows

ADMIN = Person(
    "operator", "1000", "s-01", {"cert": frozenset(Role)}, "operator",
    {"cert": Place.SUPERVISOR}, frozenset({House.ADMINISTRATOR}),
)  # fmt: skip


def code_of(step: Callable[..., object], *given: object, **named: object) -> str:
    with pytest.raises(OurFault) as raised:
        step(*given, **named)
    return raised.value.code


def a_house() -> tuple[Net, Side, Accounts]:
    net = Net("aurelia.gov")
    side = net.sides[0]
    with_founders(side)
    return net, side, side.office.people


def with_founders(side: Side) -> None:
    side.office.people._founders = (ADMIN,)


def boss_of(accounts: Accounts, now: Moment) -> Person:
    return accounts.find("operator", now)


# The model.


@given(roles=st.sets(st.sampled_from(list(Role))))
def test_a_place_never_gives_more_than_was_had(roles: set[Role]) -> None:
    place = place_of(roles)
    if place is None:
        assert Role.READ not in roles
    else:
        assert people.ROLES_OF[place] <= roles
        assert not any(people.ROLES_OF[place] < people.ROLES_OF[each] <= roles for each in Place)


@pytest.mark.parametrize("house", list(House))
@pytest.mark.parametrize("role", list(Role))
def test_no_house_role_does_anything_at_a_desk(house: House, role: Role) -> None:
    person = Person("a", None, "", {}, house=frozenset({house}))
    assert code_of(permit, person, "cert", role) == "office.forbidden"


@pytest.mark.parametrize("place", list(Place))
def test_a_suspended_person_may_do_nothing(place: Place) -> None:
    places = {"cert": place}
    person = Person("a", None, "s-01", roles_of(places), places=places, active=False)
    for role in Role:
        assert code_of(permit, person, "cert", role) == "office.forbidden"
    assert not person.supervises("cert")


def test_the_table_of_permissions_names_every_place_and_role() -> None:
    head, *rows = people.table().splitlines()
    assert head.split() == [role.value for role in Role]
    assert {row.split()[0]: row.split()[1:] for row in rows} == {
        "reader": ["yes", "-", "-", "-"],
        "drafter": ["yes", "yes", "yes", "-"],
        "releaser": ["yes", "yes", "-", "yes"],
        "supervisor": ["yes"] * 4,
        **{each.value: ["-"] * 4 for each in House},
    }


# The fold.

NAMES = st.sampled_from(["anna", "boris", "clara"])
ROWS = st.builds(
    Person,
    name=NAMES,
    user=st.none() | st.integers(0, 4_000_000_000).map(str),
    signer_id=st.just("s-02"),
    roles=st.just({}),
    display=st.text("abc ", min_size=1, max_size=5),
    places=st.dictionaries(st.sampled_from(["cert", "hotline"]), st.sampled_from(list(Place))),
    house=st.frozensets(st.sampled_from(list(House))),
    language=st.sampled_from(["", "en", "ru"]),
    active=st.booleans(),
    serial=st.integers(1, 4),
).map(lambda each: replace(each, roles=roles_of(each.places)))


def opened(number: int, person: Person) -> Opened:
    body = people_rows.body_of(person, "changed", "operator")
    read = kinds.PERSON.read(kinds.PERSON.write(body))
    assert isinstance(read, Values)
    return Opened(
        mid=number.to_bytes(32, "big"), kind=kinds.PERSON.name, from_="cert@a.gov",
        to=("cert@a.gov",), matter="0" * 32, s="0" * 8, n=number + 1, reply_to=None,
        prec="ROUTINE", tlp="CLEAR", created=Moment(number), kept_at=Moment(number),
        deadline=None, ours=True, origin="", place=0, author="m-01", releaser=None, ext={},
        body=read,
    )  # fmt: skip


@given(said=st.lists(ROWS, max_size=8), data=st.data())
def test_people_are_the_same_in_whatever_order_records_come(
    said: list[Person], data: st.DataObject
) -> None:
    records = [opened(number, person) for number, person in enumerate(said)]
    first, second = MemoryRows(people_rows.PEOPLE), MemoryRows(people_rows.PEOPLE)
    for each in records:
        people_rows.FOLD.apply(first, each)
    for each in data.draw(st.permutations(records)) + records:
        people_rows.FOLD.apply(second, each)
    rows = first.find({}, None, 100)
    assert rows == second.find({}, None, 100)
    newest = people_rows.newest(rows)
    assert newest == people_rows.newest(list(reversed(rows)))
    for name, row in newest.items():
        found = people_rows.person_of(row)
        assert found in [each for each in said if each.name == name]
        assert found.serial == max(each.serial for each in said if each.name == name)


# The room.


def test_the_people_of_the_file_are_taken_over_once() -> None:
    net, side, accounts = a_house()
    assert [each.name for each in accounts.every(net.now)] == ["operator"]
    assert accounts.of_user("1000", net.now).house == {House.ADMINISTRATOR}
    (record,) = side.of_kind("office.person", ours=True)
    side.restart()
    with_founders(side)
    assert side.office.people.of_user("1000", net.now).serial == 1
    assert [row.data("mid") for row in side.of_kind("office.person", ours=True)] == [
        record.data("mid")
    ]


def test_a_restored_office_finds_its_people_in_the_home_log_and_not_in_the_file() -> None:
    net, side, accounts = a_house()
    boss = boss_of(accounts, net.now)
    accounts.change(boss, "operator", 1, Change(display="Ms Boss"), net.now)
    side.shelf.inner._state = type(side.shelf.inner._state)()  # type: ignore[attr-defined]
    side.restart()
    with_founders(side)
    assert side.office.people.of_user("1000", net.now).display == "Ms Boss"
    assert len(side.of_kind("office.person", ours=True)) == 2


def test_people_stand_again_as_they_were_after_a_refold() -> None:
    net, side, accounts = a_house()
    boss = boss_of(accounts, net.now)
    anna = accounts.make(boss, "anna", Change(house=frozenset({House.AUDITOR})), net.now, "new")
    net.now += Span(1)
    accounts.suspend(boss, "anna", anna.serial, net.now, "left")
    before, rows = accounts.every(net.now), side.rows(people_rows.PEOPLE)
    side.office.rebuild(net.now)
    assert side.office.people.every(net.now) == before
    assert side.rows(people_rows.PEOPLE) == rows
    events = [(row.text("event"), row.text("by"), row.text("why")) for row in
              side.office.people.history("anna", net.now)]  # fmt: skip
    assert events == [("made", "operator", "new"), ("suspended", "operator", "left")]


def test_an_administrator_who_is_made_reads_no_desk() -> None:
    net, side, accounts = a_house()
    boss = boss_of(accounts, net.now)
    chief = accounts.make(
        boss, "chief", Change(house=frozenset({House.ADMINISTRATOR}), user="1002"), net.now
    )
    assert accounts.of_user("1002", net.now) == chief
    assert chief.signer_id == ""
    mid = side.rows(people_rows.PEOPLE)[0].data("mid")
    assert code_of(side.office.records.read, chief, mid, net.now) == "office.forbidden"
    given = Change(places={"cert": Place.READER})
    assert code_of(accounts.change, boss, "chief", 1, given, net.now) == "people.two_hats"
    assert code_of(accounts.change, chief, "chief", 1, given, net.now) == "people.two_hats"


def test_nobody_gives_roles_to_themselves_but_may_lay_them_down() -> None:
    net, _, accounts = a_house()
    boss = boss_of(accounts, net.now)
    more = Change(house=frozenset({House.ADMINISTRATOR, House.AUDITOR}), places={})
    assert code_of(accounts.change, boss, "operator", 1, more, net.now) == "people.own_roles"
    less = accounts.change(boss, "operator", 1, Change(places={}), net.now)
    assert less.roles == {}
    assert less.house == {House.ADMINISTRATOR}


def test_the_last_administrator_stays() -> None:
    net, _, accounts = a_house()
    boss = boss_of(accounts, net.now)
    none = Change(house=frozenset())
    assert code_of(accounts.suspend, boss, "operator", 1, net.now) == "people.last_administrator"
    assert (
        code_of(accounts.change, boss, "operator", 1, none, net.now) == "people.last_administrator"
    )
    other = accounts.make(boss, "other", Change(house=frozenset({House.ADMINISTRATOR})), net.now)
    accounts.suspend(other, "operator", 1, net.now)
    assert code_of(accounts.suspend, other, "other", 1, net.now) == "people.last_administrator"
    assert code_of(accounts.make, boss_of(accounts, net.now), "x", Change(), net.now) == (
        "office.forbidden"
    )
    assert code_of(accounts.of_user, "1000", net.now) == "people.suspended"
    accounts.resume(other, "operator", 2, net.now)
    assert accounts.of_user("1000", net.now).active


def test_of_two_administrators_who_change_one_person_the_later_is_told() -> None:
    net, _, accounts = a_house()
    boss = boss_of(accounts, net.now)
    accounts.make(boss, "anna", Change(house=frozenset({House.AUDITOR})), net.now)
    accounts.change(boss, "anna", 1, Change(display="Anna"), net.now)
    late = (boss, "anna", 1)
    assert code_of(accounts.change, *late, Change(display="Ann"), net.now) == "people.changed"
    assert code_of(accounts.suspend, *late, net.now) == "people.changed"
    assert code_of(accounts.resume, *late, net.now) == "people.changed"
    assert accounts.find("anna", net.now).display == "Anna"


def test_everybody_chooses_the_own_language_and_nothing_else() -> None:
    net, _, accounts = a_house()
    boss = boss_of(accounts, net.now)
    anna = accounts.make(boss, "anna", Change(), net.now)
    assert accounts.change(anna, "anna", 1, Change(language="ru"), net.now).language == "ru"
    steps = (accounts.change, anna)
    assert code_of(*steps, "operator", 1, Change(language="ru"), net.now) == "office.forbidden"
    assert code_of(*steps, "anna", 2, Change(display="Queen"), net.now) == "office.forbidden"


def test_a_signer_is_given_once_and_never_again() -> None:
    net, side, accounts = a_house()
    boss = boss_of(accounts, net.now)
    spare = {"s-02": side.party.signers["s-02"]}
    keys = replace(side.keys, signers={**side.keys.signers, **spare})
    side.office._register.keys = keys
    assert accounts.spares(["cert"]) == ("s-02",)
    anna = accounts.make(boss, "anna", Change(places={"cert": Place.DRAFTER}), net.now)
    assert anna.signer_id == "s-02"
    accounts.suspend(boss, "anna", 1, net.now)
    reader = Change(places={"cert": Place.READER})
    assert code_of(accounts.make, boss, "boris", reader, net.now) == "people.no_signer"
    assert accounts.spares() == ()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (Change(places={"nowhere": Place.READER}), "office.no_desk"),
        (Change(places={"node": Place.READER}), "office.no_desk"),
        (Change(user="1000"), "people.user_taken"),
        (Change(user="root"), "form.text"),
        (Change(display="a\nb"), "form.text"),
        (Change(language="russian!"), "form.text"),
    ],
)
def test_what_no_person_can_be_is_refused_and_nothing_stands(given: Change, code: str) -> None:
    net, _, accounts = a_house()
    boss = boss_of(accounts, net.now)
    assert code_of(accounts.make, boss, "anna", given, net.now) == code
    assert code_of(accounts.find, "anna", net.now) == "people.unknown"
    assert code_of(accounts.history, "anna", net.now) == "people.unknown"


@pytest.mark.parametrize("name", ["", "Anna", "a b", "-a", "a" * 33, "\u0430"])
def test_a_login_name_is_short_and_plain(name: str) -> None:
    net, _, accounts = a_house()
    fault = code_of(accounts.make, boss_of(accounts, net.now), name, Change(), net.now)
    assert fault in ("form.text", "form.length")


def test_two_people_of_one_name_cannot_be_made() -> None:
    net, _, accounts = a_house()
    boss = boss_of(accounts, net.now)
    assert code_of(accounts.make, boss, "operator", Change(), net.now) == "people.exists"
    assert code_of(accounts.resume, boss, "operator", 1, net.now) == "people.exists"


def test_an_act_of_a_person_without_system_user_stands_in_the_home_log() -> None:
    net = Net("aurelia.gov", "borealis.gov")
    a, b = net.sides
    mid = a.send("warning", b)
    net.settle()
    b.office.records.read(replace(PERSON, user=None), mid, net.now)
    net.settle()
    assert a.level(mid) == "READ"
