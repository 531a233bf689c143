"""What a list says of one entity, whoever's list it is."""

from typing import Final

import msgspec

STRONG, WEAK, ORIGINAL = "strong", "weak", "original-script"
PERSON, ORGANIZATION, VESSEL, AIRCRAFT = "Person", "Organization", "Vessel", "Aircraft"
SCHEMAS: Final = (PERSON, ORGANIZATION, VESSEL, AIRCRAFT, "LegalEntity", "Thing")
_SCHEMAS: Final = {each.lower(): each for each in SCHEMAS} | {
    "company": ORGANIZATION, "publicbody": ORGANIZATION, "organisation": ORGANIZATION,
    "airplane": AIRCRAFT,
}  # fmt: skip


def schema_of(text: str) -> str | None:
    """Return the kind that a text names, in letters of any size and FollowTheMoney's; else None."""
    return _SCHEMAS.get(text.strip().lower())


class Alias(msgspec.Struct, frozen=True):
    """A further name. `quality`: strong, weak or original-script; `kind`: aka, fka, low ..."""

    name: str
    quality: str = STRONG
    kind: str = "aka"


class Paper(msgspec.Struct, frozen=True):
    """A document or number that names one holder: passport, tax number, IMO."""

    value: str
    type: str = ""
    country: str | None = None


class Listed(msgspec.Struct, frozen=True):
    """One entity of a list. Dates are what the list says: `1961`, `1961-12`, `1961-12-08`."""

    id: str
    schema: str
    names: tuple[str, ...] = ()
    aliases: tuple[Alias, ...] = ()
    births: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    ids: tuple[Paper, ...] = ()
    programs: tuple[str, ...] = ()
    source: str = ""

    def all_names(self) -> list[tuple[str, str]]:
        """Return (text, quality) of every name, the first ones first, without the same twice."""
        found = dict.fromkeys(self.names, STRONG)
        for alias in self.aliases:
            found.setdefault(alias.name, alias.quality)
        return list(found.items())
