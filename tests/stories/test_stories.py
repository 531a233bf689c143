"""The tutorials do what they say: every command is run, every answer compared.

A page's ```console blocks are one session of bash, in a folder of their own. `$ ` begins a command;
the lines after it are all that it says. `…` in a line matches anything, alone on a line any lines.
Six characters of an id with `…` after them stand for the id that this run gave. Ports are
replaced by free ones. A command may fail only if the next is `echo $?`, or if it says "refused"
or "NOT VALID". A block after <!-- repeat --> is tried until it fits: processes are starting.
"""

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "start.md"
DRILL = ROOT / "docs" / "operate" / "key-compromise.md"
COURIER = ROOT / "docs" / "operate" / "carry.md"
KEYS = ROOT / "docs" / "operate" / "keys.md"
API = ROOT / "docs" / "api.md"
RECOVERY = ROOT / "docs" / "operate" / "recovery.md"
MEETING = ROOT / "docs" / "operate" / "meeting.md"
ARRANGEMENTS = ROOT / "docs" / "operate" / "arrangements.md"
OTHER_LANGUAGES = (
    (KEYS, ROOT / "docs" / "ru" / "operate" / "keys.md"),
    (PAGE, ROOT / "docs" / "ru" / "start.md"),
    (COURIER, ROOT / "docs" / "ru" / "operate" / "carry.md"),
    (DRILL, ROOT / "docs" / "ru" / "operate" / "key-compromise.md"),
    (RECOVERY, ROOT / "docs" / "ru" / "operate" / "recovery.md"),
    (MEETING, ROOT / "docs" / "ru" / "operate" / "meeting.md"),
    (ARRANGEMENTS, ROOT / "docs" / "ru" / "operate" / "arrangements.md"),
)
PATIENCE = 240.0  # seconds after which a story that hangs is ended
REPEAT = 120.0  # seconds in which what is repeated must fit; never a measure
BLOCK = re.compile(r"(<!-- repeat -->\n)?```console\n(.*?)```", re.DOTALL)
ID = re.compile(r"\b([a-z2-7]{6})…")
PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+")


@dataclass
class Command:
    """A line to type and the lines that it says."""

    text: str
    says: list[str] = field(default_factory=list)


def blocks(page: Path) -> list[tuple[bool, list[Command]]]:
    """Return the console blocks of a page: whether to repeat it, and its commands."""
    found = []
    for repeat, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        commands: list[Command] = []
        for line in text.splitlines():
            if line.startswith("$ "):
                commands.append(Command(line[2:]))
            else:
                commands[-1].says.append(line)
        found.append((bool(repeat), commands))
    return found


class Shell:
    """One bash; what it says is read up to a mark that only this run knows."""

    def __init__(self, folder: Path, tools: Path) -> None:
        env = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
        env |= {"PATH": f"{tools}:/usr/bin:/bin", "HOUSE": str(ROOT), "LANG": "C.UTF-8"}
        self._mark = secrets.token_hex(8)
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, encoding="utf-8",
        )  # fmt: skip
        self._watch = threading.Timer(PATIENCE, self._bash.kill)
        self._watch.start()

    def run(self, command: str) -> tuple[str, int]:
        """Return what a command says, and its exit code; `$?` is still that code afterwards."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        mark = f"status=$?; printf '%s %s\\n' {self._mark} $status; (exit $status)\n"
        self._bash.stdin.write(f"{command}\n{mark}")
        self._bash.stdin.flush()
        said = ""
        for line in self._bash.stdout:
            before, met, code = line.partition(self._mark)
            said += before
            if met:
                return said, int(code)
        pytest.fail(f"the story ended at: {command}\n{said}")

    def end(self) -> None:
        """Stop what the story left running, and the shell."""
        assert self._bash.stdin is not None
        if self._bash.poll() is None:
            self._bash.stdin.write("kill $(jobs -p) 2>/dev/null; wait\n")
            self._bash.stdin.close()
        self._bash.wait()
        self._watch.cancel()
        assert self._bash.stdout is not None
        self._bash.stdout.close()


class Places:
    """What this run has in place of the page's ids and ports."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._ports: dict[str, str] = {}

    def _port(self, written: str) -> str:
        if written not in self._ports:
            self._ports[written] = str(free_port())
        return self._ports[written]

    def fill(self, command: str) -> str:
        """Return a command with this run's ids and ports."""
        for written, real in self._ids.items():
            command = re.sub(rf"\b{written}\b", real, command)
        return PORT.sub(lambda found: self._port(found[0]), command)

    def _pattern(self, line: str, fresh: list[str]) -> str:
        parts = []
        for i, part in enumerate(ID.split(line)):
            if i % 2 == 0:
                words = (re.escape(word).replace("…", ".*") for word in re.split(r"\s+", part))
                parts.append(r"\s+".join(words))
            elif part in self._ids:
                parts.append(f"{self._ids[part]}.*")
            else:
                fresh.append(part)
                parts.append("([a-z2-7]{6}).*")
        return r"\s*" + "".join(parts).removesuffix(r"\s+") + r"\s*\n"

    def fits(self, says: list[str], said: str) -> bool:
        """Say whether an answer is as the page has it; learn the ids that are new."""
        fresh: list[str] = []
        pattern = "".join(
            r"(?:.*\n)*?" if line == "…" else self._pattern(line, fresh) for line in says
        )
        met = re.fullmatch(pattern, said)
        if met is None:
            return False
        self._ids |= dict(zip(fresh, met.groups(), strict=True))
        return True


