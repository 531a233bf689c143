"""Handing objects in at a foreign collection, and asking what became of them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from detente.app.feeds.wire import Told
from detente.core.errors import OurFault

BATCH: Final = 200  # objects of one request
CHECKS: Final = 10
WAIT: Final = 1.0  # seconds between two questions
FAILURES_TOLD: Final = 20
Ask = Callable[[str, str, bytes | None], Told]


@dataclass(slots=True)
class Pushed:
    """What became of one batch. wrong: what they say of objects that they did not take."""

    taken: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)
    fault: OurFault | None = None


def run(ask: Ask, collection: str, texts: Sequence[str], wait: Callable[[float], object]) -> Pushed:
    """Hand in objects as one envelope. Never raises OurFault: it is told. wait: lets seconds pass."""
    found = Pushed()
    try:
        body = f'{{"objects": [{",".join(texts)}]}}'.encode()
        told = dict(ask("POST", f"collections/{collection}/objects/", body).document)
        for _ in range(CHECKS):
            if told.get("status") != "pending":
                break
            wait(WAIT)
            told = dict(ask("GET", f"status/{str(told.get('id'))[:64]}/", None).document)
        _count(told, len(texts), found)
    except OurFault as fault:
        found.fault = fault
    return found


def _count(told: Mapping[str, Any], count: int, found: Pushed) -> None:
    failures = told.get("failures")
    refused = told.get("failure_count")
    if not isinstance(refused, int) or not 0 <= refused <= count:
        raise OurFault(
            "feed.answer", "its status does not say what it took", "tell whoever runs that server"
        )
    found.refused, found.taken = refused, count - refused
    for each in failures[:FAILURES_TOLD] if isinstance(failures, list) else []:
        if isinstance(each, dict):
            said = json.dumps([each.get("id"), each.get("message")], ensure_ascii=True)
            found.wrong.append(said[:300])
