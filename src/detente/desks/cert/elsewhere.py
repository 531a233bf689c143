"""The same objects in other bundles of ours: what is taken back is taken back there too."""

from collections.abc import Sequence
from typing import Final

from detente.core import limits
from detente.core.errors import OurFault
from detente.desks.cert import folds, index, rules
from detente.office.fields import Value, Values
from detente.office.reader import Reader

BUNDLES_MAX: Final = limits.MAX_BUNDLES_AFTER  # that one withdrawal goes after


def find(
    look: Reader,
    named: Sequence[Values],
    versions: Sequence[rules.Version],
    spared: Sequence[Value],
) -> list[tuple[Values, tuple[Values, ...]]]:
    """Return our other bundles that hold what is named, each with the references to take back.

    named: of a bundle with these versions. spared: mids of bundles that stay. Raises
    OurFault("cert.objects") above BUNDLES_MAX.
    """
    wanted = frozenset((ref.text("id"), ref.text("modified")) for ref in named)
    gone = rules.withdrawn("", versions, [rules.Withdrawal("", all=False, versions=wanted)])
    held: dict[bytes, set[rules.Version]] = {}
    for version in gone:
        for row in index.said(look, version[0]):
            if index.modified_of(row) == version[1] and row["mid"] not in spared:
                held.setdefault(row.data("mid"), set()).add(version)
    found = []
    for mid in sorted(held):
        bundle = Values(look.get(folds.BUNDLES, mid) or {})
        rest = sorted(held[mid] - index.gone_of(look, bundle)) if bundle.flag("ours") else []
        if rest:
            found.append((bundle, tuple(_named(version) for version in rest)))
    if len(found) > BUNDLES_MAX:
        what = f"{len(found)} other bundles hold it, where {BUNDLES_MAX} are allowed at once"
        raise OurFault("cert.objects", what, "withdraw fewer objects at a time, or say --only")
    return found


def _named(version: rules.Version) -> Values:
    return Values({"id": version[0], "modified": version[1] or None})
