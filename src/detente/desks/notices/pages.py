"""What a person sees at the desk of notices."""

from typing import Final

from detente.core.moment import Moment
from detente.desks.notices import finding, folds, kinds, procedures, rules, standing
from detente.desks.notices.formats import shipped
from detente.desks.notices.formats.declared import LANGUAGES, TYPES, Format, mixed, unit_word, word
from detente.desks.notices.formats.reading import HELP_MAX
from detente.office.desk import Look
from detente.office.drafting import MARKINGS, PRECEDENCES
from detente.office.fields import (
    Field,
    Flag,
    LongText,
    Mid,
    OneOf,
    Text,
    Value,
    Values,
    When,
    Whole,
)
from detente.office.reader import Reader, every
from detente.office.tables import Row

STATES: Final = OneOf(
    *dict.fromkeys(state.name for each in procedures.ALL for state in each.states),
    "overdue",
    "said",
)
_MID: Final = Field("mid", Mid(), bare=True)
_LANGUAGE: Final = Field("language", OneOf(*LANGUAGES), default="en")
_DAY: Final = Field("day", Text(10, "[0-9]{4}-[0-9]{2}-[0-9]{2}"), bare=True)
_MONTH: Final = Field("month", Text(7, "[0-9]{4}-[0-9]{2}"), bare=True)
_DONE: Final = ("acknowledged", "answered", "asked", "closed")
_COUNTED_MAX: Final = 20_000


