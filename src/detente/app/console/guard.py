"""What a form must show before it acts: that a page of ours sent it, for this session, and of what.

Every form carries `hidden(...)`: the session's own token, a name for this sending, and what the page
was made of. Source: docs/operate/console.md.
"""

import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from detente.app.console.ask import Answer, Ask, Cookie, local
from detente.app.console.limits import SENT_MAX, SENT_SESSION_MAX, SMALL_MAX
from detente.core.errors import OurFault

SESSION: Final = "session"  # the cookie's name, without its prefix
CSRF: Final = "csrf"
CSRF_HEADER: Final = "x-detente-csrf"
FORM: Final = "form"
SEEN: Final = "seen"
ITSELF: Final = "by-itself"  # of a query: no hand asked for this page
_FORM_ID: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_OWN: Final = ("same-origin", "none")  # of Sec-Fetch-Site: our pages, and what people type


def hidden(ask: Ask, seen: str = "") -> Mapping[str, str]:
    """Return the hidden fields of a form on a page that answers `ask`.

    seen: what the form is made of, such as a version; compared by `check_fresh` when it comes back.
    """
    found = {FORM: secrets.token_urlsafe(16), SEEN: seen}
    return found if ask.session is None else {CSRF: ask.session.csrf, **found}


def session_cookie(token: str, seconds: int | None = None) -> Cookie:
    """Return the cookie of a new session; "" ends it.

    Sign-in makes a new token each time: one that a browser brought along is never taken up.
    """
    return Cookie(SESSION, token, seconds)


def check_form(ask: Ask) -> None:
    """Raise OurFault("console.cross_site") unless a page of this console sent the form."""
    if ask.headers.get("sec-fetch-site", _OWN[0]) not in _OWN or not is_own_origin(ask):
        raise _cross_site()
    if ask.session is not None:
        shown = ask.headers.get(CSRF_HEADER) or ask.told(CSRF)
        if not hmac.compare_digest(shown.encode(), ask.session.csrf.encode()):
            raise _cross_site()


def path_of_referer(ask: Ask) -> str:
    """Return the page of this console that a request came from, "/" if it is not told."""
    found = urlsplit(ask.headers.get("referer", ""))
    try:
        return local(found.path + (f"?{found.query}" if found.query else ""))
    except OurFault:
        return "/"


def is_own_origin(ask: Ask) -> bool:
    """Say whether the page that sends is at the address that it asks; a browser always tells.

    A page that sends no referrer has its origin told as null (Fetch 3.1.1): then it counts that
    Sec-Fetch-Site calls it the same one, which no page can write itself.
    """
    origin = ask.headers.get("origin", "")
    if origin == "null":
        return ask.headers.get("sec-fetch-site") == _OWN[0]
    scheme, _, host = origin.partition("://")
    return scheme in ("https", "http") and host == ask.headers.get("host", "")


def check_fresh(ask: Ask, current: str) -> None:
    """Raise OurFault("console.stale") unless the form was made of what stands now."""
    if ask.told(SEEN) != current:
        raise OurFault(
            "console.stale",
            "somebody acted since this page was made; nothing was done",
            "look at the page as it is now, and decide again",
        )


def form_id(ask: Ask) -> str:
    """Return the name of this sending of a form, "" for none."""
    told = ask.told(FORM)
    return told if _FORM_ID.fullmatch(told) else ""


def by_itself(ask: Ask) -> str:
    """Return the address at which a page loads itself anew, which keeps no session alive."""
    rows = [(name, text) for name, texts in ask.query.items() if name != ITSELF for text in texts]
    return f"{quote(ask.here)}?{urlencode([*rows, (ITSELF, '1')])}"


def came_from_elsewhere(ask: Ask) -> bool:
    """Say whether a link of another site led here, so that the browser held our cookie back."""
    return (
        ask.method == "GET"
        and ask.headers.get("sec-fetch-mode") == "navigate"
        and ask.headers.get("sec-fetch-site") in ("cross-site", "same-site")
        and SESSION not in ask.cookies
    )


class Sent:
    """Answers to forms that acted, by session and form: one that comes twice acts once.

    In memory and for pages alone; acts at desks are kept apart by their `request`, for good.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[bytes, str], Answer] = OrderedDict()
        self._counts: dict[bytes, int] = {}

    def find(self, ask: Ask) -> Answer | None:
        """Return what was answered to this sending before."""
        return self._answers.get(_key(ask)) if _is_named(ask) else None

    def keep(self, ask: Ask, answer: Answer) -> None:
        """Keep what was answered; the oldest give way, first those of the same session."""
        if not _is_named(ask) or len(answer.data) > SMALL_MAX:
            return
        who, name = _key(ask)
        if self._counts.get(who, 0) >= SENT_SESSION_MAX:
            self._drop(next(each for each in self._answers if each[0] == who))
        elif len(self._answers) >= SENT_MAX:
            self._drop(next(iter(self._answers)))
        self._answers[who, name] = answer
        self._counts[who] = self._counts.get(who, 0) + 1

    def _drop(self, key: tuple[bytes, str]) -> None:
        del self._answers[key]
        self._counts[key[0]] -= 1
        if not self._counts[key[0]]:
            del self._counts[key[0]]


def _is_named(ask: Ask) -> bool:
    return ask.session is not None and bool(ask.form_id)


def _key(ask: Ask) -> tuple[bytes, str]:
    return sha256(ask.cookies.get(SESSION, "").encode()).digest(), f"{ask.here} {ask.form_id}"


def _cross_site() -> OurFault:
    return OurFault(
        "console.cross_site",
        "the form did not come from a page of this session",
        "open the page anew and send it again; if a link led you to it, tell your administrator",
    )
