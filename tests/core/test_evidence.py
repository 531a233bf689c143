"""Evidence files: one form of bytes, and nothing in them that is not covered."""

import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis.strategies import binary, booleans, lists, none, text
from tests.proofs import (
    LINK,
    ORIGIN,
    ROOT,
    SALT,
    TEXT,
    A,
    B,
    C,
    Case,
    card,
    case,
    chains,
    good,
    header,
    kept_of,
    later,
)

from detente.core import canon, evidence, inner, limits, receipt, record, talk, trust
from detente.core.errors import OurFault
from detente.core.evidence import Disclosed
from detente.core.receipt import StepFailed
from detente.core.trust import Chain

MATTER = header().matter
MID = receipt.read(good().data).mid.hex()
PROOF, PLAIN = f"records/{MID}.tlog-proof", f"records/{MID}.plain"


@cache
def back() -> bytes:
    """A record of the opposite log, FAST, by the node: of no matter."""
    said = header(
        from_=f"cert@{B}",
        to=(f"cert@{A}",),
        kind="sys.delivered",
        ck=inner.OPEN_CK,
        matter=record.NO_MATTER,
        n=1,
    )
    kept = kept_of(said, [(1, "s-01", "")], sender=B)
    made = case(kept, 0, 3, origin=f"{B}/detente/{LINK}", receiver=A, full=False)
    return replace(made, salt=None).data


@cache
def small() -> bytes:
    """Two records, one with its text."""
    records = [Disclosed(replace(good(), salt=None).data, TEXT, SALT), Disclosed(back())]
    return evidence.write(records, chains().values(), MATTER, "a scan of 192.0.2.7")


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as whole:
        return {info.filename: whole.read(info) for info in whole.infolist()}


def pack(parts: Sequence[tuple[str, bytes]]) -> bytes:
    """The ZIP of these members as spec/log.md 7.3 says it, written by hand."""
    body, directory = b"", b""
    for name, data in parts:
        facts = struct.pack(
            "<HHHHHIIIHH", 20, 0, 0, 0, 0x21, zlib.crc32(data), len(data), len(data), len(name), 0
        )
        directory += struct.pack("<IBB", 0x02014B50, 20, 3) + facts
        directory += struct.pack("<HHHII", 0, 0, 0, 0o600 << 16, len(body)) + name.encode()
        body += struct.pack("<I", 0x04034B50) + facts + name.encode() + data
    ends = struct.pack(
        "<IHHHHIIH", 0x06054B50, 0, 0, len(parts), len(parts), len(directory), len(body), 0
    )
    return body + directory + ends


def repack(parts: Mapping[str, bytes], **manifest: object) -> bytes:
    """An evidence file of these members under a manifest that lists them; a forger's tool."""
    rest = {name: data for name, data in parts.items() if name != "manifest.json"}
    value = json.loads(parts["manifest.json"])
    value["files"] = [
        {"name": name, "sha256": sha256(data).hexdigest()} for name, data in sorted(rest.items())
    ]
    text = json.dumps(value | manifest, sort_keys=True, separators=(",", ":")).encode()
    return pack([("manifest.json", text), *sorted(rest.items())])


def failure(data: bytes, given_chains: Mapping[str, Chain] | None = None) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        evidence.check(data, given_chains or chains())
    fault = caught.value
    assert fault.what.startswith(f"step {fault.step}: ")
    return fault


def structure_failure(data: bytes) -> str:
    fault = failure(data)
    assert fault.what.startswith("step 0: the file's structure: ")
    return fault.what


def test_an_evidence_file_shows_its_records_and_is_as_strong_as_the_weakest() -> None:
    shown = evidence.check(small(), chains())
    by_mid = {one.mid.hex(): one for one in shown.records}
    assert list(by_mid) == sorted(by_mid)
    assert (by_mid[MID].text, by_mid[MID].strength) == (TEXT, "FULL")
    assert (shown.strength, shown.matter, shown.about) == ("FAST", MATTER, "a scan of 192.0.2.7")
    assert shown.not_shown == (*receipt.NOT_SHOWN, evidence.NOT_COMPLETE)


def test_the_vector_made_without_this_code_holds_and_is_written_again_from_its_parts() -> None:
    folder = ROOT / "spec" / "vectors" / "second"
    data = (folder / "two.evidence").read_bytes()
    given_chains = {
        name: trust.read_chain((folder / f"{name}.card").read_bytes()) for name in (A, B)
    }
    shown = evidence.check(data, given_chains)
    assert [one.header.kind for one in shown.records] == ["sys.delivered", "cyber.notice"]
    parts = members(data)
    (plain,) = (body for name, body in parts.items() if name.endswith(".plain"))
    delivered, flash = (body for name, body in parts.items() if name.endswith(".tlog-proof"))
    records = [Disclosed(flash, plain[32:], plain[:32]), Disclosed(delivered)]
    assert evidence.write(records, given_chains.values(), shown.matter, shown.about) == data


