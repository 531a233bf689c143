"""Write procedures/vectors.json: courses of the CERT desk (procedures.md). Uses nothing of src/.

What follows from each case was worked out by hand from procedures.md and kinds/cert.md 7.
"""

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

A, B = "cert@aurelia.gov", "cert@borealis.gov"
BUNDLE, BACK = "cert.bundle", "cert.withdrawal"
# Of each record: name, kind, author, series, n, what it replies to, members that guards look at.
ONE = ("one", "cert.bundle", A, "a1a1a1a1", 1, "", {})
CASES = {
    "answered": (
        [ONE, ("good", "cert.answer", B, "b1b1b1b1", 1, "one", {"verdict": "useful"})],
        [(BUNDLE, "one", "answered", ["one", "good"], [])],
    ),
    "held, then a question, explained, then declined": (
        [
            ONE,
            ("later", "ack.hold", B, "b1b1b1b1", 1, "one", {}),
            ("which", "cert.answer", B, "b1b1b1b1", 2, "one", {"verdict": "question"}),
            ("so", "ack.action", A, "a1a1a1a1", 2, "which", {}),
            ("no", "ack.declined", B, "b1b1b1b1", 3, "so", {}),
        ],
        [(BUNDLE, "one", "declined", ["one", "later", "which", "so", "no"], [])],
    ),
    "an answer and a withdrawal that know nothing of each other: the answer first": (
        [
            ONE,
            ("gone", "cert.withdraw", A, "a1a1a1a1", 2, "one", {"all": "true"}),
            ("good", "cert.answer", B, "b1b1b1b1", 1, "one", {"verdict": "known"}),
            ("done", "cert.withdrawn", B, "b1b1b1b1", 2, "gone", {}),
        ],
        [
            (BUNDLE, "one", "withdrawn", ["one", "good", "gone"], []),
            (BACK, "gone", "acknowledged", ["gone", "done"], []),
        ],
    ),
    "a withdrawal in part opens a course and moves none": (
        [ONE, ("part", "cert.withdraw", A, "a1a1a1a1", 2, "one", {"all": "false"})],
        [(BUNDLE, "one", "open", ["one"], []), (BACK, "part", "asked", ["part"], [])],
    ),
    "the wrong side, a body that cannot be read, a state from which nothing leads": (
        [
            ONE,
            ("mine", "cert.answer", A, "a1a1a1a1", 2, "one", {"verdict": "useful"}),
            ("newer", "cert.answer", B, "b1b1b1b1", 1, "one", None),
            ("no", "ack.declined", B, "b1b1b1b1", 2, "one", {}),
            ("late", "ack.hold", B, "b1b1b1b1", 3, "no", {}),
            ("stranger", "cert.withdraw", B, "b1b1b1b1", 4, "one", {"all": "true"}),
        ],
        [
            (
                BUNDLE, "one", "declined", ["one", "no"],
                [
                    ("mine", "who", []), ("newer", "unreadable", []), ("late", "state", ["no"]),
                    ("stranger", "who", []),
                ],
            )
        ],
    ),
    "a reply to what is not held belongs to no course": (
        [ONE, ("lone", "cert.answer", B, "b1b1b1b1", 1, "elsewhere", {"verdict": "useful"})],
        [(BUNDLE, "one", "open", ["one"], [])],
    ),
    "nothing": ([], []),
}  # fmt: skip


def mid(name: str) -> str:
    return b64encode(sha256(b"detente procedure vector " + name.encode()).digest()).decode()


def record(row: tuple) -> dict:
    name, kind, author, s, n, reply, body = row
    return {
        "mid": mid(name), "kind": kind, "from": author, "to": [B if author == A else A], "s": s,
        "n": n, "reply_to": mid(reply) if reply else None, "body": body,
    }  # fmt: skip


def course(row: tuple) -> dict:
    procedure, opened, state, counted, ignored = row
    return {
        "procedure": procedure, "opened": mid(opened), "state": state,
        "counted": [mid(name) for name in counted],
        "ignored": sorted(
            ({"mid": mid(name), "why": why, "by": [mid(each) for each in by]}
             for name, why, by in ignored),
            key=lambda each: each["mid"],
        ),
    }  # fmt: skip


def main() -> None:
    cases = [
        {"name": name, "records": [record(each) for each in records],
         "courses": [course(each) for each in courses]}
        for name, (records, courses) in CASES.items()
    ]  # fmt: skip
    file = Path(__file__).parent / "procedures" / "vectors.json"
    file.write_text(json.dumps({"desk": A, "other": B, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
