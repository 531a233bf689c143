import pytest

from detente.app import faces
from detente.core.moment import Moment
from detente.ui import receipts
from detente.ui.receipts import Mark

NOW = Moment(1_000_000)
WORDS = faces.words()


def marks(stops: tuple[receipts.Stop, ...]) -> list[str]:
    return [str(stop.mark) for stop in stops]


def test_a_stop_is_filled_only_by_a_signature() -> None:
    assert marks(receipts.run({}, NOW)) == ["empty"] * 4
    run = receipts.run({"stored": Moment(1), "read": None}, NOW, full=True)
    assert marks(run) == ["full", "empty", "signed", "empty"]
    assert [stop.at for stop in run] == [Moment(1), None, None, None]
    assert run[0].word == "stored_full"


def test_an_answer_is_late_after_its_time_and_not_before() -> None:
    assert receipts.run({}, NOW, NOW)[3] == receipts.Stop("answered", Mark.EMPTY, NOW, "answer_due")
    assert receipts.run({}, Moment(NOW.ms + 1), NOW)[3].mark == Mark.LATE
    assert receipts.run({"answered": NOW}, Moment(NOW.ms + 1), NOW)[3].mark == Mark.SIGNED


def test_upright_leaves_out_an_answer_that_nobody_owes() -> None:
    assert len(receipts.upright(receipts.run({}, NOW))) == 3
    assert len(receipts.upright(receipts.run({}, NOW, NOW))) == 4
    assert len(receipts.upright(receipts.run({"answered": None}, NOW))) == 4


@pytest.mark.parametrize("language", WORDS.languages)
def test_every_run_has_words(language: str) -> None:
    for count in range(5):
        signed = dict.fromkeys(receipts.NAMES[:count])
        for due in (None, Moment(1)):
            run = receipts.run(signed, NOW, due, full=True)
            assert WORDS.get(receipts.last_word(run), language)
            assert all(WORDS.get(f"ui.stop.{stop.word}", language) for stop in run)
    assert receipts.last_word(receipts.run({"read": None}, NOW, Moment(1))) == "ui.run.read_late"