def test_evidence_of_full_proofs_alone_is_full() -> None:
    data = evidence.write([Disclosed(good().data)], chains().values())
    shown = evidence.check(data, chains())
    assert (shown.strength, shown.matter, shown.about) == ("FULL", None, None)
    assert shown.records[0].text is None


def test_the_bytes_are_those_that_the_specification_says() -> None:
    assert repack(members(small())) == small()


def test_the_manifest_names_logs_by_their_largest_size_and_every_member() -> None:
    larger = case(kept_of(header(n=4813)), 6, 7).data
    records = [Disclosed(good().data), Disclosed(larger), Disclosed(back())]
    data = evidence.write(records, chains().values())
    parts = members(data)
    value = json.loads(parts.pop("manifest.json"))
    assert value["logs"] == [
        {"origin": ORIGIN, "size": 7},
        {"origin": f"{B}/detente/{LINK}", "size": 3},
    ]
    assert [one["name"] for one in value["files"]] == sorted(parts)
    assert value | {"logs": 0, "files": 0} == {
        "v": 1, "type": "detente-evidence", "matter": None, "about": None, "logs": 0, "files": 0,
    }  # fmt: skip


@given(
    about=none() | text(max_size=limits.MAX_ABOUT),
    disclosed=lists(booleans(), min_size=3, max_size=3),
    matter=booleans(),
)
def test_what_is_written_reads_as_what_it_was_written_of(
    about: str | None, disclosed: list[bool], matter: bool
) -> None:
    cases = [good(), other(1), other(2)]
    records = [
        Disclosed(one.data, TEXT, SALT) if show else Disclosed(one.data)
        for one, show in zip(cases, disclosed, strict=True)
    ]
    data = evidence.write(records, chains().values(), MATTER if matter else None, about)
    shown = evidence.check(data, chains())
    assert (shown.about, shown.matter) == (about, MATTER if matter else None)
    texts = {one.header.n: one.text for one in shown.records}
    expected = [TEXT if show else None for show in disclosed]
    assert [texts[one] for one in (4812, 1, 2)] == expected


@cache
def other(n: int) -> Case:
    return case(kept_of(header(n=n)), n, 4)


def test_every_changed_byte_of_an_evidence_file_is_refused() -> None:
    data, chance = small(), random.Random(7)
    parties = chains()
    buffer = bytearray(data)
    for at in range(len(data)):
        for mask in (1 << chance.randrange(8), 0xFF):
            buffer[at] ^= mask
            with pytest.raises(OurFault):
                evidence.check(bytes(buffer), parties)
            buffer[at] ^= mask


@pytest.mark.parametrize("cut", [1, 22, 100])
def test_a_cut_or_longer_file_is_refused(cut: int) -> None:
    structure_failure(small()[:-cut])
    structure_failure(small() + bytes(cut))
    structure_failure(small()[cut:])


@given(binary(max_size=200))
def test_no_bytes_of_a_stranger_are_evidence_or_another_failure(data: bytes) -> None:
    structure_failure(evidence.MAGIC + data)
    structure_failure(data)


def test_a_size_that_goes_beyond_the_file_is_not_believed() -> None:
    bad = bytearray(small())
    bad[18:22] = b"\xff\xff\xff\xff"
    structure_failure(bytes(bad))


def test_compressed_or_commented_or_dated_members_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, data in members(small()).items():
            whole.writestr(name, data)
    structure_failure(out.getvalue())


@pytest.mark.parametrize(
    "name",
    ["notes.txt", "cards/A.card", "cards/../x.card", f"records/{MID[1:]}.plain", "records/", "é"],
)
def test_a_stray_member_is_refused_even_if_the_manifest_lists_it(name: str) -> None:
    assert "a member named" in structure_failure(repack(members(small()) | {name: b"x"}))


def test_doubled_or_unsorted_members_are_refused() -> None:
    parts = list(members(small()).items())
    structure_failure(pack([*parts, parts[-1]]))
    assert "not sorted" in structure_failure(pack([parts[0], *parts[:0:-1]]))
    assert "not its first" in structure_failure(pack(parts[1:]))


def test_a_text_without_its_proof_or_without_its_salt_is_refused() -> None:
    parts = members(small())
    del parts[PROOF]
    assert "without its proof" in structure_failure(repack(parts))
    cut = members(small()) | {PLAIN: SALT[:31]}
    assert "without its salt" in structure_failure(repack(cut))


