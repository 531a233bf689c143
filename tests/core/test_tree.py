import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers, lists
from tests.support import makers

from detente.core import limits, tree
from detente.core.errors import TheirFault

LEAVES = [tree.leaf_hash(bytes([i])) for i in range(70)]
ROOTS = makers.roots_of(LEAVES)
READ = makers.reader_of(LEAVES)
HASHES = lists(binary(max_size=33) | binary(min_size=32, max_size=32), max_size=6)


def plain_root(leaves: list[bytes]) -> bytes:
    # RFC 6962 section 2.1, word for word.
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + plain_root(leaves[:split]) + plain_root(leaves[split:])).digest()


def test_hashes_of_leaves_and_nodes_cannot_be_mistaken() -> None:
    assert tree.leaf_hash(b"ab") == sha256(b"\x00ab").digest()
    assert tree.node_hash(b"a", b"b") == sha256(b"\x01ab").digest()


@pytest.mark.parametrize("size", range(71))
def test_a_grown_root_and_a_read_root_are_that_of_the_definition(size: int) -> None:
    due = plain_root(LEAVES[:size])
    assert ROOTS[size] == due
    assert tree.root_at(size, READ) == due


@given(size=integers(0, 60), more=integers(0, 10))
def test_a_range_reads_back_and_grows_on(size: int, more: int) -> None:
    grown = tree.Range()
    for leaf in LEAVES[:size]:
        grown.append(leaf)
    again = tree.Range.decode(size, grown.encode())
    for leaf in LEAVES[size : size + more]:
        again.append(leaf)
    assert (again.size, again.root()) == (size + more, ROOTS[size + more])


def test_a_copy_grows_on_its_own() -> None:
    first = tree.Range()
    first.append(LEAVES[0])
    second = first.copy()
    second.append(LEAVES[1])
    assert (first.root(), second.root()) == (ROOTS[1], ROOTS[2])


def test_a_range_has_one_root_for_each_bit_of_its_size() -> None:
    with pytest.raises(AssertionError):
        tree.Range.decode(3, bytes(32))


@given(count=integers(1, 70), pick=integers(min_value=0))
def test_every_leaf_has_a_proof_and_no_proof_serves_another_place(count: int, pick: int) -> None:
    at = pick % count
    path, root = tree.prove_inclusion(at, count, READ), ROOTS[count]
    tree.check_inclusion(LEAVES[at], at, count, path, root)
    for other in range(count):
        if other != at:
            with pytest.raises(TheirFault, match="E_ROOT"):
                tree.check_inclusion(LEAVES[at], other, count, path, root)


@given(new=integers(1, 70), pick=integers(min_value=0))
def test_every_beginning_of_a_log_has_a_proof_that_serves_no_other(new: int, pick: int) -> None:
    old = 1 + pick % new
    path = tree.prove_consistency(old, new, READ)
    tree.check_consistency(old, new, path, ROOTS[old], ROOTS[new])
    for other in range(new + 1):
        if other != old:
            with pytest.raises(TheirFault, match="E_ROOT"):
                tree.check_consistency(other, new, path, ROOTS[old], ROOTS[new])


@given(new=integers(1, 70), pick=integers(min_value=0), at=integers(0, 2**12))
def test_one_bit_of_a_proof_or_a_root_decides(new: int, pick: int, at: int) -> None:
    old = 1 + pick % new
    path = tree.prove_consistency(old, new, READ)
    rows = [*path, ROOTS[old], ROOTS[new]]
    row, bit = at % len(rows), at % 256
    rows[row] = (int.from_bytes(rows[row], "big") ^ (1 << bit)).to_bytes(32, "big")
    with pytest.raises(TheirFault, match="E_ROOT"):
        tree.check_consistency(old, new, rows[:-2], rows[-2], rows[-1])


