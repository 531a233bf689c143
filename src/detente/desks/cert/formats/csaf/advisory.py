"""What a CSAF 2.0 document consists of (CSAF 2.0, section 3 and its schema), as data."""

import re
from typing import Final

from detente.desks.cert.formats.csaf.cvss_shape import V2, V3
from detente.desks.cert.formats.csaf.shape import URI, Group, Later, Many, Shape, Word, is_time

TEXT: Final = Word()
LINK: Final = Word(form=URI, said="a URI (RFC 3986)")
TIME: Final = Word(holds=is_time, said="a date and time (RFC 3339)")

_FREE: Final = r"(?:[a-zA-Z0-9\-._]|\\[\\*?!\"#$%&'()+,/:;<=>@\[\]^`{|}~])"
_PART: Final = rf"(?:(?:\?*|\*?){_FREE}+(?:\?*|\*?)|[*\-])"
_SPOKEN: Final = r"(?:[a-zA-Z]{2,3}(?:-(?:[a-zA-Z]{2}|[0-9]{3}))?|[*\-])"
CPE: Final = Word(
    form=re.compile(
        rf"cpe:2\.3:[aho*\-](?::{_PART}){{5}}:{_SPOKEN}(?::{_PART}){{4}}"
        r"|[cC][pP][eE]:/[AHOaho]?(?::[A-Za-z0-9._\-~%]*){0,6}"
    ),
    said="a CPE of version 2.2 or 2.3",
)
PURL: Final = Word(
    form=re.compile(rf"(?=pkg:[A-Za-z.\-+][A-Za-z0-9.\-+]*/.){URI.pattern}"), said="a package URL"
)
HASH: Final = Word(form=re.compile(r"[0-9a-fA-F]{32,}"), said="at least 32 hexadecimal digits")
LANGUAGE: Final = Word(
    form=re.compile(
        r"(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}(?:-[A-Za-z]{3}){0,2})?|[A-Za-z]{4,8})(?:-[A-Za-z]{4})?"
        r"(?:-(?:[A-Za-z]{2}|[0-9]{3}))?(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
        r"(?:-[A-WY-Za-wy-z0-9](?:-[A-Za-z0-9]{2,8})+)*(?:-[Xx](?:-[A-Za-z0-9]{1,8})+)?"
        r"|[Xx](?:-[A-Za-z0-9]{1,8})+|[Ii]-(?:[Dd][Ee][Ff][Aa][Uu][Ll][Tt]|[Mm][Ii][Nn][Gg][Oo])"
    ),
    said="a language tag (RFC 5646)",
)
_NUMBER: Final = r"(?:0|[1-9][0-9]*)"
_PRE: Final = rf"(?:{_NUMBER}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
VERSION: Final = Word(
    form=re.compile(
        rf"{_NUMBER}|{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PRE}(?:\.{_PRE})*)?"
        r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
    ),
    said="a whole number or a semantic version",
)

PRODUCTS: Final = Many(TEXT, unique=True)
GROUPS: Final = Many(TEXT, unique=True)
ACKNOWLEDGMENTS: Final = Many(
    Group(
        may={"names": Many(TEXT), "organization": TEXT, "summary": TEXT, "urls": Many(LINK)},
        least=1,
    )
)
NOTES: Final = Many(
    Group(
        due={
            "category": Word(
                ("description", "details", "faq", "general", "legal_disclaimer", "other", "summary")
            ),
            "text": TEXT,
        },
        may={"audience": TEXT, "title": TEXT},
    )
)
REFERENCES: Final = Many(
    Group(due={"summary": TEXT, "url": LINK}, may={"category": Word(("external", "self"))})
)

_HELPER: Final = Group(
    may={
        "cpe": CPE,
        "hashes": Many(
            Group(
                due={
                    "file_hashes": Many(Group(due={"algorithm": TEXT, "value": HASH})),
                    "filename": TEXT,
                }
            )
        ),
        "model_numbers": Many(TEXT, unique=True),
        "purl": PURL,
        "sbom_urls": Many(LINK),
        "serial_numbers": Many(TEXT, unique=True),
        "skus": Many(TEXT),
        "x_generic_uris": Many(Group(due={"namespace": LINK, "uri": LINK})),
    },
    least=1,
)
FULL_NAME: Final = Group(
    due={"name": TEXT, "product_id": TEXT}, may={"product_identification_helper": _HELPER}
)
BRANCH_CATEGORIES: Final = (
    "architecture", "host_name", "language", "legacy", "patch_level", "product_family",
    "product_name", "product_version", "product_version_range", "service_pack", "specification",
    "vendor",
)  # fmt: skip
BRANCHES: Final[Many] = Many(
    Group(
        due={"category": Word(BRANCH_CATEGORIES), "name": TEXT},
        may={"branches": Later(lambda: BRANCHES), "product": FULL_NAME},
        least=3,
        most=3,
    )
)

