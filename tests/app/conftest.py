"""What tests of commands share."""

import sys
from collections.abc import Iterator
from functools import partial

import pytest

from detente.app import face
from detente.vault.file import FileVault
from detente.vault.sealing import Cost

CHEAP = Cost(memory_kib=64, passes=1)


@pytest.fixture(autouse=True, scope="module")
def _guesses_are_cheap() -> Iterator[None]:
    """Let a guess at the passphrases of these parties be cheap: each start of theirs then is, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileVault, "create", partial(FileVault.create, cost=CHEAP))
        yield


@pytest.fixture(params=["en", "ru"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Each language, as a command is told it."""
    monkeypatch.setattr(sys, "argv", ["detente", "--lang", request.param])
    for known in (face.language, face.words_of):
        known.cache_clear()
    yield request.param
    monkeypatch.undo()
    for known in (face.language, face.words_of):
        known.cache_clear()
