"""The trail, for auditors: what people did, saw and were refused; checked and saved. No bodies."""

import json
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, download, page
from detente.app.console.asked import moment_of
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.core import record
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.office import home_kinds
from detente.office.fields import Cut, Mid, Values, mid_text
from detente.office.people import House
from detente.office.proving import Proved
from detente.office.trail import Query

NEEDS: Final = House.AUDITOR.value
ROWS: Final = 100
EXPORT_MAX: Final = 100_000  # entries of one file
KINDS: Final = (
    *(kind.name for kind in home_kinds.ALL),
    "office.person",
    "office.take",
    "office.leave",
    "office.seen",
)


def audit(site: Site, ask: Ask) -> Answer:
    """Show entries, the newest first."""
    return _page(site, ask, None)


def verify(site: Site, ask: Ask) -> Answer:
    """Check every entry and the heads that others hold."""
    return _page(site, ask, site.office.trail.verify(ask.person, (), site.now()))


def _page(site: Site, ask: Ask, proved: Proved | None) -> Answer:
    query, now = _query(site, ask), site.now()
    found = site.office.trail.find(ask.person, query, now, ask.asked("after"), ROWS)
    ours, theirs = site.office.trail.heads(ask.person, now)
    frame = framing.frame(site, ask, "audit")
    if proved is not None:
        frame = replace(frame, events="", again="")  # checking all is asked for, never by itself
    values = {
        "frame": frame,
        "rows": [_row(row) for row in found.rows],
        "asked": {
            name: ask.asked(name) for name in ("person", "desk", "kind", "of", "since", "until")
        },
        "kinds": KINDS,
        "older": _older(ask, found.after),
        "query": urlencode({n: t[-1] for n, t in ask.query.items() if n != "after" and t[-1]}),
        "proved": proved,
        "ours": ours,
        "theirs": theirs,
    }
    return page(site.renderer.render("pages/audit.html", ask.language, values))


def _query(site: Site, ask: Ask) -> Query:
    of = ask.asked("of").strip()
    found = Mid().read("of", of) if of else None
    mid = site.office.records.whole_mid(found) if isinstance(found, (bytes, Cut)) else None
    return Query(
        person=ask.asked("person").strip(),
        desk=ask.asked("desk").strip(),
        kind=ask.asked("kind"),
        of=mid,
        since=moment_of(ask.asked("since").strip()),
        until=moment_of(ask.asked("until").strip()),
    )


def _row(row: Values) -> dict[str, object]:
    return {
        "at": row.moment("at"),
        "person": row.text("person"),
        "desk": row.text("desk"),
        "kind": row.text("kind"),
        "what": " ".join(filter(None, (row.text("what"), row.text("step")))),
        "count": row.whole("count"),
        "id": record.mid_text(row.data("mid")),
        "code": row.text("code"),
        "unaudited": row.text("unaudited"),
    }


def _older(ask: Ask, after: str) -> str:
    if not after:
        return ""
    kept = {name: texts[-1] for name, texts in ask.query.items() if name != "after" and texts[-1]}
    return "/audit?" + urlencode({**kept, "after": after})


def export(site: Site, ask: Ask) -> Answer:
    """Save the entries that fit the question, one JSON object a line."""
    query, after = _query(site, ask), ""
    lines: list[bytes] = []
    while len(lines) < EXPORT_MAX:
        found = site.office.trail.find(ask.person, query, site.now(), after, ROWS)
        lines += [json.dumps(_document(row), ensure_ascii=False).encode() for row in found.rows]
        after = found.after
        if not after:
            break
    else:
        raise OurFault(
            "form.count", f"more than {EXPORT_MAX} entries fit", "ask for a shorter time"
        )
    return download(b"\n".join(lines) + b"\n", "trail.jsonl", "application/x-ndjson")


def file(site: Site, ask: Ask) -> Answer:
    """Save the whole home log as a file that anybody can check: detente verify."""
    site.read_news()
    return download(site.office.trail.file(ask.person, site.now()), "home.audit")


def _document(row: Values) -> dict[str, Json]:
    return {
        "at": str(row.moment("at")),
        "person": row.text("person"),
        "desk": row.text("desk"),
        "kind": row.text("kind"),
        "what": row.text("what"),
        "step": row.text("step"),
        "code": row.text("code"),
        "records": row.whole("count"),
        "mid": mid_text(row.data("mid")),
    }


ROUTES: Final = (
    Route("GET", "audit", audit, NEEDS),
    Route("GET", "audit/verify", verify, NEEDS),
    Route("GET", "audit/export", export, NEEDS),
    Route("GET", "audit/file", file, NEEDS),
)
