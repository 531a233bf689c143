"""A list in Aurelia, objects in Borealis, a foreign server behind it: told, corrected, taken back, closed.

Aurelia and Borealis are real parties; the third is a TAXII server of other people's, which Borealis's
feed hands in at. In the end each side proves every record of it, with no party at hand.
"""

import json
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import taxii2client.v21 as client
from tests.support.foreign import COLLECTION, SECRET, USER, Foreign, foreign
from tests.support.processes import Machine, until
from tests.support.running import Running
from tests.support.taxii import Server

from detente.app.meeting import Meeting

LIST: Final = (
    b"ioc,comment\n"
    b"hxxp://pumps[.]bad-gate[.]net/login,asks for the password\n"
    b"198.51.100[.]77,answers the pumps\n"
    b"203.0.113[.]9,one of our own scanners\n"
)
FEED: Final = """
[[feed]]
name = "third"
way = "push"
url = "{url}"
collection = "{collection}"
person = "operator"
user = "{user}"
secret_file = "third.secret"
every = "10s"
into = "from-aurelia.gov"
"""


def act(side: Running, name: str, **body: object) -> str:
    """Do something at the desk; the record's mid."""
    made: str = side.insist("POST", f"/api/v1/cert/{name}", body)["records"][0]["mid"]
    return made


def look(side: Running, name: str, **query: object) -> list[dict[str, Any]]:
    """See something at the desk."""
    rows: list[dict[str, Any]] = side.ask("GET", f"/api/v1/cert/{name}", **query)["rows"]
    return rows


def arrived(side: Running, mid: str) -> None:
    until(lambda: any(each["mid"] == mid for each in side.records()), f"{mid} arrived")


def feed(borealis: Server, server: Foreign) -> None:
    """Let Borealis hand in at the third party what Aurelia tells it."""
    plan = FEED.format(url=server.url, collection=COLLECTION, user=USER)
    (borealis.folder / "feeds.toml").write_text(plan)
    (borealis.folder / "third.secret").write_text(SECRET)
    with (borealis.folder / "detente.toml").open("a") as settings:
        settings.write('\n[feeds]\nfile = "feeds.toml"\n')


def pattern(objects: list[dict[str, Any]], part: str) -> dict[str, Any]:
    return next(each for each in objects if part in each.get("pattern", ""))


def corrected(bundle: str, part: str) -> tuple[str, bytes]:
    """An indicator's next version, as its author writes it: its id, and the bundle that brings it."""
    one = pattern(json.loads(bundle)["objects"], part)
    one["description"] = "answers the pumps from port 8443 only"
    one["modified"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:23] + "Z"
    whole = {
        "type": "bundle",
        "id": "bundle--3e1f2c6a-6f4e-4c7a-9c55-6f6a9ad4f0b1",
        "objects": [one],
    }
    return one["id"], json.dumps(whole).encode()


def prove(machine: Machine, side: Running, matter: str, place: Path, cards: list[str]) -> list[str]:
    """Write a matter's evidence and check it as a stranger would; the kinds that it proves."""
    file = place / f"{matter}-{side.folder.name}.evidence"

    def is_whole() -> bool:
        done = machine.ask("evidence", "export", matter, "--at", side.folder, "-o", file)
        assert done.returncode == 0, done.stderr
        told = machine.ask("verify", file, *cards, "--json")
        return told.returncode == 0

    until(is_whole, f"every receipt of {matter} holds")
    told = json.loads(machine.ask("verify", file, *cards, "--json").stdout)
    shown = [each for each in told["records"] if each["kind"] != "node.receipt"]
    assert {each["strength"] for each in shown} == {"FULL"}, told
    return sorted(each["kind"] for each in shown)


