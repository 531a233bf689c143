"""Attachments as pieces: sizes, manifests, chunks, and the one vector."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers

from detente.core import limits, manifest, tree
from detente.core.attachment import KEY_SIZE, FileKey
from detente.core.errors import TheirFault

VECTORS = Path(__file__).resolve().parents[2] / "spec" / "vectors" / "first" / "vectors.json"
KEY = bytes(range(32))


def sealed(data: bytes, key: bytes = KEY) -> list[bytes]:
    file_key, count = FileKey(key), manifest.chunks_of(len(data))
    return [
        file_key.seal(i, data[i * limits.CHUNK : (i + 1) * limits.CHUNK], last=i == count - 1)
        for i in range(count)
    ]


def test_the_vector_comes_out_byte_for_byte() -> None:
    expected = json.loads(VECTORS.read_text())["attachment"]
    key = sha256(b"detente test vector file key 1").digest()
    chunks = sealed(bytes(i % 251 for i in range(150_000)), key)
    assert [len(each) for each in chunks] == expected["chunk_len"]
    hashes = [manifest.hash_of(each) for each in chunks]
    assert [each.hex() for each in hashes] == expected["manifest"]
    assert manifest.aid_of(hashes).hex() == expected["aid"]


@pytest.mark.parametrize(
    ("size", "chunks"),
    [
        (0, 1),
        (1, 1),
        (limits.CHUNK - 1, 1),
        (limits.CHUNK, 1),
        (limits.CHUNK + 1, 2),
        (limits.MAX_ATT_SIZE, 65_536),
    ],
)
def test_a_file_has_as_many_chunks_as_it_needs_and_at_least_one(size: int, chunks: int) -> None:
    assert manifest.chunks_of(size) == chunks
    whole = manifest.sealed_size(size)
    assert whole == size + 16 * chunks
    assert manifest.plain_size(whole, chunks) == size
    start, length = manifest.span(chunks - 1, whole)
    assert start + length == whole


@pytest.mark.parametrize(
    ("size", "chunks"),
    [
        (15, 1),  # less than a tag
        (16, 0),
        (16, 2),
        (manifest.SEALED_CHUNK + 1, 1),
        (manifest.SEALED_CHUNK + 16, 2),  # an empty last chunk belongs to an empty file alone
        (manifest.sealed_size(limits.MAX_ATT_SIZE) + 17, manifest.CHUNKS_MAX + 1),
    ],
)
def test_sizes_that_no_file_has_are_refused(size: int, chunks: int) -> None:
    with pytest.raises(TheirFault, match="E_ATT"):
        manifest.plain_size(size, chunks)


@given(size=integers(0, limits.MAX_ATT_SIZE))
def test_chunks_cover_a_file_without_gap_or_overlap(size: int) -> None:
    chunks, whole = manifest.chunks_of(size), manifest.sealed_size(size)
    for i in {0, chunks // 2, chunks - 1}:
        start, length = manifest.span(i, whole)
        assert start == i * manifest.SEALED_CHUNK
        assert length == manifest.SEALED_CHUNK or i == chunks - 1
    parts = manifest.parts_of(chunks)
    assert sum(manifest.part_size(part, chunks) for part in range(parts)) == chunks * 32
    assert all(
        0 < manifest.part_size(part, chunks) <= manifest.PART_BYTES for part in {0, parts - 1}
    )


@given(data=binary(max_size=3_000), cut=integers(0, 3))
def test_what_was_sealed_opens_and_nothing_else_does(data: bytes, cut: int) -> None:
    data = data * (cut * 30 + 1)
    chunks = sealed(data)
    key = FileKey(KEY)
    opened = [key.open(i, each, last=i == len(chunks) - 1) for i, each in enumerate(chunks)]
    assert b"".join(opened) == data
    for i, last in ((0, len(chunks) > 1), (1, True)):  # another end, another place
        with pytest.raises(TheirFault, match="E_ATT"):
            key.open(i, chunks[0], last=last)
    with pytest.raises(TheirFault, match="E_ATT"):
        FileKey(bytes(KEY_SIZE)).open(0, chunks[0], last=len(chunks) == 1)


@given(place=integers(0, 99), bit=integers(0, 7))
def test_a_flipped_bit_of_a_chunk_is_found_by_manifest_and_key(place: int, bit: int) -> None:
    chunk = bytearray(sealed(bytes(84))[0])
    known = manifest.hash_of(bytes(chunk))
    manifest.check_chunk(bytes(chunk), known)
    chunk[place] ^= 1 << bit
    with pytest.raises(TheirFault, match="E_STAGE"):
        manifest.check_chunk(bytes(chunk), known)
    with pytest.raises(TheirFault, match="E_ATT"):
        FileKey(KEY).open(0, bytes(chunk), last=True)


@given(count=integers(1, 40), place=integers(min_value=0), bit=integers(0, 7))
def test_a_flipped_bit_of_a_manifest_is_found(count: int, place: int, bit: int) -> None:
    row = bytearray(b"".join(tree.leaf_hash(bytes([i])) for i in range(count)))
    aid = manifest.aid_of(manifest.split(bytes(row)))
    manifest.check(bytes(row), aid)
    row[place % len(row)] ^= 1 << bit
    with pytest.raises(TheirFault, match="E_STAGE"):
        manifest.check(bytes(row), aid)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(TheirFault, match="E_ATT"):
        FileKey(bytes(size))
