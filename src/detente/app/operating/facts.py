"""What a running node tells of itself to the doctor: facts, no judgement."""

import re
from typing import Final

from detente.app import system
from detente.app.http import Reply, Request
from detente.app.node.admin import Routes, links_shown
from detente.app.node.cards import roots_shown
from detente.app.node.ground import Ground
from detente.core import limits
from detente.core.canon import Json
from detente.core.errors import OurFault

_AID: Final = re.compile(r"[0-9a-f]{64}")


def facts(ground: Ground, _request: Request) -> Reply:
    """Return what stands in the way now, every link, and the state of store and clock."""
    node, store = ground.node, ground.parts.store
    fault = node.read_only
    clocks = node.clocks()
    waiting = {} if fault else node.oldest_waiting()
    links: list[Json] = []
    names = [name for name, _, _ in node.at_work()]
    for link_id, row in zip(names, links_shown(ground), strict=True):
        assert isinstance(row, dict)
        since = waiting.get(link_id)
        links.append(
            {
                **row,
                "clock_ahead_ms": clocks.get(link_id),
                "waiting_since": str(since) if since else None,
            }
        )
    faults: list[Json] = [{"what": where, "why": why} for where, why in ground.faults.items()]
    stopped: Json = None
    if fault:
        stopped = {"code": fault.code, "what": fault.what, "remedy": fault.remedy}
    return Reply(
        {
            "now": str(system.now()),
            "findings": faults,
            "links": links,
            "store": {"fault": stopped, "wal_bytes": store.wal_size, "form": store.form},
            "restored": node.restored,
            "roots": roots_shown(ground),
            "purging": node.care.purging,
        }
    )


def repair(ground: Ground, request: Request) -> Reply:
    """Ask peers for records that a disk lost; say how many had a peer to ask."""
    logs = request.json().get("logs")
    asked = 0
    for row in logs if isinstance(logs, list) else []:
        origin = row.get("origin") if isinstance(row, dict) else None
        seqs = row.get("seqs") if isinstance(row, dict) else None
        if not isinstance(origin, str) or not isinstance(seqs, list):
            raise OurFault("form.json", "logs is a list of origin and seqs", "see docs/api.md")
        wanted = [seq for seq in seqs if isinstance(seq, int) and 0 <= seq < limits.MAX_TREE]
        wanted = wanted[: limits.MAX_ROWS_ASKED]
        if ground.node.ask_rows(origin, wanted, system.now()):
            asked += len(wanted)
    files = request.json().get("attachments", [])
    for row in files if isinstance(files, list) else []:
        aid, bad = _damaged(row)
        whole = isinstance(row, dict) and row.get("manifest") is True
        asked += ground.node.mend(aid, bad, manifest=whole, now=system.now())
    return Reply({"asked": asked})


def _damaged(row: Json) -> tuple[bytes, list[int]]:
    aid, bad = (row.get("aid"), row.get("bad")) if isinstance(row, dict) else (None, None)
    if not isinstance(aid, str) or not _AID.fullmatch(aid) or not isinstance(bad, list):
        raise OurFault("form.json", "attachments is a list of aid and bad", "see docs/api.md")
    return bytes.fromhex(aid), [each for each in bad if isinstance(each, int) and each >= 0]


def repairing(ground: Ground, _request: Request) -> Reply:
    """Return how many records were asked for and did not come yet."""
    return Reply({"waiting": ground.node.rows_waiting()})


ROUTES: Final[Routes] = {
    ("GET", ("v1", "doctor")): facts,
    ("GET", ("v1", "repair")): repairing,
    ("POST", ("v1", "repair")): repair,
}
