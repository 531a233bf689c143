"""Whatever a node answers, its office takes what has the right form, or says what is wrong."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import makers

from detente.core.errors import Fault, OurFault
from detente.core.moment import Moment
from detente.node.odd import SHOWN_MAX, Odd
from detente.node.ports import Answer, Kept, Level, PathSeen, PeerCard, Told
from detente.node.ports_stage import BlobState
from detente.paths import hatch_rows
from detente.paths.hatch import HatchClient, frame

AID = b"a" * 32
LEVEL = [
    "a.gov/detente/x", "a.gov", "b.gov", "x", 3, 2, 1, "", 0, "LIVE", "", ["cert"], [], 7,
]  # fmt: skip
KEPT: list[Any] = ["a.gov/detente/x", 0, 7, b"envelope"]
GOOD: dict[str, Any] = {
    "levels": [LEVEL], "since": [KEPT], "cards": [["a.gov", b"note"]],
    "told": [["b.gov", 1, 1, None]], "paths": [["b.gov", "primary", True]], "prove": b"proof", "submit": [[b"m" * 32, "", "", "", False]],
    "blob_states": [[AID, 1, 1, 1, True, None]], "blob_chunks": [b"chunk"], "stage_end": AID,
    "have_read": None, "attend": None,
}  # fmt: skip


class Saying:
    """A line whose other end answers every question with the same bytes."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    def fileno(self) -> int:
        return 0

    def send(self, data: bytes) -> None:
        pass

    def comes(self, ms: int) -> bool:
        return ms > 0

    def receive(self, *, wait: bool) -> tuple[bytes, list[int]]:
        found, self._said = self._said, b""
        if not found:
            raise OurFault("hatch.closed", "it says no more", "see the node")
        return found, []

    def close(self) -> None:
        pass


def ask(name: str, said: bytes) -> tuple[HatchClient, object]:
    client = HatchClient(Saying(said))
    asked: dict[str, Callable[[], object]] = {
        "levels": client.levels, "cards": client.cards, "told": client.told,
        "paths": client.paths,
        "since": lambda: client.since({"a.gov/detente/x": 0}, 10, 1_000),
        "prove": lambda: client.prove("a.gov/detente/x", 0),
        "submit": lambda: client.submit([b"envelope"], makers.NOW),
        "blob_states": lambda: client.blob_states([AID]),
        "blob_chunks": lambda: list(client.blob_chunks(AID, 0, 4)),
        "stage_end": lambda: client.stage_end(AID[:16], makers.NOW),
        "have_read": lambda: client.have_read({}, ()),
        "attend": lambda: client.attend("cert", makers.NOW),
    }  # fmt: skip
    return client, asked[name]()


def check(found: object) -> None:
    """Fail unless every value is of the type that it is declared with."""
    rows = found if isinstance(found, list) else [found]
    for row in rows:
        if isinstance(row, Level):
            assert all(isinstance(each, str) for each in (row.origin, row.owner, row.peer, row.why))
            assert 0 <= row.size <= 2**53 >= row.receipted >= 0
            assert all(isinstance(each, str) for each in (*row.attended, *row.unattended))
            assert str(row.since)
        elif isinstance(row, Kept):
            assert isinstance(row.origin, str)
            assert isinstance(row.envelope, bytes)
            assert 0 <= row.seq <= 2**53
            assert str(row.kept_at)
        elif isinstance(row, Told | PathSeen | PeerCard | BlobState | Answer):
            assert row
        else:
            assert row is None or isinstance(row, bytes)


plain = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), st.text(max_size=9),
    st.binary(max_size=40),
)  # fmt: skip
anything = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=15) | st.dictionaries(plain, inner, max_size=3),
    max_leaves=20,
)


@settings(max_examples=400, deadline=None)
@given(name=st.sampled_from(sorted(GOOD)), value=anything)
def test_any_value_is_taken_in_its_form_or_refused(name: str, value: object) -> None:
    try:
        _, found = ask(name, frame([1, "ok", value]))
    except OurFault as fault:
        assert fault.code == "hatch.closed"  # noqa: PT017
        return
    check(found)


@settings(max_examples=400, deadline=None)
@given(name=st.sampled_from(sorted(GOOD)), data=st.data())
def test_a_good_answer_with_one_value_changed(name: str, data: st.DataObject) -> None:
    said = msgspec.msgpack.decode(msgspec.msgpack.encode(GOOD[name]))
    if isinstance(said, list) and said and isinstance(said[0], list):
        at = data.draw(st.integers(0, len(said[0]) - 1))
        said[0][at] = data.draw(anything)
    else:
        said = data.draw(anything)
    try:
        client, found = ask(name, frame([1, "ok", said]))
    except OurFault as fault:
        assert fault.code == "hatch.closed"  # noqa: PT017
        return
    check(found)
    if isinstance(said, list) and isinstance(found, list) and len(found) < len(said):
        assert client.odd.faults() or name == "blob_states"


@settings(max_examples=400, deadline=None)
@given(name=st.sampled_from(sorted(GOOD)), said=st.binary(max_size=60))
def test_any_bytes_end_the_line_and_nothing_else(name: str, said: bytes) -> None:
    head = len(said).to_bytes(4, "big")
    try:
        _, found = ask(name, head + said)
    except OurFault as fault:
        assert fault.code == "hatch.closed"  # noqa: PT017
        return
    check(found)


