"""The verifier and the maker of vectors, loaded from their files: neither is part of the package."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(place: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(place.stem, place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[place.stem] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def verifier() -> ModuleType:
    return load(ROOT / "contrib" / "verify_minimal.py")


@pytest.fixture(scope="session")
def maker() -> ModuleType:
    return load(ROOT / "spec" / "vectors" / "make_more.py")


@pytest.fixture(scope="session")
def first() -> Path:
    return ROOT / "spec" / "vectors" / "first"


@pytest.fixture(scope="session")
def second() -> Path:
    return ROOT / "spec" / "vectors" / "second"
