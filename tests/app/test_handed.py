"""Cards of a peer that came by hand, one of them under new root keys; and our own that wait."""

from pathlib import Path

import pytest
from tests.support import makers, rotations
from tests.support.makers import Party
from tests.support.outcomes import fault_of

from detente.app import build, handed, pins
from detente.app.handed import Held, take
from detente.app.meeting import Meeting, Peer
from detente.core import draft, party
from detente.core.errors import OurFault
from detente.core.party import Card
from detente.core.trust import Chain
from detente.node.succession import CardFork

A, B = makers.make_party(makers.AURELIA), makers.make_party(makers.BOREALIS)
A2 = rotations.rotate(A, ["tls"])
N2 = rotations.new_root(A)  # the second card, under new root keys
N3 = rotations.rotate(N2, ["tls"])
OTHER = rotations.new_root(A, 7)
VOID = party.sign_card(draft.void(A.card, makers.NOW, makers.NOW), A.root, A.root_pq)


def chain(*made: Party | Card) -> Chain:
    return Chain(tuple(each.card if isinstance(each, Party) else each for each in made))


HELD = Held(chain(A))
WAITS = Held(chain(A), chain(N2))
COMPARED = Held(chain(A), chain(N2), compared=True)
DONE = Held(chain(A, N2))


def test_cards_under_the_same_root_join() -> None:
    assert take(HELD, chain(A2)) == Held(chain(A, A2))
    assert take(HELD, chain(A, A2)) == Held(chain(A, A2))
    assert take(DONE, chain(A, N2, N3)) == Held(chain(A, N2, N3))


@pytest.mark.parametrize("file", [chain(N2), chain(A, N2)], ids=["card", "chain"])
def test_a_card_under_new_root_keys_waits_apart(file: Chain) -> None:
    assert take(HELD, file) == WAITS


def test_a_chain_file_brings_what_was_missing_before_it_and_what_follows() -> None:
    new = rotations.new_root(A2)
    after = rotations.rotate(new, ["tls"])
    found = take(HELD, chain(A, A2, new, after))
    assert found == Held(chain(A, A2), chain(new, after))


def test_the_same_card_again_stays_compared_and_more_of_them_join() -> None:
    assert take(COMPARED, chain(A, N2)) == COMPARED
    assert take(COMPARED, chain(N2, N3)) == Held(chain(A), chain(N2, N3), compared=True)


def refused(held: Held, more: Chain) -> tuple[str, str]:
    with pytest.raises(OurFault) as caught:
        take(held, more)
    return caught.value.code, caught.value.what


def test_one_that_follows_another_serial_is_asked_for_its_chain() -> None:
    code, what = refused(HELD, chain(rotations.new_root(A2)))
    assert (code, "cards 2 to 2 are missing" in what) == ("card.missing", True)


def test_one_that_follows_another_card_is_refused() -> None:
    odd = rotations.new_root(A, prev=makers.text(b"x" * 32))
    assert refused(HELD, chain(odd))[0] == "card.bad"
    assert "does not follow" in refused(HELD, chain(odd))[1]


def test_two_changes_in_one_file_are_refused() -> None:
    assert refused(HELD, chain(A, N2, rotations.new_root(N2, 3)))[0] == "card.bad"


def test_a_second_one_is_refused_once_the_first_was_compared() -> None:
    assert take(WAITS, chain(OTHER)) == Held(chain(A), chain(OTHER)), "nobody compared the first"
    assert refused(COMPARED, chain(OTHER))[0] == "card.root_waits"
    assert take(COMPARED, chain(OTHER), instead=True) == Held(chain(A), chain(OTHER))


def test_the_old_root_has_no_say_after_the_change() -> None:
    old = rotations.resigned(
        A, {**rotations.members(N2.card), "root": rotations.members(A.card)["root"]}
    )
    for file in (chain(VOID), chain(A, VOID), chain(old)):
        code, what = refused(DONE, file)
        assert (code, "gave up with card 2" in what) == ("card.bad", True)


def test_the_old_root_has_no_say_once_the_new_one_was_compared() -> None:
    code, what = refused(COMPARED, chain(VOID))
    assert (code, "gave up with card 2" in what) == ("card.bad", True)


def test_the_old_root_still_speaks_while_nobody_compared_the_new_one() -> None:
    assert take(WAITS, chain(VOID)) == Held(chain(A, VOID)), "what waited follows nothing now"


def test_a_fork_stays_a_fork_and_a_stranger_a_stranger() -> None:
    with pytest.raises(CardFork):
        take(Held(chain(A, A2)), chain(VOID))
    assert fault_of(handed.joined, chain(A), chain(B)) == "card.bad"


