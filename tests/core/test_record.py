from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import binary, builds, from_regex, integers, lists, none, text
from hypothesis.strategies import sampled_from as one_of
from tests.support import makers, outcomes

from detente.core import canon, inner, limits, record
from detente.core.canon import Json
from detente.core.moment import Moment
from detente.core.party import DeskKeys
from detente.core.record import Attachment, Header, Signature

AURELIA = makers.make_party(makers.AURELIA)
DESK, NODE = AURELIA.card.desks["cert"], AURELIA.card.desks["node"]
PLAIN = makers.PLAIN_HEADER
ADDRESSES = from_regex(r"[a-z][a-z0-9-]{0,31}@[a-z0-9]([a-z0-9.-]{0,9}[a-z0-9])?", fullmatch=True)
MOMENTS = builds(Moment, ms=integers(-62_135_596_800_000, 253_402_300_799_999))
HASHES = binary(min_size=32, max_size=32)
HEADERS = builds(
    Header,
    kind=from_regex(r"[a-z]{1,9}(\.[a-z_]{1,9}){1,3}", fullmatch=True),
    from_=ADDRESSES,
    to=lists(ADDRESSES, min_size=1, max_size=16, unique=True).map(lambda to: tuple(sorted(to))),
    prec=one_of(record.PRECEDENCES),
    tlp=one_of(record.MARKINGS),
    matter=from_regex(r"[0-9a-f]{32}", fullmatch=True),
    s=from_regex(r"[0-9a-f]{8}", fullmatch=True),
    n=integers(0, limits.MAX_INTEGER),
    created=MOMENTS,
    commit=HASHES,
    ck=HASHES,
    size=integers(0, limits.MAX_BODY),
    caveats=lists(from_regex(r"[A-Z0-9 /:-]{1,32}", fullmatch=True), max_size=8, unique=True).map(
        lambda caveats: tuple(sorted(caveats))
    ),
    reply_to=none() | HASHES,
    deadline=none() | MOMENTS,
    att=lists(
        builds(Attachment, aid=HASHES, size=integers(0, 4 * 2**30), chunks=integers(0, 65_536)),
        max_size=3,
    ).map(tuple),
    ext=none()
    | one_of(
        [{"unreleased": "why"}, {"exercise": "drill"}, {"x_y": [None, 1]}, {"unaudited": "x"}]
    ),
)
SIGNATURES = lists(
    builds(
        Signature,
        role=integers(0, 255),
        id=from_regex(r"[ -~]{1,255}", fullmatch=True),
        signature=binary(min_size=64, max_size=64),
    ),
    min_size=1,
    max_size=limits.MAX_SIGS,
)


def bytes_with(**changes: Json) -> bytes:
    value = canon.decode_object(record.write_header(PLAIN), limits.MAX_HEADER)
    return canon.encode({**value, **{name.rstrip("_"): change for name, change in changes.items()}})


def code_with(**changes: Json) -> str:
    return outcomes.fault_of(record.read_header, bytes_with(**changes))


@given(header=HEADERS)
def test_a_header_reads_back(header: Header) -> None:
    assert record.read_header(record.write_header(header)) == header


def test_a_canonical_value_that_is_no_object_is_no_header() -> None:
    assert outcomes.value_or_code(record.read_header, b"[]") == "E_CANON"


@given(data=binary(max_size=200))
def test_any_bytes_end_in_one_code(data: bytes) -> None:
    # `{}` alone is canonical: a header without a version.
    due = "E_VERSION" if data == b"{}" else "E_CANON"
    assert outcomes.value_or_code(record.read_header, data) == due


