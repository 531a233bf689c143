r"""Whose system what arrives is about: one table, from records that bring objects and from our register.

Both sides of the match stand in one table, so that whichever record is folded first the rows come out
the same: an object that arrives is asked for its constituents, a constituent that is entered or changed
for the objects that are here. Rows are told apart by the beginning of their key:

- `a KEY\tFORM`: FORM (formats/spots) is constituent KEY's. `c KEY`: said: of which record that is.
- `v FORM\tMOMENT\tVERSION`: a value that arrived; said: the mid, of a record in words or an advisory.
- `f KEY\tSINCE\tMOMENT\tVERSION`: found; SINCE sorts the newest first. said: as above.
- `o KEY\tVERSION`: to tell, said: the place of its `f`. `t KEY\tVERSION`: told, said: the telling.
- `k MID`: a telling, said: its key and versions, for a word on it that comes later.
- `m`: said: the sum of all `a` rows; whoever holds a Matcher for this sum need not build one.

MOMENT: the object's number (desk.Numbered), of a record in words its `created`; 14 digits. VERSION names one
version of an object (24 digits): of equal id and time, or of equal id and content where there is no time.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final

from detente.core import limits
from detente.core.errors import OurFault
from detente.desks.cert import advisory, index
from detente.desks.cert import kinds as cert_kinds
from detente.desks.cert.formats import spots, stix, wares
from detente.desks.cert.formats.csaf.walk import node
from detente.desks.cert.formats.members import Object
from detente.desks.cert.home import kinds, register
from detente.desks.cert.home.matching import Asset, Matcher, ends
from detente.desks.cert.incident import kinds as incident_kinds
from detente.office.desk import Fold, Opened
from detente.office.fields import Field, LongText, Text, Values
from detente.office.tables import Rows, Table

WORDY: Final = (
    incident_kinds.INCIDENT, incident_kinds.UPDATE, incident_kinds.WARNING, incident_kinds.REPORT,
    incident_kinds.REQUEST,
)  # fmt: skip
_TEXTS: Final = ("about", "text", "question")
_PAGE: Final = 500
_FIRST: Final = 32  # of a few keys no page is read for nothing
_FAR: Final = 16**14 - 1
_FEW: Final = 64  # forms that are asked for one by one; of more all values are walked once
_HELD: Final = 4  # matchers kept: one for each office of a process is enough

WHOSE: Final = Table(
    name="cert_whose",
    key="place",
    columns=(
        Field("place", Text(900)),
        Field("said", LongText(64 * limits.MAX_TOLD_AT_ONCE), required=False),
    ),
    quiet=True,
)
_matchers: dict[str, Matcher] = {}


def fold_objects(rows: Rows, opened: Opened) -> None:
    """Keep the values of a bundle's objects, and whose they are."""
    objects = index.objects(opened)
    refs = opened.body.parts("objects")
    found = []
    for place, each in spots.of_objects(objects):
        version = version_of(objects[place], refs[place].data("sha256"))
        found.append((opened.added + place, version, each))
    if found:
        _arrive(rows, found, "")


def fold_words(rows: Rows, opened: Opened) -> None:
    """Keep the values that a report in words names, and whose they are."""
    text = "\n".join(opened.body.text(name) for name in _TEXTS)
    found = spots.in_text(text)
    if found:
        moment, version = opened.created.ms * 1_000, version_of_record(opened.mid)
        _arrive(rows, [(moment, version, found)], opened.mid.hex())


def fold_advisory(rows: Rows, opened: Opened) -> None:
    """Keep the products that an advisory is about, and who has them."""
    text = opened.body.text("advisory")
    found = of_advisory(text)
    if not found:
        return
    version, moment = version_of_text(text), opened.created.ms * 1_000
    # Of two records of one text and time the lesser stands, whichever is folded first.
    before = rows.get(f"v {found[0].form}\t{moment:014x}\t{version}")
    said = min([opened.mid.hex(), *([str(before["said"])] if before is not None else [])])
    _arrive(rows, [(moment, version, found)], said)


def fold_one(rows: Rows, opened: Opened) -> None:
    """Take what a constituent says of itself for all that is its."""
    _change(rows, [opened.body], opened)


def fold_many(rows: Rows, opened: Opened) -> None:
    """Take the same of each line of a table."""
    _change(rows, [line.who for line in lines_of(opened) if line.who is not None], opened)