def test_a_proof_under_another_records_name_is_refused() -> None:
    parts = members(small())
    parts[f"records/{'0' * 64}.tlog-proof"] = parts[PROOF]
    assert "another record" in structure_failure(repack(parts))


def test_a_member_that_is_no_proof_is_refused_by_its_name() -> None:
    what = structure_failure(repack(members(small()) | {PROOF: b"c2sp.org/tlog-proof@v1\n"}))
    assert f"record {MID}: " in what


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"type": "detente-card"},
        {"more": 1},
        {"logs": []},
        {"logs": [{"origin": ORIGIN, "size": 5}]},
        {"logs": [{"origin": ORIGIN, "size": 4}, {"origin": f"{B}/detente/{LINK}", "size": 3}]},
        {"files": []},
        {"matter": MATTER.upper()},
        {"matter": MATTER[1:]},
        {"matter": 7},
        {"about": 7},
        {"about": "x" * (limits.MAX_ABOUT + 1)},
    ],
)
def test_a_manifest_that_says_anything_else_is_refused(changes: Mapping[str, object]) -> None:
    assert "manifest.json" in structure_failure(repack(members(small()), **changes))


def test_a_manifest_that_is_no_canonical_json_is_refused() -> None:
    parts = members(small())
    first = ("manifest.json", parts.pop("manifest.json") + b"\n")
    assert "manifest.json: " in structure_failure(pack([first, *parts.items()]))


def test_about_at_the_limit_is_taken_and_one_above_is_not() -> None:
    records = [Disclosed(good().data)]
    about = "x" * limits.MAX_ABOUT
    assert evidence.check(evidence.write(records, chains().values(), None, about), chains())
    with pytest.raises(StepFailed, match="about is no text"):
        evidence.write(records, chains().values(), None, about + "x")


def test_a_file_at_the_limit_is_read_and_one_above_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    data = small()
    monkeypatch.setattr(limits, "MAX_EVIDENCE", len(data))
    assert len(evidence.check(data, chains()).records) == 2
    monkeypatch.setattr(limits, "MAX_EVIDENCE", len(data) - 1)
    assert failure(data).because == "E_LIMIT"


def test_records_at_the_limit_are_read_and_one_above_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = small()
    monkeypatch.setattr(limits, "MAX_EVIDENCE_RECORDS", 2)
    assert len(evidence.check(data, chains()).records) == 2
    monkeypatch.setattr(limits, "MAX_EVIDENCE_RECORDS", 1)
    assert failure(data).because == "E_LIMIT"


def test_more_members_than_records_and_cards_can_be_are_refused_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = small()
    monkeypatch.setattr(evidence, "_MEMBERS_MAX", len(members(data)))
    assert len(evidence.check(data, chains()).records) == 2
    monkeypatch.setattr(evidence, "_MEMBERS_MAX", len(members(data)) - 1)
    assert failure(data).because == "E_LIMIT"


def test_evidence_of_nothing_is_refused() -> None:
    with pytest.raises(StepFailed, match="0 records"):
        evidence.write([], chains().values())


def test_one_record_twice_is_refused() -> None:
    with pytest.raises(StepFailed, match="one record stands twice"):
        evidence.write([Disclosed(good().data), Disclosed(good(full=False).data)], [])


def test_a_card_inside_must_be_the_card_given() -> None:
    other = later(card(A))
    fault = failure(small(), {**chains(), A: Chain((other,))})
    assert (fault.step, fault.because) == (1, "E_CARD_FORK")
    longer = evidence.write([Disclosed(good().data)], [Chain((card(A), other)), chains()[B]])
    assert failure(longer).because == "E_CARD_FORK", "the file must not bring newer cards"


def test_a_file_made_before_the_newest_card_is_as_good_as_it_was() -> None:
    second = later(card(A))
    for longer in ((card(A), second), (card(A), second, later(second))):
        shown = evidence.check(small(), {**chains(), A: Chain(longer)})
        assert len(shown.records) == len(evidence.check(small(), chains()).records)


def test_a_card_inside_of_a_party_whose_card_was_not_given_is_asked_for() -> None:
    with pytest.raises(OurFault) as caught:
        evidence.check(small(), {A: chains()[A]})
    assert caught.value.code == "proof.cards"


def test_a_card_given_but_not_inside_does_not_count() -> None:
    data = evidence.write([Disclosed(good().data)], [chains()[B]])
    fault = failure(data)
    assert (fault.step, fault.because) == (1, "E_SIG")
    receiver_missing = evidence.write([Disclosed(good().data)], [chains()[A]])
    assert failure(receiver_missing).step == 6