@pytest.fixture
def place() -> Iterator[Path]:
    # Short: a socket's path has some hundred bytes, and pytest's own folders take most of them.
    found = Path(tempfile.mkdtemp(prefix="d-"))
    yield found
    shutil.rmtree(found)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with `detente` and `python3`: this checkout, this interpreter."""
    folder = tmp_path / "tools"
    folder.mkdir()
    python = f'PYTHONPATH="{ROOT / "src"}" exec "{sys.executable}"'
    for name, command in (("detente", f"{python} -m detente"), ("python3", python)):
        tool = folder / name
        tool.write_text(f'#!/bin/sh\n{command} "$@"\n')
        tool.chmod(0o755)
    return folder


@pytest.fixture
def shell(place: Path, tools: Path) -> Iterator[Shell]:
    shell = Shell(place, tools)
    yield shell
    shell.end()


def may_fail(command: Command, after: list[Command]) -> bool:
    """Say whether the page shows that a command fails."""
    told = " ".join(command.says[:1]).startswith(("refused", "NOT VALID"))
    return told or (bool(after) and after[0].text == "echo $?")


def tell(shell: Shell, places: Places, commands: list[Command]) -> str:
    """Run one block; return what is wrong with it, "" if nothing is."""
    for i, command in enumerate(commands):
        said, code = shell.run(places.fill(command.text))
        if not places.fits(command.says, said):
            return f"$ {command.text}\nsaid:\n{said}\nthe page says:\n" + "\n".join(command.says)
        if code and not may_fail(command, commands[i + 1 :]):
            return f"$ {command.text}\nended with {code}:\n{said}"
    return ""


def follow(shell: Shell, places: Places, commands: list[Command], *, repeat: bool) -> str:
    """Tell one block, what is to be repeated until it fits; return what is wrong in the end."""
    until = time.monotonic() + REPEAT
    wrong = tell(shell, places, commands)
    while wrong and repeat and time.monotonic() < until:
        wrong = tell(shell, places, commands)
    return wrong


def logs(folder: Path) -> str:
    """What the processes of a story told last, to look into a failure."""
    ends = ((file, file.read_text(errors="replace")[-2000:]) for file in folder.rglob("*.log"))
    return "".join(f"\n{file.name}:\n{end}" for file, end in ends)


@pytest.mark.parametrize(
    "page",
    [PAGE, COURIER, DRILL, RECOVERY, MEETING, KEYS, ARRANGEMENTS, API],
    ids=lambda page: page.stem,
)
def test_a_page_does_what_it_says(shell: Shell, place: Path, page: Path) -> None:
    places = Places()
    for repeat, commands in blocks(page):
        wrong = follow(shell, places, commands, repeat=repeat)
        assert wrong == "", wrong + logs(place)


@pytest.mark.parametrize(("page", "twin"), OTHER_LANGUAGES)
def test_a_page_is_the_same_in_every_language(page: Path, twin: Path) -> None:
    assert blocks(twin) == blocks(page)


@pytest.mark.parametrize(
    ("says", "said", "fit"),
    [
        (["a …"], "a b c\n", True),
        (["a"], "b\n", False),
        (["a"], "a\nb\n", False),
        (["a", "…"], "a\nb\nc\n", True),
        (["…", "c"], "a\nb\nc\n", True),
        (["a  b"], "a        b\n", True),
        ([], "", True),
        ([], "a\n", False),
    ],
)
def test_an_answer_fits_only_the_page_that_tells_it(says: list[str], said: str, fit: bool) -> None:
    assert Places().fits(says, said) is fit


def test_an_id_is_learnt_once_and_must_then_be_the_same() -> None:
    places = Places()
    assert places.fits(["k3q7zb…  one"], "abcdef22  one\n")
    assert places.fill("show k3q7zb") == "show abcdef"
    assert places.fits(["k3q7zb…"], "abcdef22\n")
    assert not places.fits(["k3q7zb…"], "bcdefg22\n")