def fold_told(rows: Rows, opened: Opened) -> None:
    """Take what was told off the list, and keep what it was for a word that comes later."""
    key, versions = opened.body.text("key"), opened.body.texts("version")
    rows.put({"place": f"k {opened.mid.hex()}", "said": f"{key} {' '.join(versions)}"})
    for each in versions:
        rows.drop(f"o {key}\t{each}")
        rows.put({"place": f"t {key}\t{each}", "said": opened.mid.hex()})


def fold_word(rows: Rows, opened: Opened) -> None:
    """Put what was not told after all on the list again."""
    of = opened.body.data("of").hex()
    row = rows.get(f"k {of}")
    if row is None or opened.body.text("word") != "failed":
        return
    key, *versions = Values(row).text("said").split(" ")
    for each in versions:
        told = rows.get(f"t {key}\t{each}")
        if told is not None and told["said"] == of:
            rows.drop(f"t {key}\t{each}")
    for place in _found(rows, key):
        _open(rows, key, place)


def lines_of(opened: Opened) -> tuple[register.Line, ...]:
    """Return the lines of a table in a record; none of one that is no such table."""
    try:
        return register.read(opened.body.text("text"))
    except OurFault:
        return ()


def version_of(one: Object, digest: bytes) -> str:
    """Return what names an object's version here."""
    edition = stix.edition_of(one, digest)
    return sha256(f"{one.get('id')} {edition}".encode()).hexdigest()[:24]


def version_of_record(mid: bytes) -> str:
    """Return what names a record in words here."""
    return sha256(b"record " + mid).hexdigest()[:24]


def of_advisory(text: str) -> tuple[spots.Spot, ...]:
    """Return the products of an advisory; none of what is no JSON."""
    try:
        document = node(json.loads(text))
    except (ValueError, RecursionError):
        return ()
    return tuple(spots.Spot(*each) for each in wares.of_advisory(document))


def version_of_text(text: str) -> str:
    """Return what names an advisory here: the same bytes are one, whoever sends them again."""
    return sha256(b"advisory " + text.encode()).hexdigest()[:24]


def prefixed(rows: Rows, start: str) -> Iterator[str]:
    """Yield the keys that begin so, in their order."""
    place, page = start, _FIRST
    while True:
        found = rows.find({}, place, page)
        for row in found:
            place = str(row["place"])
            if not place.startswith(start):
                return
            yield place
        if len(found) < page:
            return
        page = _PAGE


def _arrive(rows: Rows, found: Sequence[tuple[int, str, Sequence[spots.Spot]]], said: str) -> None:
    more = {"said": said} if said else {}
    rows.put_many(
        [
            {"place": f"v {spot.form}\t{moment:014x}\t{version}", **more}
            for moment, version, each in found
            for spot in each
        ]
    )
    matcher = of_register(rows)
    if matcher is None:
        return
    for moment, version, each in found:
        for key in sorted({key for spot in each for key in matcher.whose(spot.form)}):
            _find(rows, key, moment, version, said)


def _find(rows: Rows, key: str, moment: int, version: str, said: str) -> None:
    place = f"f {key}\t{_FAR - moment:014x}\t{moment:014x}\t{version}"
    rows.put({"place": place, "said": said or None})
    _open(rows, key, place)


def _open(rows: Rows, key: str, place: str) -> None:
    # Of one version that came more than once the first stands for all.
    version = place.rpartition("\t")[2]
    if rows.get(f"t {key}\t{version}") is not None:
        return
    before = rows.get(f"o {key}\t{version}")
    if before is None or str(before["said"]) < place:
        rows.put({"place": f"o {key}\t{version}", "said": place})


def _found(rows: Rows, key: str) -> list[str]:
    return list(prefixed(rows, f"f {key}\t"))


def _change(rows: Rows, changed: Sequence[Values], opened: Opened) -> None:
    before: dict[str, set[str]] = {}
    after: dict[str, set[str]] = {}
    record = f"{opened.created.ms:016} {opened.n:016} {opened.mid.hex()}"
    for who in changed:
        key = who.text("key")
        ruling = rows.get(f"c {key}")
        if ruling is not None and str(ruling["said"]) > record:
            continue  # the latest counts, whichever is folded last
        if key not in before:
            before[key] = {place.partition("\t")[2] for place in prefixed(rows, f"a {key}\t")}
        after[key] = set(register.forms(who))
    rows.put_many([{"place": f"c {key}", "said": record} for key in after])
    new = [Asset(form, key) for key in after for form in sorted(after[key] - before[key])]
    gone = [Asset(form, key) for key in after for form in sorted(before[key] - after[key])]
    if not new and not gone:
        return
    _sum(rows, [*new, *gone])
    for form, key in gone:
        rows.drop(f"a {key}\t{form}")
    rows.put_many([{"place": f"a {key}\t{form}"} for form, key in new])
    less = sorted({asset.key for asset in gone})
    for key in less:
        _forget(rows, key)
    # One look back for all of them: of many it walks all values once, not once for each.
    again = {Asset(form, key) for key in less for form in after[key]}
    _look_back(rows, sorted(again.union(new)))


