"""An exhibit as one page for a browser and an A4 printer: no script, nothing fetched.

Whatever others wrote is escaped and isolated from the direction of the page; it cannot imitate the
frame, which is ours.
"""

from collections.abc import Iterable, Iterator
from html import escape
from importlib import resources
from typing import Final

from detente.app.exhibit.record import Entry, Exhibit, Party
from detente.app.face import language, say

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
# A filled stop has a signature behind it, a ring has not.
_STOP: Final = (
    '<svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">'
    '<circle cx="6" cy="6" r="4.5" fill="{fill}" stroke="currentColor" stroke-width="1.5"/></svg>'
)


def write(page: Exhibit) -> str:
    """Return the page."""
    style = (resources.files("detente.app.exhibit") / "exhibit.css").read_text("utf-8")
    return "\n".join(
        (
            f'<!doctype html>\n<html lang="{language()}">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{escape(page.title)}</title>\n<style>\n{style}{_margins(page)}</style>",
            "</head>\n<body>",
            *_body(page),
            "</body>\n</html>\n",
        )
    )


def _margins(page: Exhibit) -> str:
    # Marking and marks at the top and foot of every printed page; words of ours alone.
    if not page.marking:
        return ""
    words = " · ".join((say("exhibit.highest", tlp=page.marking), *page.mark_names))
    assert not set('"\\\n<') & set(words), "no sign that a style sheet reads otherwise"
    rule = f'{{ content: "{words}"; font-size: 9pt; font-weight: 600; }}'
    return f"@page {{ @top-center {rule} @bottom-center {rule} }}\n"


def _body(page: Exhibit) -> Iterator[str]:
    band = ""
    if page.marking:
        band = f'<p class="band"><bdi>{escape(say("exhibit.highest", tlp=page.marking))}</bdi></p>'
    yield f"{band}\n<main>\n<header>\n<h1>{escape(page.title)}</h1>"
    if page.about:
        yield f'<p class="about" dir="auto">{escape(page.about)}</p>'
    yield from _marks(page.marks)
    yield f'<p class="verdict">{escape(page.verdict)}</p>\n</header>'
    yield from _list("whole", page.whole)
    yield '<div class="two">'
    yield from _list("proved", page.proved)
    yield from _list("not_proved", page.not_proved)
    yield "</div>"
    if page.entries:
        yield f"<h2>{escape(say('exhibit.h_records'))}</h2>"
    for entry in page.entries:
        yield from _entry(entry)
    yield from _receipts(page.receipts)
    yield f"<section>\n<h2>{escape(say('exhibit.h_parties'))}</h2>"
    for party in page.parties:
        yield from _party(party)
    yield "</section>"
    yield from _list("how", page.how)
    file_is = say("exhibit.file_is", file=page.name, sha256=page.sha256)
    yield f'<p class="trace">{escape(file_is)}</p>\n</main>\n{band}'


def _list(head: str, rows: Iterable[str]) -> Iterator[str]:
    items = "\n".join(f'<li dir="auto">{escape(row)}</li>' for row in rows)
    if items:
        title = escape(say(f"exhibit.h_{head}"))
        yield f'<section class="{head}">\n<h2>{title}</h2>\n<ul>\n{items}\n</ul>\n</section>'


def _marks(marks: Iterable[str]) -> Iterator[str]:
    for mark in marks:
        yield f'<p class="mark"><bdi>{escape(mark)}</bdi></p>'


def _entry(entry: Entry) -> Iterator[str]:
    number = escape(say("exhibit.record_of", number=entry.number))
    yield f'<article class="side{entry.side}">\n<h3>{number} <span><bdi>{escape(entry.sender)}</bdi></span>'
    yield f"<span><bdi>{escape(entry.marking)}</bdi></span></h3>"
    yield from _marks(entry.marks)
    fate = "mark" if entry.is_gone else "fate"
    yield f'<p class="{fate}">{escape(entry.fate)}</p>\n<dl class="facts">'
    for word, value in entry.facts:
        yield f"<dt>{escape(word)}</dt><dd><bdi>{escape(value)}</bdi></dd>"
    yield '</dl>\n<ol class="run">'
    for word, has in entry.stops:
        stop = _STOP.format(fill="currentColor" if has else "none")
        yield f"<li{'' if has else ' class=empty'}>{stop} <bdi>{escape(word)}</bdi></li>"
    yield "</ol>"
    if entry.text is None:
        yield f'<p class="withheld">{escape(say("exhibit.text_withheld"))}</p>'
    else:
        yield '<dl class="text">'
        for name, value in entry.text:
            yield f'<dt><bdi>{escape(name)}</bdi></dt><dd dir="auto">{escape(value)}</dd>'
        yield "</dl>"
    yield f'<p class="trace"><bdi>{escape(entry.trace)}</bdi></p>\n</article>'


def _receipts(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    found = "\n".join(
        f"<tr><td><bdi>{escape(what)}</bdi></td><td><bdi>{escape(when)}</bdi></td></tr>"
        for what, when in rows
    )
    if found:
        yield f"<section>\n<h2>{escape(say('exhibit.h_receipts'))}</h2>\n<table>{found}</table>\n</section>"


def _party(party: Party) -> Iterator[str]:
    digits = " ".join(f"<span>{escape(group)}</span>" for group in party.digits)
    yield f'<div class="party">\n<h3><bdi>{escape(party.name)}</bdi></h3>'
    yield f'<p>{escape(say("exhibit.digits_are"))}</p>\n<p class="digits" dir="ltr">{digits}</p>'
    yield f'<p>{escape(say("exhibit.keys_are"))}</p>\n<dl class="keys">'
    for word, key in party.keys:
        yield f"<dt><bdi>{escape(word)}</bdi></dt><dd><code>{escape(key)}</code></dd>"
    yield "</dl>\n</div>"
