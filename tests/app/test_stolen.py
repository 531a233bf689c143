"""A house's file of stolen passwords: each entry is found, nothing else; a bad file is said."""

import hashlib
from pathlib import Path

import pytest
from tests.support.outcomes import fault_of

from detente.app import config, people_rules
from detente.app.stolen import Stolen
from detente.core.errors import OurFault

WORDS = [f"a stolen sentence number {number}" for number in range(300)]


def write(file: Path, words: list[str], end: str = ":7\r\n") -> Stolen:
    names = sorted(hashlib.sha1(each.encode()).hexdigest().upper() for each in words)
    file.write_bytes("".join(f"{name}{end}" for name in names).encode())
    return Stolen(str(file))


@pytest.mark.parametrize("end", [":7\r\n", "\n", ":12345678\n"])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 300])
def test_each_entry_is_found_and_nothing_else(tmp_path: Path, count: int, end: str) -> None:
    asked = write(tmp_path / "stolen", WORDS[:count], end)
    assert all(map(asked, WORDS[:count]))
    assert not any(asked(f"{each}!") for each in WORDS)


def test_lines_of_any_length_and_a_last_one_without_end(tmp_path: Path) -> None:
    names = sorted(hashlib.sha1(each.encode()).hexdigest() for each in WORDS)
    lines = [f"{name}:{10 ** (at % 19)}" for at, name in enumerate(names)]
    (tmp_path / "stolen").write_text("\n".join(lines))
    assert all(map(Stolen(str(tmp_path / "stolen")), WORDS))


def test_what_looks_the_same_is_the_same(tmp_path: Path) -> None:
    asked = write(tmp_path / "stolen", ["Ångström was here twice"])
    assert asked("A\u030angstro\u0308m was here twice")


@pytest.mark.parametrize(
    "data", [b"password\n" * 40, b"x", b"A" * 4_000, b"A" * 40 + b":x\n", b"\n" * 200]
)
def test_another_file_is_said_at_the_start_and_when_asked(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "stolen").write_bytes(data)
    asked = Stolen(str(tmp_path / "stolen"))
    assert fault_of(lambda: asked("a sentence of my own")) == "file.unreadable"
    assert fault_of(asked.check) == "config.bad"
    assert fault_of(Stolen(str(tmp_path / "none")).check) == "config.bad"


def test_the_setting_refuses_what_is_in_the_file(tmp_path: Path) -> None:
    write(tmp_path / "stolen", WORDS)
    (tmp_path / config.FILE_NAME).write_text(
        '[party]\nname = "aurelia.gov"\n[people]\nstolen = "stolen"\n'
    )
    rules = people_rules.rules(config.load(str(tmp_path)))
    rules.check_password("a sentence of my own", "anna")
    with pytest.raises(OurFault, match="stolen") as caught:
        rules.check_password(WORDS[7], "anna")
    assert caught.value.code == "people.password"
    (tmp_path / "stolen").unlink()  # while it cannot be asked, none is taken unasked
    assert fault_of(lambda: rules.check_password(WORDS[7], "anna")) == "file.unreadable"
    assert fault_of(lambda: people_rules.rules(config.load(str(tmp_path)))) == "config.bad"
