"""A notice on paper: its frame, its fields in two columns, what was said to it, who signed, who received."""

from collections.abc import Iterator
from typing import Final

from detente.app import bilingual
from detente.app.bilingual import DESK, Line, Translation, word
from detente.app.course import clocks_of, course_of
from detente.app.faces import words
from detente.app.paper import told
from detente.app.paper.sheet import Alert, Block, Both, Cell, Heading, Item, Pairs, Sheet, Title
from detente.app.paper.told import Pair, Voice
from detente.core.moment import Moment
from detente.office.desk import Role
from detente.office.fields import Values, mid_text
from detente.office.office import Office
from detente.office.people import Person, permit
from detente.office.todo import Story
from detente.ui.when import utc

_PATHS: Final = ("late", "early")


def make(office: Office, person: Person, mid: bytes, language: str, now: Moment) -> Sheet:
    """Return the paper of a notice, an inquiry or a reply; the reader's language stands first.

    Raises OurFault: notices.unknown, office.forbidden, office.desk_closed. now: for the trail alone;
    what the paper says comes from records.
    """
    permit(person, DESK, Role.READ)
    own = office.party
    found = bilingual.read(office, person, mid, language, now)
    head, voice = found.head, Voice(language)
    lines = told.story(office, person, head.text("matter"), now)
    stories = [
        each for each in office.todo.stories(person, head.text("matter")) if each.course.mid == mid
    ]
    exercise, number = head.text("exercise", ""), head.text("text")
    own_line = next(each for each in lines if each.mid == mid)
    return Sheet(
        title=voice.line("name.notice", number=number),
        by=own,
        made=told.latest(lines, head.moment("kept_at")),
        marking=told.strictest(each.row.text("tlp") for each in lines),
        exercise=voice.exercise(exercise),
        watermark=voice.lines("exercise"),
        foot=told.say("foot.notice", language, by=own),
        id=mid_text(mid),
        blocks=(
            Title((head.text("label"), found.other.text("label"))),
            *_alerts(voice, found),
            voice.facts(_facts(voice, found, stories, own_line.row.texts("to"))),
            Heading(voice.say("head.fields")),
            Pairs(tuple(_field(voice, each) for each in found.fields)),
            *_more(voice, found, stories, own),
            Heading(voice.say("head.records")),
            told.records(voice, lines),
        ),
    )


def _facts(
    voice: Voice, found: bilingual.Both, stories: list[Story], to: tuple[str, ...]
) -> Iterator[tuple[str, str | Pair]]:
    head = found.head
    yield "head.number", head.text("text")
    yield "head.format", f"{head.text('name')} · {head.whole('version')}"
    yield "head.from", head.text("by")
    yield "head.to", "\n".join(to)
    yield "head.prec", head.text("prec")
    yield "head.tlp", f"TLP:{head.text('tlp')}"
    if stories:
        state = stories[0].course.state
        yield (
            "head.state",
            voice.each(lambda each: words().get(f"{DESK}.state.{state}", each)),
        )
    yield "head.written", utc(head.moment("at"))
    yield "head.kept", utc(head.moment("kept_at"))
    if head.get("of"):
        yield "head.of", mid_text(head.data("of"))


def _alerts(voice: Voice, found: bilingual.Both) -> Iterator[Block]:
    if found.cancelled:
        yield Alert(voice.say("say.cancelled"))
    for each in found.ours:
        if each["part"] in ("doubt", "path") and "name" not in each:
            how, text = str(each["how"]), str(each["text"] or "")
            one, other = voice.each(lambda language, how=how: word(how, language))  # type: ignore[misc]  # bound at once
            yield Alert((f"{one} {text}".strip(), f"{other} {text}".strip()))


def _field(voice: Voice, line: Line) -> Both:
    doubts = tuple(
        Item(f"{word(how, voice.languages[0])} {text}".strip(), "wrong")
        for how, text in line.doubts
    )
    return (*_side(voice, line, 0), *doubts), _side(voice, line, 1)


def _side(voice: Voice, line: Line, here: int) -> Cell:
    language = voice.languages[here]
    label = Item(line.labels[here], "label", language)
    if not line.written:
        value = Item(line.texts[here], "strong", language)
        return (label, value, *_before(voice, line, here, language))
    if line.written == language or (here == 0 and line.written not in voice.languages):
        note = f"{told.say('say.written', language)} · {line.written}"
        text = Item(line.texts[here], "prose", line.written)
        return (label, Item(note, "note"), text, *_before(voice, line, here, line.written))
    found = line.into(language)
    if not found:
        return label, Item(told.say("say.untranslated", language), "note")
    return (label, *(item for each in found for item in _translation(each)))


def _before(voice: Voice, line: Line, here: int, language: str) -> Cell:
    if line.before is None:
        return ()
    said = told.say("say.before", voice.languages[here])
    return Item(said, "note"), Item(line.before[here], "strike", language)


def _translation(one: Translation) -> Cell:
    how = told.say("say.official" if one.official else "say.courtesy", one.language)
    note = f"{how} · {one.by} · {utc(one.at)}"
    return Item(note, "note"), Item(one.text, "prose", one.language)


def _more(voice: Voice, found: bilingual.Both, stories: list[Story], own: str) -> Iterator[Block]:
    if found.said:
        yield Heading(voice.say("head.said"))
        yield Pairs(tuple(_said(voice, found, each) for each in found.said))
    one, other = voice.languages
    beginning = Moment(0)  # no clock of ours: a clock is done, or it is open
    clocks = [
        list(zip(clocks_of(each, own, beginning, one), clocks_of(each, own, beginning, other), strict=True))
        for each in stories
    ]  # fmt: skip
    rows = tuple(
        tuple(
            (Item(each.what, "strong"), Item(f"{each.who} · {told.say('say.due', language, at=utc(each.due))} · "
             f"{told.say('say.done' if each.done else 'say.open', language)}"))
            for each, language in zip(pair, voice.languages, strict=True)
        )
        for pairs in clocks
        for pair in pairs
    )  # fmt: skip
    if rows:
        yield Heading(voice.say("head.clocks"))
        yield Pairs(tuple((row[0], row[1]) for row in rows))
    steps = zip(course_of(stories, one), course_of(stories, other), strict=True)
    course = tuple((_step(a), _step(b)) for a, b in steps)
    if course:
        yield Heading(voice.say("head.course"))
        yield Pairs(course)


def _step(step: tuple[str, str, Moment]) -> Cell:
    state, who, at = step
    return Item(state, "strong"), Item(f"{who} · {utc(at)}")


def _said(voice: Voice, found: bilingual.Both, row: Values) -> Both:
    one, other = voice.languages
    return _one_said(found, row, one), _one_said(found, row, other)


def _one_said(found: bilingual.Both, row: Values, language: str) -> Cell:
    rows = found.ours if language == found.languages[0] else found.theirs
    text = bilingual.said_text(row, rows, language) if row.get("text") else ""
    kept = (
        [told.say("say.read_kept", language, at=utc(row.moment("kept")))] if row.get("kept") else []
    )
    return (
        Item(word(row.text("how"), language), "strong"),
        Item(" · ".join((row.text("by"), utc(row.moment("at")), *kept)), "note"),
        *((Item(text),) if text else ()),
    )
