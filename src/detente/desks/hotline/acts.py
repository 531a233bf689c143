"""What a person may do on the direct line."""

from dataclasses import replace
from typing import Final

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.hotline import finding, folds, kinds
from detente.desks.hotline.formats import glossary_xml
from detente.desks.hotline.formats.glossary_xml import Entry
from detente.office.desk import Act, Role
from detente.office.drafting import URGENCY, Draft, ext_of
from detente.office.fields import Desks, Field, File, Flag, LongText, Mid, OneOf, Value, Values
from detente.office.kind import Kind
from detente.office.reader import Reader

_MID: Final = Field("mid", Mid(), bare=True)
_TO: Final = Field("to", Desks(desk="hotline"))
TLP: Final = "RED"  # what stands on this line is for those on it


def _draft(
    kind: Kind, to: tuple[str, ...], body: Values, values: Values, now: Moment, of: Values | None = None
) -> Draft:  # fmt: skip
    return Draft(
        kind=kind,
        to=to,
        body=body,
        created=now,
        matter=of.text("matter") if of else None,
        reply_to=of.data("mid") if of else None,
        prec=values.text("prec") or "ROUTINE",
        ext=ext_of(values),
        tlp=TLP,
    )


def _one(values: Values) -> tuple[str, ...]:
    to = values.texts("to")
    if len(to) > 1:
        what = f"{len(to)} desks, and a line has two ends"
        raise OurFault("hotline.one_line", what, "name one party; do the others one by one")
    return to


