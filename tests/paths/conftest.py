from collections.abc import Iterator

import pytest
from tests.paths.ends import Line


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.close()
