"""Each finding of the doctor: at its edge, with words in both languages, on its page."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.outcomes import fault_of

from detente.app import config
from detente.app.doctor import ask, checks
from detente.app.doctor.checks import DAY_MS, ERROR, WARN, judge, reserve
from detente.app.doctor.facts import (
    BellFact,
    CardFact,
    DeskFact,
    Facts,
    LinkFact,
    NodeFact,
    OfficeFact,
    RootFact,
    Told,
    Twins,
    Waiting,
)
from detente.core import limits
from detente.core.moment import Moment, Span

ROOT = Path(__file__).parents[2]
NOW = Moment.parse("2026-11-22T10:00:00.000Z")
GIB = 1024**3
LINK = LinkFact("borealis.gov", "LIVE", "connected", NOW)
NODE = NodeFact(links=(LINK,))
WELL = Facts(
    now=NOW, folder="aurelia", party="aurelia.gov", free=50 * GIB, total=100 * GIB,
    begun_at=NOW, remind=7, own_card=CardFact("aurelia.gov", NOW + Span(90 * DAY_MS)),
    peer_cards=(CardFact("borealis.gov", NOW + Span(90 * DAY_MS)),), node=NODE,
    office=OfficeFact(),
)  # fmt: skip
TOLD = Told("store.full", "the disk is full", "make room")


def ago(ms: int) -> Moment:
    return Moment(NOW.ms - ms)


def with_link(**changed: object) -> Facts:
    return replace(WELL, node=replace(NODE, links=(replace(LINK, **changed),)))  # type: ignore[arg-type]


def with_node(**changed: object) -> Facts:
    return replace(WELL, node=replace(NODE, **changed))  # type: ignore[arg-type]


def with_office(**changed: object) -> Facts:
    return replace(WELL, office=replace(OfficeFact(), **changed))  # type: ignore[arg-type]


def with_desk(**changed: object) -> Facts:
    given = {"entrusted": True, "holders": 2, **changed}
    return with_office(desks=(DeskFact("cert", **given),))  # type: ignore[arg-type]


def with_there(state: str, ms: int) -> Facts:
    return with_office(there=(("borealis.gov", state, Waiting(2, ago(ms))),))


def card(days: float) -> CardFact:
    return CardFact("x.gov", NOW + Span(int(days * DAY_MS)))


TWINS = Twins("cert@x.gov", "m", "s", 1, "abc", "def")
HOUR = checks.HOUR_MS
SOON = checks.CARD_SOON
# code: what is just wrong, what is just right (None where there is no edge), severity
CASES: dict[str, tuple[Facts, Facts | None, str]] = {
    "rights": (replace(WELL, open_rights=(("x can be read", "chmod"),)), None, ERROR),
    "disk": (replace(WELL, free=2 * GIB - 1), replace(WELL, free=2 * GIB), ERROR),
    "backup_old": (
        replace(WELL, backup_at=ago(7 * DAY_MS + 1)), replace(WELL, backup_at=ago(7 * DAY_MS)), WARN,
    ),
    "backup_none": (
        replace(WELL, begun_at=ago(7 * DAY_MS + 1)),
        replace(WELL, begun_at=ago(99 * DAY_MS), remind=0), WARN,
    ),
    "card_own": (replace(WELL, own_card=card(SOON - 1)), replace(WELL, own_card=card(SOON)), WARN),
    "card_peer": (replace(WELL, peer_cards=(card(0),)), replace(WELL, peer_cards=()), ERROR),
    "card_copy": (replace(WELL, card_copies=(("x.gov", "party/card"),)), None, WARN),
    "not_compared": (replace(WELL, not_compared=(("x.gov", "invited"),)), None, WARN),
    "node_dead": (replace(WELL, node=None, node_fault=TOLD), replace(WELL, node=None), ERROR),
    "office_dead": (replace(WELL, office=None, office_fault=TOLD), replace(WELL, office=None), ERROR),
    "store": (with_node(store_fault=TOLD, faults={"store.full": "x"}), None, ERROR),
    "wal": (
        with_node(wal_bytes=checks.WAL_LARGE + 1),
        with_node(wal_bytes=checks.WAL_LARGE), WARN,
    ),
    "restored": (with_node(restored=True), None, ERROR),
    "fault": (with_node(faults={"path borealis.gov/main": "x"}), None, ERROR),
    "halted": (with_link(state="HALTED", why="E_FORK: x"), None, ERROR),
    "recover": (with_link(state="RECOVER"), None, ERROR),
    "peer_full": (with_link(state="PEER_READ_ONLY"), None, WARN),
    "path_down": (with_link(state="PATH_DOWN", path_fault="E_TIMEOUT: x"), None, ERROR),
    "node_down": (with_link(state="NODE_DOWN", why="refused"), None, ERROR),
    "key_mismatch": (with_link(state="KEY_MISMATCH", path_fault="E_PIN: x"), None, ERROR),
    "link_down": (with_link(state="DOWN", path_fault="E_PIN: x"), None, ERROR),
    "clock": (
        with_link(clock_ahead_ms=-limits.MAX_SKEW - 1), with_link(clock_ahead_ms=limits.MAX_SKEW),
        WARN,
    ),
    "queue": (with_link(waiting_since=ago(HOUR + 1)), with_link(waiting_since=ago(HOUR)), WARN),
    "pq_late": (with_link(late="PQ_LATE"), None, WARN),
    "card_refused": (with_office(cards={"borealis.gov": "other keys"}), None, ERROR),
    "refused": (with_office(refused={"abc": TOLD}), None, WARN),
    "unsent": (with_office(unsent={"abc": TOLD}), None, WARN),
    "held": (with_office(held={"origin": TOLD}), None, WARN),
    "odd_row": (with_office(odd={"records": TOLD}), None, ERROR),
    "equivocation": (with_office(twins=(TWINS,)), None, ERROR),
    "undelivered": (
        with_office(undelivered=Waiting(2, ago(HOUR + 1))),
        with_office(undelivered=Waiting(2, ago(HOUR))), WARN,
    ),
    "signers_low": (with_office(spares={"cert": 1}), with_office(spares={"cert": 2}), WARN),
    "unattended": (with_there("UNATTENDED", HOUR + 1), with_there("UNATTENDED", HOUR), WARN),
    "unanswered": (with_there("READ_UNANSWERED", 1), with_there("DECLINED", HOUR), WARN),
    "owed": (with_office(owed=Waiting(1, ago(1))), with_office(owed=Waiting()), WARN),
    "unread": (
        with_office(unread=Waiting(2, ago(DAY_MS + 1))), with_office(unread=Waiting(2, ago(DAY_MS))),
        WARN,
    ),
    "root_changed": (replace(WELL, root_changed=("x.gov",)), None, WARN),
    "root_peer": (with_node(roots=(RootFact("x.gov", ours=True, compared=False),)), None, WARN),
    "root_line": (with_node(roots=(RootFact("x.gov", ours=False, compared=True),)), None, WARN),
    "desk_alone": (with_desk(holders=1), with_desk(holders=2), WARN),
    "desk_flash": (
        with_desk(open=False, flashes=Waiting(1, ago(1))),
        with_desk(open=True, flashes=Waiting(1, ago(1))), ERROR,
    ),
    "desk_unattended": (
        with_desk(entrusted=False, may_unattended=False), with_desk(may_unattended=False), WARN,
    ),
    "alarm_command": (
        with_office(bells=(BellFact("command", True, "it ended with 3", failed_at=NOW),)),
        with_office(bells=(BellFact("command", well_at=NOW, failed_at=ago(1)),)), ERROR,
    ),
    "alarm_webhook": (
        with_office(bells=(BellFact("webhook", True, "it answers 503", failed_at=NOW),)),
        with_office(bells=(BellFact("webhook"),)), ERROR,
    ),
    "defect": (replace(WELL, defects=("report",)), None, WARN),
}  # fmt: skip


def test_a_party_that_is_well_has_no_finding() -> None:
    assert judge(WELL) == []


def test_every_finding_has_its_case() -> None:
    assert CASES.keys() == checks.CODES


@pytest.mark.parametrize("code", CASES)
def test_a_finding_is_told_past_its_edge_and_not_before(code: str) -> None:
    wrong, right, severity = CASES[code]
    assert [(each.code, each.severity) for each in judge(wrong)] == [(code, severity)]
    assert judge(right or WELL) == []


def test_a_path_fault_of_a_link_that_does_not_work_is_told_with_the_link_alone() -> None:
    down = replace(LINK, state="DOWN", path_fault="E_PIN: x")
    cut = with_node(links=(down,), faults={"path borealis.gov/main": "E_PIN: x"})
    assert [(each.code, each.places["why"]) for each in judge(cut)] == [("link_down", "E_PIN: x")]


def words(language: str) -> dict[str, str]:
    file = ROOT / "src" / "detente" / "app" / "words" / f"{language}.toml"
    found: dict[str, str] = tomllib.loads(file.read_text("utf-8"))["finding"]
    return found


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("code", CASES)
def test_a_finding_fills_all_places_of_its_words(language: str, code: str) -> None:
    (finding,) = judge(CASES[code][0])
    for name in (code, f"{code}_try"):
        places = set(re.findall(r"{(\w+)}", words(language)[name]))
        assert places <= finding.places.keys(), name


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_words_are_of_a_finding_that_is_none(language: str) -> None:
    due = {name for code in CASES for name in (code, f"{code}_try")}
    assert words(language).keys() == due


@pytest.mark.parametrize("page", ["docs/operate/doctor.md", "docs/ru/operate/doctor.md"])
def test_every_finding_stands_on_the_page_and_no_other_does(page: str) -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \|", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(CASES)


def test_what_does_not_work_comes_first() -> None:
    both = replace(with_link(state="DOWN"), defects=("report",), backup_at=ago(99 * DAY_MS))
    assert [each.severity for each in judge(both)] == [ERROR, WARN, WARN]


def test_the_reserve_is_a_part_of_a_small_disk_and_two_gib_of_a_large_one() -> None:
    assert reserve(10 * GIB) == GIB // 2
    assert reserve(100 * GIB) == 2 * GIB


# What a node and an office tell.


def test_a_nodes_answer_is_read() -> None:
    row = {
        "party": "borealis.gov", "state": "DOWN", "why": "w", "since": str(NOW), "path_fault": None,
        "sent": 3, "stored": 2, "waiting": 1, "waiting_since": str(NOW), "clock_ahead_ms": 5,
        "late": "", "received_late": "PQ_LATE",
    }  # fmt: skip
    told = {
        "links": [row], "findings": [{"what": "a", "why": "b"}], "restored": False,
        "store": {"fault": {"code": "c", "what": "w", "remedy": "r"}, "wal_bytes": 9},
        "roots": [{"party": "x.gov", "serial": 2, "ours": True, "compared": False}],
    }  # fmt: skip
    found = ask.read_node(told)
    link = LinkFact("borealis.gov", "DOWN", "w", NOW, "", 3, 2, 1, NOW, 5, "PQ_LATE")
    waits = (RootFact("x.gov", ours=True, compared=False),)
    said = Told("c", "w", "r")
    assert found == NodeFact((link,), {"a": "b"}, said, 9, restored=False, roots=waits)


def test_an_offices_answer_is_read() -> None:
    why = {"code": "c", "what": "w", "remedy": "r"}
    told = {
        "refused": [{"id": "abc", **why}], "cards": {"x.gov": "why"}, "unsent": [{"id": "def", "refused": why}],
        "desk_keys": [
            {
                "desk": "cert", "entrusted": True, "open": False, "holders": 1,
                "may_unattended": False, "flashes": 2, "since": str(NOW),
            }
        ],
        "held": [{"origin": "o", **why}], "odd": [{"where": "records", **why}],
        "spares": {"cert": 3},
        "alarms": [
            {
                "by": "webhook", "failing": True, "why": "it answers 503", "waiting": 2, "tries": 1,
                "tries_max": 5, "well_at": None, "failed_at": str(NOW),
            }
        ],
        "equivocations": [
            {"from": "f", "matter": "m", "s": "s", "n": 1, "first": "1", "second": "2"}
        ],
    }  # fmt: skip
    waits = {
        "undelivered": {"count": 1, "since": str(NOW)}, "unread": {"count": 0, "since": None},
        "owed": {"count": 2, "since": str(NOW)}, "whole": True,
        "parties": [{"party": "x.gov", "state": "UNREAD", "count": 3, "since": None}],
    }  # fmt: skip
    said = Told("c", "w", "r")
    assert ask.read_office(told, waits) == OfficeFact(
        {"abc": said}, {"def": said}, {"o": said}, (Twins("f", "m", "s", 1, "1", "2"),),
        Waiting(1, NOW), owed=Waiting(2, NOW), cards={"x.gov": "why"}, spares={"cert": 3},
        odd={"records": said},
        there=(("x.gov", "UNREAD", Waiting(3)),),
        desks=(DeskFact("cert", True, False, 1, False, Waiting(2, NOW)),),
        bells=(BellFact("webhook", True, "it answers 503", 2, 1, 5, None, NOW),),
    )  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Callable[[str], config.Config]:
    def made(remind: str) -> config.Config:
        text = f'[party]\nname = "aurelia.gov"\n[backup]\nremind = "{remind}"\n'
        (tmp_path / "detente.toml").write_text(text)
        return config.load(str(tmp_path))

    return made


def test_the_term_of_a_backup_is_days_or_never(settings: Callable[[str], config.Config]) -> None:
    assert ask.remind_days(settings("14d")) == 14
    assert ask.remind_days(settings("")) == 0
    assert fault_of(ask.remind_days, settings("soon")) == "config.bad"
