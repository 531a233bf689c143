"""A constituent's own feed: whoever shows its token reads what it was told, and nothing else."""

import hashlib
import re
from typing import Final

from detente.app.console.ask import Answer, Ask, download
from detente.app.console.routes import ANYONE, Route
from detente.app.console.site import Site
from detente.core.errors import OurFault

_DESK: Final = "cert"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes


def told(site: Site, ask: Ask) -> Answer:
    """Answer with the tables of the feed of this token, as one table."""
    token = ask.parts["token"]
    tables = None
    if _TOKEN.fullmatch(token):
        digest = hashlib.sha256(token.encode()).digest()
        tables = site.office.at_desks.feed(_DESK, digest)
    if not tables:
        raise OurFault("http.no_page", "there is no feed here", "ask who gave you the address")
    heads = tables[0]
    rows = (each.removeprefix(heads) for each in tables)
    return download((heads + "".join(rows)).encode(), "found.csv", "text/csv; charset=utf-8")


ROUTES: Final = (Route("GET", "told/{token}", told, needs=ANYONE),)