def test_what_two_places_hold_is_one_chain_whichever_has_the_new_root() -> None:
    for one, other in ((chain(A), chain(A, N2)), (chain(A, N2), chain(A))):
        assert handed.merged(one, other) == chain(A, N2)


# In the folder.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """B's folder, which has met A."""
    for each in ("party", "office"):
        (tmp_path / each).mkdir()
    meet = Meeting(tmp_path)
    meet.keep_card(B.card)
    meet.add(party.write_invite(A.invite(B)))
    meet.confirm(A.name, A.card.fingerprint, makers.NOW)
    return tmp_path


def peer_of(folder: Path) -> Peer:
    return Meeting(folder).find(A.name)


def test_a_change_goes_its_way_through_the_folder(folder: Path) -> None:
    meet = Meeting(folder)
    own = meet.chain()
    first = build.terms_of(own, peer_of(folder))
    meet.take_cards(A.name, chain(N2))
    assert peer_of(folder).state() == "root changed"
    assert build.terms_of(own, peer_of(folder)) == first, "not used before it is compared"
    assert fault_of(meet.adopt_root, A.name) == "party.no_card"
    assert fault_of(meet.confirm, A.name, A.card.fingerprint, makers.NOW) == "party.digits"
    meet.confirm(A.name, N2.card.fingerprint, makers.NOW)
    assert peer_of(folder).state() == "root compared"
    assert (pins.read(folder) or {})[A.name] == [A.card.fingerprint, N2.card.fingerprint]
    terms = build.terms_of(own, peer_of(folder))
    assert (terms.link_id, terms.chain) == (first.link_id, chain(A, N2))
    meet.adopt_root(A.name)
    found = peer_of(folder)
    assert (found.state(), found.chain, found.coming) == ("confirmed", chain(A, N2), None)
    assert build.terms_of(own, found) == terms, "the link keeps its name"
    pins.forget(folder, {A.name: [A.card.fingerprint]})
    assert (pins.read(folder) or {})[A.name] == [N2.card.fingerprint]
    before = pins.file_of(folder).stat().st_mtime_ns
    pins.forget(folder, {A.name: [A.card.fingerprint]})
    assert pins.file_of(folder).stat().st_mtime_ns == before, "nothing to write"


def test_a_crash_between_the_files_of_a_change_is_no_change_that_waits(folder: Path) -> None:
    meet = Meeting(folder)
    meet.take_cards(A.name, chain(N2))
    meet.confirm(A.name, N2.card.fingerprint, makers.NOW)
    file = folder / "party" / "peers" / A.name / "next.card"
    waiting = file.read_bytes()
    meet.adopt_root(A.name)
    assert not file.exists()
    file.write_bytes(waiting)
    found = peer_of(folder)
    assert (found.state(), found.next_confirmed_at) == ("confirmed", None)


def test_before_the_first_comparison_there_is_no_line_that_waits(tmp_path: Path) -> None:
    for each in ("party", "office"):
        (tmp_path / each).mkdir()
    meet = Meeting(tmp_path)
    meet.keep_card(B.card)
    meet.add(party.write_invite(A.invite(B)))
    meet.take_cards(A.name, chain(N2))
    assert peer_of(tmp_path).state() == "not compared"
    meet.confirm(A.name, N2.card.fingerprint, makers.NOW)
    found = peer_of(tmp_path)
    assert (found.state(), found.roots) == ("confirmed", (B.card.fp60, N2.card.fp60))


def test_our_own_change_waits_and_our_chain_goes_on_with_it(folder: Path) -> None:
    meet, new = Meeting(folder), rotations.new_root(B)
    first = build.terms_of(meet.chain(), peer_of(folder))
    meet.keep_next_own(new.card)
    assert (meet.chain(), meet.next_own()) == (chain(B, new), new.card)
    assert build.terms_of(meet.chain(), peer_of(folder)).link_id == first.link_id
    meet.settle_next_own()
    assert meet.chain() == chain(B, new), "done before"
    meet.keep_chain(chain(B))  # a crash came between
    meet.settle_next_own()
    assert meet.chain() == chain(B, new)
    meet.forget_next_own()
    assert meet.next_own() is None
    meet.forget_next_own()


def test_a_folder_of_an_earlier_version_keeps_its_links(folder: Path) -> None:
    """It says nothing of the root keys that a link was made with."""
    meet = Meeting(folder)
    first = build.terms_of(meet.chain(), peer_of(folder))
    file = folder / "party" / "peers" / A.name / "state.json"
    file.write_text(file.read_text().replace('"roots": [', '"rests": ['))
    assert peer_of(folder).roots is None
    assert build.terms_of(meet.chain(), peer_of(folder)) == first
