"""The keeper of the door, in the office's thread: who comes in, and what goes wrong as an answer.

An unexpected error of a page is a defect of that page: it is reported and answered, and the office
goes on. Faults are words for people on pages and problem documents for programs.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from detente.app import defect, said
from detente.app.console import framing, guard
from detente.app.console.ask import Answer, Ask, Later, go, page
from detente.app.console.plain import PlainRenderer, again_page, fault_page
from detente.app.console.routes import ANYONE, PERSON, WORKER, Route, Table
from detente.app.console.sessions import Session
from detente.app.console.site import Site
from detente.app.console.taxii import faulty as faulty_taxii
from detente.app.console.taxii import login
from detente.app.http import Reply, refusal
from detente.app.log import Log
from detente.app.problems import headers_of, status_of
from detente.core.errors import Fault, OurFault
from detente.core.moment import Moment
from detente.office.desk import Role
from detente.office.people import House, Person
from detente.ui.frame import Frame

SAFE: Final = ("GET", "HEAD", "OPTIONS")
REFRESH: Final = "x-refresh"  # a page that brings itself up to date, without anybody's hand
SIGN_IN: Final = "/sign-in"
_PROVE: Final = {
    "signin.locked": "/unlock", "signin.again": "/again", "office.desk_closed": "/desk-keys",
}  # fmt: skip
_DEFECT: Final = "run.defect"
_FORBIDDEN: Final = 403
API: Final = "api"
TAXII: Final = faulty_taxii.ROOT
ASKING: Final = "hatch.slow"  # the node is asked, and has not answered yet
LIVE: Final = ("live",)
_SCHEMES: Final = ("bearer ", "apikey ")  # the second is what clients of yente say
Guarded = Callable[[Callable[[], Answer | Later]], Answer | Later]


@dataclass(frozen=True, slots=True)
class Served:
    """An answer, and what the log may say of it: the route's pattern and the person's key."""

    answer: Answer
    route: str = "-"
    person: str = ""


@dataclass(frozen=True, slots=True)
class Slow:
    """A request that needs slow work first: `work` beside the office, then `then` in its thread."""

    work: Callable[[], object]
    then: Callable[[object], Served]
    asks: bool = False  # it waits for another process; see ask.Later


class Keeper:
    """Answers each Ask. `guarded` runs a step as the office's process runs its own."""

    def __init__(self, site: Site, table: Table, guarded: Guarded, log: Log) -> None:
        self._site, self._table, self._guarded, self._log = site, table, guarded, log
        self._sent = guard.Sent()
        self.acted = False  # a form or a program did something since this was set back

    def answer(self, ask: Ask) -> Served | Slow:
        """Answer one request; never raises, nor does what is left for later."""
        found = self._table.match(ask.method, ask.path)
        if found is None:
            return Served(self._faulty(ask, self._no_page(ask)))
        route, parts = found
        who: list[Session] = []
        answer = self._tried(ask, lambda: self._answer(route, replace(ask, parts=parts), who), who)

        def served(found: Answer) -> Served:
            return Served(found, route.pattern, who[0].person.signer_id if who else "")

        if isinstance(answer, Answer):
            return served(answer)
        return self._slow(_known(ask, who), answer, served)

    def _slow(self, ask: Ask, asked: Later, served: Callable[[Answer], Served]) -> Slow:
        def work() -> object:
            try:
                return asked.work()
            except Exception as error:  # noqa: BLE001  told in the office's thread
                return error

        def step(found: object) -> Answer:
            if isinstance(found, Exception):
                raise found
            return asked.then(found)

        def then(found: object) -> Served:
            answer = self._tried(ask, lambda: step(found))
            assert isinstance(answer, Answer), "slow work is done once"
            return served(answer)

        return Slow(work, then, asked.asks)

    def admits(self, ask: Ask) -> Answer | None:
        """Return why a request may not come in, before its body is read; None if it may."""
        found = self._table.match(ask.method, ask.path)
        if found is None:
            return self._faulty(ask, self._no_page(ask))
        route = found[0]

        def judge() -> Answer:
            self._admitted(route, ask, [])
            return Answer()

        answer = self._tried(ask, judge)
        assert isinstance(answer, Answer), "judging is quick"
        return answer if answer.status != Answer().status else None

    def _tried(
        self, ask: Ask, step: Callable[[], Answer | Later], who: Sequence[Session] = ()
    ) -> Answer | Later:
        try:
            return self._guarded(step)
        except Fault as fault:
            return self._faulty(_known(ask, who), fault)
        except Exception as error:  # noqa: BLE001  whatever a page does, the office goes on
            told = defect.report(error, "a page of the console", self._site.settings.folder)
            self._log.write("error", told.code, told.what, remedy=told.remedy)
            return self._faulty(_known(ask, who), _defect())

    def _answer(self, route: Route, ask: Ask, who: list[Session]) -> Answer | Later:
        if route.needs != ANYONE and guard.came_from_elsewhere(ask):
            return page(again_page(ask.target, ask.language))
        ask = self._admitted(route, ask, who)
        with self._entered(route, ask):
            return self._handled(route, ask)

    def _entered(self, route: Route, ask: Ask) -> AbstractContextManager[None]:
        """Let all that a page shows stand in the trail before it goes out, and its person be there.

        The API does so itself. While the office cannot be asked, a page shows nothing of it.
        """
        if ask.session is None or route.needs == ANYONE or ask.path[:1] in ((API,), (TAXII,), LIVE):
            return nullcontext()
        try:
            office = self._site.office
        except OurFault:
            return nullcontext()
        now, person = self._site.now(), ask.session.person
        if not _by_itself(ask):
            office.watch.attend(person, now)
        return office.trail.request(person, f"page/{route.pattern}"[:64], now)

    def _handled(self, route: Route, ask: Ask) -> Answer | Later:
        if ask.method in SAFE:
            return route.handler(self._site, ask)
        if not _is_program(ask):
            guard.check_form(ask)
        ask = replace(ask, form_id=guard.form_id(ask))
        before = self._sent.find(ask)
        if before is not None:
            return before
        self.acted = True
        answer = route.handler(self._site, ask)
        if isinstance(answer, Later):  # of the door alone; its means are used up by being used
            return answer
        self._sent.keep(ask, answer)
        return answer

    def _admitted(self, route: Route, ask: Ask, who: list[Session]) -> Ask:
        session = self._session(ask)
        if session is not None:
            who.append(session)
            ask = replace(ask, session=session, language=session.person.language or ask.language)
        if route.needs == ANYONE:
            return ask
        _ = ask.person
        if ask.session is not None and ask.session.locked and not route.when_locked:
            raise OurFault(
                "signin.locked", "this session is locked after a pause", "show who you are: /unlock"
            )
        if route.needs == PERSON:
            return ask
        if not _has(ask.person, route.needs):
            here = ask.here[:100]
            raise OurFault(
                "console.role",
                f"{here} is for people at desks"
                if route.needs == WORKER
                else f"{here} is for the {route.needs} of this house",
                "ask one of your administrators for the role, or somebody who has it",
            )
        return ask

    def _session(self, ask: Ask) -> Session | None:
        now = self._site.now()
        if _is_taxii(ask):
            return self._of_program(ask, now)
        if _is_program(ask):
            said = ask.headers["authorization"].partition(" ")[2]
            return self._site.sign_in.bearer(said, now)
        token = ask.cookies.get(guard.SESSION)
        if not token:
            return None
        find = self._site.sign_in.look if _by_itself(ask) else self._site.sign_in.session_of
        return find(token, now)

    def _of_program(self, ask: Ask, now: Moment) -> Session | None:
        # Its cookie, if it has one, counts for nothing: a program says in each request who it is.
        token, name = login.token_of(ask.headers.get("authorization", ""))
        found = self._site.sign_in.bearer(token, now) if token else None
        return found if found is not None and name in ("", found.person.name) else None

    def _faulty(self, ask: Ask, fault: Fault) -> Answer:
        return faulty(ask, fault, self._page_of)

    def _page_of(self, ask: Ask, fault: Fault) -> str:
        if isinstance(self._site.renderer, PlainRenderer):
            return fault_page(fault, ask.language)
        frame = self._frame(ask, fault)
        prove = _PROVE.get(fault.code, "")
        back = self._back(ask)
        values = {
            "frame": frame, "fault": said.of(fault, ask.language),
            "next": f"{prove}?next={quote(back, safe='')}" if prove else back,
        }  # fmt: skip
        return self._site.renderer.render("pages/fault.html", ask.language, values)

    def _frame(self, ask: Ask, fault: Fault) -> Frame:
        # Who is signed in keeps places and alarms: a FLASH may come while a page says no.
        if ask.session is not None and fault.code != _DEFECT:
            with suppress(Fault):
                frame = framing.frame(self._site, ask, "")
                # A refusal is an entry of the trail, so news: asked for again it would never end.
                is_refusal = status_of(fault.code) == _FORBIDDEN
                return replace(frame, elsewhere=framing.NEWS_AT) if is_refusal else frame
        return Frame(party=self._site.settings.text("party.name"), now=self._site.now())

    def _back(self, ask: Ask) -> str:
        # To the page that asked, unless it cannot be asked for or is itself what said no.
        back = guard.path_of_referer(ask)
        path = tuple(back.partition("?")[0].strip("/").split("/"))
        found = self._table.match("GET", path)
        is_this = path == ask.path and ask.method in SAFE
        return back if found and found[0].needs != ANYONE and not is_this else "/"

    def _no_page(self, ask: Ask) -> OurFault:
        methods = self._table.methods(ask.path)
        if methods:
            told = f"{ask.here[:100]} takes no {ask.method[:20]}"
            return OurFault("console.method", told, f"use {', '.join(methods)}")
        return OurFault("http.no_page", f"there is no page {ask.here[:100]}", "begin at /")


