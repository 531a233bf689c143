"""The pages for people name all that the program has, and nothing that it has not."""

import pkgutil
import re
from pathlib import Path

import click
import pytest

from detente.app.cli import VERBS, Root
from detente.app.config import SETTINGS
from detente.app.desks import DESKS
from detente.core import errors

DOCS = Path(__file__).parents[2] / "docs"
COMMON = {"--at", "--json", "--quiet", "--lang", "--help"}
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def commands() -> dict[str, click.Command]:
    """Return every command by all its words."""
    root = Root("detente")
    found: dict[str, click.Command] = {}
    for name in VERBS:
        context = click.Context(root)
        command = root.get_command(context, name)
        assert command is not None
        found |= within(f"detente {name}", command, context)
    return found


def within(words: str, command: click.Command, context: click.Context) -> dict[str, click.Command]:
    """Return a command, or those of its group, by all their words."""
    if not isinstance(command, click.Group):
        return {words: command}
    found: dict[str, click.Command] = {}
    for inner in command.list_commands(context):
        each = command.get_command(context, inner)
        assert each is not None
        found |= within(f"{words} {inner}", each, context)
    return found


def sections() -> dict[str, str]:
    parts = re.split(r"^#+ (.*)\n", text("cli.md"), flags=re.MULTILINE)
    found = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {name: body for name, body in found.items() if name.startswith("detente ")}


def test_every_command_has_its_heading_and_no_other_has() -> None:
    assert sorted(sections()) == sorted(commands())


def test_every_act_and_look_of_a_desk_has_its_heading() -> None:
    verbs = {f"detente {each.name.replace('/', ' ')}" for desk in DESKS for each in desk.verbs}
    assert verbs - sections().keys() == set()


def test_every_command_stands_with_an_example_of_itself() -> None:
    lacking = [name for name, body in sections().items() if f"```\n{name}" not in body]
    assert lacking == []


def test_every_option_of_a_command_stands_in_its_section() -> None:
    missing = [
        f"{name} {option}"
        for name, command in commands().items()
        for each in command.params
        if isinstance(each, click.Option) and not each.hidden
        for option in each.opts
        if option not in COMMON and f"`{option}" not in sections()[name].replace(", `", "`, `")
    ]
    assert missing == []


def test_an_example_names_no_option_that_its_command_lacks() -> None:
    known = {
        name: COMMON | {option for each in command.params for option in each.opts}
        for name, command in commands().items()
    }
    strange = [
        f"{name} {option}"
        for name, body in sections().items()
        for example in re.findall(r"```\n(.*?)```", body, re.DOTALL)
        for option in re.findall(r"(?<=\s)--?[a-z-]+(?=\s)", re.sub(r'"[^"]*"', "", example))
        if option not in known[name]
    ]
    assert strange == []


def test_the_common_options_stand_on_the_page() -> None:
    assert [each for each in sorted(COMMON) if f"`{each}" not in text("cli.md")] == []


def test_every_setting_stands_with_its_default_and_variable_and_no_other_does() -> None:
    rows = re.findall(
        r"^\| `([a-z_.]+)` \| `(.*?)` \| `([A-Z_]+)` \|", text("settings.md"), re.MULTILINE
    )
    code = {
        (f"{section}.{key}", written(setting.default), f"DETENTE_{section}_{key}".upper())
        for section, members in SETTINGS.items()
        for key, setting in members.items()
    }
    assert set(rows) == code
    assert len(rows) == len(code)


def written(value: str | bool | list[str]) -> str:
    """Return a default as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(f'"{each}"' for each in value) + "]"
    return f'"{value}"'


@pytest.mark.parametrize("page", ["errors.md", "ru/errors.md"])
def test_every_fault_has_its_row_and_no_other_has(page: str) -> None:
    rows = re.findall(r"^\| `([a-zA-Z_.]+)` \|", text(page), re.MULTILINE)
    assert sorted(rows) == sorted(errors.CODES)


@pytest.mark.parametrize("page", ["errors.md", "ru/errors.md"])
def test_a_fault_stands_with_the_exit_code_and_class_of_the_specification(page: str) -> None:
    spec = (DOCS.parent / "spec" / "faults.md").read_text(encoding="utf-8")
    due = dict(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| (\d+) \|", spec, re.MULTILINE))
    due |= {code: letter for code, (_, letter) in errors.WIRE.items()}
    rows = re.findall(r"^\| `([a-zA-Z_.]+)` \| (\w+) \|", text(page), re.MULTILINE)
    assert dict(rows) == due


def pages() -> list[Path]:
    top = [DOCS.parent / name for name in ("README.md", "README.ru.md")]
    return [*top, *sorted(DOCS.rglob("*.md"))]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(DOCS.parent)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    dead = [each for each in links if "://" not in each and not (page.parent / each).exists()]
    assert dead == []


# Made of the program or for programmers, in English alone; decisions are too.
_ENGLISH = frozenset({"api.md", "bench.md", "cli.md", "settings.md"})


def test_every_page_for_people_stands_in_russian_too() -> None:
    both = {
        str(each.relative_to(DOCS))
        for each in DOCS.rglob("*.md")
        if each.relative_to(DOCS).parts[0] not in ("ru", "decisions")
    }
    assert "screening/accuracy.md" in both
    assert sorted(n for n in both - _ENGLISH if not (DOCS / "ru" / n).exists()) == []


def _figures(page: str) -> list[str]:
    told = re.sub(r"\]\([^)]*\)", "", text(page))
    told = re.sub(r"(?<=\d)[,\u00a0 ](?=\d{3}\b)", "", told)  # of thousands
    told = re.sub(r"(?<=\d),(?=\d)", ".", told)  # 0,33 in Russian
    return sorted(each.removeprefix("0") for each in re.findall(r"\d*\.?\d+", told))


def test_what_was_measured_of_accuracy_is_the_same_in_both_languages() -> None:
    english = _figures("screening/accuracy.md")
    assert len(english) > 200
    assert _figures("ru/screening/accuracy.md") == english


CLASSES = {
    "HatchRoom": "app.node.hatch",
    "Kind": "office.kind",
    "Ledger": "node.ledger",
    "LinksRoom": "app.node.links",
    "Node": "node.node",
    "NodeProcess": "app.process.node",
    "Office": "office.office",
    "Session": "link.session",
}
ROOMS = {"app", "core", "desks", "link", "node", "office", "paths", "store", "ui", "vault"}
NAMED = re.compile(r"`([A-Za-z_]+(?:[./][A-Za-z_]+)+)(?:\([A-Za-z]*\))?`")


def stands(dotted: str) -> bool:
    """Say whether a name such as node.outbox.judge or Node.submit is in the program."""
    first = dotted.partition(".")[0]
    room = f"{CLASSES[first]}." if first in CLASSES else ""
    try:
        pkgutil.resolve_name(f"detente.{room}{dotted}")
    except (ImportError, AttributeError):
        return False
    return True


@pytest.mark.parametrize("page", ["architecture.md", "ru/architecture.md"])
def test_what_the_map_names_is_in_the_code(page: str) -> None:
    names = {name.replace("/", ".") for name in NAMED.findall(text(page))}
    ours = {name for name in names if name.split(".")[0] in ROOMS | CLASSES.keys()}
    ours -= {name for name in ours if name.endswith((".md", ".sqlite", ".py", ".sock"))}
    assert [name for name in sorted(ours) if not stands(name)] == []
    assert len(ours) > 5
