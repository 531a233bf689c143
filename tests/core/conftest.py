"""The project's own vectors."""

import json
from pathlib import Path
from typing import Any

import pytest

FIRST = Path(__file__).resolve().parents[2] / "spec/vectors/first"


@pytest.fixture(scope="session")
def first() -> Path:
    """Folder of the first vectors."""
    return FIRST


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    """Inputs and expected values of the first vectors."""
    found: dict[str, Any] = json.loads((FIRST / "vectors.json").read_text())
    return found