@given(name=one_of(sorted(canon.decode_object(record.write_header(PLAIN), 8_192))), value=one_of(
    [None, True, False, 0, 1, -1, 2**53 - 1, "", "x", "ä", [], [""], [1], {}, {"a": 1}, ["x", "x"]]
))  # fmt: skip
def test_any_value_in_any_place_is_read_to_the_byte_or_refused(name: str, value: Json) -> None:
    data = bytes_with(**{name: value})
    found = outcomes.value_or_code(record.read_header, data)
    assert found in ("E_CANON", "E_HEADER", "E_VERSION", "E_SIZE") or isinstance(found, Header)
    assert not isinstance(found, Header) or record.write_header(found) == data


@pytest.mark.parametrize("name", sorted(canon.decode_object(record.write_header(PLAIN), 8_192)))
def test_every_member_is_due(name: str) -> None:
    value = canon.decode_object(record.write_header(PLAIN), limits.MAX_HEADER)
    del value[name]
    code = "E_VERSION" if name == "v" else "E_HEADER"
    assert outcomes.fault_of(record.read_header, canon.encode(value)) == code


def test_no_other_member_is_taken() -> None:
    assert code_with(y=1) == "E_HEADER"
    assert code_with(ext={"x_y": 1}, y=1) == "E_HEADER"


@pytest.mark.parametrize("version", [0, 2, True, "1", None])
def test_another_version_is_refused(version: Json) -> None:
    assert code_with(v=version) == "E_VERSION"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "cert"}, "E_HEADER"),
        ({"kind": "cert.a.b.c.d"}, "E_HEADER"),
        ({"kind": "Cert.a"}, "E_HEADER"),
        ({"kind": 1}, "E_HEADER"),
        ({"from_": "cert"}, "E_HEADER"),
        ({"to": []}, "E_HEADER"),
        ({"to": ["cert@b", "cert@a"]}, "E_HEADER"),
        ({"to": ["cert@a", "cert@a"]}, "E_HEADER"),
        ({"to": ["cert@a", 1]}, "E_HEADER"),
        ({"to": "cert@a"}, "E_HEADER"),
        ({"prec": "FLASHY"}, "E_HEADER"),
        ({"tlp": "WHITE"}, "E_HEADER"),
        ({"caveats": ["b"]}, "E_HEADER"),
        ({"caveats": ["A" * 33]}, "E_HEADER"),
        ({"matter": "0" * 31}, "E_HEADER"),
        ({"matter": "A" * 32}, "E_HEADER"),
        ({"s": "0" * 7}, "E_HEADER"),
        ({"n": -1}, "E_HEADER"),
        ({"n": True}, "E_HEADER"),
        ({"reply_to": ""}, "E_CANON"),
        ({"reply_to": 1}, "E_HEADER"),
        ({"deadline": "now"}, "E_HEADER"),
        ({"created": None}, "E_HEADER"),
        ({"commit": "AA=="}, "E_CANON"),
        ({"ck": "%"}, "E_CANON"),
        ({"size": -1}, "E_HEADER"),
        ({"att": None}, "E_HEADER"),
        ({"att": [1]}, "E_HEADER"),
        ({"att": [{"aid": "", "size": 1}]}, "E_HEADER"),
        ({"att": [{"aid": "", "size": 1, "chunks": 1}]}, "E_CANON"),
        ({"ext": {}}, "E_HEADER"),
        ({"ext": None}, "E_HEADER"),
        ({"ext": {"nonpaper": "x"}}, "E_EXT"),
        ({"ext": {"exercise": ""}}, "E_HEADER"),
        ({"ext": {"exercise": 1}}, "E_HEADER"),
    ],
)
def test_what_is_wrong_in_a_header_has_its_code(changes: dict[str, Json], code: str) -> None:
    assert code_with(**changes) == code


def attachment(size: int = 0, chunks: int = 0) -> dict[str, Json]:
    return {"aid": canon.to_base64(bytes(32)), "size": size, "chunks": chunks}


def address(number: int) -> str:
    return f"cert@{number:02d}"


