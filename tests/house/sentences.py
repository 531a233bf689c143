"""Every sentence of a fault as the code writes it: what stands in its places is `{}`."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

SRC: Final = Path(__file__).parents[2] / "src" / "detente"
_LETTERS: Final = 3  # a text with fewer says nothing of its own
_FAULTS: Final = frozenset({"OurFault", "TheirFault", "Flaw"})


def of_file(file: Path) -> set[str]:
    """Return the sentences of one file, from every call that makes a fault.

    A name among what a fault is given stands for whatever its function gives that name.
    """
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = _of_calls(tree, {})
    for each in ast.walk(tree):
        if isinstance(each, ast.FunctionDef):
            found |= _of_calls(each, _given(each))
    return found


def _of_calls(within: ast.AST, named: Mapping[str, list[ast.expr]]) -> set[str]:
    found: set[str] = set()
    for call in ast.walk(within):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in _FAULTS:
            for told in call.args[1:3]:
                values = named.get(told.id, []) if isinstance(told, ast.Name) else [told]
                found |= {text for value in values for text in _texts(value)}
    return found


def _given(function: ast.FunctionDef) -> Mapping[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for each in ast.walk(function):
        if isinstance(each, ast.Assign):
            for target in each.targets:
                for name, value in _pairs(target, each.value):
                    found.setdefault(name, []).append(value)
    return found


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, given in zip(target.elts, value.elts, strict=False):
            yield from _pairs(one, given)


def of_all() -> set[str]:
    """Return every text of the program that might be such a sentence."""
    found: set[str] = set()
    for file in SRC.rglob("*.py"):
        for each in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(each, ast.Constant | ast.JoinedStr):
                found |= set(_texts(each))
    return found


def told_in(file: Path) -> set[str]:
    """Return every text of a file that is a sentence, without what only programmers read."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    passed: set[ast.AST] = set()
    for each in ast.walk(tree):
        if isinstance(each, ast.Expr):
            passed.add(each.value)
        elif isinstance(each, ast.Assert | ast.JoinedStr):
            passed.update(below for below in ast.walk(each) if below is not each)
    texts = {
        text
        for each in ast.walk(tree)
        if isinstance(each, ast.Constant | ast.JoinedStr) and each not in passed
        for text in _texts(each)
    }
    return {
        text
        for text in texts
        if " " in text.strip() and sum(map(str.isalpha, text.replace("{}", ""))) > _LETTERS
    }


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