_TRACKING: Final = Group(
    due={
        "current_release_date": TIME,
        "id": Word(form=re.compile(r"\S(?:.*\S)?"), said="a text without blanks around it"),
        "initial_release_date": TIME,
        "revision_history": Many(
            Group(
                due={"date": TIME, "number": VERSION, "summary": TEXT},
                may={"legacy_version": TEXT},
            )
        ),
        "status": Word(("draft", "final", "interim")),
        "version": VERSION,
    },
    may={
        "aliases": Many(TEXT, unique=True),
        "generator": Group(
            due={"engine": Group(due={"name": TEXT}, may={"version": TEXT})}, may={"date": TIME}
        ),
    },
)
PUBLISHER: Final = Group(
    due={
        "category": Word(("coordinator", "discoverer", "other", "translator", "user", "vendor")),
        "name": TEXT,
        "namespace": LINK,
    },
    may={"contact_details": TEXT, "issuing_authority": TEXT},
)
_DOCUMENT: Final = Group(
    due={
        "category": Word(
            form=re.compile(r"[^\s\-_.](?:.*[^\s\-_.])?"), said="a name of a category"
        ),
        "csaf_version": Word(("2.0",)),
        "publisher": PUBLISHER,
        "title": TEXT,
        "tracking": _TRACKING,
    },
    may={
        "acknowledgments": ACKNOWLEDGMENTS,
        "aggregate_severity": Group(due={"text": TEXT}, may={"namespace": LINK}),
        "distribution": Group(
            may={
                "text": TEXT,
                "tlp": Group(
                    due={"label": Word(("AMBER", "GREEN", "RED", "WHITE"))}, may={"url": LINK}
                ),
            },
            least=1,
        ),
        "lang": LANGUAGE,
        "notes": NOTES,
        "references": REFERENCES,
        "source_lang": LANGUAGE,
    },
)
_TREE: Final = Group(
    may={
        "branches": BRANCHES,
        "full_product_names": Many(FULL_NAME),
        "product_groups": Many(
            Group(
                due={"group_id": TEXT, "product_ids": Many(TEXT, least=2, unique=True)},
                may={"summary": TEXT},
            )
        ),
        "relationships": Many(
            Group(
                due={
                    "category": Word(
                        ("default_component_of", "external_component_of", "installed_on",
                         "installed_with", "optional_component_of")
                    ),
                    "full_product_name": FULL_NAME,
                    "product_reference": TEXT,
                    "relates_to_product_reference": TEXT,
                }
            )
        ),
    },
    least=1,
)  # fmt: skip

_WHOM: Final[dict[str, Shape]] = {"group_ids": GROUPS, "product_ids": PRODUCTS}
JUSTIFICATIONS: Final = (
    "component_not_present", "inline_mitigations_already_exist",
    "vulnerable_code_cannot_be_controlled_by_adversary", "vulnerable_code_not_in_execute_path",
    "vulnerable_code_not_present",
)  # fmt: skip
STATUSES: Final = (
    "first_affected", "first_fixed", "fixed", "known_affected", "known_not_affected",
    "last_affected", "recommended", "under_investigation",
)  # fmt: skip
_RESTARTS: Final = (
    "connected", "dependencies", "machine", "none", "parent", "service", "system",
    "vulnerable_component", "zone",
)  # fmt: skip
_REMEDIES: Final = ("mitigation", "no_fix_planned", "none_available", "vendor_fix", "workaround")
_INVOLVED: Final = (
    "completed", "contact_attempted", "disputed", "in_progress", "not_contacted", "open",
)  # fmt: skip
_VULNERABILITY: Final = Group(
    may={
        "acknowledgments": ACKNOWLEDGMENTS,
        "cve": Word(form=re.compile(r"CVE-[0-9]{4}-[0-9]{4,}"), said="a CVE number"),
        "cwe": Group(
            due={
                "id": Word(form=re.compile(r"CWE-[1-9][0-9]{0,5}"), said="a CWE number"),
                "name": TEXT,
            }
        ),
        "discovery_date": TIME,
        "flags": Many(
            Group(due={"label": Word(JUSTIFICATIONS)}, may={"date": TIME, **_WHOM}), unique=True
        ),
        "ids": Many(Group(due={"system_name": TEXT, "text": TEXT}), unique=True),
        "involvements": Many(
            Group(
                due={
                    "party": Word(("coordinator", "discoverer", "other", "user", "vendor")),
                    "status": Word(_INVOLVED),
                },
                may={"date": TIME, "summary": TEXT},
            ),
            unique=True,
        ),
        "notes": NOTES,
        "product_status": Group(may=dict.fromkeys(STATUSES, PRODUCTS), least=1),
        "references": REFERENCES,
        "release_date": TIME,
        "remediations": Many(
            Group(
                due={"category": Word(_REMEDIES), "details": TEXT},
                may={
                    "date": TIME,
                    "entitlements": Many(TEXT),
                    "restart_required": Group(
                        due={"category": Word(_RESTARTS)}, may={"details": TEXT}
                    ),
                    "url": LINK,
                    **_WHOM,
                },
            )
        ),
        "scores": Many(
            Group(due={"products": PRODUCTS}, may={"cvss_v2": V2, "cvss_v3": V3}, least=2)
        ),
        "threats": Many(
            Group(
                due={
                    "category": Word(("exploit_status", "impact", "target_set")),
                    "details": TEXT,
                },
                may={"date": TIME, **_WHOM},
            )
        ),
        "title": TEXT,
    },
    least=1,
)
ADVISORY: Final = Group(
    due={"document": _DOCUMENT},
    may={"product_tree": _TREE, "vulnerabilities": Many(_VULNERABILITY)},
)
