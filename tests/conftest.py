"""What all tests share: the outside data, and how hard properties are tried.

A run is the same for every PYTHONHASHSEED: nothing parametrizes over a set, since the workers of
one run must agree on the list of tests.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]

# No deadline and no "too slow": a busy machine is no fault of the code.
settings.register_profile(
    "house", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("house"), derandomize=True)
# By night: pytest --hypothesis-profile night
settings.register_profile("night", settings.get_profile("house"), max_examples=5_000)
settings.load_profile("ci" if os.environ.get("CI") else "house")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of outside data (vectors, samples) that is too large or not ours to commit.

    DETENTE_SHARED names it, else it is the folder `shared` beside the repository. Tests that need
    it are skipped, and say so, where it is absent.
    """
    place = Path(os.environ.get("DETENTE_SHARED", ROOT.parent / "shared"))
    if not place.is_dir():
        pytest.skip("the outside data are not here: set DETENTE_SHARED")
    return place