LIMITS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("kind", {"kind": "a." + "b" * 46}, {"kind": "a." + "b" * 47}, "E_HEADER"),
    (
        "to",
        {"to": [address(i) for i in range(16)]},
        {"to": [address(i) for i in range(17)]},
        "E_HEADER",
    ),
    ("caveats", {"caveats": list("ABCDEFGH")}, {"caveats": list("ABCDEFGHI")}, "E_HEADER"),
    ("n", {"n": 2**53 - 1}, {}, ""),
    ("size", {"size": 262_144}, {"size": 262_145}, "E_SIZE"),
    ("att", {"att": [attachment()] * 64}, {"att": [attachment()] * 65}, "E_HEADER"),
    (
        "att size",
        {"att": [attachment(2**32 + 2**20)]},
        {"att": [attachment(2**32 + 2**20 + 1)]},
        "E_HEADER",
    ),
    ("att chunks", {"att": [attachment(0, 65_536)]}, {"att": [attachment(0, 65_537)]}, "E_HEADER"),
    (
        "unreleased",
        {"ext": {"unreleased": "ä" * 200}},
        {"ext": {"unreleased": "ä" * 201}},
        "E_HEADER",
    ),
    ("unaudited", {"ext": {"unaudited": "a" * 200}}, {"ext": {"unaudited": "a" * 201}}, "E_HEADER"),
    ("exercise", {"ext": {"exercise": "a" * 64}}, {"ext": {"exercise": "a" * 65}}, "E_HEADER"),
]


@pytest.mark.parametrize(("name", "most", "over", "code"), LIMITS, ids=lambda each: str(each)[:12])
def test_every_limit_is_taken_at_its_value_and_refused_above(
    name: str, most: dict[str, Json], over: dict[str, Json], code: str
) -> None:
    assert record.write_header(record.read_header(bytes_with(**most))) == bytes_with(**most)
    assert not over or code_with(**over) == code, name


def test_a_header_has_at_most_8192_bytes() -> None:
    fill = limits.MAX_HEADER - len(bytes_with(ext={"x_y": ""}))
    assert len(bytes_with(ext={"x_y": "a" * fill})) == limits.MAX_HEADER
    assert record.read_header(bytes_with(ext={"x_y": "a" * fill})).ext == {"x_y": "a" * fill}
    assert code_with(ext={"x_y": "a" * (fill + 1)}) == "E_SIZE"


def test_a_mid_is_the_headers_hash_and_has_a_short_text() -> None:
    assert record.mid_of(b"header") == sha256(b"header").digest()
    assert record.mid_text(bytes(32)) == "a" * 20


def test_a_body_is_open_where_no_key_is_committed_to() -> None:
    assert replace(PLAIN, ck=inner.OPEN_CK).is_open
    assert not PLAIN.is_open


# Signatures.


@given(signatures=SIGNATURES)
def test_signatures_read_back(signatures: list[Signature]) -> None:
    assert record.read_signatures(record.write_signatures(signatures)) == tuple(signatures)


@given(data=binary(max_size=300), count=integers(0, 5))
def test_any_block_is_read_to_the_byte_or_ends_in_e_sig(data: bytes, count: int) -> None:
    block = bytes([count]) + data
    assert outcomes.value_or_code(record.read_signatures, block) == "E_SIG"


@given(signatures=SIGNATURES, cut=integers(1, 500))
def test_a_cut_block_is_refused(signatures: list[Signature], cut: int) -> None:
    block = record.write_signatures(signatures)
    assert outcomes.fault_of(record.read_signatures, block[: -min(cut, len(block))]) == "E_SIG"
    assert outcomes.fault_of(record.read_signatures, block + b"\0") == "E_SIG"


def test_a_record_has_one_to_four_signatures() -> None:
    most = [Signature(1, "s-01", bytes(64))] * 4
    block = record.write_signatures(most)
    assert len(record.read_signatures(block)) == 4
    for wrong in ([], [*most, most[0]]):
        with pytest.raises(AssertionError):
            record.write_signatures(wrong)
    assert outcomes.fault_of(record.read_signatures, b"\5" + block[1:] + block[1:72]) == "E_SIG"
    assert outcomes.fault_of(record.read_signatures, b"\0") == "E_SIG"


