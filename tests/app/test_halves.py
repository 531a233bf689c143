"""The files that two machines exchange, and which keys a node lets in."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import processes
from tests.support.makers import NOW
from tests.support.outcomes import fault_of
from tests.support.ports import free_port

from detente.app import allowed, halves, pins, splitting
from detente.app.halves import Half
from detente.app.meeting import Meeting
from detente.app.splitting import Secret
from detente.core import limits

HALF = Half(
    "office", "aurelia.gov", b"p" * 32, "tcp://127.0.0.1:7000", ("cert",), {"log-x": b"k"},
    ("tcp://127.0.0.1:1",), b"card",
)  # fmt: skip


def test_a_file_reads_back_as_it_was_written() -> None:
    assert halves.read(halves.write(HALF)) == HALF


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":2'), (b"detente-half", b"detente-card"), (b'"half":"office"', b'"half":"x"'),
        (b'"keys":[', b'"keys":[1,'), (b'"desks":["cert"]', b'"desks":null'), (b"{", b"["),
    ],
)  # fmt: skip
def test_another_file_is_refused(old: bytes, new: bytes) -> None:
    data = halves.write(HALF)
    assert old in data
    assert fault_of(lambda: halves.read(data.replace(old, new, 1))) == "hatch.file"


def test_a_file_of_the_longest_length_is_read_and_no_longer_one() -> None:
    room = limits.MAX_HATCH_FILE - len(halves.write(replace(HALF, card=b""))) + 1
    at_edge = replace(HALF, card=b"c" * room)
    assert halves.read(halves.write(at_edge)) == at_edge
    longer = halves.write(replace(HALF, card=b"c" * (room + 1)))
    assert fault_of(lambda: halves.read(longer)) == "hatch.file"


def test_check_digits_are_of_one_file() -> None:
    data, other = halves.write(HALF), halves.write(replace(HALF, pin=b"q" * 32))
    digits = halves.digits_of(data)
    assert [len(each) for each in digits.split()] == [5] * halves.GROUPS
    halves.check(data, digits)
    halves.check(data, digits.replace(" ", ""))
    assert fault_of(lambda: halves.check(other, digits)) == "hatch.digits"
    assert fault_of(lambda: halves.check(data, "")) == "hatch.digits"


def test_which_halves_are_here(tmp_path: Path) -> None:
    halves.need(tmp_path, "node")  # it is no party's folder: others say so
    for each in ("party", "office"):
        (tmp_path / each).mkdir()
    assert halves.here(tmp_path) == ("office",)
    halves.need(tmp_path, "office")
    assert fault_of(lambda: halves.need(tmp_path, "node")) == "run.elsewhere"


def test_the_pin_of_the_node_is_kept(tmp_path: Path) -> None:
    assert fault_of(lambda: halves.node_pin(tmp_path)) == "config.bad"
    halves.keep_node(tmp_path, b"n" * 32)
    assert halves.node_pin(tmp_path) == b"n" * 32


# Keys that are let in.


def pin(number: int) -> bytes:
    return bytes([number]) * allowed.PIN_SIZE


def test_keys_are_let_in_and_no_more(tmp_path: Path) -> None:
    assert allowed.read(tmp_path) == ()
    allowed.allow(tmp_path, pin(1), ("visa", "cert", "visa"), NOW)
    allowed.allow(tmp_path, pin(2), ("cert", "visa"), NOW)  # the same office, another key
    allowed.allow(tmp_path, pin(3), ("press",), NOW)
    assert [(each.pin, each.office) for each in allowed.read(tmp_path)] == [
        (pin(1), "cert,visa"), (pin(2), "cert,visa"), (pin(3), "press"),
    ]  # fmt: skip
    allowed.allow(tmp_path, pin(3), ("aid",), NOW)
    allowed.revoke(tmp_path, pin(1))
    assert [each.office for each in allowed.read(tmp_path)] == ["cert,visa", "aid"]
    assert fault_of(lambda: allowed.revoke(tmp_path, pin(1))) == "form.choice"


def test_a_desk_is_of_one_office(tmp_path: Path) -> None:
    allowed.allow(tmp_path, pin(1), ("cert", "visa"), NOW)
    taken = fault_of(lambda: allowed.allow(tmp_path, pin(2), ("cert",), NOW))
    assert taken == "hatch.desk_taken"
    allowed.allow(tmp_path, pin(1), ("cert",), NOW)


def test_no_more_keys_than_the_limit_are_let_in(tmp_path: Path) -> None:
    for number in range(limits.MAX_HATCH_KEYS):
        allowed.allow(tmp_path, pin(number), ("cert",), NOW)
    assert len(allowed.read(tmp_path)) == limits.MAX_HATCH_KEYS
    more = pin(limits.MAX_HATCH_KEYS)
    assert fault_of(lambda: allowed.allow(tmp_path, more, ("cert",), NOW)) == "form.count"
    allowed.allow(tmp_path, pin(0), ("cert",), NOW)  # it is let in already


@pytest.mark.parametrize("text", ["{", "[1]", '[{"pin": "00", "desks": [], "since": ""}]'])
def test_a_file_that_was_altered_lets_nobody_in(tmp_path: Path, text: str) -> None:
    allowed.file_of(tmp_path).parent.mkdir()
    allowed.file_of(tmp_path).write_text(text)
    assert fault_of(lambda: allowed.read(tmp_path)) == "config.bad"


# Making a party on two machines.

SECRET = Secret(b"secret", {})


def test_a_party_of_two_machines_is_made_of_two_files(tmp_path: Path) -> None:
    node, office = tmp_path / "node", tmp_path / "office"
    listen = f"tcp://127.0.0.1:{free_port()}"
    half = halves.read(
        splitting.make_node(node, "aurelia.gov", [listen], "tcp://127.0.0.1:7001", SECRET)
    )
    assert not splitting.has_card(node)
    card, data = splitting.make_office(office, tmp_path / "root", half, SECRET, b"root")
    back = halves.read(data)
    assert splitting.take_card(node, back) == card == Meeting(node).card()
    assert back.desks == ("cert",)
    assert card.pins == (half.keys["tls_pin"],)
    assert halves.node_pin(office) == half.pin != back.pin
    assert pins.read(office) == {"aurelia.gov": [card.fingerprint]}
    assert not pins.keep(node, "borealis.gov", "0"), "the office is not here"
    assert not (node / "office").exists()
    assert json.loads((office / "office" / "people.json").read_text())[0]["name"] == "operator"


def test_a_file_of_another_half_makes_no_office(tmp_path: Path) -> None:
    def make(half: Half) -> str:
        root = tmp_path / "root"
        return fault_of(lambda: splitting.make_office(tmp_path / "o", root, half, SECRET, b"root"))

    assert make(HALF) == "hatch.file"
    assert make(replace(HALF, half="node")) == "hatch.file"
    assert not (tmp_path / "o").exists()


def test_a_half_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    empty = Secret(b"", {})
    made = fault_of(
        lambda: splitting.make_node(
            tmp_path / "n", "aurelia.gov", [], "tcp://127.0.0.1:7001", empty
        )
    )
    assert made == "vault.passphrase"
    assert not (tmp_path / "n").exists()


def test_a_card_of_another_party_is_not_taken(tmp_path: Path) -> None:
    assert fault_of(lambda: splitting.take_card(tmp_path, HALF)) == "hatch.file"
    other = processes.make(tmp_path, "borealis.gov")
    half = replace(HALF, card=Meeting(other).card().note)
    assert fault_of(lambda: splitting.take_card(tmp_path, half)) == "hatch.file"
