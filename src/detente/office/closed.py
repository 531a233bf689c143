"""What is told of a desk whose key its people hold and nobody has opened."""

from detente.core.errors import OurFault


def desk_closed(desk: str) -> OurFault:
    """Return the fault of whoever asks for what a closed desk holds."""
    return OurFault(
        "office.desk_closed",
        f"the desk {desk} is closed: nobody of its people opened it here; sealed records wait",
        f"open it with your password: detente desk open {desk}, or the page of desk keys;"
        " who was never let in asks another person of the desk",
    )
