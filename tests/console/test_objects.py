"""The page of one object: drawn, told, and nothing of it alive."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import OBJECT, PERSON, Net
from tests.support.screens import Screen

from detente.app.console.pages import ROUTES
from detente.ui import graph

SAMPLE = Path(__file__).parents[2] / "src/detente/app/samples/poisonivy.json"
BAD = "<script>alert(1)</script>\u202e"


@pytest.fixture(scope="module")
def net() -> Net:
    net = Net(AURELIA, BOREALIS)
    a, b = net.sides
    a.send("one", b)
    a.act("cert/send", file=SAMPLE.read_bytes(), to=(b.address,), about="P", tlp="AMBER")
    net.settle()
    return net


def html(net: Net, path: str, language: str = "en", **query: str) -> str:
    side = net.sides[1]
    screen = Screen(side, ROUTES, person=replace(PERSON), language=language)
    return screen.get(path, **query).data.decode()


def sampled(kind: str) -> str:
    objects = json.loads(SAMPLE.read_bytes())["objects"]
    return str(next(one["id"] for one in objects if one["type"] == kind))


def seen(page: str) -> str:
    """What a page shows: without what a button would copy."""
    return re.sub(r'data-copy="[^"]*"', "", page)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_an_object_is_drawn_with_its_neighbours_and_told_beside_it(net: Net, language: str) -> None:
    identity = sampled("indicator")
    shown = html(net, f"object/{identity}", language)
    drawn, _, rest = shown.partition('<svg class="graph"')[2].partition("</svg>")
    for kind in ("malware", "campaign"):
        assert f'href="/object/{kind}--' in drawn
        assert f'href="/object/{kind}--' in rest, "the table tells the same"
    assert "219[.]76[.]208" in drawn
    assert "219.76.208.163" not in seen(shown), "nobody follows it by a slip"
    assert 'data-copy="219.76.208.163"' in shown, "on purpose it is had"


def test_an_object_without_neighbours_has_no_drawing(net: Net) -> None:
    shown = html(net, f"object/{OBJECT}")
    assert '<svg class="graph"' not in shown
    assert "file:name" in shown


def test_what_a_value_leads_to_is_a_link_to_the_object(net: Net) -> None:
    shown = html(net, "desk/cert/find", value="cve-2009-4324")
    assert f'href="/object/{sampled("vulnerability").partition("--")[0]}--' in shown


def test_the_bytes_of_an_object_are_a_file(net: Net) -> None:
    identity = sampled("indicator")
    data = html(net, "desk/cert/raw", id=identity)
    assert json.loads(data)["id"] == identity
    assert data in SAMPLE.read_text(encoding="utf-8")


def test_a_drawing_shows_texts_of_strangers_as_texts_and_no_more_than_so_many() -> None:
    node = graph.Node(BAD, "malware", "/object/x")
    many = [graph.Step(BAD, node, outward=bool(at % 2)) for at in range(500)]
    drawn = graph.svg(node, many, BAD, BAD)
    assert "<script" not in drawn
    assert drawn.count("<rect") == 2 * graph.NODES_MAX + 1
    assert "\u202e" not in drawn


def test_a_payload_is_drawn_on_no_page_and_stands_in_the_file() -> None:
    net = Net(AURELIA, BOREALIS)
    a, b = net.sides
    payload = "TVqQAAMAAAAEAAAA" * 8
    identity = "artifact--00000000-0000-4000-8000-000000000009"
    one = {"type": "artifact", "spec_version": "2.1", "id": identity, "payload_bin": payload}
    bundle = {
        "type": "bundle",
        "id": "bundle--00000000-0000-4000-8000-000000000009",
        "objects": [one],
    }
    a.act("cert/send", file=json.dumps(bundle).encode(), to=(b.address,), about="P", tlp="AMBER")
    net.settle()
    page = html(net, f"object/{identity}")
    assert "TVqQAAMA" not in page
    assert "(128)" in page
    assert payload in html(net, "desk/cert/raw", id=identity)
