from detente.core.moment import Moment
from detente.office import adding
from detente.store.memory import MemoryShelf


def test_numbers_rise_in_the_order_of_folding_and_stay_with_their_record() -> None:
    shelf, kept = MemoryShelf(), Moment(5)
    with shelf.begin() as tx:
        assert adding.number(tx, b"a" * 32, 3, kept) == 6_000
        assert adding.number(tx, b"b" * 32, 2_000, kept) == 6_003
        assert adding.number(tx, b"c" * 32, 1, Moment(4)) == 8_003, "kept before, folded later"
        assert adding.number(tx, b"a" * 32, 3, Moment(9)) == 6_000
    with shelf.begin() as tx:
        assert adding.number(tx, b"d" * 32, 1, Moment(9)) == 10_000
