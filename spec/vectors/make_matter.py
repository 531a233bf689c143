"""Write matter/talk.json: order, state and digest of matters (kinds/matter.md). Uses nothing of src/."""

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

A, B = "cert@aurelia.gov", "cert@borealis.gov"
LOGS = [
    {"origin": "aurelia.gov/detente/x2ilzttxqmsebjgk", "size": 7},
    {"origin": "borealis.gov/detente/x2ilzttxqmsebjgk", "size": 5},
]
CASES = {
    "a withdrawal": [
        ("bundle", "cert.bundle", A, "a1a1a1a1", 1, ""),
        ("answer", "cert.answer", B, "b1b1b1b1", 1, "bundle"),
        ("back", "cert.withdraw", A, "a1a1a1a1", 2, "bundle"),
        ("read", "sys.read", B, "b1b1b1b1", 2, "bundle"),
    ],
    "withdrawn and corrected, by the author and by a stranger": [
        ("one", "x.notice", A, "a1a1a1a1", 5, ""),
        ("mend", "x.correct", A, "a2a2a2a2", 1, "one"),
        ("two", "x.notice", A, "a1a1a1a1", 6, ""),
        ("mend two", "x.correct", A, "a2a2a2a2", 2, "two"),
        ("back two", "x.withdraw", A, "a2a2a2a2", 3, "two"),
        ("stranger", "x.withdraw", B, "b1b1b1b1", 9, "one"),
    ],
    "numbers that contradict replies, and a reply to what is not there": [
        ("late", "x.notice", A, "a1a1a1a1", 2, ""),
        ("early", "x.notice", A, "a1a1a1a1", 1, "late"),
        ("later", "x.notice", A, "a1a1a1a1", 3, ""),
        ("latest", "x.notice", A, "a1a1a1a1", 4, ""),
        ("lone", "x.notice", B, "b1b1b1b1", 1, "elsewhere"),
    ],
    "one number twice": [
        ("first", "x.notice", A, "a1a1a1a1", 1, ""),
        ("second", "x.notice", A, "a1a1a1a1", 1, ""),
        ("third", "x.notice", A, "a1a1a1a1", 2, ""),
    ],
    "nothing": [],
}


def mid(name: str) -> bytes:
    return sha256(b"detente matter vector " + name.encode()).digest()


def text(data: bytes) -> str:
    return b64encode(data).decode()


def jcs(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def order(rows: list[tuple]) -> list[tuple]:
    """By the words of 2.1, the slow way."""
    todo, done, known = {mid(row[0]): row for row in rows}, [], {mid(row[0]) for row in rows}

    def parent(row: tuple) -> bytes | None:
        return mid(row[5]) if row[5] and mid(row[5]) in known else None

    def before(row: tuple) -> bytes | None:
        mine = (row[4], mid(row[0]))
        lower = [(r[4], mid(r[0])) for r in rows if r[2:4] == row[2:4]]
        return max((one for one in lower if one < mine), default=(0, None))[1]

    while todo:
        replies = [m for m, row in todo.items() if parent(row) not in todo]
        free = [m for m in replies if before(todo[m]) not in todo]
        done.append(todo.pop(min(free or replies)))
    return done


def made(rows: list[tuple]) -> dict[str, object]:
    counted = [row for row in rows if not row[1].startswith(("sys.", "matter.", "office."))]
    state = []
    for row in order(counted):
        by = [r for r in counted if r[5] == row[0] and r[2] == row[2]]
        back = [r for r in by if r[1].endswith(".withdraw")]
        mend = [r for r in by if r[1].endswith(".correct")]
        word = "withdrawn" if back else "corrected" if mend else "stands"
        mids = sorted(mid(r[0]) for r in back + mend)
        one = {
            "by": [text(m) for m in mids],
            "kind": row[1],
            "mid": text(mid(row[0])),
            "state": word,
        }
        state.append(one)
    mids = sorted(mid(row[0]) for row in counted)
    body = {
        "v": 1, "count": len(mids), "mids": text(sha256(b"".join(mids)).digest()),
        "state": text(sha256(jcs(state)).digest()), "logs": LOGS,
    }  # fmt: skip
    return {
        "records": [
            {
                "name": name, "mid": mid(name).hex(), "kind": kind, "from": sender,
                "to": [B if sender == A else A], "s": s, "n": n,
                "reply_to": mid(reply).hex() if reply else None,
            }
            for name, kind, sender, s, n, reply in rows
        ],
        "order": [row[0] for row in order(counted)],
        "state": jcs(state).decode(),
        "digest": jcs(body).decode(),
        "digest_held": jcs({**body, "held": [text(m) for m in mids]}).decode(),
    }  # fmt: skip


if __name__ == "__main__":
    out = Path(__file__).parent / "matter" / "talk.json"
    found = {name: made(rows) for name, rows in CASES.items()}
    out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
