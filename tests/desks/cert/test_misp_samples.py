"""Samples of malware in events: locked ones go in and out as they are, open ones do not come in."""

import io
import json
from base64 import b64encode
from zipfile import ZipFile

import pymisp
import pytest
from tests.desks.cert.test_misp import attribute, event, of_type, read

from detente.app.sample_zip import pack_sample
from detente.desks.cert.formats import members
from detente.desks.cert.formats.members import Object
from detente.desks.cert.formats.misp import locked, writing

VALUE = "a.exe|44d88612fea8a8f36de82e1278abb02f"
LOCKED = b64encode(
    pack_sample("44d88612fea8a8f36de82e1278abb02f", b"MZ harmful", b"s" * 16)
).decode()


def archive(*flags: int) -> bytes:
    """Return an archive whose files bear these flags."""
    held = io.BytesIO()
    with ZipFile(held, "w") as made:
        for at in range(len(flags)):
            made.writestr(f"{at}", b"MZ harmful")
        for one, flag in zip(made.infolist(), flags, strict=True):
            one.flag_bits = flag
    return held.getvalue()


OPEN = [
    b64encode(b"MZ harmful").decode(), b64encode(archive(0)).decode(), b64encode(archive(1, 0)).decode(),
    b64encode(archive()).decode(), "no base64", LOCKED[:-40],
]  # fmt: skip


@pytest.mark.parametrize("acts", [True, False])
def test_a_locked_sample_comes_in_whole_and_goes_out_as_misp_reads_it(acts: bool) -> None:
    item = attribute("malware-sample", VALUE, data=LOCKED, to_ids=acts)
    found = read(event(Attribute=[item]))
    (told,) = [each for each in found.told if "malware-sample" in each.item]
    assert told.how == "whole"
    (back,) = writing.write(found.objects, "x").events
    (out,) = members.objects(back, "Attribute")
    assert out == item
    theirs = pymisp.MISPEvent()
    theirs.from_dict(**json.loads(json.dumps(back)))
    (one,) = theirs.attributes
    assert one.type == "malware-sample"
    assert one.data is not None
    assert b64encode(one.data.getvalue()).decode() == LOCKED


@pytest.mark.parametrize("data", OPEN)
def test_what_is_not_locked_is_left_out_and_told(data: str) -> None:
    found = read(event(Attribute=[attribute("malware-sample", VALUE, data=data)]))
    (one,) = of_type(found, "indicator")
    assert data not in found.bundle
    kept = one["x_misp"]
    assert isinstance(kept, dict)
    assert "data" not in kept
    (told,) = [each for each in found.told if "malware-sample" in each.item]
    assert (told.how, told.why) == ("beside", locked.LEFT)
    (back,) = writing.write(found.objects, "x").events
    assert members.text(members.objects(back, "Attribute")[0], "value") == VALUE


@pytest.mark.parametrize(("data", "comes"), [(LOCKED, True), (OPEN[0], False)])
def test_a_sample_in_an_object_is_held_the_same_way(data: str, comes: bool) -> None:
    inner = [
        attribute("malware-sample", VALUE, 2, data=data, object_relation="malware-sample"),
        attribute("md5", VALUE.partition("|")[2], 3, object_relation="md5"),
    ]
    one: Object = {
        "uuid": "00000000-0000-4000-8000-000000000001", "name": "file", "meta-category": "file",
        "timestamp": "1772359200", "Attribute": [*inner],
    }  # fmt: skip
    found = read(event(Object=[one]))
    assert (data in found.bundle) is comes
    (told,) = [each for each in found.told if each.item == "object file"]
    assert (locked.LEFT in told.why) is not comes
    (back,) = writing.write(found.objects, "x").events
    (out,) = members.objects(back, "Object")
    kept = [members.text(each, "data") for each in members.objects(out, "Attribute")]
    assert kept == [data if comes else "", ""]


def test_an_archive_is_locked_if_every_file_of_it_is() -> None:
    assert locked.is_locked(LOCKED)
    assert locked.is_locked(b64encode(archive(1, 1)).decode())
    assert not any(map(locked.is_locked, OPEN))
