"""Constituents over a whole office: the list of what waits, letters that leave once, feeds by token."""

import hashlib
import json
import sys
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from tests.desks.cert.constituents import WATER
from tests.desks.cert.home.sides import bundle, indicator
from tests.support.household import Household

from detente.app.config import Config
from detente.app.log import Log
from detente.app.telling import letter
from detente.app.telling.room import Mailing
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.desks.cert.home import folds, whose
from detente.office import items
from detente.office.fields import Value, Values
from detente.office.offering import Wanted
from detente.office.office import Office

TOKEN = "t" * 43
WHO = "supervisor"


@pytest.fixture
def house(tmp_path: Path) -> Household:
    return Household(tmp_path)


def act(house: Household, name: str, /, **values: Value) -> bytes:
    person = house.side.office.people.find(WHO, house.net.now)
    outcome = house.side.office.act(person, f"cert/{name}", Values(values), house.net.now)
    (mid,) = outcome.mids
    return mid


def see(house: Household, name: str, /, **values: Value) -> list[Values]:
    person = house.side.office.people.find(WHO, house.net.now)
    _, rows = house.side.office.look(person, f"cert/{name}", Values(values), house.net.now)
    return [Values(row) for row in rows]


def found(house: Household, *means: str, **more: Value) -> None:
    """Enter Northern Water, and keep something that is about it."""
    given = {**WATER, "means": means[0] if means else "csv", **more}
    act(house, "constituent_add", **given)
    file = bundle(indicator(1, "198.51.100.7"), indicator(2, "water.example"))
    act(house, "import", file=file, about="Found", tlp="AMBER")


def plainly(step: Callable[[], None]) -> None:
    step()


def mailing(
    house: Household,
    *,
    command: list[str] | None = None,
    folder: str = "",
    office: Callable[[], Office] | None = None,
) -> tuple[Mailing, Callable[[], None]]:
    """Return the room of letters, and what lets one leave to its end."""
    values: dict[str, str | bool | list[str]] = {
        "cert.mail_command": command or [], "cert.mail_folder": folder, "cert.teller": WHO,
        "cert.mail_from": "cert@aurelia.example",
    }  # fmt: skip
    came: list[Callable[[], None]] = []
    room = Mailing(
        Config(house.folder, values),
        office or (lambda: house.side.office),
        came.append,
        Log("office", "error"),
    )

    def finish() -> None:
        assert room.turn(plainly, house.net.now) is not None
        if room._pool is not None:
            room._pool.submit(lambda: None).result(30)  # one thread: what it began is done
        for step in came:
            step()
        came.clear()
        room.turn(plainly, house.net.now)

    return room, finish


def test_whom_something_waits_for_stands_on_the_list_until_they_are_told(house: Household) -> None:
    found(house)
    person = house.side.office.people.find(WHO, house.net.now)

    def waiting() -> list[items.Item]:
        page = house.side.office.todo.page(person, house.net.now)
        return [each for each in page.items if each.what == items.TELL]

    (item,) = waiting()
    assert (item.title, item.look, item.acts) == (
        "Northern Water", "cert/to_tell?key=water-north", ("cert/tell",)
    )  # fmt: skip
    page = house.get(WHO, "/attention").data.decode()
    assert 'href="/desk/cert/to_tell?key=water-north"' in page
    assert house.get(WHO, "/desk/cert/to_tell", key="water-north").status == 200
    act(house, "tell", key="water-north")
    assert waiting() == []


def test_a_letter_names_nothing_that_can_be_clicked_and_its_table_is_whole(
    house: Household,
) -> None:
    found(house, "mail", mail=("soc@water.example", "duty@water.example"), language="ru")
    mid = act(house, "tell", key="water-north", note="Позвоните нам.")
    (row,) = house.side.office.at_desks.letters("cert")
    data = letter.make(Values(row), "cert@aurelia.example")
    assert letter.make(Values(row), "cert@aurelia.example") == data
    read = message_from_bytes(data, policy=policy.default)
    assert read["To"] == "soc@water.example, duty@water.example"
    assert read["Subject"].startswith("[TLP:AMBER] ")
    body, table = read.iter_parts()
    words = body.get_content()
    assert "198[.]51[.]100[.]7" in words
    assert "198.51.100.7" not in words
    assert "Позвоните нам." in words
    assert table.get_content_type() == "text/csv"
    assert table.get_content() == see(house, "telling_export", mid=mid)[0]["table"]


