"""What the hotline says by itself: the hourly test, the answer to one, what did not come.

All of it is decided by heads of records in the matter of the hour, so that it goes on while nobody has
opened the desk; only whether a text is the right one waits for the desk to be open.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from detente.core.moment import Moment
from detente.desks.hotline import folds, kinds, rules
from detente.desks.hotline.formats import corpus
from detente.office.drafting import Draft
from detente.office.fields import Value, Values
from detente.office.kind import Kind
from detente.office.reader import Reader
from detente.office.scene import Alert, Head, Scene

LOOKED_BACK: Final = 24  # hours in which a missed test is still worth an alert
MISSED_WORD: Final = "alert.missed"


def tests(look: Reader, scene: Scene, now: Moment) -> Sequence[Draft]:
    """Send, answer and miss what is due this hour, with every peer."""
    slot = rules.slot_of(now)
    return [draft for peer in scene.peers for draft in _with(look, scene, peer, slot, now)]


def _with(look: Reader, scene: Scene, peer: str, slot: Moment, now: Moment) -> Iterator[Draft]:
    party = peer.partition("@")[2]
    matter = rules.matter_of(scene.party, party, slot)
    heads = scene.heads(matter)
    ours = rules.sends(scene.party, party, slot)
    test = _of(heads, kinds.TEST, ours=ours)
    answer = _of(heads, kinds.TESTED, ours=not ours)
    late = rules.is_late(slot, now)
    if ours and test is None and not late:
        body = _test(slot, scene.paths(party))
        yield _draft(kinds.TEST, (peer,), body, matter, now)
    if not ours and test is not None and answer is None:
        result = _result(look, test)
        body = Values({"of": test.mid, "slot": slot, "result": result})
        yield _draft(kinds.TESTED, (peer,), body, matter, now, test.mid)
    # Who did not watch when it was due does not know what came.
    watched = scene.since <= slot
    if late and watched and _of(heads, kinds.MISSED, ours=True) is None:
        side = _lacking(test, answer, slot, ours=ours)
        if side:
            missed: dict[str, Value] = {"slot": slot, "peer": party, "side": side}
            yield _draft(kinds.MISSED, (), Values(missed), matter, now)


def _lacking(test: Head | None, answer: Head | None, slot: Moment, *, ours: bool) -> str:
    # What came after its time did not come in time.
    if test is None or (not ours and rules.is_late(slot, test.kept_at)):
        return "test"
    lacks = ours and (answer is None or rules.is_late(slot, answer.kept_at))
    return "answer" if lacks else ""


def _of(heads: Sequence[Head], kind: Kind, *, ours: bool) -> Head | None:
    found = [each for each in heads if each.kind == kind.name and each.ours == ours]
    return min(found, key=lambda each: (each.kept_at, each.mid), default=None)


def _test(slot: Moment, paths: Sequence[tuple[str, bool]]) -> Values:
    number = corpus.number_of(slot)
    told = [
        Values({"path": name[:64], "state": "open" if is_open else "shut"})
        for name, is_open in paths
    ]
    text = corpus.PASSAGES[number].text
    return Values({"slot": slot, "passage": number, "text": text, "paths": tuple(told)})


def _result(look: Reader, test: Head) -> str:
    row = look.get(folds.TESTS, test.mid)
    if row is None:
        return "sealed"
    return "whole" if row["whole"] else "changed"


def _draft(
    kind: Kind, to: tuple[str, ...], body: Values, matter: str, now: Moment,
    reply_to: bytes | None = None,
) -> Draft:  # fmt: skip
    return Draft(
        kind=kind, to=to, body=body, created=now, matter=matter, reply_to=reply_to, tlp="CLEAR"
    )


def alerts(scene: Scene, now: Moment) -> Sequence[Alert]:
    """Return each peer with whom a test was missed and none was answered since."""
    found = []
    for peer in scene.peers:
        party = peer.partition("@")[2]
        for back in range(LOOKED_BACK):
            slot = Moment(rules.slot_of(now).ms - back * rules.HOUR.ms)
            heads = scene.heads(rules.matter_of(scene.party, party, slot))
            missed = _of(heads, kinds.MISSED, ours=True)
            if missed is not None:
                found.append(Alert(MISSED_WORD, party, missed.kept_at))
                break
            if any(each.kind == kinds.TESTED.name for each in heads):
                break
    return found
