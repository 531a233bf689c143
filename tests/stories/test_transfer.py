"""A bundle in parts between two real parties: sent, one part taken back, then the rest, acknowledged at once.

The sender's office is ended at once after the withdrawal was answered: what was said stays said.
"""

import json
from pathlib import Path
from typing import Any

from tests.support.processes import Machine, until
from tests.support.running import Running, two_parties

from detente.core import limits

MADE = "2026-01-01T00:00:00.000Z"
COUNT = limits.MAX_BUNDLE_OBJECTS + 1  # two parts


def indicator(number: int) -> dict[str, Any]:
    return {
        "type": "indicator", "spec_version": "2.1", "created": MADE, "modified": MADE,
        "id": f"indicator--00000000-0000-4000-8000-{number:012}", "valid_from": MADE,
        "name": f"Address {number}", "pattern_type": "stix", "indicator_types": ["anonymization"],
        "pattern": f"[ipv4-addr:value = '198.51.{number // 250}.{number % 250 + 1}']",
    }  # fmt: skip


def do(machine: Machine, side: Running, *words: str) -> dict[str, Any]:
    """Run a command; what it says as JSON."""
    done = machine.ask(*words, "--at", str(side.folder), "--json")
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def transfer(side: Running) -> dict[str, Any]:
    """The one bundle in parts, as `cert transfers` shows it; nothing before it is there."""
    rows = side.insist("GET", "/api/v1/cert/transfers")["rows"]
    found: dict[str, Any] = rows[0] if rows else {}
    return found


def is_in(side: Running, state: str) -> None:
    until(lambda: transfer(side).get("state") == state, f"{side.name} shows it {state}")


def test_a_bundle_in_parts_is_taken_back_by_part_and_whole_and_acknowledged_at_once(
    tmp_path: Path,
) -> None:
    machine = Machine()
    file = tmp_path / "large.json"
    objects = [indicator(number) for number in range(COUNT)]
    whole = {"type": "bundle", "id": "bundle--3e1f2c6a-6f4e-4c7a-9c55-6f6a9ad4f0b2"}
    file.write_text(json.dumps({**whole, "objects": objects}))
    with two_parties(tmp_path) as (aurelia, borealis):
        sent = do(
            machine, aurelia, "cert", "send", str(file), "--to", borealis.name, "--about",
            "Addresses", "--tlp", "GREEN",
        )  # fmt: skip
        mids = [each["mid"] for each in sent["records"]]
        assert len(mids) == 2
        is_in(aurelia, "delivered")
        is_in(borealis, "whole")

        # The second part alone.
        back = ("--all", "--reason", "false")
        only = do(machine, aurelia, "cert", "withdraw", mids[1], *back, "--only")
        assert len(only["records"]) == 1
        until(lambda: transfer(borealis)["back"] == 1, "one part is taken back over there")
        assert transfer(borealis)["state"] == "whole"

        # Then all that is left, and the office ends in that moment.
        rest = do(machine, aurelia, "cert", "withdraw", mids[0], *back)
        assert len(rest["records"]) == 1, "what was taken back before is not taken back again"
        aurelia.kill("office")
        is_in(borealis, "taking_back")
        is_in(aurelia, "taking_back")

        # One word of the other side for all of it.
        mid = rest["records"][0]["mid"]
        said = do(machine, borealis, "cert", "acknowledge", mid, "--transfer")
        assert len(said["records"]) == 2
        for side in (aurelia, borealis):
            is_in(side, "acknowledged")
            row = transfer(side)
            assert (row["back"], row["acknowledged"], row["missing"]) == (2, 2, None)
        copies = aurelia.ask("GET", "/api/v1/cert/copies", id=objects[-1]["id"])["rows"]
        assert [each["state"] for each in copies] == ["removed"]
        states = aurelia.ask("GET", "/api/v1/cert/objects", mid=mids[0])["rows"]
        assert {each["state"] for each in states} == {"withdrawn"}
