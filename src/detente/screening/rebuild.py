"""An index of a list that has changed, from the one before: only what is new is read and cut up.

The same bytes as `build` makes of the whole list. What the index before says of entities and words
that stay is taken over; how much each word tells, and the order of all, is reckoned anew.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from detente.screening import layout
from detente.screening.build import ACRONYM, build, rarity
from detente.screening.features import mark
from detente.screening.layout import Array
from detente.screening.listed import Listed
from detente.screening.version import ENGINE

Arrays = dict[str, Array]
_ORDER: Final = (  # in which `build` lays them down
    "word_hash", "word_text", "word_ptr", "word_rarity", "post_ptr", "post",
    "feature", "feature_ptr", "feature_words", "name_ptr", "name_words", "name_weight",
    "name_owner", "name_quality", "name_forms", "name_text", "name_text_ptr",
    "entity_text", "entity_ptr", "birth", "birth_ptr", "country", "country_ptr",
    "paper", "paper_owner", "entity_schema",
)  # fmt: skip


def rebuild(
    before: bytes | memoryview, listed: Sequence[Listed], changed: Collection[str],
    versions: Mapping[str, str],
) -> bytes:  # fmt: skip
    """Return `build(listed, versions)`.

    before: an index of the list as it was, when it said the same of all ids but those `changed`.
    Raises OurFault index.form: `before` is no index, or of another engine.
    """
    _, old = layout.unpack(before, ENGINE)
    places = {one: place for place, one in enumerate(_texts(old, "entity"))}
    touched = set(changed)
    fresh = [e for e in listed if e.id in touched or e.id not in places]
    if not old["name_words"].size or any(a.quality == "acronym" for e in listed for a in e.aliases):
        return build(listed, versions)  # an acronym of the list's own looks like one of ours
    _, new = layout.unpack(build(fresh, {}), ENGINE)
    coming = iter(range(len(old["entity_schema"]), len(old["entity_schema"]) + len(fresh)))
    chosen = np.array(
        [
            next(coming) if e.id in touched or e.id not in places else places[e.id]
            for e in listed
        ],
        np.int64,
    )  # fmt: skip
    arrays = _entities(old, new, chosen) | _names(old, new, chosen)
    arrays |= _words(old, new, arrays)
    told = {
        "engine": ENGINE, "lists": dict(versions), "names": len(arrays["name_owner"]),
        "entities": len(listed),
    }  # fmt: skip
    return layout.pack({name: arrays[name] for name in _ORDER}, told)


def _texts(arrays: Arrays, kind: str) -> list[str]:
    text, ptr = arrays[f"{kind}_text"].tobytes(), arrays[f"{kind}_ptr"].tolist()
    return [text[a:b].decode() for a, b in pairwise(ptr)]


def _sizes(ptr: Array) -> Array:
    ends: Array = ptr.astype(np.int64)
    return ends[1:] - ends[:-1]


class _Runs(NamedTuple):
    """Runs of something, one after the other: where each begins, and where the last one ends."""

    ptr: Array
    held: Array

    def chosen(self, places: Array) -> "_Runs":
        """Return some runs, in their order."""
        at, sizes = layout.runs(self.ptr[places], self.ptr[places + 1])
        return _Runs(np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]), self.held[at])


def _both(old: Arrays, new: Arrays, ptr: str, held: str) -> _Runs:
    """Return the runs of both indexes, those of the new one last."""
    one, two = old[ptr].astype(np.int64), new[ptr].astype(np.int64)
    return _Runs(np.concatenate([one, two[1:] + one[-1]]), np.concatenate([old[held], new[held]]))


def _entities(old: Arrays, new: Arrays, chosen: Array) -> Arrays:
    found = {"entity_schema": np.concatenate([old["entity_schema"], new["entity_schema"]])[chosen]}
    for kind, held in (("entity", "entity_text"), ("birth", "birth"), ("country", "country")):
        # A country takes two bytes, and is counted by them.
        runs = _both(old, new, f"{kind}_ptr", held).chosen(chosen)
        found[f"{kind}_ptr"], found[held] = runs.ptr.astype(np.uint32), runs.held
    now = np.full(len(old["entity_schema"]) + len(new["entity_schema"]), -1, np.int64)
    now[chosen] = np.arange(len(chosen))
    owner = now[_after(old, new, "paper_owner", len(old["entity_schema"]))]
    paper = np.concatenate([old["paper"], new["paper"]])[owner >= 0]
    owner = owner[owner >= 0]
    order = np.lexsort((owner, paper))
    return found | {"paper": paper[order], "paper_owner": owner[order].astype(np.uint32)}


def _after(old: Arrays, new: Arrays, name: str, by: int) -> Array:
    """Return numbers of both indexes, those of the new one above all of the old one."""
    return np.concatenate([old[name].astype(np.int64), new[name].astype(np.int64) + by])


def _names(old: Arrays, new: Arrays, chosen: Array) -> Arrays:
    """Return the arrays of names; `name_words` are still those of both vocabularies."""
    entities = len(old["entity_schema"])
    owner = _after(old, new, "name_owner", entities)
    first = np.searchsorted(owner, np.arange(entities + len(new["entity_schema"]) + 1))
    names = _Runs(first, np.arange(len(owner))).chosen(chosen)
    vocabulary = {**new, "name_words": new["name_words"].astype(np.int64) + len(old["word_hash"])}
    words = _both(old, vocabulary, "name_ptr", "name_words").chosen(names.held)
    text = _both(old, new, "name_text_ptr", "name_text").chosen(names.held)
    return {
        "name_ptr": words.ptr.astype(np.uint32), "name_words": words.held,
        "name_text_ptr": text.ptr.astype(np.uint32), "name_text": text.held,
        "name_owner": np.repeat(np.arange(len(chosen)), _sizes(names.ptr)).astype(np.uint32),
        "name_quality": np.concatenate([old["name_quality"], new["name_quality"]])[names.held],
        "name_forms": np.concatenate([old["name_forms"], new["name_forms"]])[names.held],
    }  # fmt: skip


def _words(old: Arrays, new: Arrays, arrays: Arrays) -> Arrays:
    """Return the arrays of words, numbered in the order of their hashes, and what hangs on them."""
    texts = [_lines(a) for a in (old, new)]
    marks = np.concatenate([old["word_hash"], new["word_hash"]]).tolist()
    both = [*texts[0], *texts[1]]
    used = np.unique(arrays["name_words"]).tolist()
    lines = dict.fromkeys((marks[n], both[n][0], both[n][1]) for n in used)
    ordered = sorted(lines)
    place = {word: number for number, (_, word, _) in enumerate(ordered)}
    now = np.array([place.get(word, -1) for word, _ in both], np.int64)
    words = now[arrays["name_words"]]
    sizes = _sizes(arrays["name_ptr"])
    of_name = np.repeat(np.arange(len(sizes)), sizes)
    counts = np.bincount(words, minlength=len(ordered))
    folds = [folded for _, _, folded in ordered]
    rare = _rarities(folds, counts.tolist(), len(sizes))
    weights = np.bincount(of_name, rare[words], len(sizes)).astype(np.int64)
    text = "\n".join(f"{word}\t{folded}" for _, word, folded in ordered).encode()
    ends = np.flatnonzero(np.frombuffer(text + b"\n", np.uint8) == ord("\n"))
    is_spelled = np.zeros(len(ordered), bool)
    is_spelled[words[arrays["name_quality"][of_name] != ACRONYM]] = True
    return {
        "name_words": words.astype(np.uint32),
        "word_hash": np.array([mark_ for mark_, _, _ in ordered], np.uint32),
        "word_text": np.frombuffer(text, np.uint8),
        "word_ptr": np.concatenate([[0], ends + 1]).astype(np.uint32),
        "word_rarity": rare.astype(np.uint8),
        "post_ptr": np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32),
        "post": of_name[np.argsort(words, kind="stable")].astype(np.uint32),
        "name_weight": weights.astype(np.uint16),
        **_features((old, new), now, is_spelled, folds),
    }


def _lines(arrays: Arrays) -> list[tuple[str, str]]:
    """Return (word, fold) of every word."""
    found = []
    for line in arrays["word_text"].tobytes().decode().split("\n"):
        word, _, folded = line.partition("\t")
        found.append((word, folded))
    return found[: len(arrays["word_hash"])]


def _rarities(folds: list[str], counts: list[int], total: int) -> Array:
    by_fold: dict[str, int] = {}
    for folded, count in zip(folds, counts, strict=True):
        by_fold[folded] = by_fold.get(folded, 0) + count
    told = {count: rarity(count, total) for count in set(by_fold.values())}
    return np.array([told[by_fold[folded]] for folded in folds], np.int64)


def _features(sides: tuple[Arrays, Arrays], now: Array, spelled: Array, folds: list[str]) -> Arrays:
    """Return by what words are found: as either index has it that knows a word from a name."""
    every_mark, every_word, begin = [], [], 0
    is_open = spelled.copy()
    for side in sides:
        known = now[begin : begin + len(side["word_hash"])]
        begin += len(side["word_hash"])
        held = np.zeros(len(known), bool)
        names = np.repeat(side["name_quality"], _sizes(side["name_ptr"]))
        held[side["name_words"][names != ACRONYM]] = True
        held &= known >= 0
        held[held] = is_open[known[held]]
        is_open[known[held]] = False
        marks = np.repeat(side["feature"], _sizes(side["feature_ptr"]))
        taken = held[side["feature_words"]]
        every_mark.append(marks[taken])
        every_word.append(known[side["feature_words"][taken]])
    assert not is_open.any(), "a word of a name is known to one of the indexes"
    bare = np.flatnonzero(~spelled)
    every_mark.append(np.array([mark("=" + folds[n]) for n in bare.tolist()], np.uint32))
    every_word.append(bare)
    marks, words = np.concatenate(every_mark), np.concatenate(every_word)
    order = np.lexsort((words, marks))
    distinct, starts = np.unique(marks[order], return_index=True)
    return {
        "feature": distinct.astype(np.uint32),
        "feature_ptr": np.concatenate([starts, [len(marks)]]).astype(np.uint32),
        "feature_words": words[order].astype(np.uint32),
    }
