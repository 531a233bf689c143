"""Bundles of the CERT desk as collections of STIX objects that programs read and hand in.

Source: OASIS TAXII 2.1; what a version is: section 3.4.1 of it and STIX 2.1 section 3.6.
"""

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

from detente.core import limits
from detente.desks.cert import acts, embargo, index, kinds, paging, rules, spells
from detente.desks.cert.formats import stix, strict
from detente.desks.cert.formats.stix import instant_of as instant
from detente.office.fields import Value, Values
from detente.office.offering import Judged, Judgement, Look, Offering, Page, Shown, Wanted, Wish
from detente.office.tables import Row

MEDIA: Final = "application/stix+json;version=2.1"
UNMARKED: Final = "AMBER"  # what nobody marked is not for everybody
TEXT_MAX: Final = limits.MAX_BODY - 32 * limits.KIB  # of objects, and what names them
ROW: Final = 512  # bytes at most by which a body names one object


class Split(list[str]):
    """The texts of an envelope's objects, with what was parsed of them: they are parsed once."""

    def __init__(self, parsed: strict.Parsed) -> None:
        """Take what was parsed: an object whose `objects`, if it has any, is a list."""
        super().__init__(parsed.text[span.start : span.end] for span in parsed.spans)
        value = parsed.value if isinstance(parsed.value, dict) else {}
        found = value.get("objects")
        self._objects = found if isinstance(found, list) else []
        self._plain = [span.plain for span in parsed.spans]

    def examine(self) -> tuple[bytes, stix.Bundle | stix.Flaw]:
        """Return the bundle of all of them, and what is to be said of it."""
        text = _text(self)
        at, spans = text.index("[") + 1, list[strict.Span]()
        for own, plain in zip(self, self._plain, strict=True):
            spans.append(strict.Span(at, at + len(own), plain))
            at += len(own) + 1  # a comma stands between
        data = text.encode()
        return data, stix.examine_parsed(data, text, self._objects, tuple(spans))


def split(data: bytes) -> Sequence[str]:
    """Return the texts of an envelope's objects. Raises ValueError with what is wrong, and where."""
    try:
        parsed = strict.parse(data)
    except strict.Found as found:
        raise ValueError(found.flaw.what) from None
    if not isinstance(parsed.value, dict):
        raise ValueError("it is no object")  # noqa: TRY004  a text of strangers, no value of ours
    if not isinstance(parsed.value.get("objects", []), list):
        raise ValueError("`objects` is no list")  # noqa: TRY004  as above
    return Split(parsed)


def page(look: Look, lane: str, wanted: Wanted, after: int, count: int) -> Page:
    """Return what programs see in a lane."""
    found = paging.page(look, lane, wanted, after, count)
    return Page(tuple(map(_shown, found.rows)), found.after, found.more)


def held(look: Look, identity: str) -> Sequence[Shown]:
    """Return what programs see or saw of an object, in every lane."""
    return [_shown(row) for row in paging.held(look, identity)]


def texts(look: Look, rows: Sequence[Shown]) -> list[bytes]:
    """Return objects to the letter as they came."""
    return paging.raws(look, [each.row for each in rows])


def sayings(look: Look, shown: Shown) -> Sequence[bytes]:
    """Return the records that say a version where it stands, as far as it was not taken back."""
    return index.standing_records(look, shown.row)


def _shown(row: Row) -> Shown:
    told = spells.plain(row)
    return Shown(
        row["added"], row["id"], row["version"] if told else paging.UNVERSIONED,  # type: ignore[arg-type]
        told or paging.BEGINNING, row["sha256"], row["mid"], row["lane"], row["gone"], row,  # type: ignore[arg-type]
    )  # fmt: skip