def test_an_id_has_a_character() -> None:
    block = record.write_signatures([Signature(1, "", bytes(64))])
    assert outcomes.fault_of(record.read_signatures, block) == "E_SIG"


@pytest.mark.parametrize("wrong", [Signature(1, "s", bytes(64), alg=2), Signature(1, "s", bytes(63)),
                                   Signature(1, "s", bytes(65)), Signature(1, "ä", bytes(64))])  # fmt: skip
def test_another_suite_length_or_script_is_refused(wrong: Signature) -> None:
    assert outcomes.fault_of(record.read_signatures, record.write_signatures([wrong])) == "E_SIG"


def signed(*who: tuple[int, str]) -> list[Signature]:
    mid, hashed = bytes(32), bytes(32)
    return [
        Signature(role, one, AURELIA.signers[one].sign(record.statement(role, mid, hashed)))
        for role, one in who
    ]


def code_of(header: Header, *who: tuple[int, str], two: tuple[str, ...] = ()) -> str:
    return outcomes.fault_of(record.check_rules, header, signed(*who), DESK, two)


def test_a_desks_author_signs_alone_what_needs_no_second_person() -> None:
    found = record.check_rules(PLAIN, signed((1, "s-01")), DESK, ())
    assert found == record.Signers("s-01", None)


def test_two_people_sign_where_two_are_due() -> None:
    both = signed((1, "s-01"), (2, "s-02"))
    for header, two in ((PLAIN, (PLAIN.kind,)), (replace(PLAIN, prec="FLASH"), ())):
        assert record.check_rules(header, both, DESK, two) == record.Signers("s-01", "s-02")
        assert code_of(header, (1, "s-01"), two=two) == "E_RELEASE"


@pytest.mark.parametrize("kind", ["sys.reject", "ack.action"])
def test_urgent_receipts_need_one_person(kind: str) -> None:
    header = replace(PLAIN, kind=kind, prec="FLASH")
    assert record.check_rules(header, signed((1, "s-01")), DESK, ()).releaser is None


@pytest.mark.parametrize(
    ("kind", "prec", "passes"),
    [("cert.bundle", "FLASH", True), ("hotline.message", "ROUTINE", True),
     ("cert.bundle", "IMMEDIATE", False)],
)  # fmt: skip
def test_only_urgent_records_may_say_why_nobody_released_them(
    kind: str, prec: str, *, passes: bool
) -> None:
    header = replace(PLAIN, kind=kind, prec=prec, ext={"unreleased": "alone on duty"})
    due = record.Signers("s-01", None) if passes else "E_RELEASE"
    found = outcomes.value_or_code(record.check_rules, header, signed((1, "s-01")), DESK, (kind,))
    assert found == due
    silent = replace(header, ext={"exercise": "drill"})
    assert code_of(silent, (1, "s-01"), two=(kind,)) == "E_RELEASE"


def both_roles(key: bytes) -> DeskKeys:
    everything = frozenset({"author", "release"})
    first = replace(DESK.signers["s-01"], roles=everything)
    second = replace(DESK.signers["s-02"], roles=everything, ed25519=key)
    return replace(DESK, signers={"s-01": first, "s-02": second})


def test_one_person_twice_is_not_two() -> None:
    header = replace(PLAIN, prec="FLASH")
    desk = both_roles(DESK.signers["s-02"].ed25519)
    twice = signed((1, "s-01"), (2, "s-01"))
    assert outcomes.fault_of(record.check_rules, header, twice, desk, ()) == "E_RELEASE"


