"""The tables of docs/cert/interchange.md, made of the mapping itself.

    python -m tests.desks.cert.interchange_page

writes them anew into the page and its Russian twin; a test holds both to it.
"""

from pathlib import Path
from typing import Final

from detente.desks.cert.formats import marking, observed
from detente.desks.cert.formats.misp import attribute_types, galaxies, spreading, templates

DOCS: Final = Path(__file__).parents[3] / "docs"
PAGES: Final = {
    "en": DOCS / "cert" / "interchange.md",
    "ru": DOCS / "ru" / "cert" / "interchange.md",
}
HEADS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "types": {
        "en": ("MISP type", "STIX property", "Written back from STIX alone as"),
        "ru": ("Тип MISP", "Свойство STIX", "Из одного STIX записывается как"),
    },
    "rules": {"en": ("MISP type", "`pattern_type`"), "ru": ("Тип MISP", "`pattern_type`")},
    "objects": {
        "en": ("MISP template", "Relations that STIX has a word for"),
        "ru": ("Шаблон MISP", "Связи, для которых в STIX есть слово"),
    },
    "distribution-in": {
        "en": ("MISP `distribution`", "here at least"),
        "ru": ("`distribution` в MISP", "здесь не мягче"),
    },
    "distribution-out": {
        "en": ("TLP here", "`distribution` there", "with a sharing group (`group`)"),
        "ru": ("TLP здесь", "`distribution` там", "если задана группа (`group`)"),
    },
    "galaxies": {
        "en": ("STIX object", "Galaxies whose type has one of"),
        "ru": ("Объект STIX", "Галактики, в типе которых есть одно из"),
    },
}  # fmt: skip
SAMPLES: Final = {"ip": "198.51.100.7", "as": "65536", "size": "5", "port": "443"}


def rows(table: str) -> list[tuple[str, ...]]:
    """Return the rows of a table as the mapping has them."""
    if table == "types":
        return [_type_row(name, sorts) for name, sorts in attribute_types.TYPES.items()]
    if table == "rules":
        return [(f"`{name}`", f"`{language}`") for name, language in attribute_types.RULES.items()]
    if table == "objects":
        return [
            (f"`{name}`", ", ".join(f"`{relation}`" for relation in template))
            for name, template in templates.OBJECTS.items()
        ]
    if table == "distribution-in":
        return [
            (f"`{each}`", _tlp(spreading.bound({"distribution": each})))
            for each in ("0", "1", "2", "3", "4", "5", "9")
        ]
    if table == "distribution-out":
        return [
            (_tlp(level), _number(level, grouped=False), _number(level, grouped=True))
            for level in ("", *marking.LEVELS)
        ]
    return [
        (f"`{kind}`", ", ".join(f"`{word}`" for word in words)) for kind, words in galaxies.SORTS
    ]


def _tlp(level: str) -> str:
    return f"`TLP:{level}`" if level else "-"


def _number(level: str, *, grouped: bool) -> str:
    found = spreading.reach(level, grouped=grouped)
    return f"`{found}`" if found else "-"


def _type_row(name: str, sorts: tuple[str, ...]) -> tuple[str, ...]:
    value = "|".join(SAMPLES.get(sort, "x") for sort in sorts)
    pairs = attribute_types.pairs_of(name, value)
    said = attribute_types.type_of(pairs)
    shown = " + ".join(f"`{_path(path)}`" for path, _ in pairs)
    return (f"`{name}`", shown, f"`{said[0]}`" if said else "-")


def _path(path: str) -> str:
    either = (observed.PATHS["ipv4"], observed.PATHS["ipv6"])
    return "ipv4-addr:value, ipv6-addr:value" if path in either else path


def made(table: str, language: str) -> str:
    """Return a table as the page holds it."""
    head = HEADS[table][language]
    lines = [head, ("---",) * len(head), *rows(table)]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def held(page: str, table: str) -> str:
    """Return the table that stands in a page between its marks."""
    start, end = _between(page, table)
    return page[start:end].rstrip()


def _between(page: str, table: str) -> tuple[int, int]:
    mark = f"<!-- {table}: made of the mapping -->\n"
    start = page.index(mark) + len(mark)
    return start, page.index("<!-- end -->", start)


def main() -> None:
    """Write all tables anew."""
    for language, file in PAGES.items():
        page = file.read_text(encoding="utf-8")
        for table in HEADS:
            text = made(table, language)
            start, end = _between(page, table)
            page = f"{page[:start]}{text}\n{page[end:]}"
        file.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