def test_a_letter_is_written_into_a_folder_and_that_it_was_is_noted(house: Household) -> None:
    found(house, "mail", mail=("soc@water.example",))
    mid = act(house, "tell", key="water-north")
    room, finish = mailing(house, folder="out")
    finish()
    room.close()
    (file,) = (house.folder / "out").iterdir()
    assert file.name == f"{mid.hex()}.eml"
    assert [row["state"] for row in see(house, "tellings")] == ["sent"]
    assert house.side.office.at_desks.letters("cert") == ()


def test_a_command_gets_the_letter_once_and_its_failure_is_told(house: Household) -> None:
    found(house, "mail", mail=("soc@water.example",))
    act(house, "tell", key="water-north")
    kept = house.folder / "kept"
    script = f"import sys; open({str(kept)!r}, 'ab').write(sys.stdin.buffer.read()); sys.exit('no route')"
    room, finish = mailing(house, command=[sys.executable, "-c", script])
    finish()
    room.close()
    assert kept.read_bytes().count(b"Message-ID:") == 1
    (row,) = see(house, "tellings")
    assert (row["state"], row["text"]) == ("failed", "the command ended with 1: no route")
    assert len(see(house, "to_tell")) == 2


def test_a_command_sees_nothing_of_our_environment(
    house: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DETENTE_OFFICE_PASSPHRASE", "a word of ours")
    found(house, "mail", mail=("soc@water.example",))
    act(house, "tell", key="water-north")
    seen = house.folder / "seen"
    script = f"import json, os; json.dump(dict(os.environ), open({str(seen)!r}, 'w'))"
    room, finish = mailing(house, command=[sys.executable, "-c", script])
    finish()
    room.close()
    names = set(json.loads(seen.read_text()))
    assert "PATH" in names
    assert not [name for name in names if name.startswith("DETENTE")]


def test_a_command_that_cannot_be_run_fails_its_letter_and_blocks_no_other(
    house: Household,
) -> None:
    found(house, "mail", mail=("soc@water.example",))
    act(house, "tell", key="water-north")
    room, finish = mailing(house, command=["/bin/a\0b"])
    finish()
    room.close()
    (row,) = see(house, "tellings")
    assert row["state"] == "failed"
    assert row.text("text").startswith("ValueError")
    assert house.side.office.at_desks.letters("cert") == ()


def test_the_guard_of_the_office_hears_that_its_node_is_gone(house: Household) -> None:
    found(house, "mail", mail=("soc@water.example",))
    act(house, "tell", key="water-north")
    heard: list[str] = []

    def guard(step: Callable[[], None]) -> None:
        try:
            step()
        except OurFault as fault:
            heard.append(fault.code)
            raise

    def gone() -> Office:
        raise OurFault("hatch.closed", "the node is gone", "start: detente run")

    room, _ = mailing(house, folder="out", office=gone)
    assert room.turn(guard, house.net.now) is not None
    room.close()
    assert heard == ["hatch.closed"]


def test_a_letter_whose_fate_a_crash_hides_is_not_sent_again(house: Household) -> None:
    found(house, "mail", mail=("soc@water.example",))
    mid = act(house, "tell", key="water-north")
    marks = house.folder / "office" / "letters"
    marks.mkdir(parents=True)
    (marks / mid.hex()).touch()
    room, _ = mailing(house, command=["/bin/false"])
    room.turn(plainly, house.net.now)
    room.close()
    assert [row["state"] for row in see(house, "tellings")] == ["failed"]


def test_settings_that_say_half_of_it_are_refused(house: Household) -> None:
    with pytest.raises(OurFault, match="whole path"):
        mailing(house, command=["sendmail"])
    room, _ = mailing(house)
    assert room.turn(plainly, house.net.now) is None


def test_a_feed_answers_its_token_alone(house: Household) -> None:
    found(house, "feed")
    act(
        house, "constituent_token", key="water-north", token=hashlib.sha256(TOKEN.encode()).digest()
    )
    act(house, "tell", key="water-north")
    answer = house.get("", f"/told/{TOKEN}")
    assert answer.status == 200
    lines = answer.data.decode().splitlines()
    assert lines[0].startswith("found,what,value")
    assert sorted(line.split(",")[2] for line in lines[1:]) == ["198.51.100.7", "water.example"]
    for wrong in ("u" * 43, "t" * 42, "none"):
        assert house.get("", f"/told/{wrong}").status == 404
    act(house, "constituent_token", key="water-north")
    assert house.get("", f"/told/{TOKEN}").status == 404


def test_an_embargo_keeps_its_objects_out_of_collections_until_its_release(
    house: Household,
) -> None:
    office, other = house.side.office, house.other.address
    act(
        house, "vulnerability_open", to=(other,), about="Controller", text="How", finder="A. Finder",
        product=("Controller 3",), cve=("CVE-2026-10001",), release=house.net.now + Span.of(days=30),
    )  # fmt: skip
    one = indicator(7, "203.0.113.9", description="Uses CVE-2026-10001")
    act(house, "import", file=bundle(one, indicator(8, "203.0.113.10")), about="Found", tlp="AMBER")
    person = office.people.find(WHO, house.net.now)

    def offered() -> list[str]:
        collection = office.offered.collection(person, "all")
        page = office.offered.page(person, collection, Wanted(), -1, 100)
        return sorted(json.loads(text)["id"][:19] for text in office.offered.texts(page) if b"indicator--" in text)  # fmt: skip

    assert offered() == ["indicator--00000008"]
    (case,) = see(house, "vulnerabilities")
    act(house, "vulnerability_release", mid=case["mid"], alone=True, text="It is used already.")
    assert offered() == ["indicator--00000007", "indicator--00000008"]
    house.net.settle()
    assert len(house.other.of_kind("cert.vulnerability_release", ours=False)) == 1


def test_the_agreed_day_is_one_deadline_and_stands_on_the_list(house: Household) -> None:
    day = house.net.now + Span.of(days=30)
    mid = act(
        house, "vulnerability_open", to=(house.other.address,), about="Controller", text="How",
        finder="A. Finder", product=("Controller 3",), release=day,
    )  # fmt: skip
    house.net.settle()
    house.other.act("cert/vulnerability_agree", mid=mid, word="agree")
    house.net.settle()
    (row,) = see(house, "vulnerabilities")
    assert (row["state"], row["release"]) == ("agreed", day)
    (answer,) = house.other.of_kind("cert.vulnerability_agree", ours=True)
    assert answer["to"] == (house.side.address,), "who answers all is not among those it goes to"
    person = house.side.office.people.find(WHO, house.net.now)
    found_ = house.side.office.todo.page(person, house.net.now).items
    assert [(each.what, each.due) for each in found_ if each.mid == mid] == [(items.OWED, day)]


def test_a_rebuild_gives_the_same_rows(house: Household) -> None:
    found(house)
    act(house, "tell", key="water-north")
    act(house, "constituent_change", key="water-north", network=("198.51.100.0/28",))
    act(house, "import", file=bundle(indicator(3, "198.51.100.3")), about="More", tlp="GREEN")
    house.net.settle()
    tables = (whose.WHOSE, folds.CONSTITUENTS, folds.TELLINGS)
    before = [house.side.rows(each) for each in tables]
    house.side.office.rebuild(house.net.now)
    assert [house.side.rows(each) for each in tables] == before
    assert [row["place"] for row in before[0] if row.text("place")[0] == "o"] != []
