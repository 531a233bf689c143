"""What an office hands to others as proof: evidence of a matter, the proof of one record."""

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.evidence import Disclosed
from detente.core.evidence import write as write_evidence
from detente.core.trust import Chain
from detente.office import house
from detente.office.desk import Role
from detente.office.fields import Values
from detente.office.people import Person, permit
from detente.office.register import Register


def evidence(
    register: Register, person: Person, matter: str, about: str, *, with_text: bool
) -> bytes:
    """Return the evidence file of a matter: proofs of all its records, texts if disclosed.

    Records that the other side has not receipted yet are left out: they prove nothing.
    Raises OurFault: office.no_matter, office.forbidden, proof.not_yet if nothing is receipted.
    """
    with register.shelf.begin() as tx:
        rows = [
            Values(row)
            for row in tx.rows(house.RECORDS).find(
                {"matter": matter}, None, limits.MAX_EVIDENCE_RECORDS
            )
        ]
    if not rows:
        raise OurFault("office.no_matter", f"no matter {matter} here", "see: detente record list")
    found, parties = [], set[str]()
    for row in rows:
        permit(person, row.text("desk"), Role.READ)
        place = register.receipted_place(row)
        if place is None:
            continue
        parties.add(register.levels[place[0]].peer)
        proof = register.hatch.prove(*place)
        taken = register.open(row) if with_text else None
        found.append(Disclosed(proof, taken.text, taken.salt) if taken else Disclosed(proof))
    if not found:
        raise OurFault(
            "proof.not_yet", "nothing of this matter is receipted yet", "wait until it is STORED"
        )
    book = register.book
    cards = [book.card, *(book.peers[each] for each in sorted(parties) if each in book.peers)]
    return write_evidence(found, [Chain((card,)) for card in cards], matter, about or None)


def proof(register: Register, person: Person, mid: bytes) -> bytes:
    """Return the proof file of one record.

    Raises OurFault: office.no_record, office.forbidden, proof.not_yet.
    """
    row = register.record(mid)
    permit(person, row.text("desk"), Role.READ)
    place = register.receipted_place(row)
    if place is None:
        raise OurFault(
            "proof.not_yet", "nobody gave a receipt for it yet", "wait until it is STORED"
        )
    return register.hatch.prove(*place)
