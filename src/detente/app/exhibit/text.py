"""An exhibit as plain text: 80 columns where words can be broken, one idea a line."""

import textwrap
from collections.abc import Iterator
from typing import Final

from detente.app.exhibit.record import Entry, Exhibit
from detente.app.face import say
from detente.app.printed import plain

_WIDTH: Final = 80


def write(page: Exhibit) -> str:
    """Return the text, ending in a newline."""
    return "\n".join(line.rstrip() for line in _lines(page)) + "\n"


def _lines(page: Exhibit) -> Iterator[str]:
    band = say("exhibit.highest", tlp=page.marking) if page.marking else ""
    yield from (band, *page.marks, "", page.title.upper(), page.about, "", *_wrap(page.verdict))
    for head, rows in (
        ("whole", page.whole),
        ("proved", page.proved),
        ("not_proved", page.not_proved),
    ):
        yield from _section(head, rows)
    if page.entries:
        yield from ("", say("exhibit.h_records").upper())
    for entry in page.entries:
        yield from _entry(entry)
    receipts = [f"{what}. {when}" for what, when in page.receipts]
    yield from _section("receipts", tuple(receipts))
    yield from ("", say("exhibit.h_parties").upper())
    for party in page.parties:
        yield from ("", party.name, f"  {say('exhibit.digits_are')}")
        yield from (f"    {' '.join(party.digits[i : i + 4])}" for i in (0, 4, 8))
        yield f"  {say('exhibit.keys_are')}"
        for word, digits in party.keys:
            yield from (f"    {word}", f"      {digits}")
    yield from _section("how", page.how)
    yield from ("", *_wrap(say("exhibit.file_is", file=page.name, sha256=page.sha256)), band)


def _section(head: str, rows: tuple[str, ...]) -> Iterator[str]:
    if rows:
        yield from ("", say(f"exhibit.h_{head}").upper())
        for row in rows:
            yield from _wrap(row, "- ")


def _entry(entry: Entry) -> Iterator[str]:
    yield from (
        "",
        "-" * _WIDTH,
        f"{say('exhibit.record_of', number=entry.number)}  {entry.marking}",
    )
    for mark in entry.marks:
        yield f"*** {mark}"
    yield from _wrap(entry.fate, "*** " if entry.is_gone else "")
    for word, value in entry.facts:
        yield from _wrap(f"{word}: {value}")
    signed = [f"[{'x' if has else ' '}] {word}" for word, has in entry.stops]
    yield "  ".join(signed)
    yield ""
    if entry.text is None:
        yield f"  {say('exhibit.text_withheld')}"
    for name, value in entry.text or ():
        yield f"  {plain(name)}:"
        for line in value.split("\n"):
            yield f"    {line}"  # as it is: a broken line would be another text
    yield from _wrap(entry.trace)


def _wrap(text: str, before: str = "") -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=before, subsequent_indent=" " * len(before),
        break_on_hyphens=False,
    )  # fmt: skip
