"""What stands round every page: plain data, filled by the roof, drawn by templates/base.html."""

from dataclasses import dataclass

from detente.core.moment import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place to go. word: key under `ui.place.`; count: 0 shows none; key: one letter, or ""."""

    word: str
    href: str
    count: int = 0
    key: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line's state. mark: `full`, `half`, `ring` or `cross`; word: key under `ui.line.`.

    since: when the state began; detail: words of ours, as shown (a reason), "" for none.
    """

    mark: str
    name: str
    word: str
    since: Moment
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """A step of what follows an alarm that nobody acknowledges. after: `1:00`; word: as shown."""

    after: str
    word: str
    reached: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Flash:
    """A FLASH that nobody acknowledged. title: theirs, drawn safely; "" where it must not be shown.

    action: where the acknowledgement is posted; exercise: name of the drill, "" for none.
    """

    id: str
    party: str
    desk: str
    title: str
    kept_at: Moment
    action: str
    steps: tuple[Escalation, ...] = ()
    exercise: str = ""
    unaudited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The frame of one page.

    marking: the strictest on the page, "" before sign-in. places: none before sign-in. lines: drawn
    one by one up to three, else counted. alarm: `armed`, `off` or "" where there is no sound. state:
    the number that the event stream compares; events: its address, "" for none. again: where a page
    without script loads itself anew. theme: `dark`, `light` or `system`. keys: whether single letters are keys. form: the token against forged
    requests, for every form. elsewhere: the page that is asked for news instead of this one, where
    this one answers a form and to ask again would be to send again.
    """

    party: str
    desk: str = ""
    marking: str = ""
    places: tuple[Place, ...] = ()
    lines: tuple[Line, ...] = ()
    flashes: tuple[Flash, ...] = ()
    person: str = ""
    person_href: str = "/me"
    help_href: str = "/help"
    alarm: str = ""
    watch: str = ""
    now: Moment
    state: str = ""
    events: str = ""
    elsewhere: str = ""
    again: str = ""
    theme: str = "system"
    keys: bool = True
    form: str = ""

    @property
    def lines_down(self) -> int:
        """How many lines carry nothing."""
        return sum(line.mark != "full" for line in self.lines)
