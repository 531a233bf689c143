import pytest
from hypothesis import given
from hypothesis.strategies import binary, booleans, integers
from tests.support import makers
from tests.support.outcomes import fault_of

from detente.core import body, keys, wrap
from detente.core.errors import TheirFault

NODE = makers.make_party(makers.BOREALIS).openers["node"]
LINK, OTHER_LINK = "x2ilzttxqmsebjgk", "y2ilzttxqmsebjgk"
KEY = bytes(range(32))
SEALED = wrap.wrap(KEY, NODE.public, LINK)
MID = bytes(32)


def test_a_node_opens_the_key_wrapped_for_it() -> None:
    assert len(SEALED) == keys.SEALED_KEY
    assert wrap.unwrap(SEALED, NODE, LINK) == KEY


@pytest.mark.parametrize("party", [makers.AURELIA, makers.CORDIA])
def test_no_other_node_opens_it(party: str) -> None:
    stranger = makers.make_party(party).openers["node"]
    assert fault_of(wrap.unwrap, SEALED, stranger, LINK) == "E_COMMIT"


def test_it_opens_on_its_own_link_alone() -> None:
    assert fault_of(wrap.unwrap, SEALED, NODE, OTHER_LINK) == "E_COMMIT"


def test_what_is_sealed_as_a_body_is_no_key_of_a_file() -> None:
    assert fault_of(wrap.unwrap, body.seal_key(KEY, NODE.public, MID), NODE, LINK) == "E_COMMIT"


def test_a_key_of_a_file_opens_no_body() -> None:
    content = body.prepare(b"text", makers.LabelEntropy())
    sealed = wrap.wrap(content.key, NODE.public, LINK)
    said = (content.ck, content.size, content.commit)
    assert fault_of(body.open_body, body.close(content, MID), sealed, NODE, MID, said) == "E_COMMIT"


@given(sealed=binary(max_size=100))
def test_any_bytes_are_no_key(sealed: bytes) -> None:
    assert fault_of(wrap.unwrap, sealed, NODE, LINK) == "E_COMMIT"


def test_a_key_of_another_length_is_no_key() -> None:
    class Given:
        public = b""

        def open(self, _sealed: bytes, _info: bytes) -> bytes:
            return KEY[:-1]

    assert fault_of(wrap.unwrap, SEALED, Given(), LINK) == "E_COMMIT"


def test_what_is_no_public_key_is_said() -> None:
    assert fault_of(wrap.wrap, KEY, b"short", LINK) == "E_DESK"


@given(data=binary(max_size=300), number=integers(0, 2**64 - 1), last=booleans())
def test_a_chunk_opens_in_its_place_alone(data: bytes, number: int, last: bool) -> None:
    closed = wrap.close_chunk(KEY, number, data, last=last)
    assert wrap.open_chunk(KEY, number, closed, last=last) == data
    for other, end in ((number ^ 1, last), (number, not last)):
        with pytest.raises(TheirFault, match="E_COMMIT"):
            wrap.open_chunk(KEY, other, closed, last=end)


@given(data=binary(max_size=40), at=integers(min_value=0), bit=integers(0, 7))
def test_no_bit_of_a_chunk_may_differ(data: bytes, at: int, bit: int) -> None:
    closed = bytearray(wrap.close_chunk(KEY, 0, data, last=True))
    closed[at % len(closed)] ^= 1 << bit
    with pytest.raises(TheirFault, match="E_COMMIT"):
        wrap.open_chunk(KEY, 0, bytes(closed), last=True)


def test_a_statement_is_of_one_link_and_one_key() -> None:
    found = {wrap.statement(link, key) for link in (LINK, OTHER_LINK) for key in (KEY, bytes(32))}
    assert len(found) == 4
