"""The vectors of sys.audit_head, read and written to the byte."""

import json
from pathlib import Path
from typing import Any

import pytest

from detente.core import tree
from detente.core.errors import TheirFault
from detente.office import kinds
from detente.office.fields import Values

FILE = Path(__file__).parents[2] / "spec" / "vectors" / "audit" / "head.json"
TOLD: dict[str, Any] = json.loads(FILE.read_text())


@pytest.mark.parametrize("head", TOLD["heads"], ids=lambda head: str(head["size"]))
def test_a_head_is_written_and_read_to_the_byte(head: dict[str, Any]) -> None:
    grown = tree.Range()
    for entry in TOLD["entries"][: head["size"]]:
        grown.append(tree.leaf_hash(bytes.fromhex(entry)))
    assert grown.root().hex() == head["root"]
    body = Values({"origin": TOLD["origin"], "size": head["size"], "root": grown.root()})
    assert kinds.AUDIT_HEAD.write(body).decode() == head["text"]
    found = kinds.AUDIT_HEAD.read(head["text"].encode())
    assert isinstance(found, Values)
    assert (found.text("origin"), found.whole("size")) == (TOLD["origin"], head["size"])
    assert found.data("root") == grown.root()


@pytest.mark.parametrize("bad", TOLD["bad"], ids=lambda bad: str(bad["why"]))
def test_what_is_no_head_is_refused(bad: dict[str, str]) -> None:
    with pytest.raises(TheirFault):
        kinds.AUDIT_HEAD.read(bad["text"].encode())
