"""What goes by itself: only what is ours and fits, once, in the name of who arranged it, and not when stopped."""

import pytest
from tests.desks.cert.test_sharing import RESOLVERS, file, rows_of
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import BUNDLE, PERSON, Net, Side

from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.office import handing_on, house
from detente.office.automatic import DONE, ORDERS
from detente.office.fields import Value, Values
from detente.office.people import House, Person, Place, roles_of

PLACES = {"cert": Place.SUPERVISOR}
FOUNDER = Person(
    PERSON.name, PERSON.user, PERSON.signer_id, roles_of(PLACES), PERSON.name, PLACES,
    frozenset({House.ADMINISTRATOR}), serial=0,
)  # fmt: skip


def arrange(side: Side, to: Side, **terms: Value) -> bytes:
    given: dict[str, Value] = {"to": (to.address,), "about": "Lists", "way": "automatic", **terms}
    return side.act("cert/arrange", "", **given)


def keep(side: Side, data: bytes, tlp: str = "GREEN", **more: Value) -> bytes:
    """Import a list for ourselves alone."""
    side.net.now += Span(10)
    return side.act("cert/import", "", file=data, tlp=tlp, about=f"{data[:8]!r}", **more)


def run(net: Net, side: Side) -> None:
    """Let whatever goes by itself go."""
    net.settle()
    while side.office.handing_on.turn(net.now) == 0.0:
        pass
    net.settle()


def handed(side: Side, **asked: Value) -> list[tuple[str, str]]:
    rows = rows_of(side, "cert/handed", **asked)
    return [(row.text("state"), row.text("why")) for row in reversed(rows)]


def titles(side: Side) -> list[str]:
    return [row.text("about") for row in reversed(rows_of(side, "cert/list"))]


@pytest.fixture
def net() -> Net:
    found = Net(AURELIA, BOREALIS)
    for side in found.sides:
        side.office.people._founders = (FOUNDER,)
    return found


def test_what_is_imported_after_it_was_arranged_goes_once_in_the_arrangers_name(net: Net) -> None:
    a, b = net.sides
    keep(a, b"before.evil\n")
    net.now += Span(10)
    order = arrange(a, b)
    assert a.office.handing_on.turn(net.now) is not None
    net.now += Span(2_000)
    mid = keep(a, b"after.evil\n")
    run(net, a)
    run(net, a)
    (row,) = rows_of(b, "cert/list")
    assert "after.evil" in rows_of(b, "cert/export", mid=row["mid"])[0].text("bundle")
    assert (row["tlp"], row["from"]) == ("GREEN", a.address)
    (done,) = rows_of(a, "cert/handed")
    assert (done["order"], done["of"], done["state"], done["made"]) == (
        order,
        mid,
        "sent",
        row["mid"],
    )
    with a.shelf.begin() as tx:
        acts = [Values(each) for each in tx.rows(house.ACTS).find({}, None, 50)]
    (act,) = [each for each in acts if each.text("request").startswith("automatic.")]
    assert (act["person"], act["act"], act["mids"]) == (PERSON.name, "cert/share", (row["mid"],))


def test_only_what_fits_goes(net: Net) -> None:
    a, b = net.sides
    a.act("cert/warn", "", file=file(RESOLVERS))
    arrange(a, b, upto="RED")
    net.now += Span(2_000)
    keep(
        a, b"strict.evil\n", tlp="AMBER+STRICT"
    )  # stricter than goes by itself, whatever was arranged
    keep(a, b"10.0.0.1\n9.9.9.9\n")  # all of it on lists
    keep(a, b"part.evil\n9.9.9.9\n", tlp="AMBER")
    a.act(
        "cert/send",
        "",
        file=(BUNDLE % "there").encode(),
        to=(b.address,),
        about="there",
        tlp="GREEN",
    )
    exercise = {"exercise": "STEADY HAND"}
    keep(a, b"exercise.evil\n", **exercise)
    gone = keep(a, b"gone.evil\n")
    a.act("cert/withdraw", "", mid=gone, all=True, reason="false")
    run(net, a)
    assert [state for state, _ in handed(a)] == ["stays", "stays", "sent", "stays"]
    assert len(titles(b)) == 2
    sent = rows_of(a, "cert/handed")[1]
    text = rows_of(b, "cert/export", mid=sent["made"])[0].text("bundle")
    assert "part.evil" in text
    assert "9.9.9.9" not in text


def test_what_a_peer_told_us_goes_on_by_a_person_alone(net: Net) -> None:
    a, b = net.sides
    arrange(a, b)
    net.now += Span(2_000)
    b.act(
        "cert/send", "", file=(BUNDLE % "theirs").encode(), to=(a.address,), about="x", tlp="GREEN"
    )
    run(net, a)
    assert handed(a) == []


