"""The first vectors, byte for byte (spec/README.md 5): what rooms of core say together."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.support import makers

from detente.core import (
    body,
    canon,
    checkpoint,
    envelope,
    inner,
    keys,
    names,
    party,
    record,
    signed,
    tree,
)
from detente.core.moment import Moment
from detente.core.record import Signature

AURELIA, BOREALIS = makers.make_party(makers.AURELIA), makers.make_party(makers.BOREALIS)
Values = dict[str, Any]


def cards(first: Path) -> list[party.Card]:
    return [
        party.read_card((first / f"{name}.card").read_bytes())
        for name in (makers.AURELIA, makers.BOREALIS)
    ]


def test_cards_hold_the_keys_of_their_labels(first: Path, vectors: Values) -> None:
    for card, us in zip(cards(first), (AURELIA, BOREALIS), strict=True):
        said = vectors["parties"][card.name]
        assert card.fingerprint == us.card.fingerprint == said["fingerprint"]
        assert card.root_ed25519.hex() == said["root_ed25519_pub"] == us.root.public.hex()
        assert sha256(card.root_mldsa65).hexdigest() == said["root_mldsa65_pub_sha256"]
        assert card.log.hex() == said["log_ed25519_pub"] == us.log.public.hex()
        assert card.cosign.hex() == said["cosign_ed25519_pub"] == us.cosign.public.hex()
        assert card.mldsa44 == us.log_pq.public == canon.from_base64(said["log_mldsa44_pub"])
        desk = card.desks["cert"]
        assert desk.hpke == us.openers["cert"].public
        assert sha256(desk.hpke).hexdigest() == said["desk_cert_pub_sha256"]
        for person in ("s-01", "s-02"):
            key = desk.signers[person].ed25519
            assert key == us.signers[person].public
            assert key.hex() == said[f"signer_{person.replace('-', '')}_ed25519_pub"]


def test_the_link_has_its_name(first: Path, vectors: Values) -> None:
    one, other = cards(first)
    nonce = bytes.fromhex(vectors["link"]["nonce"])
    assert nonce == makers.seed("link nonce")[:16]
    link = party.link_id(one, other, nonce)
    assert link == vectors["link"]["link_id"]
    assert names.LINK_ID.fullmatch(link)
    assert checkpoint.origin_of(one.name, link) == vectors["link"]["origin_a_to_b"]
    assert checkpoint.cosigner_of(other.name) == vectors["link"]["cosigner_b"]


def test_padded_sizes(vectors: Values) -> None:
    for length, due in vectors["padme"].items():
        assert inner.padded_size(int(length)) == due


class Fixed:
    """An entropy that gives the salt and the content key of the vector."""

    def __init__(self) -> None:
        self._next = iter((makers.seed("salt 1"), makers.seed("content key 1")))

    def draw(self, count: int) -> bytes:
        return next(self._next)[:count]


def test_the_record_is_made_byte_for_byte(first: Path, vectors: Values) -> None:
    said = vectors["record"]
    header = said["header"].encode()
    mid = record.mid_of(header)
    assert mid.hex() == said["mid"]
    assert len(header) == said["header_len"]
    read = record.read_header(header)
    assert record.write_header(read) == header
    assert (read.commit.hex(), read.ck.hex()) == (said["commit"], said["ck_commit"])

    content = body.prepare(said["plaintext"].encode(), Fixed())
    assert (content.commit, content.ck, content.size) == (read.commit, read.ck, read.size)
    assert content.inside[:32].hex() == said["salt"]
    assert content.key.hex() == said["content_key"]
    closed = body.close(content, mid)
    assert (len(content.inside), len(closed)) == (said["inner_len"], said["body_len"])
    hashed = sha256(closed).digest()
    assert hashed.hex() == said["body_sha256"]

    block = record.write_signatures(
        [
            Signature(role, who, AURELIA.signers[who].sign(record.statement(role, mid, hashed)))
            for role, who in ((record.AUTHOR, "s-01"), (record.RELEASER, "s-02"))
        ]
    )
    assert block.hex() == said["sigs"]

    sealed = (first / "seal1.bin").read_bytes()
    seals = envelope.write_seals(
        [envelope.Seal("cert@borealis.gov", BOREALIS.card.desks["cert"].key_id, sealed)]
    )
    assert sha256(seals).hexdigest() == said["seals_sha256"]
    parts = envelope.Parts(header, block, seals, closed)
    whole = envelope.encode(parts)
    assert whole == (first / "envelope1.bin").read_bytes()
    assert (len(whole), sha256(whole).hexdigest()) == (2_047, said["envelope_sha256"])
    assert envelope.entry_of(parts).hex() == said["entry"]
    assert envelope.leaf_of(whole).hex() == said["leaf_hash"]


def test_the_record_reads_checks_and_opens(first: Path, vectors: Values) -> None:
    said = vectors["record"]
    parts = envelope.split((first / "envelope1.bin").read_bytes())
    desk = cards(first)[0].desks["cert"]
    mid, header = record.mid_of(parts.header), record.read_header(parts.header)
    signatures = record.read_signatures(parts.sigs)
    assert record.check_rules(header, signatures, desk, {header.kind}) == record.Signers(
        "s-01", "s-02"
    )
    record.check_signatures(signatures, mid, sha256(parts.body).digest(), desk)
    (seal,) = envelope.read_seals(parts.seals)
    opener = BOREALIS.openers["cert"]
    assert (seal.address, seal.key_id) == ("cert@borealis.gov", sha256(opener.public).digest()[:8])
    salt, text = body.open_body(
        parts.body, seal.sealed, opener, mid, (header.ck, header.size, header.commit)
    )
    assert (salt.hex(), text.decode()) == (said["salt"], said["plaintext"])


def test_the_tree_grows_and_proves(vectors: Values) -> None:
    leaves = [bytes.fromhex(each) for each in vectors["tree"]["leaf_hashes"]]
    roots = makers.roots_of(leaves)
    assert {str(size): root.hex() for size, root in enumerate(roots)} == vectors["tree"]["roots"]
    path = tree.prove_inclusion(0, 5, makers.reader_of(leaves))
    assert [each.hex() for each in path] == vectors["tree"]["inclusion_0_in_5"]
    tree.check_inclusion(leaves[0], 0, 5, path, roots[5])


def test_checkpoint_and_receipt_are_signed_byte_for_byte(first: Path, vectors: Values) -> None:
    said, origin = vectors["checkpoint"], vectors["link"]["origin_a_to_b"]
    root = bytes.fromhex(vectors["tree"]["roots"]["5"])
    one, other = cards(first)
    assert checkpoint.text_of(origin, 5, root) == said["text"].encode()
    head = checkpoint.sign(AURELIA.log, origin, 5, root)
    first_line = checkpoint.owner_line(head, origin, one.log)
    assert signed.write_line(first_line) == said["ed25519_line"]
    assert first_line.key_id.hex() == said["key_id_log_ed25519"]
    receipt = checkpoint.cosign(BOREALIS.cosign, origin, 5, root, Moment(said["time"] * 1_000))
    third_line = checkpoint.receipt_line(receipt, other.name, other.cosign)
    assert signed.write_line(third_line) == said["cosign_ed25519_line"]
    assert third_line.key_id.hex() == said["key_id_cosign_ed25519"]
    line_2_id = signed.key_id(origin, signed.COSIGN_MLDSA44, one.mldsa44)
    assert line_2_id.hex() == said["key_id_log_mldsa44"]


def test_all_four_lines_of_the_proof_file_hold(first: Path) -> None:
    note = signed.read((first / "record1.tlog-proof").read_bytes(), 128 * 1_024)
    one, other = cards(first)
    origin, size, root = checkpoint.read_text(b"\n".join(note.text.split(b"\n")[-4:]))
    message = checkpoint.text_of(origin, size, root)
    third_id = signed.key_id("borealis.gov/detente", signed.COSIGN_ED25519, other.cosign)
    third = note.find("borealis.gov/detente", third_id)
    assert third is not None
    time, signature = checkpoint.split_time(third)
    receipt = checkpoint.Cosignature(size, root, time, signature)
    checkpoint.check_cosignature(receipt, origin, other.cosign)
    first_line = note.find(origin, signed.key_id(origin, signed.ED25519, one.log))
    assert first_line is not None
    assert keys.ed25519_holds(one.log, first_line.signature, message)
    for who, card in ((origin, one), ("borealis.gov/detente", other)):
        line = note.find(who, signed.key_id(who, signed.COSIGN_MLDSA44, card.mldsa44))
        assert line is not None
        when, modern = checkpoint.split_time(line)
        stated = checkpoint.pq_message(who, when, origin, size, root)
        assert keys.mldsa_holds(card.mldsa44, modern, stated, b"")
