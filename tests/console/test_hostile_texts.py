"""Every text that a stranger or a person wrote, on every page: escaped, and nothing in it unseen.

Each field bears a mark of its own, HTML, a sign that turns letters round and one without width. A
page may hold them raw in one place alone: the value of a field that goes back as it was typed.
"""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from tests.office.test_files import inspect
from tests.support.household import PEOPLE, Household
from tests.support.offices import BUNDLE, PERSON, Side
from tests.support.pairs import pairs, wish

from detente.app.console import guard
from detente.app.console.ask import Upload
from detente.app.console.pages import ROUTES
from detente.core.moment import Span
from detente.office.accounts import Change
from detente.office.people import House
from detente.office.waiting import Policy
from detente.ui import safe

TRICK: Final = "<img src=x onerror=alert(1)>\"'&amp;{{7*7}}\u202egnp\u200b\u2066"
RAW: Final = ("<img", "onerror=alert(1)>", "<script>")
TURNED: Final = "\u202e\u200b\u2066\u202d\ufeff\u00ad"
STIX: Final = (BUNDLE % json.dumps(f"stixname{TRICK}")[1:-1]).encode()
VALUES: Final = re.compile(r'<textarea[^>]*>.*?</textarea>|\svalue="[^"]*"', re.DOTALL)


def trick(mark: str) -> str:
    return f"{mark}{TRICK}"


def attach(side: Side, name: str) -> str:
    files, now = side.office.files, side.net.now
    handle = files.begin(name, 3, now)
    files.add(handle, b"abc", now)
    return handle


class Stage:
    """A house where every text that can be hostile is, and the pages at which they stand."""

    def __init__(self, folder: Path) -> None:
        self.house = house = Household(folder, pairs(Policy(unreleased=True)))
        us, peer = house.side, house.other
        self.paths: dict[str, list[str]] = {each: [] for each in PEOPLE}
        names = (trick("peerfile").replace("/", ""),)
        theirs = peer.send(
            trick("peerabout"), us, asks=trick("peerasks"), attach=(attach(peer, names[0]),),
            file=STIX, prec="FLASH", within=Span.of(hours=4),
            unreleased=trick("peeralone"), exercise=trick("peerexercise")[:64],
        )  # fmt: skip
        ours = us.send(trick("ourabout"), peer, asks=trick("ourasks"), file=STIX)
        house.net.settle()
        inspect(house.net)
        self.answer_of_peer(ours)
        held = us.send("refused", peer)
        house.net.settle()
        peer.say_house(
            "sys.reject", us,
            {"of": held, "code": "E_X", "what": trick("peerwhat"), "remedy": trick("peertry")},
        )  # fmt: skip
        house.net.settle()
        draft = wish(us, trick("draftabout"), peer, file=STIX).waiting[0]
        gone = wish(us, "gone", peer, request="second wish").waiting[0]
        house.post("releaser", f"drafts/{gone.hex()}/refuse", {"why": trick("whynot")})
        self.typed()
        for each in ("supervisor", "reader", "releaser", "drafter"):
            told = [row.data("mid") for row in us.of_kind("cert.answer", ours=False)]
            assert told
            for mid in (theirs, ours, held, *told):
                row, _ = us.office.records.find(mid)
                house.post(each, f"record/{mid.hex()}/read")
                self.paths[each] += [
                    f"matter/{row.text('matter')}",
                    f"desk/cert/show?mid={mid.hex()}",
                ]
            self.paths[each] += [
                f"drafts/{draft.hex()}", f"drafts/{gone.hex()}", "desk/cert/list",
                f"desk/cert/list?from={trick('asked')}", f"write/cert/answer?mid={theirs.hex()}",
                f"write/cert/send?about={trick('linked')}", f"write/cert/{trick('actname')}",
                f"links/{trick('linkname')}", f"matter/{trick('matter')}", trick("nopage"),
                f"desk/{trick('deskname')}/list", f"desk/cert/{trick('lookname')}",
                f"write/cert/send?draft={trick('draftname')}", f"drafts/{trick('draftmid')}",
                f"attention?after={trick('after')}", f"record/{trick('record')}",
                f"desk/cert/list?count={trick('count')}", f"desk/cert/list?after={trick('from')}",
                f"record/{theirs.hex()}/text/{trick('field')}",
                f"record/{theirs.hex()}/file/{trick('number')}",
            ]  # fmt: skip
        self.paths["administrator"] += ["people", "people/hostile", f"people/{trick('whom')}"]
        for paths in self.paths.values():
            plain = [r.pattern for r in ROUTES if r.method == "GET" and "{" not in r.pattern]
            paths.extend(one for one in plain if one != "live")
            paths.extend((f"sign-in?next={trick('next')}", f"again?next={trick('next')}"))

    def answer_of_peer(self, ours: bytes) -> None:
        net, peer, us = self.house.net, self.house.other, self.house.side
        peer.act(
            "cert/answer", mid=ours, verdict="question", text=trick("peeranswer"),
            attach=(attach(peer, trick("peersecond").replace("/", "")),),
        )  # fmt: skip
        peer.office.records.read(PERSON, ours, net.now)
        peer.office.records.answer(PERSON, ours, ("DECLINED", trick("peerreason"), None), net.now)
        net.settle()
        inspect(net)
        peer.act(
            "cert/withdraw",
            mid=peer.of_kind("cert.bundle", ours=True)[0].data("mid"),
            all=True,
            reason="false",
        )
        us.office.advance(net.now)
        net.settle()

    def typed(self) -> None:
        """What people of this house type."""
        house, now = self.house, self.house.net.now
        boss = house.side.office.people.find("administrator", now)
        given = Change(display=trick("display"), house=frozenset({House.OVERSEER}))
        house.side.office.people.make(boss, "hostile", given, now, trick("why"))
        where = (trick("address"), trick("agent"))
        for each in ("supervisor", "administrator"):
            house.sign_in.sessions.begin(each, "password", where, now)
        person = house.side.office.people.find("supervisor", now)
        house.sign_in.new_token(person, trick("label"), ("cert:read",), Span.of(days=3), now)
        form = {
            "about": trick("textabout"), "asks": trick("textasks"), "tlp": "GREEN",
            "prec": "ROUTINE", "to": house.other.address, "exercise": trick("textexercise"),
            "unreleased": trick("textalone"), "within": trick("within"), "do": "keep",
        }  # fmt: skip
        house.post("supervisor", "write/cert/send", form)

    def posts(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        """Forms that come back because something in them is wrong, with what was typed."""
        (theirs, *_) = [
            each.data("mid") for each in self.house.side.of_kind("cert.bundle", ours=False)
        ]
        mid = theirs.hex()
        for do in ("look", "keep"):
            every = {name: trick(f"form{name}") for name in (
                "to", "about", "asks", "tlp", "prec", "unreleased", "exercise", "within", "attach",
                "draft", "version", "seen", "held-file", "do", "text", "verdict", "mid", "object",
                "reason", "replaced_by", "kept", "all", "form")}  # fmt: skip
            for act in ("send", "answer", "withdraw", "acknowledge"):
                yield "supervisor", f"write/cert/{act}", {**every, "do": do}
                yield "supervisor", f"write/cert/{act}/send", every
        reply = {"answer": trick("answer"), "reason": trick("reason"), "within": trick("within")}
        yield "supervisor", f"record/{mid}/reply", reply
        yield "supervisor", f"record/{mid}/reply", {**reply, "answer": "HOLD"}
        yield "supervisor", f"record/{mid}/take", {"back": trick("/back")}
        yield "supervisor", f"texts/{trick('draft')}/drop", {}
        yield "supervisor", f"drafts/{mid}/refuse", {"why": trick("why")}
        yield "administrator", "people", {
            "name": trick("name"), "display": trick("display"), "desk-cert": trick("place"),
            "house": trick("house"), "language": trick("language"), "why": trick("why"),
        }  # fmt: skip
        yield "administrator", "people", {"name": trick("name"), "display": trick("display")}
        yield "administrator", "people/hostile", {"serial": trick("serial"), "display": "\u202e"}
        yield "administrator", f"people/{trick('who')}/suspend", {"serial": "1"}
        yield "supervisor", "me/language", {"language": trick("language")}
        yield "supervisor", "me/token", {"label": trick("label"), "within": trick("within"),
                                         "scope": trick("scope")}  # fmt: skip
        yield "supervisor", "me/passkey/drop", {"passkey": trick("passkey")}
        yield "", "sign-in", {"name": trick("name"), "password": trick("password"), "code": "1"}
        yield "", f"enter/{trick('token')}", {}
        yield "supervisor", "again", {"password": trick("password"), "next": trick("/next")}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("house"))