def test_one_key_under_two_ids_is_not_two() -> None:
    header = replace(PLAIN, prec="FLASH")
    desk = both_roles(DESK.signers["s-01"].ed25519)
    both = signed((1, "s-01"), (2, "s-02"))
    assert outcomes.fault_of(record.check_rules, header, both, desk, ()) == "E_RELEASE"


@pytest.mark.parametrize(
    "who",
    [
        [(2, "s-02")],
        [(1, "s-01"), (1, "m-01")],
        [(1, "s-01"), (2, "s-02"), (2, "s-02")],
        [(1, "s-01"), (3, "s-02")],
        [(0, "s-01")],
        [(1, "s-02")],
        [(1, "n-01")],
        [(1, "s-01"), (2, "m-01")],
    ],
)
def test_roles_and_people_that_do_not_belong_are_refused(who: list[tuple[int, str]]) -> None:
    assert code_of(PLAIN, *who) == "E_SIG"


@pytest.mark.parametrize(
    ("kind", "who", "passes"),
    [
        ("sys.read", "s-01", True),
        ("sys.read", "m-01", False),
        ("ack.action", "s-01", True),
        ("ack.action", "m-01", False),
        ("cert.bundle", "m-01", True),
    ],
)
def test_reading_and_answering_are_roles_of_their_own(kind: str, who: str, *, passes: bool) -> None:
    header = replace(PLAIN, kind=kind, ck=inner.OPEN_CK if kind == "sys.read" else PLAIN.ck)
    found = outcomes.value_or_code(record.check_rules, header, signed((1, who)), DESK, ())
    assert found == (record.Signers(who, None) if passes else "E_SIG")


@pytest.mark.parametrize("kind", sorted(inner.OPEN_KINDS))
def test_open_kinds_have_open_bodies_and_no_others_have(kind: str) -> None:
    assert code_of(replace(PLAIN, kind=kind), (1, "s-01")) == "E_SIG"
    assert code_of(replace(PLAIN, ck=inner.OPEN_CK), (1, "s-01")) == "E_SIG"


def test_a_node_says_only_what_nodes_say_and_desks_do_not() -> None:
    at_node = replace(PLAIN, from_=AURELIA.address("node"), ck=inner.OPEN_CK)
    by_node = signed((1, "n-01"))
    opening = replace(at_node, kind="sys.link_open")
    assert record.check_rules(opening, by_node, NODE, ()).author == "n-01"
    for wrong in (replace(at_node, kind="sys.delivered"), replace(PLAIN, from_=at_node.from_)):
        assert outcomes.fault_of(record.check_rules, wrong, by_node, NODE, ()) == "E_SIG"
    assert code_of(replace(opening, from_=PLAIN.from_), (1, "s-01")) == "E_SIG"


def test_signatures_hold_for_role_header_and_body() -> None:
    both = signed((1, "s-01"), (2, "s-02"))
    record.check_signatures(both, bytes(32), bytes(32), DESK)
    swapped = [replace(both[0], role=2), replace(both[1], role=1)]
    for wrong, mid, hashed in (
        (swapped, bytes(32), bytes(32)),
        (both, PLAIN.ck, bytes(32)),
        (both, bytes(32), PLAIN.ck),
        ([replace(both[0], id="s-02")], bytes(32), bytes(32)),
    ):
        assert outcomes.fault_of(record.check_signatures, wrong, mid, hashed, DESK) == "E_SIG"


@given(plaintext=text(max_size=5), n=integers(0, 9))
def test_a_written_record_passes_every_check(plaintext: str, n: int) -> None:
    written = makers.write_record(
        AURELIA, [makers.make_party(makers.BOREALIS)], plaintext.encode(), replace(PLAIN, n=n)
    )
    signatures = record.read_signatures(written.parts.sigs)
    header = record.read_header(written.parts.header)
    hashed = sha256(written.parts.body).digest()
    assert header == written.header
    assert record.check_rules(header, signatures, DESK, ()).author == "s-01"
    record.check_signatures(signatures, written.mid, hashed, DESK)
