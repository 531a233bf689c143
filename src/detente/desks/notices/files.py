"""Files of the desk that anybody may look at without a party."""

from detente.desks.notices.exercises import reading
from detente.desks.notices.exercises.scenario import Scenario


def read_scenario(data: bytes) -> Scenario:
    """Return a scenario of its file. Raises OurFault("notices.scenario") with the line and the reason."""
    return reading.read(data)
