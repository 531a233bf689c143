"""Records about our constituents as the tables that looks read."""

from typing import Final

from detente.core.moment import Moment
from detente.desks.cert.folds import newest_place
from detente.desks.cert.home import kinds, whose
from detente.office.desk import Fold, Opened
from detente.office.fields import Digest, Field, FileText, Mid, OneOf, Text, Values, When, Whole
from detente.office.reader import Reader
from detente.office.tables import Row, Rows, Table

CONSTITUENTS: Final = Table(
    name="cert_constituents",
    key="key",
    columns=(*kinds.WHO, Field("mid", Mid()), Field("changed", When()), Field("n", Whole())),
)
READ: Final = Table(name="cert_constituent_reads", key="mid", columns=(Field("mid", Mid()),))
TOKENS: Final = Table(
    name="cert_feed_tokens",
    key="key",
    columns=(
        kinds.KEY,
        Field("token", Digest(), required=False),
        Field("mid", Mid()),
        Field("made", When()),
        Field("n", Whole()),
    ),
    find_by=(("token",),),
)
TELLINGS: Final = Table(
    name="cert_tellings",
    key="mid",
    columns=(
        Field("mid", Mid()),
        Field("place", Text(96)),
        kinds.KEY,
        Field("means", OneOf(*kinds.MEANS, "left")),
        Field("count", Whole()),
        Field("table", FileText(2**31), required=False),
        Field("mail", kinds.MAIL.type, required=False, many=True, count_max=16),
        kinds.LANGUAGE,
        kinds.NOTE,
        Field("author", Text(64)),
        Field("tlp", Text(16)),
        Field("at", When()),
    ),
    find_by=(("key",), ("means",)),
)
TELLINGS_NEWEST: Final = Table(  # its key puts the latest first
    name="cert_tellings_newest",
    key="place",
    columns=(Field("place", Text(96)), Field("mid", Mid())),
)
WORDS: Final = Table(
    name="cert_told_words",
    key="mid",
    columns=(*kinds.TOLD_WORD.fields, Field("mid", Mid()), Field("author", Text(64)), Field("at", When())),
    find_by=(("of",),),
)  # fmt: skip


def fold_one(rows: Rows, opened: Opened) -> None:
    """Keep what a constituent is from now on."""
    _put(rows, opened.body, opened)


def fold_many(rows: Rows, opened: Opened) -> None:
    """Keep the same of each line of a table."""
    for line in whose.lines_of(opened):
        if line.who is not None:
            _put(rows, line.who, opened)


def fold_read(rows: Rows, opened: Opened) -> None:
    """Keep that a table was read."""
    rows.put({"mid": opened.mid})


def fold_token(rows: Rows, opened: Opened) -> None:
    """Keep the hash of a constituent's own token, in place of one before; without one it has none."""
    before = Values(rows.get(opened.body.text("key")) or {})
    own: Row = {"mid": opened.mid, "made": opened.created, "n": opened.n}
    row: Row = {**opened.body, "token": opened.body.get("token"), **own}
    if not before or _reach(before) <= _reach(Values(row)):
        rows.put(row)


def fold_told(rows: Rows, opened: Opened) -> None:
    """Keep what was told to whom, and by whom."""
    body = opened.body
    rows.put(
        {
            **body.without("version"),
            "mid": opened.mid,
            "place": newest_place(opened.created, opened.mid),
            "count": len(body.texts("version")),
            "author": opened.author,
            "tlp": opened.tlp,
            "at": opened.created,
        }
    )


def fold_newest(rows: Rows, opened: Opened) -> None:
    """Give a telling its place in the list."""
    rows.put({"place": newest_place(opened.created, opened.mid), "mid": opened.mid})


def fold_word(rows: Rows, opened: Opened) -> None:
    """Keep what became of a telling."""
    row = {**opened.body, "mid": opened.mid, "author": opened.author, "at": opened.created}
    rows.put(row)


def is_one(who: Values, at: Moment) -> bool:
    """Return whether a constituent is one at a moment."""
    return not ("since" in who and at < who.moment("since")) and not (
        "until" in who and at >= who.moment("until")
    )


def token_of(look: Reader, key: str) -> Values | None:
    """Return the row of a constituent's own token; None if it has none."""
    row = Values(look.get(TOKENS, key) or {})
    return row if "token" in row else None


def _put(rows: Rows, who: Values, opened: Opened) -> None:
    before = Values(rows.get(who["key"]) or {})
    if before and _rank(before, "changed") > (opened.created, opened.n, opened.mid):
        return  # the latest counts, whichever is folded last
    rows.put({**who, "mid": opened.mid, "changed": opened.created, "n": opened.n})


def _reach(row: Values) -> tuple[Moment, int, bool, bytes]:
    # Of two words of one moment the one that takes a token away counts: nobody reads on by chance.
    return row.moment("made"), row.whole("n"), "token" not in row, row.data("mid")


def _rank(row: Values, at: str) -> tuple[Moment, int, bytes]:
    return row.moment(at), row.whole("n"), row.data("mid")


ALL: Final = (
    Fold(CONSTITUENTS, (kinds.CONSTITUENT,), fold_one),
    Fold(CONSTITUENTS, (kinds.CONSTITUENTS,), fold_many),
    Fold(READ, (kinds.CONSTITUENTS,), fold_read),
    Fold(TOKENS, (kinds.FEED_TOKEN,), fold_token),
    Fold(TELLINGS, (kinds.TOLD,), fold_told),
    Fold(TELLINGS_NEWEST, (kinds.TOLD,), fold_newest),
    Fold(WORDS, (kinds.TOLD_WORD,), fold_word),
    *whose.ALL,
)
