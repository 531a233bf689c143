"""What a person sees of the glossary with a peer: terms, where a text uses them, and as a file."""

from collections.abc import Sequence
from typing import Final

from detente.core import limits
from detente.core.moment import Moment
from detente.desks.hotline import acts, finding, kinds, rules
from detente.desks.hotline.formats import glossary_xml
from detente.desks.hotline.formats.glossary_xml import Entry
from detente.office.desk import Look
from detente.office.fields import Field, FileText, LongText, Mid, OneOf, Text, Values
from detente.office.reader import Reader
from detente.office.tables import Row

_MID: Final = Field("mid", Mid(), bare=True)
_PEER: Final = Field("peer", Text(63), bare=True)
TOLD: Final = ("agreed", "disagreed", "proposed")


def read_glossary(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return the glossary with a peer; `told` leaves those that stand so."""
    told, said = values.get("told"), finding.said_of(look, values.text("peer"))
    rows = [finding.with_both(*each) for each in said.items()]
    return tuple(row for row in rows if told is None or row["told"] == told)


def read_export(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return the glossary as a file."""
    said = finding.said_of(look, values.text("peer"))
    entries = [_entry(Values(finding.entry(*each))) for each in said.items()]
    if values.text("format") == "tbx":
        return ({"glossary": glossary_xml.write_tbx(entries)},)
    source = entries[0].wordings[0][0] if entries else "en"
    return ({"glossary": glossary_xml.write_tmx(entries, source)},)


def _entry(row: Values) -> Entry:
    told = row.text("told")
    return Entry(row.text("concept"), finding.wordings_of(row), told, row.text("note"))


def read_terms(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return terms of the glossary that a message uses, the disagreed first."""
    message = acts.message_at(look, values.data("mid"))
    peer = rules.other_end(message.text("party"), message.texts("to"), ours=message.flag("ours"))
    return _cited(look, peer, (message.text("text"),))


def read_cited(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return terms of the glossary with a peer that a text uses, the disagreed first."""
    return _cited(look, values.text("peer"), (values.text("text"),))


def _cited(look: Reader, peer: str, texts: Sequence[str]) -> tuple[Row, ...]:
    said = finding.said_of(look, peer)
    rows = [finding.with_both(each, said[each]) for each in finding.used(texts, said)]
    return finding.disagreed_first(rows)


_COLUMNS: Final = (
    Field("concept", kinds.CONCEPT),
    Field("told", OneOf(*TOLD)),
    kinds.LANGUAGE,
    Field("wording", Text(500)),
    Field("other_language", kinds.LANGUAGE.type),
    Field("other_wording", Text(500)),
    Field("ours", OneOf(*kinds.STANDS), required=False),
    Field("theirs", OneOf(*kinds.STANDS), required=False),
    Field("note", Text(1_000), required=False),
)
GLOSSARY: Final = Look(
    name="hotline/glossary",
    fields=(_PEER, Field("told", OneOf(*TOLD), required=False)),
    read=read_glossary,
    columns=_COLUMNS,
    example="borealis.gov --told disagreed",
)
TERMS: Final = Look(
    name="hotline/terms",
    fields=(_MID,),
    read=read_terms,
    columns=_COLUMNS,
    example="k3q7zb",
)
CITED: Final = Look(
    name="hotline/cited",
    fields=(_PEER, Field("text", LongText(rules.CITED_MAX))),
    read=read_cited,
    columns=_COLUMNS,
    example='borealis.gov --text "Инцидент в сети."',
)
EXPORT: Final = Look(
    name="hotline/export",
    fields=(_PEER, Field("format", OneOf("tmx", "tbx"), default="tmx")),
    read=read_export,
    columns=(Field("glossary", FileText(16 * limits.MAX_GLOSSARY)),),
    example="borealis.gov --format tbx",
)
ALL: Final = (GLOSSARY, TERMS, CITED, EXPORT)