def test_an_incident_from_a_list_to_a_third_party_and_back(tmp_path: Path) -> None:
    machine = Machine()
    aurelia, borealis = (
        Running(tmp_path, "aurelia.gov"),
        Server(tmp_path, "borealis.gov", tls="off"),
    )
    aurelia.meet(borealis)
    borealis.meet(aurelia)
    with foreign(tmp_path) as third:
        try:
            feed(borealis, third)
            for each in (aurelia, borealis):
                each.start()
            for each in (aurelia, borealis):
                until(each.is_live, f"the link of {each.name} is up")
                each.insist("GET", "/api/v1/log")
            _story(machine, aurelia, borealis, third, tmp_path)
        finally:
            aurelia.end()
            borealis.end()


def _story(
    machine: Machine, aurelia: Running, borealis: Server, third: Foreign, place: Path
) -> None:
    # An incident, and its list.
    incident = act(
        aurelia, "incident", to=[borealis.address], about="Pumps answer to strangers",
        category="intrusion", severity="high", impact="degraded", sector="water",
        text="Since last night.", tlp="GREEN",
    )  # fmt: skip
    bundle = act(
        aurelia, "import", file=b64encode(LIST).decode(), to=[borealis.address],
        about="Addresses of the pumps' visitors", tlp="GREEN", despite=True,
    )  # fmt: skip
    arrived(borealis, incident)
    arrived(borealis, bundle)
    act(borealis, "triage", mid=incident, outcome="assist", severity="high")

    # Objects in Borealis's collection, and with the third party.
    theirs = client.Collection(
        f"{borealis.url}taxii2/cert/collections/{borealis.collection('from-aurelia.gov')}/",
        user=borealis.person(), password=borealis.token("cert:read"),
    )  # fmt: skip
    held = theirs.get_objects()["objects"]
    indicators = [each for each in held if each["type"] == "indicator"]
    assert len(indicators) == 3
    wrong = pattern(indicators, "203.0.113.9")["id"]
    until(lambda: third.object(wrong), "the feed handed it in")
    assert {each["id"] for each in held} <= {each["id"] for each in third.objects()}

    # Corrected: a new version under the same id.
    text = look(aurelia, "export", mid=bundle)[0]["bundle"]
    same, data = corrected(text, "198.51.100.77")
    again = act(
        aurelia, "send", file=b64encode(data).decode(), to=[borealis.address], tlp="GREEN",
        about="The port of the pumps' visitor", despite=True,
    )  # fmt: skip
    arrived(borealis, again)
    until(lambda: "8443" in third.object(same).get("description", ""), "the correction is there")

    # Partly withdrawn, and acknowledged.
    back = act(aurelia, "withdraw", mid=bundle, object=[{"id": wrong}], reason="false")
    arrived(borealis, back)
    act(borealis, "acknowledge", mid=back)
    until(lambda: third.object(wrong).get("revoked") is True, "it is revoked over there")
    assert [each["id"] for each in theirs.get_objects()["objects"] if each.get("revoked")] == [
        wrong
    ]
    assert not third.object(same).get("revoked")

    # Closed.
    arrived(aurelia, act(borealis, "resolve", mid=incident, text="Addresses closed."))
    arrived(borealis, act(aurelia, "close", mid=incident, result="resolved"))
    assert {each["state"] for each in look(borealis, "incidents")} == {"closed"}
    (row,) = borealis.ask("GET", "/api/v1/feed")
    assert (row["alerts"], row["refused"]) == ([], 0)

    # Every receipt, with no party at hand.
    cards = []
    for side in (aurelia, borealis):
        card = place / f"{side.name}.card"
        card.write_bytes(Meeting(side.folder).card().note)
        cards += ["--card", str(card)]
    for mid, kinds in (
        (incident, ["cert.closed", "cert.incident", "cert.resolved", "cert.triage"]),
        (bundle, ["cert.bundle", "cert.withdraw", "cert.withdrawn"]),
        (again, ["cert.bundle"]),
    ):
        matter = aurelia.ask("GET", f"/api/v1/record/{mid}")["matter"]
        for side in (aurelia, borealis):
            assert prove(machine, side, matter, place, cards) == kinds
