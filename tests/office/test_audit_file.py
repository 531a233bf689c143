"""The home log as a file: judged by the cards alone; each change of it is found."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.makers import AURELIA, BOREALIS, make_party
from tests.support.offices import Net
from tests.support.outcomes import fault_of
from tests.support.pairs import pairs

from detente.app.verify import proof
from detente.core import audit, canon, checkpoint, limits, signed, tree, trust
from detente.core.errors import OurFault
from detente.core.receipt import StepFailed
from detente.office import audit_file
from detente.office.heads import EVERY
from detente.office.people import House, Person
from detente.office.waiting import Policy

AUDITOR = Person("auditor", "1900", "s-09", {}, house=frozenset({House.AUDITOR}))
Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def made() -> tuple[list[bytes], dict[str, trust.Chain]]:
    net = pairs(Policy(heads_to=frozenset({"all"})))
    a, b = net.sides
    a.send("one", b)
    net.settle()
    net.now += EVERY
    net.settle()
    a.send("two", b)
    net.settle()
    data = a.office.trail.file(AUDITOR, net.now)
    chains = {side.party.name: trust.read_chain(side.party.card.note) for side in net.sides}
    return data.splitlines(keepends=True), chains


Made = tuple[list[bytes], dict[str, trust.Chain]]


def judged(made: Made, change: Callable[[Lines], object] = lambda _: None) -> audit.AuditShown:
    lines: Lines = [json.loads(each) for each in made[0]]
    change(lines)
    return audit.check([json.dumps(each).encode() for each in lines], made[1])


def test_an_honest_file_holds_and_a_peer_vouches_for_it(made: Made) -> None:
    assert audit.is_audit(made[0][0])
    shown = audit.check(made[0], made[1])
    assert (shown.verdict, shown.owner, shown.why) == (audit.VALID, AURELIA, "")
    assert shown.size == sum(b'"entry"' in each for each in made[0]) > shown.disclosed > 0
    assert [(party, word) for party, _, word in shown.heads] == [(BOREALIS, "same")]


def test_what_it_discloses_is_the_trail_and_no_body_nor_password(made: Made) -> None:
    from base64 import b64decode  # noqa: PLC0415

    rows = [json.loads(each) for each in made[0]]
    kinds = {json.loads(b64decode(row["header"]))["kind"] for row in rows if "header" in row}
    assert kinds == {"office.act", "office.read"}


def test_without_the_peers_card_its_head_is_not_judged(made: Made) -> None:
    shown = audit.check(made[0], {AURELIA: made[1][AURELIA]})
    assert (shown.verdict, [word for _, _, word in shown.heads]) == (audit.VALID, ["unknown"])
    with pytest.raises(OurFault) as caught:
        audit.check(made[0], {BOREALIS: made[1][BOREALIS]})
    assert caught.value.code == "proof.cards"


def entries(lines: Lines) -> Lines:
    return [each for each in lines if "entry" in each]


def disclosed(lines: Lines) -> dict[str, Any]:
    return next(each for each in lines if "text" in each and "entry" in each)


def other(text: str) -> str:
    return ("A" if text[0] != "A" else "B") + text[1:]


def set_other(row: dict[str, Any], name: str) -> None:
    row[name] = other(row[name])


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (lambda lines: lines.remove(entries(lines)[2]), audit.GAP),
        (lambda lines: lines.remove(entries(lines)[-1]), audit.GAP),
        (lambda lines: lines.insert(3, lines[2]), audit.GAP),
        (lambda lines: set_other(entries(lines)[1], "entry"), audit.CHANGED),
        (lambda lines: set_other(disclosed(lines), "text"), audit.CHANGED),
        (lambda lines: set_other(disclosed(lines), "salt"), audit.CHANGED),
        (lambda lines: set_other(disclosed(lines), "header"), audit.CHANGED),
        (lambda lines: set_other(disclosed(lines), "sigs"), audit.CHANGED),
    ],
)
def test_each_change_is_found(made: Made, change: Callable[[Lines], object], verdict: str) -> None:
    assert judged(made, change).verdict == verdict


def test_a_head_that_somebody_else_signed_is_not_theirs(made: Made) -> None:
    from base64 import b64decode, b64encode  # noqa: PLC0415

    def forge(lines: Lines) -> None:
        note = b64decode(lines[0]["head"]).decode()
        head, _, line = note.rpartition(" ")
        raw = bytearray(b64decode(line))
        raw[-1] ^= 1
        lines[0]["head"] = b64encode(f"{head} {b64encode(raw).decode()}\n".encode()).decode()

    assert judged(made, forge).verdict == audit.NOT_OURS


def test_a_log_written_anew_and_signed_is_told_by_the_head_that_a_peer_holds(made: Made) -> None:
    party = make_party(AURELIA)

    def anew(lines: Lines) -> None:
        row = next(each for each in entries(lines) if "text" not in each)
        set_other(row, "entry")
        grown = tree.Range()
        for each in entries(lines):
            grown.append(tree.leaf_hash(canon.from_base64(each["entry"])))
        origin = canon.from_base64(lines[0]["head"]).decode().split("\n")[0]
        head = checkpoint.sign(party.log, origin, grown.size, grown.root())
        text = checkpoint.text_of(origin, grown.size, grown.root())
        note = signed.write(text, (checkpoint.owner_line(head, origin, party.log.public),))
        lines[0]["head"] = canon.to_base64(note)

    shown = judged(made, anew)
    assert shown.verdict == audit.CHANGED
    assert shown.why.startswith(f"{BOREALIS} holds another head")


def given(lines: Lines) -> dict[str, Any]:
    return next(each for each in lines if "proof" in each)


def moved(lines: Lines) -> None:
    lines.append(lines[1])


def of_another_log(lines: Lines) -> None:
    del lines[2:-1]
    grown = tree.Range()
    grown.append(tree.leaf_hash(canon.from_base64(lines[1]["entry"])))
    party, origin = make_party(AURELIA), f"{AURELIA}/detente/home-{'a' * 16}"
    head = checkpoint.sign(party.log, origin, 1, grown.root())
    text = checkpoint.text_of(origin, 1, grown.root())
    note = signed.write(text, (checkpoint.owner_line(head, origin, party.log.public),))
    lines[0]["head"] = canon.to_base64(note)


@pytest.mark.parametrize(
    "change",
    [
        of_another_log,
        lambda lines: set_other(given(lines), "text"),
        lambda lines: given(lines).update(proof=canon.to_base64(b"no proof")),
    ],
)
def test_a_head_that_shows_nothing_of_this_log_is_not_counted(
    made: Made, change: Callable[[Lines], object]
) -> None:
    shown = judged(made, change)
    assert (shown.verdict, [word for _, _, word in shown.heads]) == (audit.VALID, ["unknown"])


@pytest.mark.parametrize(
    "change",
    [
        moved,
        lambda lines: lines.append({"x": "y" * (4 * limits.MAX_BODY)}),
        lambda lines: lines[1].update(entry=7),
        lambda lines: lines[1].update(entry="?"),
        lambda lines: lines[0].update(head=canon.to_base64(b"no checkpoint\n")),
        lambda lines: lines[0].update(
            head=canon.to_base64(
                signed.write(b"no checkpoint\n", (signed.Line("a", bytes(4), bytes(64)),))
            )
        ),
    ],
)
def test_another_structure_is_said(made: Made, change: Callable[[Lines], object]) -> None:
    with pytest.raises(StepFailed) as caught:
        judged(made, change)
    assert caught.value.step == 0


def test_entries_that_an_office_is_not_shown_make_no_file(net: Net) -> None:
    a = net.sides[0]
    register = a.office._register
    level = next(each for each in a.office.status.levels() if not each.peer)
    since = register.hatch.since

    def hidden(places: Any, *more: int) -> Any:  # noqa: ANN401
        return [
            each for each in since(places, *more) if each.origin != level.origin or each.seq != 1
        ]

    register.hatch.since = hidden  # type: ignore[method-assign, assignment]
    assert fault_of(lambda: a.office.trail.file(AUDITOR, net.now)) == "proof.unknown"
    assert fault_of(lambda: a.node.head("nowhere")) == "proof.unknown"


def test_a_log_beyond_one_file_is_said(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    a = net.sides[0]
    monkeypatch.setattr(audit_file, "ENTRIES_MAX", 1)
    assert fault_of(lambda: a.office.trail.file(AUDITOR, net.now)) == "form.count"
    a.hatch.levels = list  # type: ignore[method-assign]
    assert fault_of(lambda: a.office.trail.file(AUDITOR, net.now)) == "proof.unknown"


def test_the_command_judges_it_offline(made: Made, tmp_path: Path) -> None:
    file = tmp_path / "home.audit"
    file.write_bytes(b"".join(made[0]))
    cards = []
    for name, chain in made[1].items():
        cards.append(tmp_path / f"{name}.card")
        cards[-1].write_bytes(chain.data)
    good = proof.run(file, cards, None, accept_fast=False)
    assert (good.exit_code, good.document["verdict"]) == (0, "valid")
    assert any("gave a receipt for its head" in each for each in good.lines)
    file.write_bytes(b"".join(made[0][:-3]))
    cut = proof.run(file, cards, None, accept_fast=False)
    assert (cut.exit_code, cut.document["verdict"]) == (1, "gap")
    assert proof.run(file, cards[1:], None, accept_fast=False).exit_code == 2


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}\n",
        b"[]\n",
        b'{"form":"detente/v1/audit"}\n',
        b"\xff\n",
        b"[" * 99_999,
        b'{"form":"detente/v1/audit","head":"AA=="}\n',
    ],
)
def test_what_is_no_such_file_is_said(made: Made, line: bytes) -> None:
    with pytest.raises(StepFailed):
        audit.check([line], made[1])


def test_only_an_auditor_gets_it(net: Net) -> None:
    a = net.sides[0]
    assert (
        fault_of(lambda: a.office.trail.file(Person("x", "1", "s-01", {}), net.now))
        == "office.forbidden"
    )


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)
