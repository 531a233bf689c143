"""A matter as the API shows it: what each side states of it, side by side."""

from detente.core.canon import Json
from detente.core.talk import Digest
from detente.office.fields import mid_text
from detente.office.office import Office
from detente.office.people import Person


def compared_shown(office: Office, person: Person, matter: str) -> Json:
    """Return how a matter stands with every peer. Raises OurFault("office.forbidden")."""
    return {
        "matter": matter,
        "compared": [
            {
                "desk": each.desk,
                "other": each.other,
                "ours": _digest(each.ours),
                "theirs": _digest(each.theirs),
                "same": each.same,
                "settled": each.is_settled,
                "missing_here": [mid_text(mid) for mid in each.missing_here],
                "missing_there": [mid_text(mid) for mid in each.missing_there],
            }
            for each in office.cases.compare(person, matter)
        ],
    }


def _digest(found: Digest | None) -> Json:
    if found is None:
        return None
    return {
        "count": found.count,
        "mids": found.mids.hex(),
        "state": found.state.hex(),
        "logs": [{"origin": origin, "size": size} for origin, size in found.logs],
    }
