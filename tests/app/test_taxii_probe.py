"""A real party answers the black-box probe and foreign clients, unmodified, over TLS."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import taxii2client.v21 as client
from cytaxii2 import cytaxii2
from tests.produced import OUTSIDE
from tests.support.processes import PATIENCE
from tests.support.taxii import Server, serving

PROBE: Final = OUTSIDE / "probes" / "taxii_probe.py"
PAUSE: Final = 10 * PATIENCE


def probe(server: Server, *words: str) -> dict[str, Any]:
    """Run the probe against the collections of a party; what it says."""
    reads, other = server.token("cert:read", "cert:author"), server.token("cert:answer")
    name = server.person()
    command = [
        sys.executable, str(PROBE), "--url", server.url, "--ca", str(server.certificate), "--json",
        "--user", name, "--password", reads, "--other-user", name, "--other-password", other, *words,
    ]  # fmt: skip
    # Whatever certificates this machine trusts otherwise, here it is this one.
    told = {**os.environ, "REQUESTS_CA_BUNDLE": str(server.certificate)}
    ran = subprocess.run(
        command, env=told, capture_output=True, text=True, timeout=PAUSE, check=False
    )
    assert ran.returncode in (0, 1), ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_the_probe_passes_whole(tmp_path: Path) -> None:
    if not PROBE.exists():
        pytest.skip("the probe is not beside this copy of the project")
    with serving(tmp_path) as (server, _):
        found = probe(server, "--collection", server.collection("to-borealis.gov"))
        assert [row for row in found["checks"] if row["result"] != "PASS"] == []
        assert found["totals"] == {"PASS": 130, "FAIL": 0, "SKIP": 0}


def test_taxii2_client_reads_and_hands_in_unmodified(tmp_path: Path) -> None:
    with serving(tmp_path, tls="off") as (server, _):
        found = client.Server(
            f"{server.url}taxii2/",
            user=server.person(),
            password=server.token("cert:read", "cert:author"),
        )
        local = client.Collection(
            f"{found.default.url}collections/{server.collection('local')}/",
            user=server.person(), password=server.token("cert:read", "cert:author"),
        )  # fmt: skip
        one = {
            "type": "domain-name", "spec_version": "2.1", "value": "a.example",
            "id": "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7",
        }  # fmt: skip
        status = local.add_objects({"objects": [one]})
        assert (status.status, status.success_count) == ("complete", 1)
        assert local.get_objects()["objects"] == [one]
        local.delete_object(one["id"])
        assert local.get_manifest() == {}


def domain(number: int) -> dict[str, str]:
    return {
        "type": "domain-name", "spec_version": "2.1", "value": f"a{number}.example",
        "id": f"domain-name--bedb4899-d24b-5401-bc86-8f6b4cc1{number:04}",
    }  # fmt: skip


def test_cytaxii2_makes_each_of_its_calls_unmodified(tmp_path: Path) -> None:
    with serving(tmp_path, tls="off") as (server, _):
        name, local = server.person(), server.collection("local")
        theirs = cytaxii2.cytaxii2(
            f"{server.url}taxii2/", name, server.token("cert:read", "cert:author")
        )
        told = theirs.discovery_request()
        assert (told["status"], told["status_code"]) == (True, 200)
        root = theirs.root_discovery()["response"]
        assert root["versions"] == ["application/taxii+json;version=2.1"]
        every = theirs.collection_request()["response"]["collections"]
        assert local in {each["id"] for each in every}
        assert theirs.collection_data_request(local)["response"]["can_write"] is True
        some = [domain(number) for number in range(3)]
        taken = theirs.inbox_request(local, json.dumps({"objects": some}))
        assert (taken["status_code"], taken["response"]["success_count"]) == (202, 3)
        first = theirs.poll_request(local, limit=2)["response"]
        rest = theirs.poll_request(local, limit=2, next=first["next"])["response"]
        assert (first["objects"] + rest["objects"], first["more"]) == (some, True)
        one = theirs.poll_request(local, object_id=some[1]["id"])["response"]
        assert one["objects"] == [some[1]]
        none = theirs.poll_request(local, object_type="indicator")["response"]
        assert none == {}
        later = theirs.poll_request(local, added_after="2990-01-01T00:00:00.000Z")
        assert (later["status"], later["response"]) == (True, {})
        strange = cytaxii2.cytaxii2(f"{server.url}taxii2/", name, "no token")
        assert strange.collection_request()["status_code"] == 401
