"""What stands above the fields of a notice: its number and format, where it stands, who holds what."""

from detente.core.moment import Moment
from detente.desks.notices import finding, rules
from detente.desks.notices.formats.declared import Format, word
from detente.office.fields import Values
from detente.office.reader import Reader
from detente.office.stands import COURSES
from detente.office.tables import Row


def number(row: Values) -> str:
    """Return a notice's number as people cite it."""
    return rules.number_text(row.text("party"), row.whole("year"), row.whole("number"))


def stand(look: Reader, row: Values, now: Moment) -> Row:
    """Return where a notice stands, what is due next and who owes it."""
    courses = [Values(each) for each in look.find(COURSES, {"mid": row["mid"]}, None, 8)]
    due = min((one.moment("due") for one in courses if "due" in one), default=None)
    state = next((one.text("state") for one in courses), "said")
    owes = next((one.text("owes") for one in courses if "owes" in one), None)
    late = due is not None and now > due
    return {"state": "overdue" if late else state, "due": due, "owes": owes}


def frame(look: Reader, notice: Values, found: Format | None, language: str, now: Moment) -> Row:
    """Return the first row of a notice. It tells a page more than the columns of a list."""
    title = word(found.title, language) if found else notice.text("format")
    told = (
        "what",
        "version",
        "prec",
        "tlp",
        "ours",
        "party",
        "matter",
        "exercise",
        "of",
        "kept_at",
        "to",
    )
    return {
        "part": "frame",
        "how": None,
        "text": number(notice),
        "label": title,
        "name": notice["format"],
        "at": notice["created"],
        "by": notice["from"],
        "mid": notice["mid"],
        "language": notice["language"],
        **{name: notice.get(name) for name in told},
        "held": held(look, notice),
        "known": found is not None,
        "digest": notice["digest"],
        "file": finding.file_of(look, notice.data("digest")),  # for the form of a correction
        **stand(look, notice, now),
    }


def held(look: Reader, notice: Values) -> str:
    """Return whether the other side holds this very version: same, differs, or untold as yet.

    Who wrote in a format holds it; of the other side we know what it told last.
    """
    if not notice.flag("ours"):
        known = finding.by_digest(look, notice.data("digest"))
        return "differs" if known is None else "same"
    told = [finding.holds(look, to).get(notice.text("format")) for to in notice.texts("to")]
    if None in told or not told:
        return "untold"
    return "same" if set(told) == {notice.data("digest")} else "differs"
