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
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "start.md"
OTHER_LANGUAGES = (ROOT / "docs" / "ru" / "start.md",)
PATIENCE = 60.0  # seconds after which a story that hangs is ended
REPEATS = 60
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
        self._taken: list[socket.socket] = []

    def _port(self, written: str) -> str:
        if written not in self._ports:
            free = socket.socket()
            free.bind(("127.0.0.1", 0))
            self._taken.append(free)  # so that the next one is another
            self._ports[written] = str(free.getsockname()[1])
        return self._ports[written]

    def fill(self, command: str) -> str:
        """Return a command with this run's ids and ports."""
        for written, real in self._ids.items():
            command = re.sub(rf"\b{written}\b", real, command)
        return PORT.sub(lambda found: self._port(found[0]), command)

    def free_ports(self) -> None:
        """Let the ports go, for the node that is to listen there."""
        for each in self._taken:
            each.close()

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
def shell(tmp_path: Path, tools: Path) -> Iterator[Shell]:
    folder = tmp_path / "story"
    folder.mkdir()
    shell = Shell(folder, tools)
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


def test_the_tutorial_does_what_it_says(shell: Shell) -> None:
    places = Places()
    for repeat, commands in blocks(PAGE):
        if any("detente run" in command.text for command in commands):
            places.free_ports()
        wrong = tell(shell, places, commands)
        for _ in range(REPEATS if repeat else 0):
            if not wrong:
                break
            wrong = tell(shell, places, commands)
        assert wrong == ""


@pytest.mark.parametrize("page", OTHER_LANGUAGES, ids=lambda page: page.parent.name)
def test_the_tutorial_is_the_same_in_every_language(page: Path) -> None:
    assert blocks(page) == blocks(PAGE)


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
