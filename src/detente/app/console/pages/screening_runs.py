"""Screening a file of customers: asked for, watched, looked at, fetched, removed.

An alert is no finding against a person: the page shows what speaks against each.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from detente.app import said
from detente.app.console import framing, reasons
from detente.app.console.ask import Answer, Ask, download, go, page
from detente.app.console.pages.screening import Hit, hit_of, screens_of
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.problems import status_of
from detente.app.screening import room
from detente.app.screening.runs import Asked
from detente.app.screening.who import may, permit
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.desk import Role
from detente.screening.runs import DONE, FAILED, NAME_MAX, Run

if TYPE_CHECKING:
    from detente.screening.bulk import Line

DOWNLOAD_MAX: Final = 32 << 20  # bytes of results that a browser is given; more by the API
PER_CENT_MAX: Final = 3  # characters
# Faults that are told on the form, and the field that each is about.
FIELDS: Final[Mapping[str, str]] = {
    "form.missing": "file", "form.number": "threshold", "customers.settings": "mapping",
    "customers.unreadable": "file", "list.none": "", "list.busy": "file",
    "screening.runs_full": "",
}  # fmt: skip
WRITTEN: Final = ("file", "mapping", "threshold")
_TYPES: Final = {"results": "application/jsonl", "table": "text/csv; charset=utf-8"}
_ENDINGS: Final = {"results": "jsonl", "table": "csv"}


def files(site: Site, ask: Ask, fault: OurFault | None = None) -> Answer:
    """Show the runs over files of customers, and the form to begin one; a fault of it, if one is."""
    screens = screens_of(site)
    runs = screens.runs.all(site.office, ask.person)
    errors = [_error(fault, ask)] if fault else []
    values = {
        "frame": framing.frame(site, ask, "desks"), "rows": [_row(site, each) for each in reversed(runs)],
        "may": may(site.office, ask.person, Role.AUTHOR), "told": ask,
        "lists": sorted(screens.book(site.office, ask.person).in_force()), "errors": errors,
        "wrong": dict.fromkeys(WRITTEN, "") | {e["field"]: e["what"] for e in errors},
    }  # fmt: skip
    html = site.renderer.render("pages/screening_files.html", ask.language, values)
    return page(html, status_of(fault.code) if fault else 200)


def _row(site: Site, run: Run) -> dict[str, object]:
    found = screens_of(site).runs.progress(run)
    lines = found.lines if found else 0
    done = found.done if found else 0
    return {
        "run": run, "at": Moment.parse(run.at), "done": done, "lines": max(lines, done),
        "ended": Moment.parse(run.ended) if run.ended else None,
        "total": run.clear + run.alert + run.undecided,
    }  # fmt: skip


def _error(fault: OurFault, ask: Ask) -> dict[str, str]:
    return said.of(fault, ask.language).row(fault.field or FIELDS.get(fault.code, ""))


def start(site: Site, ask: Ask) -> Answer:
    """Begin to screen a file; what is wrong with the form is told on it."""
    permit(site.office, ask.person, Role.AUTHOR)
    try:
        run = _start(site, ask)
    except OurFault as fault:
        if fault.code not in FIELDS:
            raise
        return files(site, ask, fault)
    return go(f"/screening/run/{run.id}")


def _start(site: Site, ask: Ask) -> Run:
    screens, file = screens_of(site), ask.file("file")
    if file is None or not file.data:
        raise OurFault("form.missing", "no file was chosen", "choose a file", "file")
    written = ask.told("threshold").strip()
    if written and not (written.isdecimal() and len(written) <= PER_CENT_MAX):
        what = f"{written[:40]!r} is no whole number"
        raise OurFault("form.number", what, "write it as 72", "threshold")
    pairs = (each.strip() for each in ask.told("mapping").splitlines())
    asked = Asked(
        room.sha256_of(file.data), file.name[-NAME_MAX:], mapping=tuple(each for each in pairs if each),
        threshold=int(written) / 100 if written else None,
    )  # fmt: skip
    screens.upload(site.office, ask.person, asked.received, 0, file.data)
    return screens.screen(site.office, ask.person, asked, site.now())


def run(site: Site, ask: Ask) -> Answer:
    """Show a run: its counts, the first lines that a person must look at, and what can be done."""
    one = _find(site, ask)
    runs, row = screens_of(site).runs, _row(site, one)
    lines = runs.shown(site.office, ask.person, one.id) if one.state == DONE else []
    why = reasons.reason(reasons.UNREADABLE, f"{one.code}: {one.what}", ask.language)
    values = {
        "frame": framing.frame(site, ask, "desks"), "one": one, "done": row["done"],
        "lines_all": row["lines"], "began": row["at"], "ended": row["ended"], "total": row["total"],
        "pairs": ", ".join(f"{ours}={theirs}" for ours, theirs in one.mapping.items()),
        "found": [_line(one, each, ask.language) for each in lines],
        "more": max(0, one.alert + one.undecided - len(lines)),
        "may": may(site.office, ask.person, Role.AUTHOR), "why": why if one.state == FAILED else "",
        "large": max(one.results, one.table) > DOWNLOAD_MAX,
        "redress": site.settings.text("screening.redress"),
    }  # fmt: skip
    return page(site.renderer.render("pages/screening_run.html", ask.language, values))


def _line(one: Run, line: "Line", language: str) -> dict[str, object]:
    hits: list[Hit] = [
        hit_of(each.asked, each.told, one.threshold, language) for each in line.hits[:1]
    ]
    return {
        "line": line, "hit": hits[0] if hits else None, "more": max(0, len(line.hits) - 1),
        "asked": line.hits[0].asked if hits else "",
    }  # fmt: skip


def _find(site: Site, ask: Ask) -> Run:
    written = ask.parts["run"]
    number = int(written) if written.isdecimal() and len(written) <= len(str(2**53)) else 0
    return screens_of(site).runs.find(site.office, ask.person, number)


def fetch(site: Site, ask: Ask) -> Answer:
    """Save the results, or their table."""
    one, what = _find(site, ask), ask.path[-1]
    size = one.table if what == "table" else one.results
    if size > DOWNLOAD_MAX:
        told = f"results of {size} bytes where {DOWNLOAD_MAX} are given to a browser"
        raise OurFault("form.size", told, "fetch them by the API, piece by piece")
    data = screens_of(site).runs.piece(
        site.office, ask.person, one.id, 0, table=what == "table", most=DOWNLOAD_MAX
    )
    return download(data, f"run-{one.id}.{_ENDINGS[what]}", _TYPES[what])


def cancel(site: Site, ask: Ask) -> Answer:
    """End a run before its time."""
    permit(site.office, ask.person, Role.AUTHOR)
    one = _find(site, ask)
    screens_of(site).runs.cancel(site.office, ask.person, one.id, site.now())
    return go(f"/screening/run/{one.id}")


def remove(site: Site, ask: Ask) -> Answer:
    """Delete a run with its results."""
    permit(site.office, ask.person, Role.AUTHOR)
    screens_of(site).runs.remove(site.office, ask.person, _find(site, ask).id)
    return go("/screening/files")


ROUTES: Final = (
    Route("GET", "screening/files", files),
    Route("POST", "screening/files", start),
    Route("GET", "screening/run/{run}", run),
    Route("GET", "screening/run/{run}/results", fetch),
    Route("GET", "screening/run/{run}/table", fetch),
    Route("POST", "screening/run/{run}/cancel", cancel),
    Route("POST", "screening/run/{run}/remove", remove),
)