def build_say(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Make a message. It leaves when a second person releases it; nothing takes it back then."""
    body = values.without("to", "prec", "unreleased", "exercise")
    return (_draft(kinds.MESSAGE, _one(values), body, values, now),)


def build_correct(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Make a correction of a message of ours: a whole text, beside the one that stays."""
    message = message_at(look, values.data("mid"))
    if not message.flag("ours"):
        what = f"the message is {message.text('party')}'s"
        raise OurFault("hotline.not_ours", what, "answer it with a message of our own")
    if message.text("what") != "message":
        what = "this is a correction itself"
        raise OurFault("hotline.not_ours", what, "correct the message that it corrects")
    body = Values({"of": message["mid"], "language": values["language"], "text": values["text"]})
    return (_draft(kinds.CORRECTION, message.texts("to"), body, values, now, message),)


def build_translate(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Attach our interpreter's translation to a message of theirs; at home unless it is to be sent."""
    message = message_at(look, values.data("mid"))
    if message.flag("ours"):
        raise OurFault("hotline.ours", "who receives translates", "translate a message of theirs")
    if values.text("language") == message.text("language"):
        what = f"the message is in {message.text('language')} itself"
        raise OurFault("hotline.language", what, "name the language that it is translated into")
    known = {row.text("concept") for row in finding.terms_of(look, message.text("party"))}
    strange = [each for each in values.texts("term") if each not in known]
    if strange:
        what = f"{strange[0]} stands in no glossary with {message.text('party')}"
        raise OurFault("hotline.no_term", what, "look at: detente hotline glossary")
    body = values.without("mid", "send", "term").with_(
        of=message["mid"], terms=values.texts("term") or None
    )
    to = (message.text("from"),) if values.flag("send") else ()
    return (_draft(kinds.TRANSLATION, to, body, values, now, message),)


def build_pair(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Give our half of a secret from which call words are derived; the office draws it."""
    draft = _draft(kinds.SEED, _one(values), Values({}), values, now)
    return (replace(draft, fresh=("seed",)),)


def build_term(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Say how we hold one term of the glossary."""
    names = [field.name for field in kinds.TERM.fields]
    term = Values({name: values.get(name) for name in names})
    if term["language"] == term["other_language"]:
        raise OurFault("hotline.language", "both wordings are in one language", "name another")
    return (_draft(kinds.TERMS, _one(values), Values({"terms": (term,)}), values, now),)


def build_glossary_import(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Say how we hold all terms of a file, TMX or TBX."""
    entries = glossary_xml.read(values.data("file"))
    stand = values.get("stand")
    body = Values({"terms": tuple(_term(each, stand) for each in entries)})
    return (_draft(kinds.TERMS, _one(values), body, values, now),)


def _term(entry: Entry, stand: Value) -> Values:
    (language, wording), (other_language, other_wording) = entry.wordings
    return Values(
        {
            "concept": entry.concept,
            "language": language,
            "wording": wording,
            "other_language": other_language,
            "other_wording": other_wording,
            "stand": stand or entry.stand,
            "note": entry.note or None,
        }
    )


def build_presence(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Say that somebody is at our end of the line, or left it."""
    return (_draft(kinds.PRESENCE, _one(values), values.without("to"), values, now),)


def build_numbers(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Tell the telephone numbers at which we are reached when nothing else works."""
    return (_draft(kinds.NUMBERS, _one(values), values.without("to"), values, now),)


def message_at(look: Reader, mid: bytes) -> Values:
    """Return the row of a message or correction; raises OurFault("hotline.no_message")."""
    row = look.get(folds.MESSAGES, mid)
    if row is None:
        what = "no message of this line has this id"
        raise OurFault("hotline.no_message", what, "look at: detente hotline list")
    return Values(row)


SAY: Final = Act(
    name="hotline/say",
    fields=(_TO, kinds.LANGUAGE, kinds.TEXT, *URGENCY),
    build=build_say,
    role=Role.AUTHOR,
    second_person=True,
    source=kinds.MESSAGE.source,
    example='--to borealis.gov --language en --text "We see the outage too. It is not ours."',
)
CORRECT: Final = Act(
    name="hotline/correct",
    fields=(_MID, kinds.LANGUAGE, kinds.TEXT, *URGENCY),
    build=build_correct,
    role=Role.AUTHOR,
    second_person=True,
    source=kinds.MESSAGE.source,
    example='k3q7zb --language en --text "We see the outage too, since 09:40."',
)
TRANSLATE: Final = Act(
    name="hotline/translate",
    fields=(
        _MID,
        kinds.LANGUAGE,
        Field("text", LongText(kinds.TEXT_MAX)),
        Field("by", kinds.TRANSLATION.members["by"].type),
        Field("standing", OneOf(*kinds.STANDINGS), default="working"),
        Field("term", kinds.CONCEPT, required=False, many=True),
        Field("send", Flag(), default=False),
    ),
    build=build_translate,
    role=Role.AUTHOR,
    source=kinds.TRANSLATION.source,
    example='k3q7zb --language en --by "A. Lind" --text "Data have been received." --term incident',
)
PAIR: Final = Act(
    name="hotline/pair",
    fields=(_TO,),
    build=build_pair,
    role=Role.AUTHOR,
    source=kinds.SEED.source,
    example="--to borealis.gov",
)
TERM: Final = Act(
    name="hotline/term",
    fields=(
        Field("concept", kinds.CONCEPT, bare=True),
        _TO,
        *kinds.TERM.fields[1:5],
        Field("stand", OneOf(*kinds.STANDS), default="propose"),
        kinds.TERM.fields[6],
    ),
    build=build_term,
    role=Role.AUTHOR,
    source=kinds.TERMS.source,
    example="incident --to borealis.gov --language en --wording incident --other-language ru"
    " --other-wording инцидент --stand agree",
)
IMPORT: Final = Act(
    name="hotline/import",
    fields=(
        Field("file", File(limits.MAX_GLOSSARY), bare=True),
        _TO,
        Field("stand", OneOf(*kinds.STANDS), required=False),
    ),
    build=build_glossary_import,
    role=Role.AUTHOR,
    source=kinds.TERMS.source,
    example="glossary.tmx --to borealis.gov --stand propose",
)
ATTEND: Final = Act(
    name="hotline/attend",
    fields=(
        Field("step", OneOf(*kinds.STEPS), bare=True),
        _TO,
        *kinds.PRESENCE.fields[1:],
    ),
    build=build_presence,
    role=Role.AUTHOR,
    source=kinds.PRESENCE.source,
    example='enter --to borealis.gov --name "A. Lind" --role interpreter',
)
PHONES: Final = Act(
    name="hotline/phones",
    fields=(_TO, *kinds.NUMBERS.fields),
    build=build_numbers,
    role=Role.AUTHOR,
    source=kinds.NUMBERS.source,
    example='--to borealis.gov --number "+999 1 234567;Duty officer;always"',
)

ALL: Final = (SAY, CORRECT, TRANSLATE, PAIR, TERM, IMPORT, ATTEND, PHONES)