def judge(texts: Sequence[str]) -> Judgement:
    """Return what is to be said of each object that somebody hands in, as bytes of JSON texts."""
    whole: stix.Bundle | stix.Flaw | None = None
    if isinstance(texts, Split) and texts:
        data, whole = texts.examine()
    elif len(texts) <= stix.COUNT_MAX:
        data = _bundle(texts)
        whole = stix.examine(data)
    if isinstance(whole, stix.Bundle) and whole.tlp != "RED":
        each = [_judged(ref, whole.tlp) for ref in whole.objects]
        return Judgement(each, stix.Examined.of(data, whole))
    marks = [text for text in texts if f'"{stix.MARKING}"' in text][:50]
    return Judgement([_alone(text, marks) for text in texts], None)


def _alone(text: str, marks: Sequence[str]) -> Judged:
    found = stix.examine(_bundle([text]))
    if isinstance(found, stix.Bundle) and found.tlp == "RED" and text not in marks:
        # Its marking may be defined beside it.
        beside = stix.examine(_bundle([text, *marks]))
        found = beside if isinstance(beside, stix.Bundle) else found
    if isinstance(found, stix.Bundle):
        return _judged(found.objects[0], found.tlp)
    identity, version = _told(text)
    wrong = f"{found.what.removeprefix('object 0 ')}; {found.remedy}"
    return Judged(identity, version, instant(version), b"", "", f"{found.code}: {wrong}"[:500])


def _judged(ref: stix.Ref, tlp: str) -> Judged:
    version = ref.modified or paging.UNVERSIONED
    wrong = ""
    if tlp == "RED":
        wrong = "TLP:RED is for those named alone: a person sends it, no program"
    return Judged(ref.id, version, instant(version), ref.sha256, tlp or UNMARKED, wrong)


def _told(text: str) -> tuple[str, str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    told = value if isinstance(value, dict) else {}
    identity, version = told.get("id"), told.get("modified")
    return (
        identity[:292] if isinstance(identity, str) else "",
        version if isinstance(version, str) and instant(version) else paging.UNVERSIONED,
    )


def _bundle(texts: Sequence[str]) -> bytes:
    return _text(texts).encode("utf-8", "replace")


def _text(texts: Sequence[str]) -> str:
    inner = ",".join(texts)
    name = sha256(inner.encode("utf-8", "replace")).hexdigest()
    told = f"{name[:8]}-{name[8:12]}-8{name[13:16]}-8{name[17:20]}-{name[20:32]}"
    return f'{{"type":"bundle","id":"bundle--{told}","objects":[{inner}]}}'


def send(texts: Sequence[str], to: Sequence[str], tlp: str, whole: bytes | None) -> Wish:
    """Return the act that sends objects as one bundle."""
    about = f"{len(texts)} objects over TAXII" if len(texts) > 1 else "1 object over TAXII"
    file = _bundle(texts) if whole is None else whole
    values: dict[str, Value] = {"file": file, "to": tuple(to), "about": about, "tlp": tlp}
    return Wish(acts.SEND.name, Values(values))


def take_back(mid: bytes, versions: Sequence[tuple[str, str]]) -> Wish:
    """Return the act that withdraws versions of a bundle."""
    objects = tuple(
        Values({"id": one, "modified": None if version == paging.UNVERSIONED else version})
        for one, version in versions
    )
    return Wish(
        acts.WITHDRAW.name,
        Values({"mid": mid, "object": objects, "all": False, "reason": "corrected", "only": True}),
    )


def withheld(look: Look) -> Callable[[str], bool] | None:
    """Return what says of an object's text whether it is under embargo; None while nothing is."""
    held = embargo.standing(look)
    return None if held.pattern is None else held.holds_text


OFFERS: Final = Offering(
    media=MEDIA,
    size_max=TEXT_MAX,
    row_max=ROW,
    count_max=kinds.OBJECTS_MAX,
    split=split,
    page=page,
    known=index.known,
    held=held,
    texts=texts,
    sayings=sayings,
    judge=judge,
    instant=instant,
    is_strict_enough=rules.is_strict_enough,
    send=send,
    take_back=take_back,
    withheld=withheld,
)
