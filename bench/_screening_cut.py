"""Names of a list with one letter cut: whose owner is lost, that would alert if it were compared.

`ask` aligns few names of many. A name is lost if it alone scores as an alert, and better than the
last that was answered, and is not among the answers.
"""

import gzip
import random
from pathlib import Path
from typing import Final

from detente.screening.build import build
from detente.screening.decision import ALERT
from detente.screening.engine import Question, ask, ask_of
from detente.screening.index import Index
from detente.screening.listed import ORGANIZATION, PERSON, Listed
from detente.screening.lists.rows import of_own

SEED: Final = 11
ASKED: Final = 4_000
LIMIT: Final = 10  # answers to each question
LETTERS_MIN: Final = 6  # of a name that is cut


def lost(path: Path, asked: int = ASKED) -> float:
    """Return the share of cut names whose owner is lost, of those asked."""
    with gzip.open(path) as file:
        entries = [one for one in of_own(file) if isinstance(one, Listed)]
    index, rng = Index(build(entries, {})), random.Random(SEED)
    place = {index.entity_id(number): number for number in range(len(entries))}
    found = 0
    for _ in range(asked):
        owner, name = _cut(entries, rng)
        question = Question(name, owner.schema)
        hits = ask(index, question, LIMIT)
        if any(hit.entity == owner.id for hit in hits):
            continue
        alone = ask_of(index, question, [place[owner.id]])
        last = hits[-1].score if len(hits) == LIMIT else 0.0
        found += bool(alone) and alone[0].score >= ALERT and alone[0].score > last
    return round(found / asked, 5)


def _cut(entries: list[Listed], rng: random.Random) -> tuple[Listed, str]:
    while True:
        owner = rng.choice(entries)
        name = rng.choice(owner.names)
        letters = [place for place, sign in enumerate(name) if sign.isalpha()]
        if owner.schema in (PERSON, ORGANIZATION) and len(letters) >= LETTERS_MIN:
            place = rng.choice(letters)
            return owner, name[:place] + name[place + 1 :]
