"""Two real parties: each thing that may stand in a record's way is told apart, in words and JSON."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.faults import runs
from tests.faults.hostile import Hostile
from tests.faults.runs import Running, Said, detente
from tests.faults.test_halt import wrong_root
from tests.faults.test_running import send
from tests.support.ports import free_port

DESK = "cert@borealis.gov"


@dataclass
class Two:
    """Two parties that met; neither runs. Borealis shows who is at its desk."""

    aurelia: Path
    borealis: Path
    port: int


@pytest.fixture
def two(tmp_path: Path) -> Two:
    port = free_port()
    found = Two(
        runs.make(tmp_path, "aurelia.gov", free_port()),
        runs.make(tmp_path, "borealis.gov", port),
        port,
    )
    runs.meet(found.aurelia, found.borealis)
    with (found.borealis / "detente.toml").open("a") as settings:
        settings.write('\n[watch]\nshow_attendance = ["cert"]\n')
    return found


def sent(folder: Path, about: str, *more: str) -> str:
    said = send(folder, *more, about=about)
    assert said.code == 0, said.err
    return str(said.document["records"][0]["mid"])


def waits(folder: Path, mid: str) -> list[tuple[str, str]]:
    shown = detente("record", "show", mid, "--json", "--at", folder).document
    return [(each["desk"], each["state"]) for each in shown["waits"]]


def shown(folder: Path, mid: str) -> str:
    english = detente("record", "show", mid, "--at", folder)
    russian = detente("record", "show", mid, "--lang", "ru", "--at", folder)
    assert (english.code, russian.code) == (0, 0)
    return english.out + russian.out


def links(folder: Path) -> tuple[dict[str, Any], str]:
    words = detente("link", "list", "--at", folder).out
    words += detente("link", "list", "--lang", "ru", "--at", folder).out
    return detente("link", "list", "--json", "--at", folder).document[0], words


def findings(folder: Path) -> dict[str, str]:
    said: Said = detente("doctor", "--json", "--at", folder)
    return {each["code"]: each["remedy"] for each in said.document["findings"]}


@pytest.fixture
def both(two: Two) -> Iterator[tuple[Running, Running]]:
    with runs.running(two.aurelia) as ours, runs.running(two.borealis) as theirs:
        for each in (ours, theirs):
            each.ready()
        runs.until(lambda: ours.state("borealis.gov") == "LIVE")
        yield ours, theirs


def test_nobody_at_the_desk_read_and_unanswered_and_declined_are_told_apart(
    both: tuple[Running, Running],
) -> None:
    ours, theirs = (each.folder for each in both)
    mid = sent(ours, "asks", "--within", "1s", "--wait", "delivered")
    refused = sent(ours, "refused", "--wait", "delivered")

    # Nobody at the desk.
    runs.until(lambda: waits(ours, mid) == [(DESK, "UNATTENDED")])
    told = shown(ours, mid)
    assert "stored, nobody at the desk" in told
    assert "сохранено, у стола никого" in told  # noqa: RUF001
    assert "call somebody of theirs to the desk" in told
    row, words = links(ours)
    assert (row["attended"], row["unattended"]) == ([], ["cert"])
    assert [(each["state"], each["count"]) for each in row["records"]] == [("UNATTENDED", 2)]
    assert "nobody at: cert" in words
    assert "2 records: stored, nobody at the desk" in words

    # Read, and not answered in time.
    assert detente("record", "read", mid, "--at", theirs).code == 0
    runs.until(lambda: waits(ours, mid) == [(DESK, "READ_UNANSWERED")])
    told = shown(ours, mid)
    assert "read, not answered" in told
    assert "прочитано, ответа нет" in told
    assert "ask them, by a new record or by telephone" in told
    assert waits(ours, refused) == [(DESK, "UNREAD")], "somebody is there now"
    row, words = links(ours)
    assert (row["attended"], row["unattended"]) == (["cert"], [])
    assert {each["state"]: each["count"] for each in row["records"]} == {
        "READ_UNANSWERED": 1,
        "UNREAD": 1,
    }
    assert "at their desks: cert" in words
    assert "unanswered" in findings(ours)
    assert "owed" in findings(theirs)
    assert "they wait for our answer" in shown(theirs, mid)

    # Declined.
    why = "not within our remit"
    said = detente("record", "decline", refused, "--reason", why, "--json", "--at", theirs)
    assert (said.code, said.document["kind"]) == (0, "ack.declined")

    def answers() -> Any:  # noqa: ANN401  a test knows which
        found = detente("record", "show", refused, "--json", "--at", ours).document
        return [(each["desk"], each["answer"], each["reason"]) for each in found["answers"]]

    runs.until(lambda: answers() == [(DESK, "DECLINED", why)])
    assert waits(ours, refused) == []
    told = shown(ours, refused)
    assert "DECLINED, said at" in told
    assert "DECLINED, отказано" in told
    assert why in told
    row, words = links(ours)
    assert ("DECLINED", 1) in [(each["state"], each["count"]) for each in row["records"]]
    assert "1 records: declined" in words

    # An answer ends the waiting.
    said = detente("record", "accept", mid, "--at", theirs)
    assert said.code == 0, said.err
    runs.until(lambda: waits(ours, mid) == [])
    assert "owed" not in findings(theirs)
    held = detente("record", "hold", refused, "--within", "24h", "--json", "--at", theirs)
    assert held.document["kind"] == "ack.hold"


def test_a_node_that_does_not_answer_and_a_line_that_is_down_are_told_apart(two: Two) -> None:
    with runs.running(two.aurelia) as ours:
        ours.ready()
        runs.until(lambda: ours.state("borealis.gov") == "NODE_DOWN")
        mid = sent(two.aurelia, "asks")
        assert waits(two.aurelia, mid) == [(DESK, "NODE_DOWN")]
        told = shown(two.aurelia, mid)
        assert "line up, their node not answering" in told
        assert "call them to start their node" in told
        row, words = links(two.aurelia)
        assert row["state"] == "NODE_DOWN"
        assert "call them to start their node" in words
        assert "node_down" in findings(two.aurelia)

        # A machine that takes no connection and refuses none: as a line that is cut.
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            deaf.bind(("127.0.0.1", two.port))
            deaf.listen(0)
            filling = [socket.socket() for _ in range(4)]
            for each in filling:
                each.setblocking(False)
                each.connect_ex(("127.0.0.1", two.port))
            try:
                runs.until(lambda: ours.state("borealis.gov") == "PATH_DOWN")
                assert waits(two.aurelia, mid) == [(DESK, "PATH_DOWN")]
                told = shown(two.aurelia, mid)
                assert "line down" in told
                assert "look at the line and its addresses" in told
                assert "проверьте линию и адреса" in told
                assert links(two.aurelia)[0]["state"] == "PATH_DOWN"
                assert "path_down" in findings(two.aurelia)
            finally:
                for each in filling:
                    each.close()


def test_a_halted_link_is_told_of_each_record_that_waits_for_it(two: Two) -> None:
    with runs.running(two.borealis) as theirs:
        theirs.ready()
        party = Hostile(two.aurelia, two.borealis, two.port)
        try:
            line = party.meet()
            runs.until(lambda: theirs.state("aurelia.gov") == "LIVE")
            wrong_root(party, line)
            runs.until(lambda: theirs.state("aurelia.gov") == "HALTED")
            said = send(two.borealis, to="aurelia.gov")
            mid = said.document["records"][0]["mid"]
            assert waits(two.borealis, mid) == [("cert@aurelia.gov", "HALTED")]
            told = shown(two.borealis, mid)
            assert "halted: proof of conflict kept" in told
            assert "E_ROOT" in told
            assert "compare both logs: detente link epoch show" in told
            assert "сверьте оба журнала" in told  # noqa: RUF001
            row, words = links(two.borealis)
            assert row["state"] == "HALTED"
            assert "delete nothing; call them" in words
            assert "halted" in findings(two.borealis)
        finally:
            party.close()
