"""What waits, as a person is shown it: rows of folds and states of links made into items of the list."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from detente.core.moment import Moment
from detente.node.ports import Level
from detente.office import courses, items
from detente.office.drafting import MARKINGS
from detente.office.fields import Values
from detente.office.items import Item
from detente.office.procedure import Clock, Procedure, Up


def waiting(row: Values, procedure: Procedure | None, now: Moment) -> Item:
    """Return what a row of courses.WAITING says, as a person is shown it."""
    due = row.moment("due") if "due" in row else None
    clock = None
    if procedure is not None:
        clock = next((e for e in procedure.clocks if e.name == row.text("clock")), None)
    past = (
        []
        if clock is None or due is None
        else [each for each in clock.ladder_of(row.text("ladder", "")) if now > due + each.after]
    )
    return Item(
        key=row.text("key"),
        what=row.text("what"),
        words=_words(row.text("what"), row.text("from")),
        desk=row.text("desk"),
        from_=row.text("from"),
        since=row.moment("since"),
        title=row.text("title"),
        prec=row.text("prec"),
        tlp=row.text("tlp"),
        mid=row.data("mid"),
        matter=row.text("matter"),
        kind=row.text("kind"),
        procedure=row.text("procedure"),
        state=row.text("state"),
        due=due,
        overdue=due is not None and now > due,
        rung=past[-1].up if past else None,
        unread=row.flag("unread"),
        alarm=row.flag("alarm"),
        acts=_acts(row, procedure, clock),
    )  # fmt: skip


def _words(what: str, who: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    return f"ui.todo.{what}", (("who", who),)


def _acts(row: Values, procedure: Procedure | None, clock: Clock | None) -> tuple[str, ...]:
    first = []
    if row.flag("alarm") or row.text("what") == items.REJECTED:
        first.append("record/seen")
    if row.flag("unread"):
        first.append("record/read")
    duties: Iterable[tuple[str, ...]] = ()
    if procedure is not None and row.flag("mine"):
        state = procedure.named[row.text("state")]
        duties = (duty.acts for duty in state.owes if duty.clock is clock)
    return tuple(dict.fromkeys((*first, *(act for acts in duties for act in acts))))


def of_crowd(crowd: str, first: Sequence[Item], count: int, after: str) -> Item:
    """Return the line of many alike: by the deadline of their first, never above `after`.

    first: some of them, the most urgent first; count: how many they are; after: the place of the
    last that is urgent and that nobody read, "" for none.
    """
    head = first[0]
    return replace(
        head,
        key=head.key if head.key > after else f"{after} ~{head.key.rpartition(' ')[2]}",
        title="",
        tlp=MARKINGS[max(MARKINGS.index(each.tlp) for each in first)],
        mid=None,
        matter="",
        state="",
        procedure="",
        rung=max((each.rung for each in first if each.rung), key=[*Up].index, default=None),
        acts=(),
        unread=any(each.unread for each in first),
        crowd=crowd,
        count=count,
        late=sum(each.overdue for each in first),
    )


def without_receipt(level: Level) -> int:
    """Return how many records of a log the other side has not receipted."""
    return level.size - level.receipted + level.waiting


def of_line(what: str, level: Level, since: Moment) -> Item:
    """Return an alarm of a link."""
    return Item(
        key=courses.place(since, since, what, level.origin),
        what=what,
        words=(
            f"ui.todo.{what}",
            (("who", level.peer), ("state", level.state), ("why", level.why),
             ("count", str(without_receipt(level)))),
        ),
        desk=items.HOUSE,
        from_=level.peer,
        since=since,
        state=level.state,
        acts=("alarm/clear",),
    )  # fmt: skip


def _of_record(what: str, about: str, record: Values, since: Moment, who: str) -> Item:
    return Item(
        key=courses.place(since, since, what, about),
        what=what,
        words=_words(what, who),
        desk=record.text("desk"),
        from_=who,
        since=since,
        prec=record.text("prec"),
        tlp=record.text("tlp"),
        mid=record.data("mid"),
        matter=record.text("matter"),
        kind=record.text("kind"),
    )


def of_unsent(row: Values, record: Values) -> Item:
    """Return a record that our own node refused."""
    at, who = row.moment("at"), ", ".join(record.texts("to"))
    item = _of_record(items.UNSENT, record.data("mid").hex(), record, at, who)
    return replace(item, state=row.text("code"), acts=("record/retry", "record/drop"))


def of_twins(row: Values, first: Values) -> Item:
    """Return the alarm of two records under one number."""
    about = row.data("second").hex()
    item = _of_record(items.TWINS, about, first, first.moment("kept_at"), row.text("from"))
    return replace(item, mid=row.data("second"), acts=("alarm/clear",))
