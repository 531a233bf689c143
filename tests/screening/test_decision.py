"""A decision can be asked again years later, and told to a person."""

import json
import tomllib
from pathlib import Path

import pytest
from tests.screening.people import LIST, index

from detente.core.errors import OurFault
from detente.screening import dates, explain, resemble
from detente.screening.build import build
from detente.screening.decision import decide, decode, encode, replay, stamp
from detente.screening.engine import Question
from detente.screening.index import Index
from detente.screening.match import Matcher

OVER = index()
WORDS = {
    name: (Path(explain.__file__).parent / "words" / f"{name}.toml").read_bytes()
    for name in ("en", "ru")
}


def test_a_kept_decision_replays_to_the_same_bytes() -> None:
    kept = decide(OVER, Question("Mohamed Rahmani", "Person", ("1961",)))
    assert decode(encode(kept)) == kept
    again = replay(Index(build(LIST, {"made": "0" * 64})), decode(encode(kept)))
    assert again == {"same": True, "stamp": stamp(kept), "again": stamp(kept)}
    assert kept.lists == {"made": "0" * 64}


def test_a_decision_of_other_versions_is_not_replayed_on_these() -> None:
    kept = decide(OVER, Question("Mohamed Rahmani", "Person"))
    with pytest.raises(OurFault) as fault:
        replay(Index(build(LIST, {"made": "1" * 64})), kept)
    assert fault.value.code == "decision.versions"
    with pytest.raises(OurFault):
        decode(b"{}")


def test_a_changed_decision_does_not_replay_as_the_same() -> None:
    kept = decide(OVER, Question("Mohamed Rahmani", "Person"))
    body = json.loads(encode(kept))
    body["hits"][0]["score"] = 0.1
    assert replay(OVER, decode(json.dumps(body).encode()))["same"] is False


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_score_is_told_in_sentences(language: str) -> None:
    words = explain.sentences(WORDS[language])
    hit = decide(OVER, Question("Mohamed Rahmani", "Person", ("1990",))).hits[0]
    lines = explain.explain("Mohamed Rahmani", hit, words)
    assert lines[0].startswith(str(round(100 * hit.score)))
    assert words["part"]["birth_differs"] in "\n".join(lines)
    assert "husayn" in "\n".join(lines)


def test_both_languages_have_a_word_for_everything() -> None:
    en, ru = (tomllib.loads(WORDS[name].decode()) for name in ("en", "ru"))
    assert {t: set(en[t]) for t in en} == {t: set(ru[t]) for t in ru}
    whys = {
        getattr(resemble, n)
        for n in dir(resemble)
        if n.isupper() and isinstance(getattr(resemble, n), str)
    }
    assert whys - {"none", "~"} <= set(en["why"])
    assert {
        dates.SAME,
        dates.SWAPPED,
        dates.SAME_YEAR,
        dates.CLOSE,
        dates.OPEN,
        dates.CONTRADICTS,
    } <= set(en["part"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1961", [(1961, 0, 0)]), ("1961-12", [(1961, 12, 0)]), ("1961-12-08", [(1961, 12, 8)]),
        ("08/12/1961", [(1961, 12, 8), (1961, 8, 12)]), ("25.12.1961", [(1961, 12, 25)]),
        ("12 Mar 1961", [(1961, 3, 12)]), ("circa 1961", [(1961, 0, 0)]), ("19611208", [(1961, 12, 8)]),
        ("0000-00-00", []), ("1961-02-31", []), ("1961-13-01", []), ("", []), ("unknown", []),
    ],
)  # fmt: skip
def test_dates_are_read_as_far_as_they_are_real(
    text: str, found: list[tuple[int, int, int]]
) -> None:
    assert [b[:3] for b in dates.read(text)] == found


def test_islamic_years_are_read_as_the_years_they_fall_in() -> None:
    assert any(b.year <= 1961 <= b.until for b in dates.read("1381"))
    assert any(b.year <= 1961 <= b.until for b in dates.read("1340"))
    assert dates.read("1960-1962") == [dates.Birth(1960, until=1962)]


def test_dates_say_what_they_say_about_each_other() -> None:
    def say(one: str, two: str) -> str | None:
        return dates.best(dates.read(one), dates.read(two))

    assert say("1961-12-08", "1961-12-08") == dates.SAME
    assert say("1961-12-08", "1961-08-12") == dates.SWAPPED
    assert say("1961", "1961-08-12") == dates.SAME_YEAR
    assert say("1962", "1961-08-12") == dates.CLOSE
    assert say("1961-12-08", "1971-12-08") == dates.CLOSE
    assert say("1961-12-08", "1990-01-01") == dates.CONTRADICTS
    assert say("1961", "1960-1962") == dates.SAME_YEAR
    assert say("", "1961") is None
    for birth in dates.read("1960-1962") + dates.read("08/12/1961"):
        assert dates.unpack(dates.pack(birth)) == birth


def test_the_protocol_answers_every_line_and_ends_at_quit() -> None:
    lines = [json.dumps({"id": e.id, "schema": e.schema, "names": e.names}).encode() for e in LIST]
    matcher = Matcher(lambda _: (b"\n".join(lines), [*lines, b"{"]))
    assert "error" in (matcher.answer(b'{"op":"query","id":"q","name":"x"}') or {})
    loaded = matcher.answer(b'{"op":"load","list":"made"}') or {}
    assert (loaded["ok"], loaded["entities"], len(loaded["unread"])) == (True, len(LIST), 1)
    asked = {
        "op": "query",
        "id": "q1",
        "name": "AL-RAHMANI Muhammad Husayn",
        "schema": None,
        "limit": 2,
    }
    answer = matcher.answer(json.dumps(asked).encode()) or {}
    assert answer["hits"][0]["id"] == "p1"
    assert (matcher.answer(b'{"op":"query","id":"q2","name":null}') or {})[
        "undecided"
    ] == "no_words"
    assert "error" in (matcher.answer(b"\xff{") or {})
    assert matcher.answer(b'{"op":"quit"}') is None
