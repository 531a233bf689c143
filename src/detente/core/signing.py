"""Who signed a record, under any card of its party: ids keep their names when keys change.

Normative: spec/record.md 4, spec/party.md 2.4.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from detente.core import keys, record
from detente.core.errors import TheirFault
from detente.core.party import DeskKeys, Person
from detente.core.record import Signature
from detente.core.trust import Chain


class Signed(NamedTuple):
    """What was signed, and where it stands: `size` counts the log up to and with the record."""

    mid: bytes
    body_hash: bytes
    link_id: str
    size: int


def desk_that_signed(
    chain: Chain, desk: str, signatures: Sequence[Signature], said: Signed
) -> DeskKeys:
    """Return the desk as it stood for this record: each id with the key whose signature holds.

    Ids that sign nothing here keep their newest key. Raises TheirFault: E_DESK if no card names the
    desk, E_KEY_REVOKED if only a key signed that is revoked below `size`, E_SIG if none did.
    """
    signed = {one.id: _signer(chain, desk, one, said) for one in signatures}
    found = chain.desk(desk, said.link_id, said.size)
    return replace(found, signers={**found.signers, **signed})


def _signer(chain: Chain, desk: str, one: Signature, said: Signed) -> Person:
    message = record.statement(one.role, said.mid, said.body_hash)
    for person in chain.people(desk, one.id, said.link_id, said.size):
        if keys.ed25519_holds(person.ed25519, one.signature, message):
            return person
    for person in chain.everybody(desk, one.id):
        if keys.ed25519_holds(person.ed25519, one.signature, message):
            raise TheirFault(
                "E_KEY_REVOKED",
                f"{one.id[:64]} of {desk}@{chain.name} signed with a key that was revoked",
                "have it signed under the newest card",
            )
    raise TheirFault(
        "E_SIG",
        f"that of {one.id[:64]!r} holds under no key of {desk}@{chain.name}",
        "sign it as spec/record.md says",
    )
