"""What came back from one party after a restore is on its way to no other, until it is handed in."""

from dataclasses import replace

from tests.support import makers, nodes

from detente.core.moment import Moment
from detente.node import outbox, tail
from detente.node.outbox import Accepted
from detente.node.ports import Tx
from detente.node.seat import LinkTerms
from detente.store.memory_logs import Disk, MemoryLogs

US = makers.make_party(makers.AURELIA)
PEERS = [makers.make_party(makers.BOREALIS), makers.make_party(makers.CORDIA)]
TERMS = {each.name: LinkTerms(each.card, each.name[0] * 16, bytes(16)) for each in PEERS}
TO = tuple(sorted(each.address() for each in PEERS))
ENVELOPE = nodes.envelope(US, PEERS, 1, to=TO)
NOW = Moment(0)


def accepted(tx: Tx) -> Accepted:
    key, mid = outbox.number_of(ENVELOPE)
    assert tx.number(key), "its number is used"
    links = tuple((each.link_id, ENVELOPE) for each in TERMS.values())
    return Accepted(mid, key, mid + bytes(8), 1, "cert.bundle", links, ENVELOPE)


def come_back(tx: Tx, party: str) -> None:
    assert tail.remember_own(tx, TERMS[party].link_id, party, [ENVELOPE], NOW) == 0


def test_it_goes_to_whom_it_did_not_come_back_from_and_once() -> None:
    with MemoryLogs(Disk()).begin() as tx:
        come_back(tx, makers.BOREALIS)
        one = accepted(tx)
        [rest] = outbox.not_sent(tx, one, TERMS)
        assert rest == replace(one, links=((TERMS[makers.CORDIA].link_id, ENVELOPE),))
        assert outbox.not_sent(tx, one, TERMS) == []


def test_what_came_back_from_both_goes_to_nobody() -> None:
    with MemoryLogs(Disk()).begin() as tx:
        for party in (makers.BOREALIS, makers.CORDIA, makers.CORDIA):
            come_back(tx, party)
        assert outbox.not_sent(tx, accepted(tx), TERMS) == []


def test_what_was_handed_in_before_the_backup_is_on_its_way_to_all() -> None:
    with MemoryLogs(Disk()).begin() as tx:
        key, mid = outbox.number_of(ENVELOPE)
        tx.put_numbers([(key, mid + bytes(8))])
        come_back(tx, makers.BOREALIS)
        assert outbox.not_sent(tx, accepted(tx), TERMS) == []
