"""What an office hands to others as proof: evidence of a matter, the proof of one record."""

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.evidence import Disclosed
from detente.core.evidence import write as write_evidence
from detente.office import house, kinds, matters
from detente.office.desk import Role
from detente.office.enclosed import FILES
from detente.office.fields import Values
from detente.office.files import PIECE, Files
from detente.office.people import Person, permit
from detente.office.register import Register


def evidence(
    register: Register, person: Person, matter: str, about: str, *, with_text: bool, full: bool
) -> bytes:
    """Return the evidence file of a matter: proofs of all its records, texts if disclosed.

    Records that the other side has not receipted yet are left out: they prove nothing. full: not
    before the post-quantum receipts that are on their way.
    Raises OurFault: office.no_matter, office.forbidden, proof.not_yet if nothing is receipted,
    proof.not_full.
    """
    with register.shelf.begin() as tx:
        rows = [
            Values(row)
            for row in tx.rows(house.RECORDS).find(
                {"matter": matter}, None, limits.MAX_EVIDENCE_RECORDS
            )
        ]
        newest = matters.newest_mids(tx, matter)
        twins = [
            Values(row)
            for row in tx.rows(house.EQUIVOCATIONS).find(
                {"matter": matter}, None, limits.MAX_EVIDENCE_RECORDS
            )
        ]
    if not rows and not twins:
        raise OurFault("office.no_matter", f"no matter {matter} here", "see: detente record list")
    found, parties = [], set[str]()
    for row in rows:
        permit(person, row.text("desk"), Role.READ)
        is_digest = row.text("kind") == kinds.DIGEST.name
        place = register.receipted_place(row)
        if place is None or (is_digest and row.data("mid") not in newest):
            continue
        _check_full(register, *place, full=full)
        parties.add(register.levels[place[0]].peer)
        proof = register.hatch.prove(*place)
        # A digest says counts and hashes only, and without its text it shows nothing.
        taken = register.open(row) if with_text or is_digest else None
        if taken is None or taken.purged:  # a text that went cannot be disclosed
            found.append(Disclosed(proof))
        else:
            found.append(Disclosed(proof, taken.text, taken.salt))
    for origin, seq in _refused_places(twins, held={row.data("mid") for row in rows}):
        parties.add(register.levels[origin].peer)
        found.append(Disclosed(register.hatch.prove(origin, seq)))
    if not found:
        raise OurFault(
            "proof.not_yet", "nothing of this matter is receipted yet", "wait until it is STORED"
        )
    book = register.book
    named = (book.card.name, *sorted(parties))
    chains = [chain for chain in map(book.chain, named) if chain is not None]
    return write_evidence(found, chains, matter, about or None)


def mids_of(register: Register, matter: str) -> tuple[bytes, ...]:
    """Return the ids of the records of a matter that this office holds."""
    most = limits.MAX_EVIDENCE_RECORDS
    with register.shelf.begin() as tx:
        rows = tx.rows(house.RECORDS).find({"matter": matter}, None, most)
    return tuple(Values(row).data("mid") for row in rows)


def file(register: Register, files: Files, row: Values, number: int, first: int) -> bytes:
    """Return plaintext of a file of the record of this row; see Records.file."""
    taken = register.open(row)
    enclosed = taken.body.parts(FILES.name) if taken.body is not None else ()
    if not 0 <= number < len(enclosed):
        raise no_file(number)
    found = files.open(enclosed[number], first, PIECE // limits.CHUNK)
    if not found and first * limits.CHUNK < enclosed[number].whole("size"):
        raise OurFault(
            "stage.missing",
            f"{enclosed[number].text('name')} is not here yet from byte {first * limits.CHUNK} on",
            "wait until it has arrived: detente record files MID",
        )
    return found


def no_file(number: int) -> OurFault:
    """Return the fault of asking for a file that a record has not."""
    return OurFault(
        "stage.name", f"the record has no file {number}", "see: detente record files MID"
    )


def _refused_places(twins: list[Values], held: set[bytes]) -> list[tuple[str, int]]:
    # Both records of a pair belong into the file: only together do they prove anything.
    places: dict[bytes, tuple[str, int]] = {}
    for row in twins:
        for one in ("first", "second"):
            if row.data(one) not in held:
                places[row.data(one)] = (row.text(f"{one}_origin"), row.whole(f"{one}_seq"))
    return list(places.values())


def proof(register: Register, person: Person, mid: bytes, *, full: bool) -> bytes:
    """Return the proof file of one record. full: not before post-quantum receipts on their way.

    Raises OurFault: office.no_record, office.forbidden, proof.not_yet, proof.not_full.
    """
    row = register.record(mid)
    permit(person, row.text("desk"), Role.READ)
    place = register.receipted_place(row)
    if place is None:
        raise OurFault(
            "proof.not_yet", "nobody gave a receipt for it yet", "wait until it is STORED"
        )
    _check_full(register, *place, full=full)
    return register.hatch.prove(*place)


def _check_full(register: Register, origin: str, place: int, *, full: bool) -> None:
    level = register.levels[origin]
    is_coming = level.state == "LIVE" and not level.late
    if full and is_coming and place >= level.confirmed:
        raise OurFault(
            "proof.not_full",
            "the post-quantum receipts of it are on their way",
            "ask again in a moment, or without `full`",
        )
