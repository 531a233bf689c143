"""The vectors of STATUS and of answers, byte for byte."""

import json
from pathlib import Path
from typing import Any

import pytest

from detente.core.moment import Moment
from detente.link import frames
from detente.office import kinds
from detente.office.fields import Values

FILE = Path(__file__).parents[2] / "spec" / "vectors" / "standing" / "vectors.json"
GIVEN: dict[str, Any] = json.loads(FILE.read_text())


@pytest.mark.parametrize("name", ["status", "status_plain"])
def test_a_status_is_the_vector(name: str) -> None:
    value = GIVEN[name]["value"]
    attended, unattended = (tuple(value.get(each, ())) for each in ("attended", "unattended"))
    frame = bytes.fromhex(GIVEN[name]["frame"])
    made = frames.status(attended=attended, unattended=unattended, read_only=value["read_only"])
    assert made == frame
    [message] = frames.Reader().feed(frame)
    assert frames.read_status(message.payload) == (attended, unattended, value["read_only"])


@pytest.mark.parametrize("name", ["ack.action", "ack.hold", "ack.declined"])
def test_the_body_of_an_answer_is_the_vector(name: str) -> None:
    text = GIVEN[name]["text"].encode()
    told = json.loads(text)
    said: dict[str, Any] = {"of": bytes.fromhex(GIVEN["of"])}
    said |= {"reason": told["reason"]} if "reason" in told else {}
    said |= {"until": Moment.parse(told["until"])} if "until" in told else {}
    kind = kinds.HOUSE[name]
    assert kind.write(Values(said)) == text
    assert kind.read(text) == Values(said)