def check(page: str, where: str) -> None:
    """See that nothing of a trick works on a page."""
    for each in RAW:
        assert each not in page, f"{where}: {each}"
    shown = VALUES.sub("", page)
    for letter in TURNED:
        at = shown.find(letter)
        assert at < 0, f"{where}: U+{ord(letter):04X} in {shown[max(0, at - 160) : at + 20]!r}"


def see(house: Household, name: str, path: str) -> str:
    bare, _, query = path.partition("?")
    asked = dict([query.partition("=")[::2]]) if query else {}
    answer = house.get(name, bare, **asked)
    for header, text in answer.headers.items():
        assert text.isascii(), header
        assert text.isprintable(), header
    return answer.data.decode() if answer.content_type.startswith("text/html") else ""


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("name", [*PEOPLE, ""])
def test_no_page_lets_a_text_act_or_hide(stage: Stage, name: str, language: str) -> None:
    stage.house.language = language
    for path in stage.paths.get(name, stage.paths["supervisor"]):
        check(see(stage.house, name, path), f"{name} /{path}")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_form_that_comes_back_lets_a_text_act_or_hide(stage: Stage, language: str) -> None:
    stage.house.language = language
    for name, path, form in stage.posts():
        answer = stage.house.post(name, path, form, (Upload("file", trick("upload"), b"{}"),))
        assert answer.status in (200, 303, 400, 403, 404, 409, 410, 413, 422), (path, answer.status)
        check(answer.data.decode(), f"{name} POST /{path}")


def test_every_text_was_there_and_drawn(stage: Stage) -> None:
    seen = "".join(
        see(stage.house, name, path) for name, each in stage.paths.items() for path in each
    )
    drawn = str(safe.foreign(TRICK)).removeprefix('<bdi dir="auto">').removesuffix("</bdi>")
    for mark in (
        "peerabout", "peerasks", "peeralone", "peeranswer", "peerreason", "peerwhat", "peertry",
        "ourabout", "ourasks", "draftabout", "whynot", "textabout", "display", "why",
    ):  # fmt: skip
        assert f"{mark}{drawn}" in seen, mark
    for mark in ("peerfile", "peersecond", "agent", "label"):  # kept without what shows nothing
        assert f"{mark}&lt;" in seen, mark


def test_what_was_typed_comes_back_as_it_was_typed(stage: Stage) -> None:
    form = {"about": trick("typed"), "do": "look"}
    page = stage.house.post("supervisor", "write/cert/send", form).data.decode()
    found = re.search(r'<textarea[^>]* name="about"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found, page
    assert html.unescape(found[1]) == trick("typed")
    assert guard.CSRF in page
