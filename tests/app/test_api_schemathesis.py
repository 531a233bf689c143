"""A running office keeps to the document that it publishes: schemathesis finds nothing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.forward import forwarded
from tests.support.offices import BUNDLE
from tests.support.running import Running, two_parties

from detente.core import canon

TOOL: Final = Path(sys.executable).with_name("st")
# 422: the request fits its schema and is refused for what it says, such as a file that is no STIX.
# How long an answer takes on a busy machine is no finding: the tool would give it 10 s.
CONFIG: Final = """
request-timeout = 120.0
[generation]
max-examples = 2
deterministic = true
database = "none"
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "304", "401", "403", "404", "409", "422", "429"]
"""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Running]]:
    with two_parties(tmp_path_factory.mktemp("api")) as found:
        yield found


def send(one: Running, other: Running, about: str) -> dict[str, Any]:
    name = one.ask("POST", "/api/v1/file", {"name": "a.txt", "size": 3})["file"]
    one.ask("POST", f"/api/v1/file/{name}", b"abc")
    body = {
        "file": canon.to_base64((BUNDLE % about).encode()), "to": [other.address], "about": about,
        "within": "24h", "attach": [name],
    }  # fmt: skip
    found: dict[str, Any] = one.ask("POST", "/api/v1/cert/send", body)["records"][0]
    return found


def check(party: Running, place: Path, phases: str, config: str) -> None:
    file = place / "schemathesis.toml"
    file.write_text(config)
    with forwarded(party.folder / "office" / "desk.sock") as port:
        done = subprocess.run(
            [
                TOOL, "--config-file", file, "run",
                f"http://127.0.0.1:{port}/api/v1/openapi.json",
                "--no-color", "--continue-on-failure", "--phases", phases,
            ],
            cwd=place, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout.partition("Test cases:")[2], done.stdout


def test_nothing_is_found_among_requests_made_from_the_document(
    pair: tuple[Running, Running], tmp_path: Path
) -> None:
    send(*pair, "a to b")
    check(pair[0], tmp_path, "coverage,fuzzing,stateful", CONFIG)


def test_nothing_is_found_where_the_records_named_are_there(
    pair: tuple[Running, Running], tmp_path: Path
) -> None:
    a, b = pair
    row = send(b, a, "b to a")
    a.insist("POST", f"/api/v1/record/{row['mid']}/read")
    a.ask("POST", f"/api/v1/record/{row['mid']}/answer", {"answer": "hold", "within": "24h"})
    named = f'[parameters]\n"path.mid" = "{row["mid"]}"\n"path.matter" = "{row["matter"]}"\n'
    named += f'"query.mid" = "{row["mid"]}"\n"path.number" = 0\n'
    check(a, tmp_path, "fuzzing", CONFIG + named)
