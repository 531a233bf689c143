"""What all tests share: the outside data, and how hard properties are tried.

A run is the same for every PYTHONHASHSEED: nothing parametrizes over a set, since the workers of
one run must agree on the list of tests.
"""

import os
import signal
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.produced import OUTSIDE, Produced

# Tests by which the branches of core, link and node are counted. Counting makes every test half as
# slow again, whatever it calls, so the others go without.
COUNTED = ("core", "faults", "laws", "link", "node", "office", "paths", "store", "vault", "worlds")
PATIENCE = int(os.environ.get("DETENTE_TEST_PATIENCE", "600"))  # seconds of one test

# No deadline and no "too slow": a busy machine is no fault of the code.
settings.register_profile(
    "house", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("house"), derandomize=True)
# By night: pytest --hypothesis-profile night
settings.register_profile("night", settings.get_profile("house"), max_examples=5_000)
settings.load_profile("ci" if os.environ.get("CI") else "house")


def pytest_configure(config: pytest.Config) -> None:
    """Count which faults the tests produce."""
    config.pluginmanager.register(Produced(), "produced")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Count no branches in tests of other floors."""
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    tracing, in_threads = sys.gettrace(), threading.gettrace()
    if tracing is None or folder in COUNTED:
        return (yield)
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        threading.settrace(in_threads)
        sys.settrace(tracing)


@pytest.fixture(autouse=True)
def _no_test_hangs() -> Iterator[None]:
    """End a test that waits for ever; no measure of anything."""

    def end(*_: object) -> None:
        pytest.fail(f"no end after {PATIENCE} s")  # no OSError: a loop might take it for a line's

    signal.signal(signal.SIGALRM, end)
    signal.alarm(PATIENCE)
    yield
    signal.alarm(0)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of outside data (vectors, samples) that is too large or not ours to commit.

    DETENTE_SHARED names it, else it is the folder `shared` beside the repository. Tests that need
    it are skipped, and say so, where it is absent.
    """
    if not OUTSIDE.is_dir():
        pytest.skip("the outside data are not here: set DETENTE_SHARED")
    return OUTSIDE
