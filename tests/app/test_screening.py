"""A newcomer looks a name up, keeps the decision and replays it."""

import gzip
import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from tests.screening.people import LIST

from detente.app import face
from detente.app.verbs.screening import read_list, screening
from detente.core.errors import OurFault


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    file = tmp_path / "list.jsonl.gz"
    file.write_bytes(gzip.compress(b"\n".join(msgspec.json.encode(e) for e in LIST)))
    return file


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(screening, list(words), standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    code: int = done.return_value
    return code, done.output


def test_a_name_is_told_in_sentences_kept_and_replayed(listed: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    code, told = run(
        "name", "Сергей Кузнецов", "--list", str(listed), "--schema", "Person", "--keep", str(kept)
    )
    assert code == 0
    assert "Sergei Viktorovich KUZNETSOV" in told
    assert "p2" in told
    assert run("replay", str(kept), "--list", str(listed))[0] == 0
    body = json.loads(kept.read_bytes())
    body["hits"] = []
    kept.write_text(json.dumps(body))
    assert run("replay", str(kept), "--list", str(listed))[0] == 1


def test_a_document_says_why_a_name_decides_nothing(listed: Path) -> None:
    code, told = run("name", "...", "--list", str(listed), "--json")
    assert (code, json.loads(told)["undecided"], json.loads(told)["hits"]) == (0, "no_words", [])


def test_half_a_list_is_no_list(listed: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.gz").write_bytes(listed.read_bytes()[:100])
    (tmp_path / "bad").write_bytes(b"{}\n")
    for name, code in (
        ("cut.gz", "list.unreadable"),
        ("none", "list.unreadable"),
        ("bad", "list.damaged"),
    ):
        with pytest.raises(OurFault) as fault:
            run("name", "x", "--list", str(tmp_path / name))
        assert fault.value.code == code
        assert (fault.value.remedy == "name a file that is there") == (name == "none")
    assert len(read_list(str(listed))[1]) == len(LIST)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_what_does_not_count_is_told_before_the_hits(
    listed: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face, "language", lambda: language)
    facts = ("--birth", "foo", "--country", "Atlantis", "--country", "ru")
    _, told = run("name", "Sergei Kuznetsov", "--list", str(listed), *facts)
    words = face.words_of(language)
    assert told.splitlines()[:2] == [
        words["screening.unread_birth"].replace("{text}", "foo"),
        words["screening.unread_country"].replace("{text}", "Atlantis"),
    ]
