"""Desks: what each of them lets people see, as it declares itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from detente.app import harmless
from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, download, page
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.faces import words
from detente.core import record
from detente.core.errors import OurFault
from detente.office.desk import Act, Look, Role
from detente.office.fields import Cut, Field, FileText, Flag, Mid, OneOf, Text
from detente.office.people import permit
from detente.office.tables import Row
from detente.ui import body, verb
from detente.ui.body import Cell

_TABLE: Final = "table"  # a column whose text is CSV
_PLACES: Final = {
    "cert/incidents": "incident",
    "designation/applied": "designation",
    "designation/list": "designation",
    "notices/list": "notice",
    "notices/exercises": "exercise",
}  # with pages of their own
_OBJECTS: Final = ("id", "via")  # columns of the CERT desk that name an object


@dataclass(frozen=True, slots=True)
class Asked:
    """One field of a look's question: name, words, what was asked, and its choices if it has some."""

    name: str
    word: str
    value: str
    choices: tuple[tuple[str, str], ...]


def desks(site: Site, ask: Ask) -> Answer:
    """List the desks at which a person reads, and what there is to see and do."""
    person, language = ask.person, ask.language
    rows = []
    for desk in site.office.desks:
        if not person.may(desk.name, Role.READ):
            continue
        rows.append(
            {
                "name": desk.name,
                "about": words().get(f"{desk.name}.desk", language),
                "looks": [_named(each, language) for each in desk.looks if _stands_alone(each)],
                "programs": desk.offers is not None,
                "acts": [
                    _named(each, language)
                    for each in desk.acts
                    if person.may(desk.name, each.role) and _stands_alone(each)
                ],
                "procedures": [each.name for each in desk.procedures],
                "own": "/hotline" if desk.name == "hotline" else "",  # a page of its own
            }
        )
    values = {
        "frame": framing.frame(site, ask, "desks"),
        "desks": rows,
        "shut": framing.shut_desks(person),
    }
    return page(site.renderer.render("pages/desks.html", language, values))


def _named(each: Act | Look, language: str) -> tuple[str, str, str]:
    desk, _, name = each.name.partition("/")
    kind = "act" if isinstance(each, Act) else "look"
    word = words().get(each.about or f"{desk}.{kind}.{name}", language)
    if each.name == "cert/arrangements":
        return word, "/arrangements", name
    return word, f"/write/{each.name}" if kind == "act" else f"/desk/{each.name}", name


def _stands_alone(each: Act | Look) -> bool:
    # What is about one record, or one object by its id, is offered beside it.
    return not any(
        field.bare
        and (isinstance(field.type, Mid) or (type(field.type) is Text and field.type.form))
        for field in each.fields
    )


def look(site: Site, ask: Ask) -> Answer:
    """Show one look of a desk as a table, with its question as a form."""
    site.read_news()
    language, name = ask.language, f"{ask.parts['desk']}/{ask.parts['look']}"
    found = site.office.find_look(name)
    written = {
        each: texts if len(texts) > 1 else texts[0]
        for each, texts in ask.query.items()
        if texts != ("",) and any(each == field.name for field in found.fields)
    }
    rows = _rows(site, ask, found, written)
    texts = [field for field in found.columns if isinstance(field.type, FileText)]
    if texts and rows and len(found.columns) == 1:
        data = rows[0][texts[0].name]
        assert isinstance(data, str), "its type says so"
        ending = "csv" if texts[0].name == _TABLE else "json"
        return download(data.encode(), f"{ask.parts['look']}.{ending}")
    desk = ask.parts["desk"]
    own = words()
    shown = {
        "frame": framing.frame(
            site, ask, "desks", framing.strictest(str(row.get("tlp", "")) for row in rows)
        ),
        "desk": desk,
        "look": name,
        "about": own.get(found.about or f"{desk}.look.{ask.parts['look']}", language),
        "asked": [_asked(field, desk, ask, language) for field in found.fields],
        "heads": [own.get(body.word_of(field, desk, own), language) for field in found.columns],
        "rows": [cells_of(found, desk, row, language) for row in rows],
        "older": _older(found, rows, ask),
        "hidden": framing.is_locked(ask),
        "was_asked": bool(written) or not _must(found),
        "pdf": _pdf(site, name, rows, written),
    }
    return page(site.renderer.render("pages/look.html", language, shown))


def _rows(
    site: Site, ask: Ask, found: Look, written: Mapping[str, str | tuple[str, ...]]
) -> tuple[Row, ...]:
    if _must(found) and not written:  # nothing was asked yet: the form alone
        permit(ask.person, ask.parts["desk"], Role.READ)
        return ()
    values = verb.read(found, written, _no_file)
    return site.office.look(ask.person, found.name, values, site.now())[1]


def _pdf(
    site: Site, name: str, rows: tuple[Row, ...], written: Mapping[str, str | tuple[str, ...]]
) -> str:
    # The lists that have a paper. Without a day the log is that of today: its entries say which.
    if rows and name == "notices/log":
        return f"/paper/log/{str(rows[0]['kept_at'])[:10]}"
    if rows and name == "notices/grade":
        mid = Mid().read("mid", str(written["mid"]))
        assert isinstance(mid, (bytes, Cut)), "that is what a mid reads as"
        return f"/paper/exercise/{site.office.records.whole_mid(mid).hex()}"
    return ""


def _must(found: Look) -> bool:
    return any(each.required and each.default is None for each in found.fields)


def _no_file(_name: str) -> bytes:
    raise OurFault("form.file", "a list takes no file", "leave it out")


def _asked(field: Field, desk: str, ask: Ask, language: str) -> Asked:
    own = words()
    word = own.get(field.about or f"{desk}.field.{field.name}", language)
    choices: tuple[tuple[str, str], ...] = ()
    if isinstance(field.type, OneOf):
        choices = tuple(
            (each, body.choice(desk, each, own, language)) for each in field.type.choices
        )
        if not field.required and field.default is None:
            choices = (("", "-"), *choices)  # else the first would be asked for by itself
    if isinstance(field.type, Flag):
        choices = (
            ("", own.get("ui.body.no", language)),
            ("true", own.get("ui.body.yes", language)),
        )
    return Asked(field.name, word, ask.asked(field.name), choices)


def cells_of(
    found: Look, desk: str, row: Row, language: str
) -> tuple[tuple[Cell | None, str], ...]:
    """Return the cells of a row, each with an address to go to, "" for none."""
    own = words()
    cells = []
    for field in found.columns:
        value = row.get(field.name)
        cell = (
            None
            if value is None
            else body.cell(field, value, desk, own, language, harmless.of(desk))
        )
        href = ""
        if isinstance(field.type, Mid) and isinstance(value, bytes):
            place = _PLACES.get(found.name, "record")
            href = f"/{place}/{value.hex()}"
        elif field.name in _OBJECTS and desk == "cert" and isinstance(value, str):
            href = f"/object/{value}"
        cells.append((cell, href))
    return tuple(cells)


def _older(found: Look, rows: tuple[Row, ...], ask: Ask) -> str:
    if not any(field.name == "after" for field in found.fields) or not rows:
        return ""
    count = next((field.default for field in found.fields if field.name == "count"), None)
    if not isinstance(count, int) or len(rows) < int(ask.asked("count") or count):
        return ""
    last = rows[-1].get("mid")
    return f"{ask.here}?after={record.mid_text(last)}" if isinstance(last, bytes) else ""


ROUTES: Final = (
    Route("GET", "desks", desks),
    Route("GET", "desk/{desk}/{look}", look),
)
