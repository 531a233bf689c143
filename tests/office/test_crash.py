"""Exactly once, wherever either half of either party stops."""

from collections import Counter
from collections.abc import Callable, Iterable

import pytest
from hypothesis import settings
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import OBJECT, PERSON, Net, Side

from detente.office import house
from detente.office.fields import Value, Values

# What two people do, in order; each line is asked for again until it is answered.
STEPS = (
    "aurelia sends what no desk can read",
    "aurelia sends",
    "borealis reads",
    "borealis answers",
    "aurelia reads the answer",
    "aurelia withdraws",
    "borealis acknowledges",
)


class Talk:
    """One conversation between two parties, of which one side may stop at a step."""

    def __init__(self) -> None:
        self.net = Net(AURELIA, BOREALIS)
        self.a, self.b = self.net.sides
        self.mids: dict[str, bytes] = {}
        self.bad = self.a.unreadable(self.b)
        self.mids["bad"] = self.bad.mid
        self.steps: dict[str, Callable[[], object]] = {
            "aurelia sends what no desk can read": lambda: self.a.hatch.submit(
                [self.bad.envelope], self.net.now
            ),
            "aurelia sends": lambda: self.do(
                "bundle", lambda wish: self.a.send("the bundle", self.b, request=wish)
            ),
            "borealis reads": lambda: self.b.office.records.read(
                PERSON, self.mids["bundle"], self.net.now
            ),
            "borealis answers": lambda: self.do(
                "answer",
                lambda wish: self.b.act(
                    "cert/answer", wish, mid=self.mids["bundle"], verdict="useful", prec="IMMEDIATE"
                ),
            ),
            "aurelia reads the answer": lambda: self.a.office.records.read(
                PERSON, self.mids["answer"], self.net.now
            ),
            "aurelia withdraws": lambda: self.do(
                "withdrawal",
                lambda wish: self.a.act(
                    "cert/withdraw",
                    wish,
                    mid=self.mids["bundle"],
                    object=(Values({"id": OBJECT}),),
                    reason="corrected",
                    all=False,
                ),
            ),
            "borealis acknowledges": lambda: self.do(
                "acknowledgement",
                lambda wish: self.b.act("cert/acknowledge", wish, mid=self.mids["withdrawal"]),
            ),
        }

    def do(self, name: str, act: Callable[[str], bytes]) -> None:
        self.mids[name] = act(f"wish {name}")

    def run(self) -> "Talk":
        for name in STEPS:
            self.until_answered(self.steps[name])
            self.until_answered(self.net.settle)
        return self

    def until_answered(self, step: Callable[[], object]) -> None:
        answered: list[object] = []
        while not answered:
            self.net.survive(lambda: answered.append(step()))

    # What came of it, with names in place of ids.

    def named(self, side: Side) -> dict[str, object]:
        names = {mid: name for name, mid in self.mids.items()}
        tables = side.tables()
        desk = {
            name: _without(rows, names, {"kept_at", "created", "at", "matter", "place", "s"})
            for name, rows in tables.items()
            if name.startswith("cert_")
        }
        said = {
            table.name: _without(map(dict, side.rows(table)), names, {"at", "who"})
            for table in (house.READS, house.REJECTS)
        }
        refused = [names[row.data("mid")] for row in side.rows(house.REFUSED)]
        levels = {name: side.level(mid) for name, mid in self.mids.items() if name != "bad"}
        kinds = Counter(
            (row.text("kind"), row.flag("ours"))
            for row in side.rows(house.RECORDS)
            if row.text("kind") not in ("sys.delivered", "office.act", "office.read")
        )
        done = Counter(
            (row.text("act"), tuple(names.get(mid, "read") for mid in _mids(row)))
            for row in side.rows(house.ACTS)
            if all(side.office.records.whole_mid(mid) and _known(side, mid) for mid in _mids(row))
        )
        return {**desk, **said, "refused": refused, "levels": levels, "kinds": kinds, "done": done}


def _mids(row: Values) -> tuple[bytes, ...]:
    found = row.get("mids", ())
    assert isinstance(found, tuple)
    return tuple(each for each in found if isinstance(each, bytes))


def _known(side: Side, mid: bytes) -> bool:
    return any(row.data("mid") == mid for row in side.rows(house.RECORDS))


def _without(
    rows: Iterable[dict[str, Value] | object], names: dict[bytes, str], gone: set[str]
) -> list[str]:
    found = []
    for row in rows:
        assert hasattr(row, "items")
        kept = {
            key: names.get(value, value) if isinstance(value, bytes) else value
            for key, value in row.items()
            if key not in gone
        }
        found.append(repr(sorted(kept.items())))
    return sorted(found)


MET = [side.fuse.steps for side in Talk().net.sides]  # so many steps until the two have met
PLAIN = Talk().run()
PLACES = [
    (who, at)
    for who, side in enumerate(PLAIN.net.sides)
    for at in range(MET[who] + 1, side.fuse.steps + 1)
]
WANTED = [PLAIN.named(side) for side in PLAIN.net.sides]


def test_what_was_refused_is_answered_once_and_not_said_to_be_opened() -> None:
    (reject,) = PLAIN.a.rows(house.REJECTS)
    assert (reject.data("of"), reject.text("code")) == (PLAIN.mids["bad"], "E_CANON")
    (opened,) = [
        row for row in PLAIN.b.rows(house.DELIVERIES) if row.text("from") == PLAIN.b.address
    ]
    (refused,) = PLAIN.b.rows(house.REFUSED)
    assert opened["not"] == (refused.whole("seq"),)


def test_the_plain_conversation_reaches_its_end() -> None:
    assert PLAIN.a.level(PLAIN.mids["bundle"]) == "READ"
    assert PLAIN.a.level(PLAIN.mids["answer"]) == "READ"
    assert PLAIN.a.level(PLAIN.mids["acknowledgement"]) == "KEPT"
    assert PLAIN.b.level(PLAIN.mids["answer"]) == "READ"


# By day every third place, by night (--hypothesis-profile night) every one.
SOME = PLACES if settings().max_examples > 1_000 else PLACES[1::3]


@pytest.mark.parametrize("part", range(8))
def test_wherever_one_side_stops_everything_happens_once(part: int) -> None:
    for who, at in SOME[part::8]:
        talk = Talk()
        side = talk.net.sides[who]
        side.fuse.blow_at = at
        talk.run()
        side.fuse.blow_at = -1
        assert [talk.named(each) for each in (talk.a, talk.b)] == WANTED, (who, at)
        for each in (talk.a, talk.b):
            said = each.said_delivered()
            assert len(said) == len(set(said)), (who, at)
            assert each.outbox() == [], (who, at)
