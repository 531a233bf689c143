"""An advisory as lines that a person reads: what it is, what it is about, what to do."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from detente.desks.cert.formats.csaf.products import Tree, vulnerabilities
from detente.desks.cert.formats.csaf.walk import Node, node, nodes, text, texts, words

PARTS: Final = (
    "title", "publisher", "status", "severity", "note", "reference", "vulnerability", "weakness",
    "score", "affected", "not_affected", "fixed", "under_investigation", "recommended", "threat",
    "remedy", "finding", "more",
)  # fmt: skip
LINES_MAX: Final = 400  # that a screen shows
TEXT_MAX: Final = 4_000  # characters of one line
_STATUSES: Final = (
    ("affected", ("first_affected", "known_affected", "last_affected")),
    ("under_investigation", ("under_investigation",)),
    ("fixed", ("first_fixed", "fixed")),
    ("recommended", ("recommended",)),
    ("not_affected", ("known_not_affected",)),
)


class Line(NamedTuple):
    """One line. about: the vulnerability that it is about, "" for the whole advisory."""

    part: str
    about: str
    text: str


def lines(document: Node) -> tuple[Line, ...]:
    """Return the lines of a document whose shape was checked; what is beyond LINES_MAX is counted."""
    found: list[Line] = []
    left = 0
    for line in _lines(document):
        if len(found) < LINES_MAX:
            found.append(line._replace(text=_fit(line.text)))
        else:
            left += 1
    return (*found, *([Line("more", "", str(left))] if left else ()))


def one_line(words_: str, length: int) -> str:
    """Return a text as one line of at most `length` characters."""
    shown = " ".join("".join(each if each.isprintable() else " " for each in words_).split())
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"


def _lines(document: Node) -> Iterator[Line]:
    tree = Tree(document)
    yield Line("title", "", text(document, "/document/title"))
    publisher = node(node(document["document"])["publisher"])
    yield Line("publisher", "", f"{text(publisher, 'name')} ({text(publisher, 'namespace')})")
    tracking = node(node(document["document"])["tracking"])
    yield Line(
        "status", "", f"{text(tracking, 'id')}, {text(tracking, 'version')}, "
        f"{text(tracking, 'status')}, {text(tracking, 'current_release_date')}",
    )  # fmt: skip
    for _, severity in words(document, "/document/aggregate_severity/text"):
        yield Line("severity", "", severity)
    yield from _notes("", document, "/document/notes[]")
    for path, one in vulnerabilities(document):
        yield from _vulnerability(tree, path, one)
    yield from _references("", document, "/document/references[]")


def _vulnerability(tree: Tree, path: str, one: Node) -> Iterator[Line]:
    ids = [text(one, "cve"), *texts(one, "ids[]/text"), text(one, "title")]
    named = [each for each in ids if each]
    about = named[0] if named else path
    yield Line("vulnerability", about, ", ".join(named) or path)
    if "cwe" in one:
        yield Line("weakness", about, f"{text(one, 'cwe/id')}: {text(one, 'cwe/name')}")
    for _, score in nodes(one, "scores[]"):
        for name in ("cvss_v3", "cvss_v2"):
            said = node(score.get(name))
            if said:
                yield Line(
                    "score", about, f"{said.get('baseScore')} {text(said, 'baseSeverity')} "
                    f"{text(said, 'vectorString')}: {_names(tree, texts(score, 'products[]'))}",
                )  # fmt: skip
    yield from _notes(about, one, "notes[]")
    for part, statuses in _STATUSES:
        products = [
            each for status in statuses for each in texts(one, f"product_status/{status}[]")
        ]
        if products:
            yield Line(part, about, _names(tree, products))
    for _, item in nodes(one, "threats[]"):
        yield Line("threat", about, f"{text(item, 'category')}: {text(item, 'details')}")
    for _, item in nodes(one, "remediations[]"):
        said_for = _names(tree, sorted(tree.of(item)))
        shown = f"{text(item, 'category')}: {text(item, 'details')}"
        parts = (shown, said_for, text(item, "url"))
        yield Line("remedy", about, "\n".join(part for part in parts if part))
    yield from _references(about, one, "references[]")


def _notes(about: str, within: Node, pattern: str) -> Iterator[Line]:
    for _, note in nodes(within, pattern):
        title = text(note, "title") or text(note, "category")
        yield Line("note", about, f"{title}: {text(note, 'text')}")


def _references(about: str, within: Node, pattern: str) -> Iterator[Line]:
    for _, one in nodes(within, pattern):
        yield Line("reference", about, f"{text(one, 'summary')}: {text(one, 'url')}")


def _names(tree: Tree, products: list[str]) -> str:
    return "; ".join(tree.name_of.get(each, each) for each in products)


def _fit(words_: str) -> str:
    # Screens take lines without control characters; what steers them is shown as a blank.
    shown = "".join(each if each.isprintable() or each == "\n" else " " for each in words_)
    return shown if len(shown) <= TEXT_MAX else f"{shown[: TEXT_MAX - 1]}…"
