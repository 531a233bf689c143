"""Call words: the lists, what both desks derive, and what nobody else can."""

import re
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.desks.hotline.line import AURELIA, BOREALIS, NOW, line

from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.desks.hotline.formats import callwords, words_en, words_ru
from detente.desks.hotline.formats.callwords import Half, Pair

MINUTE = Span.of(minutes=1)
ALPHABETS = {"en": "[a-z]{4,9}", "ru": "[а-я]{4,10}"}
LISTS = {"en": words_en.WORDS, "ru": words_ru.WORDS}


def near(one: str, other: str) -> bool:
    """Say whether one change makes one word the other: a letter more, less, other or swapped."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if start is None:
        return True
    a, b = one[start:], other[start:]
    swapped = a[:2] == b[1::-1] and a[2:] == b[2:]
    return swapped or a[1:] == b[1:] or a[1:] == b or a == b[1:]


def sound_en(word: str) -> str:
    """Fold what sounds alike on a bad line, roughly."""
    for written, heard in (
        ("ph", "f"), ("ck", "k"), ("wh", "w"), ("kn", "n"), ("wr", "r"), ("ce", "se"),
        ("ci", "si"), ("cy", "si"), ("c", "k"), ("z", "s"), ("y", "i"), ("ge", "je"), ("gi", "ji"),
    ):  # fmt: skip
        word = word.replace(written, heard)
    word = re.sub(r"e$", "", re.sub(r"(.)\1", r"\1", word))
    return re.sub(r"[aeiou]+", "a", word)


def sound_ru(word: str) -> str:
    """The same in Russian: unstressed vowels, voiceless ends, soft signs."""
    word = re.sub(r"(.)\1", r"\1", re.sub("[ьъ]", "", word).replace("тс", "ц").replace("сч", "щ"))
    voiceless = str.maketrans("бвгджз", "пфктшс")
    word = re.sub(r"[бвгджз]+(?=$|[пфктшсхцчщ])", lambda found: found[0].translate(voiceless), word)
    return word.translate(str.maketrans("оеэыяю", "аиииау"))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_list_has_1024_words_of_one_alphabet_each_once_in_order(language: str) -> None:
    words = LISTS[language]
    assert len(words) == 2**10 == len(set(words))
    assert sorted(words) == list(words)
    assert [word for word in words if not re.fullmatch(ALPHABETS[language], word)] == []


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_two_words_are_one_slip_of_a_letter_apart(language: str) -> None:
    words = LISTS[language]
    by_length: dict[int, list[str]] = {}
    for word in words:
        by_length.setdefault(len(word), []).append(word)
    close = [
        (one, other)
        for one in words
        for length in (len(one), len(one) + 1)
        for other in by_length.get(length, [])
        if one != other and near(one, other)
    ]
    assert close == []


def test_no_two_words_of_a_list_sound_alike() -> None:
    assert len({sound_en(word) for word in words_en.WORDS}) == len(words_en.WORDS)
    assert len({sound_ru(word) for word in words_ru.WORDS}) == len(words_ru.WORDS)


def test_the_lists_are_those_of_the_specification() -> None:
    told = {
        name: sha256(" ".join(words).encode()).hexdigest()[:16] for name, words in LISTS.items()
    }
    assert told == SPEC


SPEC = {"en": "34f793fca731c0da", "ru": "a6d43e601887c274"}  # spec/kinds/hotline.md 6
PAIR = Pair(Half(AURELIA, b"\x01" * 32, b"\x02" * 32), Half(BOREALIS, b"\x03" * 32, b"\x04" * 32))


def test_the_example_of_the_specification() -> None:
    minute = callwords.minute_of(NOW)
    assert PAIR.secret.hex() == "4b9b5e14ff7cf818d73c591a5917c77570d42a8e400d816714ce23cf8fae222a"
    assert PAIR.mark == "97a7"
    assert callwords.words(PAIR.secret, AURELIA, minute, "en") == "sleigh flamingo basil"
    assert callwords.words(PAIR.secret, AURELIA, minute, "ru") == "станция йогурт банка"


def test_the_order_of_the_halves_is_no_matter_and_every_bit_of_both_is() -> None:
    assert Pair(PAIR.other, PAIR.one).secret == PAIR.secret
    others = [
        Pair(Half(AURELIA, b"\x01" * 32, b"\x05" * 32), PAIR.other),
        Pair(PAIR.one, Half(BOREALIS, b"\x03" * 32, b"\x05" * 32)),
        Pair(Half(AURELIA, b"\x09" * 32, b"\x02" * 32), PAIR.other),
        Pair(Half("aurelia.go", b"v" + b"\x01" * 31, b"\x02" * 32), PAIR.other),
    ]
    assert len({PAIR.secret, *(each.secret for each in others)}) == 5


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**40), st.sampled_from(["en", "ru"]))
def test_words_that_are_heard_are_read_back(secret: bytes, minute: int, language: str) -> None:
    said = callwords.words(secret, AURELIA, minute, language)
    assert callwords.read(f" {said.upper().replace(' ', ', ')} ") == callwords.places(
        secret, AURELIA, minute
    )


@pytest.mark.parametrize(
    "heard", ["", "acorn", "acorn acorn", "acorn acorn ягода", "a b c", "acorn " * 4]
)
def test_what_is_no_three_words_of_one_list_is_told_as_that(heard: str) -> None:
    assert callwords.judge(heard, [PAIR], AURELIA, BOREALIS, 5).said == "unknown"


def test_words_are_judged_by_speaker_and_minute() -> None:
    def judged(speaker: str, minute: int) -> str:
        heard = callwords.words(PAIR.secret, speaker, minute, "ru")
        found = callwords.judge(heard, [PAIR], AURELIA, BOREALIS, 100)
        assert found.is_good == (found.said in {"match", "before", "after"})
        return found.said

    told = {step: judged(BOREALIS, 100 + step) for step in (-2, -1, 0, 1, 2)}
    assert told == {-2: "no", -1: "before", 0: "match", 1: "after", 2: "no"}
    assert judged(AURELIA, 100) == judged(AURELIA, 99) == "ours", "told back by who heard us"
    assert judged("cordia.gov", 100) == "no"


def test_both_desks_show_the_same_words_in_both_languages() -> None:
    aurelia, borealis = line()
    aurelia.act("pair")
    borealis.act("pair")
    ours = {
        row["party"]: row for row in aurelia.look("words", peer=BOREALIS) if row["stand"] == "now"
    }
    theirs = {
        row["party"]: row for row in borealis.look("words", peer=AURELIA) if row["stand"] == "now"
    }
    assert ours == theirs
    assert ours[AURELIA]["en"] != ours[BOREALIS]["en"], "each speaks words of its own"
    assert {len(str(ours[AURELIA][name]).split()) for name in ("en", "ru")} == {3}
    stands = [(row["party"], row["stand"]) for row in aurelia.look("words", peer=BOREALIS)]
    assert stands == [
        (AURELIA, "now"), (BOREALIS, "now"), (BOREALIS, "minute_before"), (BOREALIS, "minute_after"),
    ]  # fmt: skip


def test_words_need_a_half_of_each_and_the_fault_says_whose_is_lacking() -> None:
    aurelia, borealis = line()
    with pytest.raises(OurFault, match="ours and theirs is lacking") as none:
        aurelia.look("words", peer=BOREALIS)
    assert none.value.code == "hotline.no_pair"
    aurelia.act("pair")
    with pytest.raises(OurFault, match="halves theirs is lacking"):
        aurelia.look("words", peer=BOREALIS)
    with pytest.raises(OurFault, match="halves ours is lacking"):
        borealis.look("words", peer=AURELIA)


def test_a_half_that_went_to_several_desks_is_none_between_two() -> None:
    aurelia, borealis = line()
    borealis.act("pair")
    with pytest.raises(OurFault) as refused:
        aurelia.act("pair", to=("hotline@borealis.gov", "hotline@cordia.gov"))
    assert refused.value.code == "hotline.one_line"


def test_while_a_new_half_is_under_way_words_of_the_pair_before_still_fit() -> None:
    aurelia, borealis = line()
    aurelia.act("pair")
    borealis.act("pair")
    aurelia.is_up = False  # the new half waits in our node
    later = NOW + MINUTE
    aurelia.act("pair", later)
    heard = borealis.look("words", later, peer=AURELIA)[0]["en"]  # what Borealis says
    (found,) = aurelia.look("check", later, peer=BOREALIS, words=heard)
    assert (found["verdict"], found["good"]) == ("match", True)
    (wrong,) = aurelia.look("check", Moment(later.ms + 3 * MINUTE.ms), peer=BOREALIS, words=heard)
    assert (wrong["verdict"], wrong["good"]) == ("no", False)