def _has(person: Person, needs: str) -> bool:
    if needs != WORKER:
        return person.is_in_house(House(needs))
    in_house = person.is_in_house(House.ADMINISTRATOR) or person.is_in_house(House.AUDITOR)
    return in_house or any(person.stands(desk, Role.READ) for desk in person.roles)


def _known(ask: Ask, who: Sequence[Session]) -> Ask:
    """Return what was asked, and by whom, if the door found it out."""
    if not who or ask.session is not None:
        return ask
    session = who[0]
    return replace(ask, session=session, language=session.person.language or ask.language)


def _plain(ask: Ask, fault: Fault) -> str:
    return fault_page(fault, ask.language)


def faulty(ask: Ask, fault: Fault, shown: Callable[[Ask, Fault], str] = _plain) -> Answer:
    """Return a fault as an answer: a page for people, a problem document for programs."""
    if ask.path[:1] == (API,):
        return replied(refusal(fault))
    if _is_taxii(ask):
        return faulty_taxii.answer(fault)
    if ask.method in SAFE and ask.headers.get("sec-fetch-mode", "navigate") == "navigate":
        if fault.code == "console.sign_in":
            return go(f"{SIGN_IN}?next={quote(ask.target, safe='')}")
        if fault.code in _PROVE:
            return go(f"{_PROVE[fault.code]}?next={quote(ask.target, safe='')}")
    found = page(shown(ask, fault), status_of(fault.code))
    told = dict(headers_of(fault))
    if fault.code == ASKING and ask.method in SAFE:
        told["Refresh"] = told["Retry-After"]  # the page comes anew by itself, without scripts too
    return replace(found, headers=told)


def replied(reply: Reply) -> Answer:
    """Return an answer of the API as one of the console."""
    data, content_type = reply.body
    return Answer(reply.status, data, content_type, dict(reply.headers))


def _by_itself(ask: Ask) -> bool:
    # A page that asks for news shows nobody's presence.
    quiet = REFRESH in ask.headers or ask.path == LIVE or guard.ITSELF in ask.query
    return ask.method in SAFE and quiet


def _is_program(ask: Ask) -> bool:
    # What a browser adds by itself is a cookie, never this: so no form can stand behind it.
    if _is_taxii(ask):
        return True  # its media type is none that a form can send
    scheme, space, _ = ask.headers.get("authorization", "").partition(" ")
    return ask.path[:1] == (API,) and scheme.lower() + space in _SCHEMES


def _is_taxii(ask: Ask) -> bool:
    return ask.path[:1] == (TAXII,)


def _defect() -> OurFault:
    return OurFault(
        _DEFECT, "this page has a defect; nothing was sent", "tell who keeps this house"
    )