@given(
    leaf=binary(max_size=33), index=integers(-2, 9), size=integers(-2, 9), path=HASHES,
    root=binary(min_size=32, max_size=32),
)  # fmt: skip
def test_any_inclusion_that_was_not_proved_ends_in_e_root(
    leaf: bytes, index: int, size: int, path: list[bytes], root: bytes
) -> None:
    with pytest.raises(TheirFault, match="E_ROOT"):
        tree.check_inclusion(leaf, index, size, path, root + b"")


@given(
    start=integers(-2, 9), end=integers(-2, 9), size=integers(-2, 9), path=HASHES,
    root=binary(max_size=31),
)  # fmt: skip
def test_any_part_that_was_not_proved_ends_in_e_root(
    start: int, end: int, size: int, path: list[bytes], root: bytes
) -> None:
    with pytest.raises(TheirFault, match="E_ROOT"):
        tree.check_subtree_consistency((start, end), size, path, root, bytes(32))


def part_proof(start: int, end: int, leaves: list[bytes], *, known: bool) -> list[bytes]:
    # draft-ietf-plants-merkle-tree-certs section 4.4.1, word for word.
    if (start, end) == (0, len(leaves)):
        return [] if known else [plain_root(leaves)]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = leaves[:split], leaves[split:]
    if end <= split:
        return [*part_proof(start, end, left, known=known), plain_root(right)]
    if start >= split:
        return [*part_proof(start - split, end - split, right, known=known), plain_root(left)]
    return [*part_proof(0, end - split, right, known=False), plain_root(left)]


def parts_of(size: int) -> list[tuple[int, int]]:
    return [
        (start, end)
        for start in range(size)
        for end in range(start + 1, size + 1)
        if start % (1 << (end - start - 1).bit_length()) == 0
    ]


@pytest.mark.parametrize("size", range(1, 20))
def test_every_part_of_a_log_has_a_proof_that_serves_no_other(size: int) -> None:
    root = ROOTS[size]
    for start, end in parts_of(size):
        path = part_proof(start, end, LEAVES[:size], known=True)
        over = plain_root(LEAVES[start:end])
        tree.check_subtree_consistency((start, end), size, path, over, root)
        wrong = [(over[::-1], root), (over, root[::-1])]
        for other, whole in wrong:
            with pytest.raises(TheirFault, match="E_ROOT"):
                tree.check_subtree_consistency((start, end), size, path, other, whole)


def test_a_path_longer_than_the_tree_is_high_is_refused() -> None:
    path = tree.prove_inclusion(3, 8, READ)
    over = tree.node_hash(ROOTS[8], LEAVES[0])
    with pytest.raises(TheirFault, match="E_ROOT"):
        tree.check_inclusion(LEAVES[3], 3, 8, [*path, LEAVES[0]], over)
    proof = tree.prove_consistency(3, 8, READ)
    with pytest.raises(TheirFault, match="E_ROOT"):
        tree.check_consistency(3, 8, [*proof, LEAVES[0]], ROOTS[3], over)


def test_a_path_shorter_than_the_tree_is_high_is_refused() -> None:
    path = tree.prove_inclusion(3, 8, READ)
    with pytest.raises(TheirFault, match="E_ROOT"):
        tree.check_inclusion(LEAVES[3], 3, 8, path[:-1], ROOTS[4])


def test_a_tree_has_at_most_two_to_the_48_leaves() -> None:
    # Leaf 0 of a full tree: 48 neighbours, all alike.
    root = LEAVES[0]
    for _ in range(48):
        root = tree.node_hash(root, LEAVES[1])
    path = [LEAVES[1]] * 48
    tree.check_inclusion(LEAVES[0], 0, limits.MAX_TREE, path, root)
    tree.check_consistency(1, limits.MAX_TREE, path, LEAVES[0], root)
    larger = tree.node_hash(root, LEAVES[1])
    for size in (limits.MAX_TREE + 1, 2 * limits.MAX_TREE):
        with pytest.raises(TheirFault, match="E_ROOT"):
            tree.check_inclusion(LEAVES[0], 0, size, [*path, LEAVES[1]], larger)
        with pytest.raises(TheirFault, match="E_ROOT"):
            tree.check_consistency(1, size, [*path, LEAVES[1]], LEAVES[0], larger)


