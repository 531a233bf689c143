"""A paper as data: what stands on it, in order, before anybody thinks of ink."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from detente.core.canon import Json
from detente.core.moment import Moment

Style = Literal["text", "strong", "label", "note", "prose", "strike", "wrong", "code"]
# Letters and signs that the fonts of a paper have. Everything else stands as its number: nothing
# is left out, and no sign turns the direction of a line. A test sets each of them.
PRINTED: Final = (
    (0x0A, 0x0A), (0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x17F), (0x391, 0x3A1), (0x3A3, 0x3A9),
    (0x3B1, 0x3C9), (0x400, 0x45F), (0x490, 0x493), (0x2013, 0x2014), (0x2018, 0x201A),
    (0x201C, 0x201E), (0x2020, 0x2022), (0x2026, 0x2026), (0x2030, 0x2030), (0x2032, 0x2033),
    (0x2039, 0x203A), (0x20AC, 0x20AC), (0x2116, 0x2116), (0x2190, 0x2193), (0x2212, 0x2212),
    (0x2248, 0x2248), (0x2260, 0x2260), (0x2264, 0x2265),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One text in a cell: how it is set, and its language where that is known."""

    text: str
    style: Style = "text"
    language: str = ""


Cell = tuple[Item, ...]
Both = tuple[Cell, Cell]


@dataclass(frozen=True, slots=True)
class Title:
    """What the paper is, in both languages."""

    texts: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Heading:
    """What follows, in both languages."""

    texts: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Alert:
    """What its reader must know first, in a frame."""

    texts: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows of a label and what it says, in two columns."""

    rows: tuple[Both, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows of the same in two languages."""

    rows: tuple[Both, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. widths: shares of the width; 0 is as wide as it needs."""

    heads: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Sign:
    """Lines to sign on, each with what stands under it."""

    texts: tuple[str, ...]


Block = Title | Heading | Alert | Facts | Pairs | Grid | Sign


@dataclass(frozen=True, slots=True)
class Sheet:
    """A paper. by: the party that prints it. made: the time it bears, of its latest record.

    exercise: the name of the exercise that all of it is of, "" for none. foot and id stand on every
    page.
    """

    title: str
    by: str
    made: Moment
    marking: str
    exercise: str
    watermark: str
    foot: str
    id: str
    blocks: tuple[Block, ...]
    wide: bool = False


def plain(text: str) -> str:
    """Return a text as a paper can hold it: signs that its fonts lack stand as their numbers."""
    kept = text.replace("\r\n", "\n").replace("\t", " ")
    return "".join(each if _is_printed(each) else f"[U+{ord(each):04X}]" for each in kept)


def _is_printed(sign: str) -> bool:
    return any(low <= ord(sign) <= high for low, high in PRINTED)


def document(sheet: Sheet) -> dict[str, Json]:
    """Return a sheet as the document that paper.typ reads."""
    return {
        "title": plain(sheet.title),
        "by": sheet.by,
        "marking": sheet.marking,
        "exercise": plain(sheet.exercise),
        "watermark": sheet.watermark,
        "foot": {"text": plain(sheet.foot), "id": plain(sheet.id)},
        "wide": sheet.wide,
        "parts": [_block(each) for each in sheet.blocks],
    }


def _block(one: Block) -> dict[str, Json]:
    match one:
        case Facts() | Pairs():
            kind = "facts" if isinstance(one, Facts) else "pair"
            return {"kind": kind, "rows": [[_cell(each) for each in row] for row in one.rows]}
        case Grid():
            return {
                "kind": "table",
                "heads": _plain(one.heads),
                "widths": list(one.widths),
                "rows": [[_cell(each) for each in row] for row in one.rows],
            }
        case Title() | Heading() | Alert() | Sign():
            return {"kind": type(one).__name__.lower(), "texts": _plain(one.texts)}


def _plain(texts: Sequence[str]) -> list[Json]:
    return [plain(each) for each in texts]


def _cell(cell: Cell) -> list[Json]:
    return [
        {"text": plain(each.text), "style": each.style, "language": each.language} for each in cell
    ]
