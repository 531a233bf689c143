"""From listed entities to the bytes of an index. Nothing is left to order or chance."""

from array import array
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np

from detente.screening import dates, layout, lexicon, papers
from detente.screening.features import heard_as, mark, of_listed
from detente.screening.fold import fold
from detente.screening.listed import ORIGINAL, PERSON, SCHEMAS, WEAK, Listed, schema_of
from detente.screening.lists import country
from detente.screening.parts import split
from detente.screening.version import ENGINE

ACRONYM: Final = 2
QUALITY: Final = {"strong": 0, ORIGINAL: 0, WEAK: 1, "acronym": ACRONYM}
RARITY_MAX: Final = 64  # quarters of a bit: what one name in 65,536 has
NAMES_LEAST: Final = 32_768  # a shorter list cannot tell how rare a word is among people
_NONE: Final = np.empty(0, np.uint32)


def rarity(count: int, total: int) -> int:
    """Return how much a part tells, in quarters of a bit: log2(total/count), in whole numbers.

    A list shorter than NAMES_LEAST counts as one so long, or two words of a list of ten names would
    tell next to nothing, and nobody whose name is written a little otherwise would be alerted.
    """
    return min(RARITY_MAX, (max(total, NAMES_LEAST) ** 4 // max(1, count) ** 4).bit_length())


class _Names:
    def __init__(self) -> None:
        self.words: dict[str, int] = {}
        self.spelled: set[str] = set()  # words of names that stand in the list, not acronyms alone
        self.name_ptr, self.name_words = array("I", [0]), array("I")
        self.owner, self.quality, self.forms = array("I"), array("B"), array("B")
        self.text, self.text_ptr = bytearray(), array("I", [0])
        self.entity_text, self.entity_ptr = bytearray(), array("I", [0])
        self.schema = array("B")
        self.births, self.birth_ptr = array("I"), array("I", [0])
        self.countries, self.country_ptr = bytearray(), array("I", [0])
        self.papers: list[tuple[int, int]] = []

    def facts(self, listed: Listed, owner: int) -> None:
        found = {dates.pack(b): None for text in listed.births for b in dates.read(text)}
        self.births.extend(found)
        self.birth_ptr.append(len(self.births))
        self.countries += "".join(country.codes(listed.countries)).encode()
        self.country_ptr.append(len(self.countries))
        self.papers += [
            (mark(papers.plain(p.value)), owner) for p in listed.ids if papers.names_somebody(p)
        ]

    def entity(self, listed: Listed) -> None:
        owner = len(self.schema)
        kind = schema_of(listed.schema) or "Thing"
        self.schema.append(SCHEMAS.index(kind))
        self.entity_text += listed.id.encode()
        self.entity_ptr.append(len(self.entity_text))
        self.facts(listed, owner)
        seen: set[tuple[object, object]] = set()
        for name, quality in listed.all_names():
            parts = split(name, person=kind == PERSON)
            if not parts.words or (parts.words, parts.forms) in seen:
                continue
            seen.add((parts.words, parts.forms))
            self.spelled.update(parts.words)
            self.name(name, parts.words, form_class(parts.forms), owner, QUALITY.get(quality, 0))
        if kind != PERSON and kind not in ("Vessel", "Aircraft"):
            for letters in _acronyms(listed):
                if (letters, "acronym") not in seen:
                    seen.add((letters, "acronym"))
                    self.name(letters.upper(), (letters,), 0, owner, ACRONYM)

    def name(self, text: str, words: tuple[str, ...], form: int, owner: int, quality: int) -> None:
        self.name_words.extend(self.words.setdefault(w, len(self.words)) for w in words)
        self.name_ptr.append(len(self.name_words))
        self.owner.append(owner)
        self.quality.append(quality)
        self.forms.append(form)
        self.text += text.encode()
        self.text_ptr.append(len(self.text))


def form_class(forms: tuple[str, ...]) -> int:
    """Return the classes of legal forms as bits: 1 limited, 2 by shares."""
    return (1 if "@llc" in forms else 0) | (2 if "@jsc" in forms else 0)


def _acronyms(listed: Listed) -> Iterable[str]:
    for name in listed.names[:1]:
        if name.isascii():
            whole = [
                w for w in name.lower().split() if w not in lexicon.PARTICLES and w[0].isalpha()
            ]
            words = [w for w in split(name).words if w[0].isalpha()]
            for parts in (words, whole):
                if 3 <= len(parts) <= 7:
                    yield "".join(w[0] for w in parts)


def build(
    listed: Iterable[Listed],
    versions: Mapping[str, str],
    progress: Callable[[int], None] | None = None,
) -> bytes:
    """Return an index of listed entities. `versions`: {list: hash} it was made from."""
    names = _Names()
    for count, one in enumerate(listed):
        names.entity(one)
        if progress and count % 10_000 == 0:
            progress(count)
    total = len(names.owner)
    arrays = _vocabulary(names)
    head = {
        "engine": ENGINE,
        "lists": dict(versions),
        "names": total,
        "entities": len(names.schema),
    }
    return layout.pack(arrays, head)


def _vocabulary(names: _Names) -> dict[str, layout.Array]:
    """Return the arrays, the words numbered in the order of their hashes."""
    raw = sorted(names.words, key=lambda w: (mark(w), w))
    order = np.empty(len(raw), np.uint32)
    for place, word in enumerate(raw):
        order[names.words[word]] = place
    name_words = order[np.frombuffer(names.name_words, np.uint32)] if raw else order
    name_ptr = np.frombuffer(names.name_ptr, np.uint32)
    total = len(names.owner)
    of_name = np.repeat(np.arange(total, dtype=np.uint32), np.diff(name_ptr))
    post_ptr, post = _postings(name_words, of_name, len(raw))
    folds = [fold(w) for w in raw]
    text = "\n".join(f"{w}\t{f}" for w, f in zip(raw, folds, strict=True)).encode()
    ends = np.flatnonzero(np.frombuffer(text + b"\n", np.uint8) == 10)
    rare = _rarity(folds, np.diff(post_ptr), total)
    weights = np.zeros(total, np.uint32)
    np.add.at(weights, of_name, rare[name_words])
    features = _features(raw, names.spelled)
    return {
        "word_hash": np.array([mark(w) for w in raw], np.uint32),
        "word_text": np.frombuffer(text, np.uint8),
        "word_ptr": np.concatenate([[0], ends + 1]).astype(np.uint32),
        "word_rarity": rare.astype(np.uint8),
        "post_ptr": post_ptr, "post": post, **features,
        "name_ptr": name_ptr, "name_words": name_words.astype(np.uint32),
        "name_weight": weights.astype(np.uint16),
        "name_owner": np.frombuffer(names.owner, np.uint32),
        "name_quality": np.frombuffer(names.quality, np.uint8),
        "name_forms": np.frombuffer(names.forms, np.uint8),
        "name_text": np.frombuffer(bytes(names.text), np.uint8),
        "name_text_ptr": np.frombuffer(names.text_ptr, np.uint32),
        "entity_text": np.frombuffer(bytes(names.entity_text), np.uint8),
        "entity_ptr": np.frombuffer(names.entity_ptr, np.uint32),
        "birth": np.frombuffer(names.births, np.uint32) if names.births else _NONE,
        "birth_ptr": np.frombuffer(names.birth_ptr, np.uint32),
        "country": np.frombuffer(bytes(names.countries), np.uint8),
        "country_ptr": np.frombuffer(names.country_ptr, np.uint32),
        **_papers(names.papers),
        "entity_schema": np.frombuffer(names.schema, np.uint8),
    }  # fmt: skip


def _papers(found: list[tuple[int, int]]) -> dict[str, layout.Array]:
    ordered = sorted(found)
    return {
        "paper": np.array([number for number, _ in ordered], np.uint32),
        "paper_owner": np.array([owner for _, owner in ordered], np.uint32),
    }


def _postings(
    keys: layout.Array, docs: layout.Array, count: int
) -> tuple[layout.Array, layout.Array]:
    """Return (ptr, docs): for each key 0..count-1 its docs, ascending."""
    order = np.argsort(keys, kind="stable")
    ptr = np.zeros(count + 1, np.uint32)
    np.cumsum(np.bincount(keys, minlength=count), out=ptr[1:])
    return ptr, docs[order].astype(np.uint32)


def _rarity(folds: list[str], counts: layout.Array, total: int) -> layout.Array:
    """Return how much each word tells: it is as common as all words of its fold together."""
    by_fold: dict[str, int] = {}
    for folded, count in zip(folds, counts.tolist(), strict=True):
        by_fold[folded] = by_fold.get(folded, 0) + count
    return np.array([rarity(by_fold[f], total) for f in folds], np.uint8)


def _features(raw: list[str], spelled: set[str]) -> dict[str, layout.Array]:
    marks, docs = array("I"), array("I")
    for place, word in enumerate(raw):
        if word not in spelled:
            # First letters that nobody wrote: any word would be like some of them.
            marks.append(mark("=" + fold(word)))
            docs.append(place)
            continue
        found = of_listed(word)
        marks.extend(found)
        docs.extend([place] * len(found))
        heard = heard_as(word) if word.isascii() else None
        if heard is not None:
            marks.append(heard)
            docs.append(place)
    keys = np.frombuffer(marks, np.uint32) if marks else np.empty(0, np.uint32)
    places = np.frombuffer(docs, np.uint32) if docs else np.empty(0, np.uint32)
    order = np.argsort(keys, kind="stable")
    distinct, starts = np.unique(keys[order], return_index=True)
    return {
        "feature": distinct.astype(np.uint32),
        "feature_ptr": np.concatenate([starts, [len(keys)]]).astype(np.uint32),
        "feature_words": places[order],
    }