@pytest.mark.parametrize("count", [limits.MAX_PATH, limits.MAX_PATH + 1])
def test_paths_up_to_and_above_the_limit_end_in_e_root(count: int) -> None:
    # No tree within MAX_TREE is 63 high: the limit only bounds the work.
    with pytest.raises(TheirFault, match="E_ROOT"):
        tree.check_inclusion(LEAVES[0], 0, 8, [bytes(32)] * count, bytes(32))


def test_the_beginning_of_nothing_is_no_proof() -> None:
    with pytest.raises(TheirFault, match="E_ROOT"):
        tree.check_consistency(0, 1, [], tree.EMPTY_ROOT, LEAVES[0])


@pytest.mark.parametrize("hashes", [(b"", b""), (LEAVES[0][:31],) * 2, (LEAVES[0] + b"\0",) * 2])
def test_hashes_of_another_length_than_32_bytes_prove_nothing(hashes: tuple[bytes, bytes]) -> None:
    with pytest.raises(TheirFault, match="E_ROOT"):
        tree.check_inclusion(hashes[0], 0, 1, [], hashes[1])
    with pytest.raises(TheirFault, match="E_ROOT"):
        tree.check_consistency(1, 2, hashes[:1], LEAVES[0], ROOTS[2])


def test_who_proves_asks_for_leaves_that_are_there() -> None:
    with pytest.raises(AssertionError):
        tree.prove_inclusion(3, 3, READ)
    with pytest.raises(AssertionError):
        tree.prove_consistency(4, 3, READ)


# Outside vectors: github transparency-dev/merkle, folder testdata.
def load(shared: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((shared / f"data/log/merkle/{name}.json").read_text())
    return rows


def raw(value: str | None) -> bytes:
    return base64.b64decode(value or "")


def path_of(case: dict[str, Any]) -> list[bytes]:
    return [raw(each) for each in case["proof"] or []]


def refused(check: Any, *what: Any) -> bool:  # noqa: ANN401  any of the four checks
    try:
        check(*what)
    except TheirFault as fault:
        return fault.code == "E_ROOT"
    return False


def test_inclusion_agrees_with_the_outside_vectors(shared: Path) -> None:
    cases = load(shared, "inclusion")
    wrong = [
        case["file"]
        for case in cases
        if case["wantErr"]
        != refused(
            tree.check_inclusion,
            raw(case["leafHash"]), case["leafIdx"], case["treeSize"], path_of(case), raw(case["root"]),
        )
    ]  # fmt: skip
    assert (len(cases), wrong) == (98, [])


def test_consistency_agrees_with_the_outside_vectors(shared: Path) -> None:
    cases = load(shared, "consistency")
    wrong = [
        case["file"]
        for case in cases
        if case["wantErr"]
        != refused(
            tree.check_consistency,
            case["size1"], case["size2"], path_of(case), raw(case["root1"]), raw(case["root2"]),
        )
    ]  # fmt: skip
    assert (len(cases), wrong) == (98, [])


def test_inclusion_in_a_part_agrees_with_the_outside_vectors(shared: Path) -> None:
    cases = load(shared, "subtreeinclusion")
    wrong = [
        case["file"]
        for case in cases
        if case["wantErr"]
        != refused(
            tree.check_subtree_inclusion,
            raw(case["leafHash"]), case["leafIdx"], (case["start"], case["end"]), path_of(case),
            raw(case["root"]),
        )
    ]  # fmt: skip
    assert (len(cases), wrong) == (204, [])


def test_consistency_of_a_part_agrees_with_the_outside_vectors(shared: Path) -> None:
    cases = load(shared, "subtreeconsistency")
    wrong = [
        case["file"]
        for case in cases
        if case["wantErr"]
        != refused(
            tree.check_subtree_consistency,
            (case["start"], case["end"]), case["size"], path_of(case), raw(case["root1"]),
            raw(case["root2"]),
        )
    ]  # fmt: skip
    assert (len(cases), wrong) == (118, [])