def test_what_is_nested_too_deep_ends_the_line() -> None:
    said = b"\x91" * 300_000 + b"\xc0"
    with pytest.raises(OurFault) as caught:
        ask("levels", len(said).to_bytes(4, "big") + said)
    assert caught.value.code == "hatch.closed"


@pytest.mark.parametrize("name", sorted(GOOD))
def test_good_answers_are_taken(name: str) -> None:
    client, found = ask(name, frame([1, "ok", GOOD[name]]))
    check(found)
    assert client.odd.faults() == {}


@pytest.mark.parametrize(
    "wrong",
    [[*LEVEL[:4], -1, *LEVEL[5:]], [*LEVEL[:4], 2**53 + 1, *LEVEL[5:]], [*LEVEL[:4], "3", *LEVEL[5:]],
     LEVEL[:-1], [*LEVEL, 1], None, [*LEVEL[:-1], hatch_rows.LATEST_MS + 1], "level",
     [*LEVEL[:10], "y" * (hatch_rows.TEXT_MAX + 1), *LEVEL[11:]],
     [*LEVEL[:11], ["d"] * (hatch_rows.DESKS_MAX + 1), *LEVEL[12:]]],
)  # fmt: skip
def test_a_row_that_cannot_be_is_passed_over_and_the_others_count(wrong: object) -> None:
    client, found = ask("levels", frame([1, "ok", [LEVEL, wrong, LEVEL]]))
    assert isinstance(found, list)
    assert len(found) == 2
    assert [each.code for each in client.odd.faults().values()] == ["hatch.row"]


def test_at_the_edge_a_row_counts() -> None:
    edge = [
        *LEVEL[:4],
        2**53,
        *LEVEL[5:10],
        "y" * hatch_rows.TEXT_MAX,
        *LEVEL[11:-1],
        hatch_rows.LATEST_MS,
    ]
    client, found = ask("levels", frame([1, "ok", [edge]]))
    assert isinstance(found, list)
    assert str(found[0].since).startswith("9999-12-31")
    assert client.odd.faults() == {}


def test_more_rows_than_can_be_are_cut() -> None:
    client, found = ask(
        "told", frame([1, "ok", [["b.gov", 1, 1, None]] * (hatch_rows.ROWS_MAX + 1)])
    )
    assert isinstance(found, list)
    assert len(found) == hatch_rows.ROWS_MAX
    assert client.odd.faults()


@pytest.mark.parametrize(
    "wrong", [["b.gov", "", True], ["b.gov", "p" * 65, True], ["b.gov", "p", 1], ["b.gov", "p"]]
)
def test_a_path_that_cannot_be_is_passed_over(wrong: object) -> None:
    edge = ["b.gov", "p" * 64, False]
    client, found = ask("paths", frame([1, "ok", [edge, wrong]]))
    assert found == [tuple(edge)]
    assert [each.code for each in client.odd.faults().values()] == ["hatch.row"]


def test_records_after_one_that_cannot_be_are_not_taken() -> None:
    rows: Sequence[object] = [KEPT, [*KEPT[:3], None], [KEPT[0], 2, *KEPT[2:]]]
    client, found = ask("since", frame([1, "ok", rows]))
    assert found == [Kept(KEPT[0], 0, Moment(7), b"envelope")]
    assert client.odd.faults()


@pytest.mark.parametrize("count", [0, 2])
def test_an_answer_for_each_record_handed_in(count: int) -> None:
    with pytest.raises(OurFault, match="were handed in"):
        ask("submit", frame([1, "ok", GOOD["submit"] * count]))


def test_an_answer_with_a_code_that_is_none() -> None:
    with pytest.raises(OurFault, match="another version"):
        ask("submit", frame([1, "ok", [[b"", "no.such_code", "", "", False]]]))


@pytest.mark.parametrize("code", ["E_SIG", "vault.wrong", "store.shape", "hatch.row"])
def test_what_an_office_asks_by_itself_fails_by_faults_of_a_node_alone(code: str) -> None:
    with pytest.raises(OurFault) as caught:
        ask("levels", frame([1, "fault", code, "what", "remedy"]))
    assert caught.value.code == "hatch.closed"
    with pytest.raises(Fault) as told:
        ask("prove", frame([1, "fault", "proof.not_yet", "what", "remedy"]))
    assert told.value.code == "proof.not_yet"


def test_files_that_nobody_asked_for_are_not_kept_open() -> None:
    with pytest.raises(OurFault, match="nobody asked for"):
        ask("blob_chunks", frame([1, "ok", 5]))
    with pytest.raises(OurFault, match="nobody asked for"):
        ask("blob_chunks", frame([1, "ok", [b""] * 5]))


def test_what_is_noted_has_a_bound_and_is_forgotten_once_it_comes() -> None:
    odd = Odd()
    for number in range(SHOWN_MAX + 9):
        odd.note(f"row {number}", "why" * 999)
    assert len(odd.faults()) == SHOWN_MAX
    assert all(len(each.what) < 450 for each in odd.faults().values())
    odd.forget("row 1")
    assert "row 1" not in odd.faults()
    odd.note("row 2", "other")
    assert "other" in odd.faults()["row 2"].what
