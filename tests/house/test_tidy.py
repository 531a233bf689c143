"""Laws of the house that no other tool holds."""

import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MADE = {ROOT / name for name in ("build", "dist", "demo", "htmlcov")}  # folders that tools make


def texts(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield every text file under `folder` that belongs to the repository."""
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".") and path.name != ".ci"
        if hidden or path in MADE or path.name == "__pycache__":
            continue
        if path.is_dir():
            yield from texts(path)
        elif path.is_file():
            data = path.read_bytes()
            if b"\0" not in data:
                yield path.relative_to(ROOT), data.decode("utf-8", "replace")


def found(pattern: re.Pattern[str], folder: Path = ROOT) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()[:80]}"
        for path, text in texts(folder)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.name))
def test_a_lock_names_no_index_and_no_host(lock: Path) -> None:
    # Only these three forms of line: a pin (with its markers), a hash, nothing else.
    pin = re.compile(r"[a-z0-9.-]+==[0-9][0-9a-z.]*( ; [a-z0-9_.'<>=! ()-]+)? \\", re.IGNORECASE)
    a_hash = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
    lines = lock.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not pin.fullmatch(line) and not a_hash.fullmatch(line)] == []


def test_every_group_of_requirements_is_locked() -> None:
    groups = {path.stem for path in (ROOT / "requirements").glob("*.in")}
    assert groups == {lock.stem for lock in LOCKS}


def test_what_the_project_declares_is_what_is_locked_to_run() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[<>=]", one)[0].lower() for one in project["dependencies"]}
    wanted = (ROOT / "requirements" / "run.in").read_text(encoding="utf-8").lower()
    assert declared == set(re.findall(r"^([a-z0-9-]+)==", wanted, re.MULTILINE))


def test_both_locks_pin_the_same_versions() -> None:
    run, dev = (
        set(
            re.findall(
                r"^\S+==\S+", (ROOT / "requirements" / name).read_text("utf-8"), re.MULTILINE
            )
        )
        for name in ("run.txt", "dev.txt")
    )
    assert run - dev == set()


def test_no_file_names_a_place_on_one_machine() -> None:
    places = re.compile(r"(?<![\w.>])/(?:home|root|Users|work|tmp/venv)/")
    assert found(places) == []


def test_nothing_is_left_for_later_in_the_source() -> None:
    unfinished = re.compile(r"\b(?:TODO|FIXME|XXX|NotImplementedError)\b")
    assert found(unfinished, ROOT / "src") == []


PLURALS = {"zero", "one", "two", "few", "many", "other"}  # CLDR; each language has its own


def flat(words: dict[str, object], above: str = "") -> dict[str, str]:
    """Return dotted names to texts. The plural forms of one word count as one text."""
    result: dict[str, str] = {}
    for name, value in words.items():
        if isinstance(value, dict) and value.keys() <= PLURALS:
            result[above + name] = " ".join(map(str, value.values()))
        elif isinstance(value, dict):
            result |= flat(value, f"{above}{name}.")
        else:
            result[above + name] = str(value)
    return result


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def languages() -> dict[Path, dict[str, dict[str, str]]]:
    """Return for each folder of words: language to its texts."""
    rooms: dict[Path, dict[str, dict[str, str]]] = {}
    for path in sorted((ROOT / "src" / "detente").rglob("words/*.toml")):
        words = flat(tomllib.loads(path.read_text(encoding="utf-8")))
        rooms.setdefault(path.parent.relative_to(ROOT), {})[path.stem] = words
    return rooms


def test_every_language_has_the_same_words() -> None:
    missing = [
        f"{room}/{language}.toml lacks {name}"
        for room, words in languages().items()
        for language in words
        for name in sorted(set().union(*words.values()) - words[language].keys())
    ]
    assert missing == []


def test_every_room_of_words_speaks_the_same_languages() -> None:
    spoken = {room: sorted(words) for room, words in languages().items()}
    assert len({tuple(names) for names in spoken.values()}) <= 1, spoken


def test_a_word_has_the_same_places_to_fill_in_every_language() -> None:
    differing = [
        f"{room}: {name}"
        for room, words in languages().items()
        for name in sorted(set().union(*words.values()))
        if len({frozenset(placeholders(texts.get(name, ""))) for texts in words.values()}) > 1
    ]
    assert differing == []


def test_no_word_is_empty() -> None:
    empty = [
        f"{room}/{language}.toml: {name}"
        for room, words in languages().items()
        for language, texts in words.items()
        for name, text in texts.items()
        if not text.strip()
    ]
    assert empty == []


def test_every_room_has_something_in_it() -> None:
    hollow = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "src").rglob("*.py"))
        if not path.read_text(encoding="utf-8").strip()
    ]
    assert hollow == []