def read_list(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return notices, FLASH that waits first, then the latest; many alike stand as one line.

    More than rules.FLOOD_AT of one desk, precedence and minute fold into their latest, with a count.
    """
    count_max = values.whole("count", 50)
    first = [row for row in _flashes(look, now) if row["state"] not in _DONE]
    shown = {row["mid"] for row in first}
    rows: list[Row] = list(first[:count_max])
    after: Value = None
    while len(rows) < count_max:
        page = look.find(folds.NEWEST, {}, after, rules.FLOOD_AT + 1)
        if not page:
            break
        place = Values(page[0])
        alike = _alike(place, page)
        crowd = 1
        if alike > rules.FLOOD_AT:
            crowd = _count(look, place)
            after = f"{_crowd(place)} ~"
        else:
            after = place.text("place")
        if place["mid"] not in shown or crowd > 1:
            rows.append(_line(look, place, crowd, now))
    return tuple(rows)


def _crowd(place: Values) -> str:
    return place.text("place").rpartition(" ")[0]


def _alike(place: Values, page: tuple[Row, ...] | object) -> int:
    assert isinstance(page, (list, tuple))
    return sum(1 for each in page if _crowd(Values(each)) == _crowd(place))


def _count(look: Reader, place: Values) -> int:
    where = {name: place[name] for name in ("from", "prec", "minute")}
    return len(look.find(folds.NEWEST, where, None, _COUNTED_MAX))


def _flashes(look: Reader, now: Moment) -> list[Row]:
    places = look.find(folds.NEWEST, {"prec": "FLASH"}, None, 50)
    return [_line(look, Values(each), 1, now) for each in places]


def _line(look: Reader, place: Values, crowd: int, now: Moment) -> Row:
    row = finding.notice_at(look, place.data("mid"))
    return {
        "mid": row["mid"],
        "number": standing.number(row),
        "format": row["format"],
        "prec": row["prec"],
        "count": crowd,
        "kept_at": row["kept_at"],
        "delay": _delay(row),
        "tlp": row["tlp"],
        "exercise": row.get("exercise"),
        **standing.stand(look, row, now),
    }


def _delay(row: Values) -> int | None:
    # Ours was not under way here; theirs is said if it is worth a word, in either direction.
    seconds = finding.delay_s(row)
    return None if row.flag("ours") or abs(seconds) < rules.DELAYED.ms // 1000 else abs(seconds)


def read_notice(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return a notice as its reader's language has it: frame, values, translations, what was said."""
    notice = finding.notice_at(look, values.data("mid"))
    language = values.text("language", "en")
    found = finding.by_digest(look, notice.data("digest"))
    said, odd = finding.marked_alike(look, notice)
    rows = [standing.frame(look, notice, found, language, now)]
    rows += [_row("exercise", None, notice["exercise"])] if "exercise" in notice else []
    delay = _delay(notice)
    if delay is not None:
        late = finding.delay_s(notice) > 0
        rows.append(_row("path", "late" if late else "early", f"{delay} s", at=notice["created"]))
    if found is None:
        rows.append(
            _row("doubt", "unknown_format", f"{notice.text('format')} {notice.whole('version')}")
        )
    else:
        told = tuple((v.text("name"), v.text("text")) for v in notice.parts("value"))
        wrong = found.wrong(told)
        rows += [_row("doubt", "ill_formed", wrong)] if wrong else []
    corrections = [each for each in said if each["what"] == "correction"]
    translations = [each for each in said if each["what"] == "translation"]
    translations.sort(key=lambda each: not each.flag("official"))
    for one in finding.current(notice, corrections):
        rows += _value(one, found, notice, translations, language)
    rows += [_told(each) for each in said if each["what"] != "translation"]
    rows += [
        _row(
            "said",
            "reply",
            standing.number(each),
            at=each["created"],
            by=each["from"],
            mid=each["mid"],
        )
        for each in finding.replies(look, notice.data("mid"))
    ]
    rows += [
        _row("doubt", "mark", each["what"], at=each["created"], by=each["from"]) for each in odd
    ]
    return tuple(rows)


def _row(part: str, how: str | None, text: Value, **more: Value) -> Row:
    return {"part": part, "how": how, "text": text, **more}


def _value(
    one: finding.Current,
    found: Format | None,
    notice: Values,
    translations: list[Values],
    language: str,
) -> list[Row]:
    slot = found.named.get(one.name) if found else None
    label = word(slot.label, language) if slot else one.name
    prose = slot is None or slot.type == "prose"
    text = slot.shown(one.text, language) if slot else one.text
    written = notice["language"] if prose else None
    here: dict[str, Value] = {"label": label, "name": one.name}
    rows = [_row("value", None, text, language=written, raw=one.text, **here)]
    if one.first and one.first != one.text:
        before = slot.shown(one.first, language) if slot else one.first
        rows.append(_row("before", None, before, **here))
    if one.disputed:
        rows.append(_row("doubt", "contradiction", None, **here))
    if prose and mixed(one.text):
        rows.append(_row("doubt", "mixed", mixed(one.text), **here))
    for each in translations:
        if each["word"] == one.name and each.whole("place", 1) == one.place:
            how = "official" if each.flag("official") else "courtesy"
            by, at = each.get("officer"), each["created"]
            told = each["text"]
            rows.append(
                _row("translation", how, told, language=each["language"], by=by, at=at, **here)
            )
    return rows


def _told(each: Values) -> Row:
    text = each.get("text") or each.get("officer") or each.get("word")
    if each["what"] == "correction":
        text = ", ".join(v.text("name") for v in each.parts("value"))
    how = each.text("what")
    return _row("said", how, text, at=each["created"], by=each["from"], kept=each.get("kept"))


def read_formats(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return every format, and whether each side that told holds the same."""
    language = values.text("language", "en")
    told = {row.text("from") for row in every(look, folds.HELD, {})}
    rows: list[Row] = []
    own = finding.own_formats(look)
    listed = [*((each, "") for each in shipped.shipped().values())]
    listed += [(each, row.text("from")) for row, each in own]
    for each, by in listed:
        others = {desk: finding.holds(look, desk).get(each.code) for desk in sorted(told)}
        differs = [desk for desk, digest in others.items() if digest not in (None, each.digest)]
        rows.append(
            {
                "format": each.code,
                "version": each.version,
                "title": word(each.title, language),
                "prec": each.precedence,
                "by": by or None,
                "digest": each.digest.hex()[:16],
                "differs": ", ".join(differs) or None,
            }
        )
    return tuple(rows)


def read_format(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return the fields of a format: how each is written, in a language."""
    language, code = values.text("language", "en"), values.text("format")
    found, file = shipped.shipped().get(code), None
    own = [(each, row.text("file")) for row, each in finding.own_formats(look) if each.code == code]
    if found is None and own:
        found, file = max(own, key=lambda pair: pair[0].version)
    if found is None:
        found = finding.to_write(look, code, "")  # says that there is none
    return tuple(
        {
            "name": slot.name,
            "label": word(slot.label, language),
            "help": word(slot.help, language) if slot.help else None,
            "type": slot.type,
            "required": slot.required,
            "several": slot.many,
            "unit": unit_word(slot.unit, language) or None,
            "limits": _limits(slot.low, slot.high, slot.max_chars, slot.type),
            "codes": "; ".join(f"{c.code} = {word(c.words, language)}" for c in slot.choices)
            or None,
            "file": file,  # of a party's own format, for the form that is made of it
        }
        for slot in found.fields
    )


def _limits(low: object, high: object, chars: int, type_: str) -> str | None:
    if type_ == "number":
        return None if low is None and high is None else f"{low} … {high}"
    return f"… {chars}" if type_ in ("line", "prose") else None


def read_log(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return the watch log of a day, in the order in which it was kept here."""
    day = values.text("day") or rules.day_of(now)
    return tuple(every(look, folds.DAYS, {"day": day}))


def read_figures(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return how each side's notices of a month fared; both sides count the same."""
    month = values.text("month") or rules.month_of(now)
    told: dict[tuple[str, str, bool], list[rules.Told]] = {}
    for row in every(look, folds.NOTICES, {"month": month}):
        if row["what"] == "reply":
            continue
        at = finding.read_at(look, row)
        one = rules.Told(
            row.text("prec"), row.text("acknowledge"), None if at is None else at[1] - at[0]
        )
        for to in row.texts("to"):
            told.setdefault((row.text("from"), to, "exercise" in row), []).append(one)
    return tuple(
        {
            "month": month, "from": from_, "to": to, "drill": drill, "sent": found.sent,
            "in_time": found.in_time, "late": found.late, "unanswered": found.unanswered,
        }
        for (from_, to, drill), ones in sorted(told.items())
        for found in [rules.figures(ones)]
    )  # fmt: skip


def read_doubts(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return numbers that are missing and numbers that a side gave twice."""
    rows: list[Row] = []
    before = ("", 0)
    for row in every(look, folds.NUMBERS, {}):
        place = row.text("place")
        from_, to, year, number, _ = place.split(" ")
        series, this = f"{from_} {to} {year}", int(number)
        last = before[1] if before[0] == series else 0
        told: Row = {"from": from_, "year": int(year), "mid": row["mid"]}
        if this == last:
            rows.append({**told, "doubt": "twice", "first": this, "last": this})
        elif this > last + 1:
            rows.append({**told, "doubt": "gap", "first": last + 1, "last": this - 1})
        before = (series, this)
    return tuple(rows[: values.whole("count", 50)])


_COUNT: Final = Field("count", Whole(1, 500), default=50)
_PREC: Final = Field("prec", OneOf(*PRECEDENCES))
_TLP: Final = Field("tlp", OneOf(*MARKINGS))
LIST: Final = Look(
    name="notices/list",
    fields=(_COUNT,),
    read=read_list,
    columns=(
        Field("mid", Mid()), Field("number", Text(90)), kinds.CODE, _PREC, Field("count", Whole()),
        Field("kept_at", When()), Field("delay", Whole(), required=False), _TLP,
        Field("state", STATES), Field("owes", OneOf("us", "them"), required=False),
        Field("due", When(), required=False), Field("exercise", Text(200), required=False),
    ),
    example="--count 20",
)  # fmt: skip
_HOW: Final = OneOf(
    "late", "early", "unknown_format", "ill_formed", "contradiction", "mixed", "official",
    "courtesy", "reply", "receipt", "correction", "cancellation", "step", "mark",
)  # fmt: skip
SHOW: Final = Look(
    name="notices/show",
    fields=(_MID, _LANGUAGE),
    read=read_notice,
    columns=(
        Field("part", OneOf("frame", "exercise", "path", "value", "before", "translation", "doubt", "said")),
        Field("how", _HOW, required=False), Field("label", Text(200), required=False),
        Field("text", LongText(8_000), required=False),
        Field("name", Text(32), required=False), Field("language", Text(3), required=False),
        Field("by", Text(96), required=False), Field("at", When(), required=False),
    ),
    example="k3q7zb --language ru",
)  # fmt: skip
FORMATS: Final = Look(
    name="notices/formats",
    fields=(_LANGUAGE,),
    read=read_formats,
    columns=(
        kinds.CODE, kinds.VERSION, Field("title", Text(200)), _PREC,
        Field("by", Text(96), required=False), Field("digest", Text(16)),
        Field("differs", Text(200), required=False),
    ),
    example="--language ru",
)  # fmt: skip
FORMAT: Final = Look(
    name="notices/format",
    fields=(Field("format", kinds.CODE.type, bare=True), _LANGUAGE),
    read=read_format,
    columns=(
        Field("name", Text(32)), Field("label", Text(200)), Field("type", OneOf(*TYPES)),
        Field("required", Flag()), Field("several", Flag()), Field("unit", Text(32), required=False),
        Field("limits", Text(80), required=False), Field("codes", LongText(20_000), required=False),
        Field("help", Text(HELP_MAX), required=False),
    ),
    example="N1 --language ru",
)  # fmt: skip
LOG: Final = Look(
    name="notices/log",
    fields=(Field("day", _DAY.type, required=False, bare=True),),
    read=read_log,
    columns=(
        Field("kept_at", When()), Field("created", When()), Field("what", folds.WHATS),
        Field("from", Text(96)), Field("code", Text(16), required=False),
        Field("number", Text(90), required=False), _PREC, Field("word", Text(32), required=False),
        Field("text", LongText(8_000), required=False), Field("author", Text(64)),
        Field("exercise", Text(200), required=False), Field("mid", Mid()),
    ),
    example="2026-11-22",
)  # fmt: skip
FIGURES: Final = Look(
    name="notices/figures",
    fields=(Field("month", _MONTH.type, required=False, bare=True),),
    read=read_figures,
    columns=(
        Field("month", Text(7)), Field("from", Text(96)), Field("to", Text(96)), Field("drill", Flag()),
        Field("sent", Whole()), Field("in_time", Whole()), Field("late", Whole()),
        Field("unanswered", Whole()),
    ),
    example="2026-11",
)  # fmt: skip
DOUBTS: Final = Look(
    name="notices/doubts",
    fields=(_COUNT,),
    read=read_doubts,
    columns=(
        Field("doubt", OneOf("gap", "twice")), Field("from", Text(96)), Field("year", Whole()),
        Field("first", Whole()), Field("last", Whole()), Field("mid", Mid()),
    ),
    example="--count 20",
)  # fmt: skip
ALL: Final = (LIST, SHOW, FORMATS, FORMAT, LOG, FIGURES, DOUBTS)
