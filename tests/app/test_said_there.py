"""Faults of the command line in the words of its language: nothing is lost where none fit."""

import json

import pytest
from tests.support.processes import Machine

from detente.app import face, said
from detente.core.errors import Fault, OurFault

KNOWN = OurFault("list.unknown", "no list 'un' is in force", "see: detente screening lists")
ODD = OurFault("store.full", "7 bytes are free on /var/spool", "make room, then go on")


def told(
    fault: Fault, language: str, capsys: pytest.CaptureFixture[str], *, as_json: bool = False
) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(face, "language", lambda: language)
        face.tell_fault(fault, as_json=as_json)
    return capsys.readouterr().err.splitlines()


def test_in_the_language_of_the_code_a_fault_is_told_as_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert told(KNOWN, "en", capsys) == [
        f"refused  list.unknown: {KNOWN.what}", f"try      {KNOWN.remedy}",
        "see      docs/errors.md, list.unknown",
    ]  # fmt: skip


def test_a_sentence_that_is_known_is_told_in_russian(capsys: pytest.CaptureFixture[str]) -> None:
    what, remedy, more = told(KNOWN, "ru", capsys)
    assert what == "отказ       list.unknown: список 'un' не действует"
    assert remedy == f"что делать  {said.told(KNOWN.remedy, 'ru')}"
    assert more == "см.         docs/ru/errors.md, list.unknown"


def test_what_no_sentence_says_is_told_by_its_code_and_word_for_word(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = said.meanings("ru")["store.full"]
    assert told(ODD, "ru", capsys) == [
        f"отказ       store.full: {known['what']}", f"дословно    {ODD.what}; {ODD.remedy}",
        f"что делать  {known['try']}", "см.         docs/ru/errors.md, store.full",
    ]  # fmt: skip


def test_a_program_reads_the_words_of_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = told(ODD, "ru", capsys, as_json=True)
    assert json.loads(line)["error"] == {"code": ODD.code, "what": ODD.what, "remedy": ODD.remedy}


def test_the_whole_program_tells_a_fault_in_russian() -> None:
    done = Machine().ask("--lang", "ru", "screening", "fil")
    assert done.returncode == 2
    assert (
        "дословно    No such command 'fil'. Did you mean 'file'?; see: detente screening --help"
        in done.stderr
    )
    assert said.meanings("ru")["form.usage"]["what"] in done.stderr
