import json
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.desks.cert.test_index import indicator

from detente.desks.cert.formats import stream, strict


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def flaw(pieces: list[bytes]) -> str:
    with pytest.raises(strict.Found) as refused:
        list(stream.objects(pieces))
    return f"{refused.value.flaw.code} {refused.value.flaw.what}"


TEXT = st.text(alphabet='{}[]"\\, é:', max_size=8)


@given(
    texts=st.lists(TEXT, min_size=1, max_size=5),
    size=st.integers(1, 40),
    indent=st.sampled_from([None, 1]),
    key=st.sampled_from(["objects", "x_objects"]),
)
def test_objects_come_out_as_they_went_in_wherever_the_file_is_cut(
    texts: list[str], size: int, indent: int | None, key: str
) -> None:
    made = [{"a": text, "b": [{text: 1}]} for text in texts]
    whole = {"type": "bundle", key: [[{"no": 1}]], "objects": made, "x_end": {"objects": [{}]}}
    data = json.dumps(whole, indent=indent).encode()
    if key == "objects":
        data = json.dumps({"x_more": [made], **whole}, indent=indent).encode()
    scan = stream.Scan()
    cuts = [one for piece in cut(data, size) for one in scan.feed(piece)]
    scan.end()
    found = [one.data for one in cuts]
    assert all(data[one.at : one.at + len(one.data)] == one.data for one in cuts)
    assert json.loads(scan.outside) == {**json.loads(data), "objects": []}
    assert [json.loads(each) for each in found] == made
    assert all(each in data for each in found)


def test_a_hundred_thousand_objects_need_the_memory_of_one_bundle() -> None:
    one = json.dumps(indicator(1)).encode()

    def pieces() -> Iterator[bytes]:
        yield b'{"objects":['
        for at in range(100_000):
            yield one if at == 0 else b"," + one
        yield b"]}"

    tracemalloc.start()
    count = sum(1 for _ in stream.objects(pieces()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 100_000
    assert peak < 100 * len(one)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"objects":[{"a":1}', "stix.json the file ends before its last bracket"),
        (b'{"objects":[{"a":"', "stix.json the file ends before its last bracket"),
        (b"]", "stix.json a bracket closes that was never opened"),
        (b"{}", "stix.shape the file has no list of objects"),
        (b"", "stix.shape the file has no list of objects"),
        (b'{"objects":[1,{}]}', "stix.shape the list holds what is no object"),
        (b'{"objects":[{},"x"]}', "stix.shape the list holds what is no object"),
        (b'{"objects":[{}[]]}', "stix.shape the list holds what is no object"),
        (b'{"objects":[{},null]}', "stix.shape the list holds what is no object"),
        (b'{"x":{"objects":[{}]}}', "stix.shape the file has no list of objects"),
        (b'{"objects":[{"a":"' + b"x" * stream.OBJECT_MAX + b'"}]}', "stix.size an object"),
        (b'{"objects":[{"a":"' + b"x" * 2**23, "stix.size an object"),
    ],
)
def test_what_is_no_list_of_objects_is_told(data: bytes, told: str) -> None:
    assert told in flaw(cut(data, 65_536))


def test_the_largest_object_passes() -> None:
    room = stream.OBJECT_MAX - len(b'{"a":""}')
    data = b'{"objects":[{"a":"' + b"x" * room + b'"}]}'
    assert [len(each) for each in stream.objects(cut(data, 65_536))] == [stream.OBJECT_MAX]