def test_a_third_party_card_given_and_not_inside_changes_nothing() -> None:
    three = {**chains(), C: Chain((card(C),))}
    assert len(evidence.check(small(), three).records) == 2


def test_a_record_of_another_matter_is_refused() -> None:
    stray = case(kept_of(header(matter="0" * 31 + "1"))).data
    data = evidence.write([Disclosed(stray)], chains().values(), MATTER)
    assert "of matter" in structure_failure(data)


def test_no_matter_is_for_the_nodes_records_alone() -> None:
    stray = case(kept_of(header(matter=record.NO_MATTER))).data
    data = evidence.write([Disclosed(stray)], chains().values(), MATTER)
    assert "of matter" in structure_failure(data)
    of_none = evidence.write([Disclosed(stray), Disclosed(back())], chains().values())
    assert len(evidence.check(of_none, chains()).records) == 2


@pytest.mark.parametrize(
    "plain",
    [SALT + TEXT.upper(), SALT + TEXT[:-1], SALT[::-1] + TEXT, SALT],
    ids=["another", "cut", "other salt", "empty"],
)
def test_a_text_that_was_not_sent_fails_step_8_though_the_manifest_lists_it(plain: bytes) -> None:
    fault = failure(repack(members(small()) | {PLAIN: plain}))
    assert fault.what.startswith(f"step 8: record {MID}: ")


def test_a_forged_proof_fails_at_its_step_though_the_manifest_lists_it() -> None:
    parts = members(small())
    parts[PROOF] = replace(good(), index=1).data
    fault = failure(repack(parts))
    assert (fault.step, fault.because) == (4, "E_ROOT")


def test_two_states_of_one_size_are_pointed_at() -> None:
    fork = case(kept_of(header(n=4813)), 1, 5).data
    data = evidence.write([Disclosed(good().data), Disclosed(fork)], chains().values())
    assert evidence.TWO_HEADS in evidence.check(data, chains()).not_shown


def test_a_kind_whose_release_rule_is_unknown_is_pointed_at_for_the_whole() -> None:
    alone = case(kept_of(header(), [(1, "s-01", "")])).data
    data = evidence.write([Disclosed(alone)], chains().values())
    assert receipt.RULE_UNKNOWN in evidence.check(data, chains()).not_shown


def test_a_text_is_disclosed_with_its_salt() -> None:
    with pytest.raises(AssertionError):
        evidence.write([Disclosed(good().data, TEXT)], chains().values())


def test_the_manifest_inside_is_canonical() -> None:
    manifest = members(small())["manifest.json"]
    assert canon.encode(canon.decode(manifest, len(manifest))) == manifest


# A matter as a whole; what counts stands in test_matter.


def stated(by: str, count: int = 1) -> Disclosed:
    """The digest of one desk: that this many records passed, of which one is in the file."""
    other, noticed = B if by == A else A, good().kept.header
    sizes = {f"{name}/detente/{LINK}": 4 for name in (A, B)}
    one = talk.said(record.mid_of(noticed), record.read_header(noticed))
    digest = replace(talk.digest([one], sizes), count=count)
    body = talk.write(digest)
    said = header(
        kind=talk.DIGEST_KIND,
        from_=f"cert@{by}",
        to=(f"cert@{other}",),
        n=7,
        commit=inner.commitment(SALT, body),
        size=len(body),
    )
    kept = kept_of(said, [(1, "s-01", "")], sender=by)
    made = case(kept, 4, 6, origin=f"{by}/detente/{LINK}", receiver=other, full=False)
    return Disclosed(replace(made, salt=None).data, body, SALT)


def whole(matter: str | None, *more: Disclosed) -> evidence.EvidenceShown:
    records = [Disclosed(replace(good(), salt=None).data), *more]
    return evidence.check(evidence.write(records, chains().values(), matter), chains())


def test_a_matter_that_both_desks_counted_is_complete() -> None:
    shown = whole(MATTER, stated(A), stated(B))
    assert shown.together.complete
    assert evidence.NOT_COMPLETE not in shown.not_shown
    assert shown.together.fates[bytes.fromhex(MID)].later == "stands"


def test_it_is_not_if_one_counted_otherwise_or_not_at_all_or_of_no_matter() -> None:
    for matter, more in (
        (MATTER, (stated(A), stated(B, 2))),
        (MATTER, (stated(A),)),
        (None, (stated(A), stated(B))),
    ):
        shown = whole(matter, *more)
        assert not shown.together.complete
        assert evidence.NOT_COMPLETE in shown.not_shown


def test_the_cards_inside_can_be_taken_out() -> None:
    assert evidence.cards_inside(small()) == tuple(chains()[name].data for name in (A, B))
    with pytest.raises(StepFailed):
        evidence.cards_inside(small()[:-1])
