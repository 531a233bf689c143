"""XML of strangers, an entry at a time. No document types, no entities, nothing fetched, all bounded.

A bomb needs a document type that declares something; a file that has one is refused whole. Tags lose their namespace: lists
change theirs. What is wrong inside one entry is that entry's; what is not well-formed ends the file.
"""

from collections.abc import Iterable, Iterator
from typing import Final
from xml.parsers import expat

from detente.core.errors import OurFault

DEPTH_MAX: Final = 24  # elements within one another
ENTRY_MAX: Final = 1 << 20  # characters of text in one entry
PARTS_MAX: Final = 20_000  # elements in one entry


class Node:
    """An element: its tag without namespace, its attributes, its text and its children.

    line: where it begins. fault: why it was not read whole, "" for one that was.
    """

    __slots__ = ("attributes", "children", "fault", "line", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str], line: int = 0) -> None:
        self.tag, self.attributes, self.line = tag, attributes, line
        self.text = self.fault = ""
        self.children: list[Node] = []

    def all(self, tag: str) -> Iterator["Node"]:
        """Give every element of a tag at any depth, in order."""
        for child in self.children:
            if child.tag == tag:
                yield child
            yield from child.all(tag)

    def get(self, tag: str) -> str:
        """Return the text of the first child of a tag, without space around it."""
        return next((c.text.strip() for c in self.children if c.tag == tag), "")


def local(tag: str) -> str:
    """Return a tag without its namespace or prefix."""
    return tag.rpartition("}")[2].rpartition(":")[2]


class _Reader:
    def __init__(self, entries: frozenset[str], *, plain: bool, patient: bool) -> None:
        self._entries, self._plain, self._patient = entries, plain, patient
        self._open: list[Node] = []
        self._depth = self._size = self._parts = 0
        self.done: list[Node] = []
        self.root: Node | None = None
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._type
        self.parser.EntityDeclHandler = self._refuse
        self.parser.SkippedEntityHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _type(self, _name: str, _system: object, _public: object, inner: object) -> None:
        if inner or not self._plain:
            self._refuse()

    def _refuse(self, *_: object) -> None:
        raise _bad("it declares a document type or entities")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise _bad(f"its elements stand more than {DEPTH_MAX} deep")
        found = {local(k): v for k, v in attributes.items()}
        node = Node(local(name), found, self.parser.CurrentLineNumber)
        if self.root is None:
            self.root = node
        if self._open:
            if not self._open[0].fault:
                self._open[-1].children.append(node)
            self._open.append(node)
            self._parts += 1
            self._count(sum(map(len, attributes.values())))
        elif node.tag in self._entries:
            self._open.append(node)
            self._size = self._parts = 0

    def _end(self, _name: str) -> None:
        self._depth -= 1
        if self._open:
            node = self._open.pop()
            if not self._open:
                self.done.append(node)

    def _text(self, data: str) -> None:
        if self._open:
            self._count(len(data))
            if not self._open[0].fault:
                self._open[-1].text += data

    def _count(self, size: int) -> None:
        self._size += size
        whole = self._open[0]
        if (self._size > ENTRY_MAX or self._parts > PARTS_MAX) and not whole.fault:
            if not self._patient:
                raise _bad("one of its entries is too large")
            whole.fault = f"an entry of more than {ENTRY_MAX} characters or {PARTS_MAX} parts"
            whole.children.clear()
            whole.text = ""


def read(
    chunks: Iterable[bytes],
    entries: frozenset[str],
    *,
    plain: bool = False,
    patient: bool = False,
) -> Iterator[Node]:
    """Give the elements of the tags `entries`, each whole.

    plain: a document type that only names itself is passed over; it is never fetched. patient: an
    entry over a limit is given without what it holds, and with its `fault`; the file goes on.
    Raises OurFault list.damaged: not well-formed, cut off, with a document type, or over a limit.
    """
    reader = _Reader(entries, plain=plain, patient=patient)
    try:
        for chunk in chunks:
            reader.parser.Parse(chunk, False)  # noqa: FBT003
            yield from reader.done
            reader.done.clear()
        reader.parser.Parse(b"", True)  # noqa: FBT003
        yield from reader.done
    except expat.ExpatError as found:
        yield from reader.done  # what stands before the fault is whole
        raise _bad(f"it is not well-formed XML: {found}") from None


def _bad(what: str) -> OurFault:
    return OurFault(
        "list.damaged", f"the list is not read: {what}", "get the file from its source again"
    )
