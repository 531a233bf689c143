"""Invented entries for the tests of screening."""

from detente.screening.build import build
from detente.screening.engine import Hit, Question, ask
from detente.screening.index import Index
from detente.screening.listed import Alias, Listed, Paper

LIST = (
    Listed("p1", "Person", ("Muhammad Husayn AL-RAHMANI",), (Alias("Abu Talha", "weak"),),
           ("1961-12-08",), ("iq",), (Paper("A 0123456", "passport"),)),
    Listed("p2", "Person", ("Sergei Viktorovich KUZNETSOV",), (), ("1970",), ("ru",)),
    Listed("p3", "Person", ("ZHANG Weiming",), (), (), ("cn",)),
    Listed("p4", "Person", ("Abd al-Rahman bin Umar AL-ZUBAYDI",)),
    Listed("p5", "Person", ("Oksana Petrivna HONCHARENKO",), (Alias("Оксана Петрівна Гончаренко", "original-script"),)),
    Listed("o1", "Organization", ("OBSHCHESTVO S OGRANICHENNOY OTVETSTVENNOSTYU VEKTOR PROGRESS",)),
    Listed("o2", "Organization", ("NORTHERN NATIONAL MINING CORPORATION",)),
    Listed("v1", "Vessel", ("OCEAN LEGEND",), (), (), (), (Paper("IMO 9226968", "imo"),)),
    *(Listed(f"x{i}", "Person", (f"{a} {b}",)) for i, (a, b) in enumerate(
        (a, b)
        for a in ("Ivan", "Ali", "Ahmad", "Maria", "Hassan", "Pedro", "Olga", "Chen")
        for b in ("Petrov", "Haddad", "Lopez", "Novak", "Karimi", "Li", "Sato", "Okafor")
    )),
)  # fmt: skip


def index() -> Index:
    return Index(build(LIST, {"made": "0" * 64}))


def best(over: Index, name: str, schema: str | None = "Person", **facts: tuple[str, ...]) -> Hit:
    hits = ask(over, Question(name, schema, **facts))
    assert hits, name
    return hits[0]
