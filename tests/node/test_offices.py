"""What an office sees and may do where a node has several."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from tests.support import makers, nodes
from tests.support.outcomes import fault_of

from detente.core import envelope, purged
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.node.offices import OfficeView, Readers
from detente.node.ports import Answer, Kept, Level, PathSeen, PeerCard, Told
from detente.node.ports_stage import BlobState

A, B = makers.make_party(makers.AURELIA), makers.make_party(makers.BOREALIS)
OUT, IN = "aurelia.gov/detente/x", "borealis.gov/detente/x"
MANY = 2**40


def record(number: int, *changes: tuple[bytes, bytes]) -> bytes:
    """A record of cert to cert with some bytes of its header changed."""
    parts = envelope.split(nodes.envelope(A, (B,), number))
    header = parts.header
    for old, new in changes:
        assert old in header
        header = header.replace(old, new)
    return envelope.encode(parts._replace(header=header))


CERT = record(1)
VISA = record(2, (b'"from":"cert@', b'"from":"visa@'))
OWN = record(3, (b'"from":"cert@', b'"from":"node@'))
COMES = record(4, (b'"from":"cert@aurelia.gov"', b'"from":"cert@borealis.gov"'),
               (b'"to":["cert@borealis.gov"]', b'"to":["cert@aurelia.gov","visa@aurelia.gov"]'))  # fmt: skip
FOR_VISA = record(5, (b'"from":"cert@aurelia.gov"', b'"from":"cert@borealis.gov"'),
                  (b'"to":["cert@borealis.gov"]', b'"to":["visa@aurelia.gov"]'))  # fmt: skip
FROM_NODE = record(6, (b'"from":"cert@aurelia.gov"', b'"from":"node@borealis.gov"'),
                   (b'"to":["cert@borealis.gov"]', b'"to":["node@aurelia.gov"]'))  # fmt: skip


@dataclass
class Logs:
    """A node that holds rows, and remembers what it was told."""

    rows: Mapping[str, Sequence[bytes]]
    asked: int = 0
    read: Mapping[str, int] = field(default_factory=dict)
    awaits: Sequence[bytes] = ()
    taken: list[bytes] = field(default_factory=list)
    attended: list[str] = field(default_factory=list)
    staged: list[object] = field(default_factory=list)

    def submit(self, envelopes: Sequence[bytes], now: Moment) -> Sequence[Answer]:
        self.taken += envelopes
        return [Answer(each[:4]) for each in envelopes]

    def since(self, places: Mapping[str, int], count_max: int, bytes_max: int) -> Sequence[Kept]:
        self.asked += 1
        found = [
            Kept(origin, seq, makers.NOW, each)
            for origin, rows in self.rows.items()
            for seq, each in enumerate(rows)
            if seq >= places.get(origin, 0)
        ]
        return found[:count_max]

    def have_read(self, places: Mapping[str, int], awaits: Sequence[bytes]) -> None:
        self.read, self.awaits = dict(places), awaits

    def levels(self) -> Sequence[Level]:
        return [
            Level(each, "", "", "", len(rows), 0, 0, "", 0, "", "", makers.NOW)
            for each, rows in self.rows.items()
        ]

    def cards(self) -> Sequence[PeerCard]:
        return [PeerCard(A.name, b"card")]

    def told(self) -> Sequence[Told]:
        return [Told(B.name, 1, 1, None)]

    def paths(self) -> Sequence[PathSeen]:
        return [PathSeen(B.name, "primary", True)]

    def prove(self, origin: str, seq: int) -> bytes:
        return f"{origin} {seq}".encode()

    def head(self, origin: str) -> bytes:
        return origin.encode()

    def leave(self, desk: str, now: Moment) -> None:
        self.attended.remove(desk)

    def attend(self, desk: str, now: Moment) -> None:
        self.attended.append(desk)

    def stage_begin(self, handle: bytes, size: int, chunks: int, now: Moment) -> None:
        self.staged.append((handle, size, chunks))

    def stage_chunks(self, handle: bytes, chunks: Sequence[bytes], now: Moment) -> None:
        self.staged.append((handle, *chunks))

    def stage_end(self, handle: bytes, now: Moment) -> bytes:
        return handle * 2

    def blob_chunks(self, aid: bytes, first: int, count: int) -> Iterable[bytes]:
        return [aid] * (count - first)

    def blob_lent(self, aid: bytes, first: int, count: int) -> tuple[int, int] | None:
        return count, first

    def blob_states(self, aids: Sequence[bytes]) -> Sequence[BlobState]:
        return [BlobState(each, 1, 1, 1, True, False) for each in aids]


def view(node: Logs, *desks: str, readers: Readers | None = None) -> OfficeView:
    return OfficeView(node, A.name, desks, ",".join(desks), readers or Readers(node))


def seen(found: Sequence[Kept]) -> list[tuple[str, int]]:
    return [(each.origin, each.seq) for each in found]


ROWS = {OUT: [CERT, VISA, OWN, CERT], IN: [COMES, FOR_VISA, FROM_NODE]}


def test_an_office_sees_what_its_desks_wrote_or_get_and_what_is_the_nodes() -> None:
    assert seen(view(Logs(ROWS), "cert").since({}, 99, MANY)) == [
        (OUT, 0), (OUT, 2), (OUT, 3), (IN, 0), (IN, 2),
    ]  # fmt: skip
    assert seen(view(Logs(ROWS), "visa").since({}, 99, MANY)) == [
        (OUT, 1), (OUT, 2), (IN, 0), (IN, 1), (IN, 2),
    ]  # fmt: skip


def test_a_desk_of_the_peer_with_the_name_of_ours_is_not_ours() -> None:
    row = record(1, (b'"from":"cert@', b'"from":"visa@'))
    assert b'"to":["cert@borealis.gov"]' in row
    assert view(Logs({OUT: [row]}), "cert").since({}, 99, MANY) == []


def test_what_cannot_be_read_is_shown_to_all_for_they_say_what_it_is() -> None:
    rows = [b"", b"no envelope at all", purged.strip(VISA), purged.strip(CERT)]
    assert seen(view(Logs({OUT: rows}), "cert").since({}, 99, MANY)) == [
        (OUT, 0), (OUT, 1), (OUT, 3),
    ]  # fmt: skip


def test_an_office_reads_past_any_number_of_records_of_others() -> None:
    node = Logs({OUT: [VISA] * 10 + [CERT] + [VISA] * 10})
    one = view(node, "cert")
    assert seen(one.since({}, 3, MANY)) == [(OUT, 10)]
    end = Kept(OUT, 20, Moment(0), b"")
    assert one.since({OUT: 11}, 3, MANY) == [end], "so that it comes to the end of the log"
    before = node.asked
    assert one.since({OUT: 11}, 3, MANY) == [end]
    assert one.since({OUT: 21}, 3, MANY) == []
    assert node.asked == before + 2, "what holds nothing for it is not read twice"


def test_what_comes_after_a_gap_is_seen() -> None:
    rows = [CERT, VISA, VISA]
    node = Logs({OUT: rows})
    one = view(node, "cert")
    assert seen(one.since({OUT: 1}, 99, MANY)) == [(OUT, 2)]
    rows += [CERT, VISA]
    assert seen(one.since({OUT: 1}, 99, MANY)) == [(OUT, 3)]
    assert seen(one.since({OUT: 4}, 99, MANY)) == [(OUT, 4)]
    assert seen(one.since({OUT: 0}, 99, MANY)) == [(OUT, 0), (OUT, 3)]


def test_reading_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detente.node.offices._TURNS_MAX", 2)
    one = view(Logs({OUT: [VISA] * 3 + [CERT]}), "cert")
    assert one.since({OUT: 0}, 1, MANY) == [Kept(OUT, 1, Moment(0), b"")]
    assert seen(one.since({OUT: 2}, 1, MANY)) == [(OUT, 3)], "it goes on where it ended"


def test_an_office_hands_in_records_of_its_own_desks_alone() -> None:
    node = Logs({})
    answers = view(node, "visa").submit([CERT, VISA, b"odd"], makers.NOW)
    assert [each.code for each in answers] == ["E_DESK", "", ""]
    assert node.taken == [VISA, b"odd"], "what is no record the node refuses"
    assert [each.mid for each in answers] == [b"", VISA[:4], b"odd"]
    assert view(node, "cert").submit([VISA], makers.NOW)[0].code == "E_DESK"
    assert node.taken == [VISA, b"odd"]


def test_a_text_counts_as_read_once_every_office_has_read_it() -> None:
    node = Logs(ROWS)
    readers = Readers(node)
    readers.know(["cert", "visa"])
    one, other = view(node, "cert", readers=readers), view(node, "visa", readers=readers)
    one.have_read({OUT: 4, IN: 3}, [b"a"])
    assert node.read == {OUT: 0, IN: 0}, "the other has said nothing"
    other.have_read({OUT: 2}, [b"b"])
    assert node.read == {OUT: 2, IN: 0}
    assert sorted(node.awaits) == [b"a", b"b"]
    readers.know(["cert"])
    one.have_read({OUT: 4}, ())
    assert node.read == {OUT: 4}, "an office that was let in no more is not waited for"


def test_what_is_nothing_for_an_office_it_has_read() -> None:
    node = Logs({OUT: [CERT, VISA, VISA], IN: [FOR_VISA]})
    one = view(node, "cert")
    found = one.since({}, 99, MANY)
    ends = one.since({each.origin: each.seq + 1 for each in found}, 99, MANY)
    assert [(each.seq, each.envelope) for each in ends] == [(2, b"")]
    one.have_read({OUT: 1}, ())
    assert node.read == {OUT: 3, IN: 1}


def test_an_office_gets_proofs_of_its_own_records_alone() -> None:
    one = view(Logs(ROWS), "cert")
    assert one.prove(OUT, 0) == f"{OUT} 0".encode()
    assert one.prove(OUT, 9) == f"{OUT} 9".encode(), "the node says that there is none"
    assert one.prove("nowhere", 0) == b"nowhere 0"
    assert fault_of(lambda: one.prove(OUT, 1)) == "proof.unknown"


def test_an_office_attends_its_own_desks_alone() -> None:
    node = Logs(ROWS)
    view(node, "cert").attend("cert", makers.NOW)
    with pytest.raises(OurFault, match="no desk of this office"):
        view(node, "cert").attend("visa", makers.NOW)
    assert node.attended == ["cert"]


def test_what_is_of_all_goes_through() -> None:
    node = Logs(ROWS)
    one = view(node, "cert")
    assert (one.levels(), one.cards(), one.told()) == (node.levels(), node.cards(), node.told())
    assert one.paths() == node.paths()
    one.stage_begin(b"h", 2, 1, makers.NOW)
    one.stage_chunks(b"h", [b"x"], makers.NOW)
    assert node.staged == [(b"h", 2, 1), (b"h", b"x")]
    assert one.stage_end(b"h", makers.NOW) == b"hh"
    assert list(one.blob_chunks(b"a", 0, 2)) == [b"a", b"a"]
    assert one.blob_lent(b"a", 0, 2) == (2, 0)
    assert one.blob_states([b"a"]) == node.blob_states([b"a"])
