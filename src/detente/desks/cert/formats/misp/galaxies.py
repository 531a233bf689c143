"""Clusters of MISP galaxies as objects of STIX, by the galaxy that they stand in.

Source: MISP galaxy (github.com/MISP/misp-galaxy).
"""

import re
from typing import Final

from detente.desks.cert.formats import ids, members
from detente.desks.cert.formats.members import Object

SORTS: Final = (  # the first whose words stand in a galaxy's type
    ("attack-pattern", ("attack-pattern", "mitre-ics-techniques")),
    ("course-of-action", ("course-of-action",)),
    ("intrusion-set", ("intrusion-set", "mitre-ics-groups", "microsoft-activity-group", "apt")),
    ("threat-actor", ("threat-actor", "360net-threat-actor")),
    ("malware", ("malware", "malpedia", "ransomware", "banker", "botnet", "rat", "stealer",
                 "android", "backdoor", "cryptominers")),
    ("tool", ("tool", "exploit-kit", "tds", "mitre-ics-software")),
)  # fmt: skip
CUSTOM: Final = "x-misp-galaxy-cluster"
TYPES: Final = tuple(kind for kind, _ in SORTS)
_TAG: Final = {  # galaxy in which an object of STIX that came from elsewhere is looked for
    "attack-pattern": "mitre-attack-pattern",
    "course-of-action": "mitre-course-of-action",
    "intrusion-set": "mitre-intrusion-set",
    "threat-actor": "threat-actor",
    "malware": "mitre-malware",
    "tool": "tool",
}


def type_of(galaxy: str) -> str:
    """Return the type of object that clusters of a galaxy become."""
    words = set(re.split(r"[-_\s]+", galaxy))
    for kind, names in SORTS:
        if any(name in galaxy if "-" in name else name in words for name in names):
            return kind
    return CUSTOM


def cluster_of(cluster: Object, galaxy: str, author: str, at: tuple[str, str]) -> Object | None:
    """Return the object that a cluster becomes; None for one without a name.

    at: when it was created, and modified. A cluster without a uuid, of which there are many, gets
    that of its tag: two events then speak of the same one.
    """
    name = members.text(cluster, "value").strip()
    if not name:
        return None
    kind = type_of(members.text(cluster, "type") or galaxy)
    tag = members.text(cluster, "tag_name") or f'misp-galaxy:{galaxy}="{name}"'
    made: Object = {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{ids.kept(cluster.get('uuid'), 'cluster', tag)}",
        "created_by_ref": author,
        "created": at[0],
        "modified": at[1],
        "name": name,
    }
    if kind == "malware":
        made["is_family"] = True
    described = members.text(cluster, "description").strip()
    if described and described != name:
        made["description"] = described
    made["labels"] = [tag]
    meta = cluster.get("meta")
    others = members.texts(meta, "synonyms") if isinstance(meta, dict) else ()
    if others and kind in ("malware", "threat-actor", "intrusion-set", "tool", "attack-pattern"):
        made["aliases"] = list(dict.fromkeys(others))
    refs = members.texts(meta, "refs") if isinstance(meta, dict) else ()
    links: list[Object] = [{"source_name": "misp-galaxy", "url": each} for each in refs if each]
    if kind == "attack-pattern" and isinstance(meta, dict):
        known: list[Object] = [
            {"source_name": "mitre-attack", "external_id": each}
            for each in members.texts(meta, "external_id")
        ]
        links = [*known, *links]
    if links:
        made["external_references"] = [*links]
    return made


def tag_of(one: Object) -> str:
    """Return the tag by which an event names an object of STIX; "" if MISP has no galaxy for it."""
    for label in members.texts(one, "labels"):
        if label.startswith("misp-galaxy:"):
            return label
    galaxy = _TAG.get(members.text(one, "type"))
    name = members.text(one, "name").replace('"', "'")
    return f'misp-galaxy:{galaxy}="{name}"' if galaxy and name else ""
