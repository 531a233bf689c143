"""Records to ourselves about our constituents: who they are, and what they were told."""

from typing import Final

from detente.core import limits
from detente.desks.cert.incident.kinds import FUNCTION, SECTORS
from detente.office.enclosed import FILES
from detente.office.fields import (
    Digest,
    Field,
    FileText,
    LongText,
    Mid,
    OneOf,
    Text,
    When,
    Whole,
)
from detente.office.kind import Kind

_SOURCE: Final = (
    "US-Russia joint statement of 17 June 2013: protection of critical information systems, by"
    " communication between computer emergency response teams"
)
MEANS: Final = ("mail", "csv", "feed")
AS_MAX: Final = 4_294_967_295
VERSION: Final = r"[0-9a-f]{24}"  # what names one version of an object, see whose.py

KEY: Final = Field("key", Text(64, form=r"[a-z0-9][a-z0-9._-]{0,63}"))
NAME: Final = Field("name", Text(200))
SECTOR: Final = Field("sector", OneOf(*SECTORS), required=False, many=True, count_max=len(SECTORS))
NETWORK: Final = Field(
    "network", Text(50), required=False, many=True, count_max=limits.MAX_CONSTITUENT_ASSETS
)
DOMAIN: Final = Field(
    "domain", Text(253), required=False, many=True, count_max=limits.MAX_CONSTITUENT_ASSETS
)
AS: Final = Field("asn", Whole(1, AS_MAX), required=False, many=True)
PRODUCT: Final = Field(
    "product", Text(200), required=False, many=True, count_max=limits.MAX_CONSTITUENT_PRODUCTS,
    about="cert.field.own_product",
)  # fmt: skip
MAIL: Final = Field(
    "mail", Text(254, form=r"[^\s\x00-\x1f\x7f-\x9f@<>\"',;:\\()\[\]]{1,64}@[A-Za-z0-9.-]{1,189}"), required=False,
    many=True, count_max=16,
)  # fmt: skip
BY: Final = Field("means", OneOf(*MEANS))
LANGUAGE: Final = Field("language", OneOf("en", "ru"))
SINCE: Final = Field("since", When(), required=False)
UNTIL: Final = Field("until", When(), required=False)
NOTE: Final = Field("note", LongText(2_000), required=False)
WHO: Final = (
    KEY, NAME, SECTOR, FUNCTION, NETWORK, DOMAIN, AS, PRODUCT, MAIL, BY, LANGUAGE, SINCE, UNTIL, NOTE,
)  # fmt: skip

CONSTITUENT: Final = Kind(name="cert.constituent", version=1, fields=WHO, source=_SOURCE)
CONSTITUENTS: Final = Kind(  # a table as home/table.py reads it; each line as a CONSTITUENT
    name="cert.constituents",
    version=1,
    fields=(Field("text", FileText(size_max=limits.MAX_BODY)), FILES),
    source=_SOURCE,
)
CONSTITUENTS_FILE: Final = Kind(
    name="cert.constituents_file",
    version=1,
    fields=(Field("sha256", Digest()), FILES),
    source=_SOURCE,
)
# A feed of a constituent's own: whoever shows a token of this hash reads it. None: nobody does.
FEED_TOKEN: Final = Kind(
    name="cert.feed_token",
    version=1,
    fields=(KEY, Field("token", Digest(), required=False)),
    source=_SOURCE,
)
VERSIONS: Final = Field(
    "version", Text(24, form=VERSION), many=True, count_max=limits.MAX_TOLD_AT_ONCE
)
TOLD: Final = Kind(
    name="cert.told",
    version=1,
    fields=(
        KEY,
        Field("means", OneOf(*MEANS, "left")),  # left: a person said why it is not told
        VERSIONS,
        Field("table", FileText(size_max=limits.MAX_BODY), required=False),  # CSV, what they get
        Field("mail", MAIL.type, required=False, many=True, count_max=16),
        LANGUAGE,
        NOTE,
    ),
    source=_SOURCE,
)
WORDS: Final = ("sent", "failed", "confirmed")
TOLD_WORD: Final = Kind(
    name="cert.told_word",
    version=1,
    fields=(
        Field("of", Mid()),
        Field("word", OneOf(*WORDS)),
        Field("text", LongText(2_000), required=False),
    ),
    source=_SOURCE,
)
ALL: Final = (CONSTITUENT, CONSTITUENTS, CONSTITUENTS_FILE, FEED_TOKEN, TOLD, TOLD_WORD)
