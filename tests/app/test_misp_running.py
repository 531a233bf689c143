"""A real office beside a MISP instance: it reads, shows what differs, and is read as a MISP feed over TLS."""

import csv
import os
import re
import shlex
import subprocess
import sys
from hashlib import md5
from pathlib import Path
from typing import Any

import pymisp
import pytest
import requests
from tests.support.misp import KEY, Misp, serving
from tests.support.processes import until
from tests.support.taxii import Server

ITEM: dict[str, Any] = {"type": "ip-dst", "category": "Network activity", "value": "198.51.100.7", "to_ids": True,
        "uuid": "a0000000-0000-4000-8000-000000000001"}  # fmt: skip
DOCS = Path(__file__).parents[2] / "docs"
PAGES = (DOCS / "cert/from-misp.md", DOCS / "ru/cert/from-misp.md")
COMMAND = re.compile(r"^\$ detente (.*)$", re.MULTILINE)
FEED = """[[feed]]
name = "our-misp"
kind = "misp"
url = "{url}"
person = "{person}"
secret_file = "national.key"
every = "10s"
"""


def say(server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "detente", *words, "--at", str(server.folder)]
    paths = os.pathsep.join(str(Path(each).resolve()) for each in sys.path if each)
    env = {**os.environ, "PYTHONPATH": paths, "LANG": "C.UTF-8"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env)


@pytest.fixture
def misp() -> Misp:
    one = Misp()
    one.make("wave", ITEM, tags=("tlp:green",))
    one.make("close", {**ITEM, "uuid": ITEM["uuid"][:-1] + "2", "value": "secret.example", "type": "domain"},
             tags=("tlp:amber",))  # fmt: skip
    return one


def test_an_office_reads_an_instance_and_is_read_as_a_feed(misp: Misp, tmp_path: Path) -> None:
    server = Server(tmp_path, "aurelia.gov")
    server.start()
    try:
        person = until(server.person, "the office answers")
    finally:
        server.end()
    with serving(misp) as url:
        (server.folder / "national.key").write_text(KEY + "\n")
        (server.folder / "feeds.toml").write_text(FEED.format(url=url, person=person))
        with (server.folder / "detente.toml").open("a") as settings:
            settings.write('\n[feeds]\nfile = "feeds.toml"\n')
        server.start()
        try:
            until(
                lambda: any(row["taken"] for row in server.insist("GET", "/api/v1/feed")),
                "it is read",
            )
            _differs(server, misp)
            _is_a_feed(server, misp)
            _does_what_the_page_says(server)
        finally:
            server.end()
    assert KEY not in server.log.read_text()


def _differs(server: Server, misp: Misp) -> None:
    event = next(each for each in misp.events.values() if each["info"] == "wave")
    event["Attribute"][0]["comment"] = "new"
    done = say(server, "feed", "diff", "our-misp", "--fresh")
    assert (done.returncode, done.stderr) == (1, "")
    assert (
        f"differs  attribute  {event['uuid']} {ITEM['uuid']} (comment)  198[.]51[.]100[.]7"
        in done.stdout
    )
    assert say(server, "feed", "diff", "other").returncode == 2


def _does_what_the_page_says(server: Server) -> None:
    lines = [COMMAND.findall(page.read_text(encoding="utf-8")) for page in PAGES]
    assert lines[0] == lines[1]
    for line in lines[0]:
        done = say(server, *shlex.split(line))
        assert done.returncode in (0, 1), f"{line}: {done.stdout}{done.stderr}"
        assert done.stdout, line


def _is_a_feed(server: Server, misp: Misp) -> None:
    base = f"{server.url}api/v1/misp/all/green/"
    # As a MISP instance asks: its Accept, and the header that the subscription names.
    asker = requests.Session()
    asker.trust_env, asker.verify = False, str(server.certificate)
    asker.headers.update({"Accept": "application/json,text/plain,text/*", "MISP-version": "2.5.34"})
    assert asker.get(f"{base}manifest.json").status_code == 401
    asker.headers["Authorization"] = f"Bearer {server.token('cert:read')}"
    manifest = asker.get(f"{base}manifest.json")
    assert manifest.headers["Content-Type"] == "application/json"
    (uuid,) = manifest.json()
    assert manifest.json()[uuid]["info"] == "wave"
    taken = pymisp.MISPEvent()
    taken.load(asker.get(f"{base}{uuid}.json").json())
    assert (taken.info, [each.value for each in taken.attributes]) == ("wave", [ITEM["value"]])
    assert taken.attributes[0].uuid == ITEM["uuid"]
    assert {each.name for each in taken.tags} == {"tlp:green"}
    hashes = [*csv.reader(asker.get(f"{base}hashes.csv").text.splitlines())]
    assert hashes == [[md5(ITEM["value"].encode()).hexdigest(), uuid]]
    close = next(each for each in misp.events.values() if each["info"] == "close")
    assert asker.get(f"{base}{close['uuid']}.json").status_code == 404
    wider = asker.get(f"{server.url}api/v1/misp/all/amber/manifest.json").json()
    assert wider.keys() == {uuid, close["uuid"]}
