"""An envelope as it comes in: bytes to the texts of its objects, each to the letter. Source: TAXII 2.1, 3.7."""

from collections.abc import Callable, Sequence
from typing import Final

from detente.core.errors import OurFault

OBJECTS_MAX: Final = 10_000


def objects_of(data: bytes, split: Callable[[bytes], Sequence[str]]) -> Sequence[str]:
    """Return the texts of an envelope's objects; none for one without. Raises OurFault("taxii.envelope").

    What an object is, is judged by its desk; here, that there are objects at all.
    """
    try:
        texts = split(data)
    except ValueError as error:
        raise OurFault(
            "taxii.envelope", f"the envelope: {error}", 'send {"objects": [ … ]} as JSON in UTF-8'
        ) from None
    if len(texts) > OBJECTS_MAX:
        raise OurFault(
            "taxii.many",
            f"{len(texts)} objects where {OBJECTS_MAX} are allowed",
            "send them in parts",
        )
    return texts