def test_it_is_stopped_at_once_and_goes_on_where_it_stood(net: Net) -> None:
    a, b = net.sides
    arrange(a, b)
    net.now += Span(2_000)
    a.act("cert/automatic", "", state="stopped", party=b.party.name, because="wrong list")
    keep(a, b"one.evil\n")
    run(net, a)
    assert (handed(a), titles(b)) == ([], [])
    net.now += Span(2_000)
    a.act("cert/automatic", "", state="running", party=b.party.name)
    run(net, a)
    assert [state for state, _ in handed(a)] == ["sent"]
    net.now += Span(2_000)
    a.act("cert/automatic", "", state="stopped")
    keep(a, b"two.evil\n")
    run(net, a)
    assert len(handed(a)) == 1


def test_an_arrangement_by_a_person_or_one_that_ended_sends_nothing(net: Net) -> None:
    a, b = net.sides
    arrange(a, b, until=net.now + Span(1_000))
    net.now += Span(2_000)
    keep(a, b"late.evil\n")
    run(net, a)
    arrange(a, b, way="person")
    net.now += Span(2_000)
    keep(a, b"byhand.evil\n")
    run(net, a)
    assert handed(a) == []


@pytest.mark.parametrize("other", [{"way": "person"}, {"ends": True}, {"upto": "CLEAR"}])
@pytest.mark.parametrize("way", [1, -1])
def test_of_one_moment_each_must_let_it_go_by_itself(
    net: Net, other: dict[str, Value], way: int
) -> None:
    a, b = net.sides
    now = net.now
    for terms in ({"upto": "AMBER"}, other)[::way]:
        net.now = now
        arrange(a, b, **terms)
    net.now += Span(2_000)
    keep(a, b"kept.evil\n")
    run(net, a)
    assert titles(b) == []


@pytest.mark.parametrize("states", [("stopped", "running"), ("running", "stopped")])
def test_of_a_stop_and_a_start_of_one_moment_the_stop_is_heard(
    net: Net, states: tuple[str, ...]
) -> None:
    a, b = net.sides
    arrange(a, b, upto="AMBER")
    net.now += Span(2_000)
    now = net.now
    for state in states:
        net.now = now
        a.act("cert/automatic", "", state=state, party="borealis.gov")
    keep(a, b"kept.evil\n")
    run(net, a)
    assert titles(b) == []


def test_not_more_than_so_many_in_a_minute(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing_on, "RATE", 2)
    a, b = net.sides
    arrange(a, b)
    net.now += Span(2_000)
    for number in range(3):
        keep(a, f"n{number}.evil\n".encode())
    run(net, a)
    assert len(handed(a)) == 2
    net.now += Span.of(minutes=1)
    run(net, a)
    assert len(handed(a)) == 3


def test_where_it_may_not_or_who_arranged_may_no_longer_it_waits_and_is_told(net: Net) -> None:
    a, b = net.sides
    order = arrange(a, b)
    net.now += Span(2_000)
    keep(a, b"held.evil\n")
    net.settle()
    a.office.handing_on.may = lambda _: False
    run(net, a)
    (item,) = [
        each for each in a.office.todo.page(PERSON, net.now).items if each.what == "automatic"
    ]
    assert (item.mid, dict(item.words[1])["party"]) == (order, "borealis.gov")
    assert handed(a) == []
    a.office.handing_on.may = lambda _: True
    net.now += Span.of(minutes=2)
    run(net, a)
    assert [state for state, _ in handed(a)] == ["sent"]
    assert [
        each for each in a.office.todo.page(PERSON, net.now).items if each.what == "automatic"
    ] == []


def test_a_crash_after_it_was_sent_sends_nothing_twice(net: Net) -> None:
    a, b = net.sides
    arrange(a, b)
    net.now += Span(2_000)
    keep(a, b"once.evil\n")
    run(net, a)
    with a.shelf.begin() as tx:  # what it noted is lost, what it sent is not
        for table in (DONE, ORDERS):
            for row in tx.rows(table).find({}, None, 9):
                tx.rows(table).drop(row[table.key])
    net.now += Span(2_000)
    run(net, a)
    assert handed(a) == [("stays", "it is there already")]
    assert len(titles(b)) == 1


def test_a_bundle_of_which_something_was_taken_back_goes_on_in_part_alone(net: Net) -> None:
    a, b = net.sides
    mid = keep(a, b"good.evil\nbad.evil\n")
    net.settle()
    objects = rows_of(a, "cert/objects", mid=mid)
    text = rows_of(a, "cert/export", mid=mid)[0].text("bundle")
    wrong = next(row.text("id") for row in objects if row.text("id").startswith("indicator"))
    a.act("cert/withdraw", "", mid=mid, object=(Values({"id": wrong}),), reason="false", all=False)
    net.settle()
    with pytest.raises(OurFault, match="withdrawn"):
        a.act("cert/share", "", mid=mid, to=(b.address,))
    a.act("cert/share", "", mid=mid, to=(b.address,), part=True)
    net.settle()
    assert wrong in text
    (row,) = rows_of(b, "cert/list")
    assert wrong not in rows_of(b, "cert/export", mid=row["mid"])[0].text("bundle")