def _forget(rows: Rows, key: str) -> None:
    for start in ("f", "o"):
        for place in list(prefixed(rows, f"{start} {key}\t")):
            rows.drop(place)


def _look_back(rows: Rows, assets: Sequence[Asset]) -> None:
    if len(assets) <= _FEW:
        for form, key in assets:
            for place in _within(rows, form):
                _find_value(rows, key, place)
        return
    matcher = Matcher(assets)
    for place in prefixed(rows, "v "):
        for key in sorted(matcher.whose(place[2:].partition("\t")[0])):
            _find_value(rows, key, place)


def _find_value(rows: Rows, key: str, place: str) -> None:
    _, moment, version = place.split("\t")
    row = rows.get(place)
    assert row is not None, "it was found just now"
    _find(rows, key, int(moment, 16), version, str(row["said"] or ""))


def _within(rows: Rows, form: str) -> list[str]:
    """Return the places of values that are of a form's holder."""
    if form[0] == "d":
        return list(prefixed(rows, f"v {form}"))
    if form[0] in "sp":
        return list(prefixed(rows, f"v {form}\t"))
    return list(_within_network(rows, form))


def _within_network(rows: Rows, form: str) -> Iterator[str]:
    # What begins in it, then wider networks around it, each asked for by its own form.
    first, last = ends(form)
    version = int(form[0])
    matcher = Matcher([Asset(form, "")])
    place = f"v {form.rpartition(' ')[0]}"
    while found := rows.find({}, place, _PAGE):
        for row in found:
            place = str(row["place"])
            told = place[2:].partition("\t")[0]
            if not place.startswith(f"v {version} ") or ends(told)[0] > last:
                break
            if matcher.whose(told):
                yield place
        else:
            continue
        break
    size, bits = last - first + 1, {4: 32, 6: 128}[version]
    while (size := size * 2) <= 1 << (bits - spots.COVER_LEAST[version]):
        begin = first // size * size
        if begin != first:  # else it was among those that begin in it
            yield from prefixed(rows, f"v {spots.range_form(version, begin, begin + size - 1)}\t")


def _sum(rows: Rows, changed: Iterable[Asset]) -> None:
    # Adding a row and taking it away are one and the same: the order of changes leaves no trace.
    head = rows.get("m")
    total = int(str(head["said"]), 16) if head is not None else 0
    for form, key in changed:
        total ^= int.from_bytes(sha256(f"{key}\t{form}".encode()).digest())
    rows.put({"place": "m", "said": f"{total:064x}"})


def of_register(rows: Rows) -> Matcher | None:
    """Return the Matcher of the register as it stands; None while nobody was entered."""
    head = rows.get("m")
    if head is None:
        return None
    return matcher(str(head["said"]), lambda: prefixed(rows, "a "))


def matcher(total: str, places: Callable[[], Iterable[str]]) -> Matcher:
    """Return the Matcher of all `a` rows. total: their sum; places: gives them, if it must be built."""
    found = _matchers.get(total)
    if found is None:
        pairs = (place[2:].split("\t") for place in places())
        found = Matcher(Asset(form, key) for key, form in pairs)
        while len(_matchers) >= _HELD:
            _matchers.pop(next(iter(_matchers)))
        _matchers[total] = found
    return found


ALL: Final = (
    Fold(WHOSE, (cert_kinds.BUNDLE,), fold_objects),
    Fold(WHOSE, WORDY, fold_words),
    Fold(WHOSE, (advisory.ADVISORY,), fold_advisory),
    Fold(WHOSE, (kinds.CONSTITUENT,), fold_one),
    Fold(WHOSE, (kinds.CONSTITUENTS,), fold_many),
    Fold(WHOSE, (kinds.TOLD,), fold_told),
    Fold(WHOSE, (kinds.TOLD_WORD,), fold_word),
)
