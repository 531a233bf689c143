"""An advisory of our own that is valid in every test, and ways to change it."""

import copy
import json
from typing import Any

Tree = dict[str, Any]

ADVISORY: Tree = {
    "document": {
        "category": "csaf_security_advisory",
        "csaf_version": "2.0",
        "distribution": {"tlp": {"label": "WHITE"}},
        "lang": "en",
        "notes": [{"category": "summary", "text": "Pumps accept commands from anybody."}],
        "publisher": {
            "category": "coordinator",
            "contact_details": "cert@aurelia.example",
            "name": "CERT Aurelia",
            "namespace": "https://cert.aurelia.example",
        },
        "references": [
            {
                "category": "self",
                "summary": "This advisory",
                "url": "https://cert.aurelia.example/csaf/white/2026/aur-2026-0007.json",
            }
        ],
        "title": "Pump controllers without authentication",
        "tracking": {
            "current_release_date": "2026-11-20T10:00:00Z",
            "id": "AUR-2026-0007",
            "initial_release_date": "2026-11-19T10:00:00Z",
            "revision_history": [
                {"date": "2026-11-19T10:00:00Z", "number": "1", "summary": "First issue."},
                {"date": "2026-11-20T10:00:00Z", "number": "2", "summary": "A fix is out."},
            ],
            "status": "final",
            "version": "2",
        },
    },
    "product_tree": {
        "branches": [
            {
                "branches": [
                    {
                        "branches": [
                            {
                                "category": "product_version",
                                "name": number,
                                "product": {
                                    "name": f"Waterworks Pump Controller {number}",
                                    "product_id": f"PUMP-{number}",
                                    "product_identification_helper": {
                                        "cpe": f"cpe:2.3:h:waterworks:pump:{number}:*:*:*:*:*:*:*"
                                    },
                                },
                            }
                            for number in ("4.1", "4.2")
                        ],
                        "category": "product_name",
                        "name": "Pump Controller",
                    }
                ],
                "category": "vendor",
                "name": "Waterworks",
            }
        ]
    },
    "vulnerabilities": [
        {
            "cve": "CVE-2026-0007",
            "cwe": {"id": "CWE-306", "name": "Missing Authentication for Critical Function"},
            "notes": [{"category": "description", "text": "Port 502 takes any command."}],
            "product_status": {"fixed": ["PUMP-4.2"], "known_affected": ["PUMP-4.1"]},
            "remediations": [
                {
                    "category": "vendor_fix",
                    "details": "Install version 4.2.",
                    "product_ids": ["PUMP-4.1"],
                    "url": "https://waterworks.example/4.2",
                }
            ],
            "scores": [
                {
                    "cvss_v3": {
                        "baseScore": 9.8,
                        "baseSeverity": "CRITICAL",
                        "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                        "version": "3.1",
                    },
                    "products": ["PUMP-4.1"],
                }
            ],
        }
    ],
}


def changed(*changes: tuple[str, object]) -> Tree:
    """Return the advisory with values put at paths; None takes a member out."""
    whole: Tree = copy.deepcopy(ADVISORY)
    for path, value in changes:
        *way, last = path.strip("/").split("/")
        at: Any = whole
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at[step]
        if isinstance(at, list) and last == "-":
            at.append(value)
        elif value is None:
            del at[int(last) if isinstance(at, list) else last]
        else:
            at[int(last) if isinstance(at, list) else last] = value
    return whole


def encoded(tree: Tree) -> bytes:
    """Return its bytes, members in alphabetical order."""
    return json.dumps(tree, sort_keys=True, ensure_ascii=False).encode()
