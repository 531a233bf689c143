"""What records wait for, as documents of the API."""

from collections.abc import Sequence

from detente.core.canon import Json
from detente.core.moment import Moment
from detente.office.attention import Waits
from detente.office.fields import mid_text
from detente.office.office import Office
from detente.office.replies import Reply
from detente.office.waits import Wait


def owed_shown(waits: Sequence[Wait], replies: Sequence[Reply]) -> dict[str, Json]:
    """Return what a record waits for and what was answered to it, as members of a document."""
    return {
        "waits": [
            {
                "desk": each.desk, "state": each.state, "why": each.why,
                "since": str(each.since) if each.since else None,
            }
            for each in waits
        ],
        "answers": [
            {
                "desk": each.desk, "answer": each.answer, "reason": each.reason,
                "until": str(each.until) if each.until else None, "at": str(each.at),
                "mid": mid_text(each.mid),
            }
            for each in replies
        ],
    }  # fmt: skip


def attention_shown(office: Office, now: Moment) -> Json:
    """Return what waits for somebody, here or over there, as a document."""
    found = office.status.attention(now)
    waits: dict[str, Json] = {
        name: _count_of(each)
        for name, each in (
            ("undelivered", found.undelivered), ("unread", found.unread), ("owed", found.owed),
        )
    }  # fmt: skip
    there = {**found.desks, **{(who, "DECLINED"): each for who, each in found.declined.items()}}
    parties: Json = [
        {"party": party, "state": state, **_count_of(each)}
        for (party, state), each in sorted(there.items())
    ]
    return {**waits, "parties": parties, "whole": found.whole}


def _count_of(each: Waits) -> dict[str, Json]:
    return {"count": each.count, "since": str(each.since) if each.since else None}
