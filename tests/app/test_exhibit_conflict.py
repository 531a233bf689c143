"""The page of a conflict says what was signed against what, by whom, and no more."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.core.test_conflict import CHAINS, ORIGIN, OTHER, A, B, about, below, noted, other_log
from tests.support import makers

from detente.app.exhibit import conflict as exhibit_conflict
from detente.app.exhibit import html as exhibit_html
from detente.app.exhibit import text as exhibit_text
from detente.app.exhibit.record import Exhibit
from detente.app.verbs.evidence import evidence_print
from detente.core import checkpoint, conflict, postquantum
from detente.core.conflict import Conflict
from detente.core.errors import OurFault

FORK = about(stated=checkpoint.sign(A.log, ORIGIN, 5, OTHER))
RECEIPT = checkpoint.cosign(B.cosign, ORIGIN, 5, about().held.root, makers.NOW)  # type: ignore[union-attr]


def page(given: Conflict) -> Exhibit:
    return exhibit_conflict.make("conflict.json", conflict.write(given), CHAINS)


def test_a_fork_shows_both_states_and_who_signed_them() -> None:
    made = page(FORK)
    assert A.name in made.verdict
    assert [about().held.root.hex() in made.whole[0], OTHER.hex() in made.whole[1]] == [True] * 2  # type: ignore[union-attr]
    assert [A.name in each for each in made.whole] == [True, True]
    assert [each.name for each in made.parties] == sorted([A.name, B.name])
    assert (made.marking, made.entries) == ("", ())
    assert "size" in page(below(3)).verdict


def test_the_statement_shown_is_the_one_that_bears_the_signature() -> None:
    leg = postquantum.sign(A.log_pq, ORIGIN, ORIGIN, (5, b"y" * 32), makers.NOW)
    unsigned = checkpoint.sign(B.log, ORIGIN, 5, OTHER)
    assert (b"y" * 32).hex() in page(about(stated=unsigned, leg=leg)).whole[1]
    both = replace(FORK, leg=leg)
    assert OTHER.hex() in page(both).whole[1]


def test_who_took_back_is_shown_with_what_it_had_signed_before() -> None:
    own = page(about(note=noted(4, A)))
    assert [A.name in each for each in own.whole] == [True, True]
    their = page(about(held_receipt=RECEIPT, note=noted(4, B)))
    assert B.name in their.verdict
    assert their.whole[1].startswith(B.name)
    assert their.whole[0] != own.whole[0]
    gone = about(held_receipt=RECEIPT, note=other_log())
    assert "0" in page(gone).whole[1]


def test_a_receipt_against_the_owners_state_accuses_nobody() -> None:
    made = page(about(stated_receipt=checkpoint.cosign(B.cosign, ORIGIN, 5, OTHER, makers.NOW)))
    assert OTHER.hex() in made.whole[1]
    assert len(made.not_proved) == 3, "a clock stands on it"
    assert len(page(FORK).not_proved) == 2


def test_a_file_that_shows_nothing_gives_no_page() -> None:
    with pytest.raises(OurFault, match=r"proof\.invalid"):
        page(about())
    with pytest.raises(OurFault, match=r"proof\.cards"):
        exhibit_conflict.make("x", conflict.write(FORK), {B.name: CHAINS[B.name]})
    with pytest.raises(OurFault, match=r"proof\.shape"):
        exhibit_conflict.make("x", conflict.write(FORK)[:-1], CHAINS)


def test_both_kinds_of_page_are_written_without_a_marking_of_records(language: str) -> None:
    made = page(FORK)
    text, html = exhibit_text.write(made), exhibit_html.write(made)
    for each in (text, html):
        assert "TLP:" not in each
        assert OTHER.hex() in each.replace("\n", "")
    assert f'lang="{language}"' in html
    assert "@top-center" not in html


def test_the_verb_prints_a_conflict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "conflict.json"
    file.write_bytes(conflict.write(FORK))
    options = []
    for each in (A, B):
        (tmp_path / f"{each.name}.card").write_bytes(each.card.note)
        options += ["--card", str(tmp_path / f"{each.name}.card")]
    target = tmp_path / "page.txt"
    assert evidence_print.main(
        [str(file), "-o", str(target), *options], standalone_mode=False
    ) == 0  # fmt: skip
    assert A.name in target.read_text()
    assert "page.txt" in capsys.readouterr().out
    with pytest.raises(OurFault, match=r"proof\.cards"):
        evidence_print.main([str(file), "-o", str(target)], standalone_mode=False)
