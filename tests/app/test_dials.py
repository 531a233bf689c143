"""What is shown of a path that carries."""

from tests.support.makers import NOW

from detente.app.node import dials as node_dials
from detente.core.moment import Span
from detente.link.session import PathState

HEARD = NOW + Span.of(minutes=5)


def state(*, is_suspect: bool) -> PathState:
    return PathState(
        conn=1, path="path-1", begun_at=NOW, heard_at=HEARD, is_met=True, is_used=True,
        is_suspect=is_suspect, is_stalled=False, rate=100, round_trip_ms=7,
    )  # fmt: skip


def test_a_path_that_carries_is_shown_since_it_was_connected() -> None:
    shown = node_dials.of_conns([state(is_suspect=False)])
    assert (shown["state"], shown["why"], shown["since"]) == ("USED", "", str(NOW))


def test_a_silent_path_is_shown_since_it_was_heard_last() -> None:
    shown = node_dials.of_conns([state(is_suspect=True)])
    assert (shown["state"], shown["why"], shown["since"]) == ("SUSPECT", "no answer", str(HEARD))
