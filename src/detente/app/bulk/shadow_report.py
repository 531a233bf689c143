"""A comparison as a page that people read: Markdown, in one language."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from detente.app.bulk.shadowing import Told
from detente.screening import shadow
from detente.screening.explain import Sentences, explain
from detente.screening.shadow import Compared, Share

Say = Callable[..., str]
SHOWN: Final = 10  # examples of a class
_SIGNS: Final = str.maketrans({c: "\\" + c for c in "\\`*_{}[]<>#|"} | {"\n": " ", "\r": " "})


def text(told: Told, say: Say, words: Sentences) -> Iterator[bytes]:
    """Give the report. `say(key, **values)`: words of `shadow`; `words`: those of a score."""
    for line in _lines(told, say, words):
        yield line.encode() + b"\n"


def _lines(told: Told, say: Say, words: Sentences) -> Iterator[str]:
    head, of = told.head, told.customers
    yield f"# {say('shadow.title')}"
    yield ""
    yield say("shadow.what")
    yield ""
    yield f"- {say('shadow.engine', engine=head.engine, threshold=head.threshold)}"
    for name, digest in head.lists.items():
        yield f"- {say('shadow.list', name=_plain(name))} `{digest}`"
    for what in ("customers", "results", "theirs"):
        yield f"- {say(f'shadow.file_{what}')} `{getattr(head, what)}`"
    yield f"- {say('shadow.seed', seed=_plain(head.seed), size=head.size)}"
    yield from _table(
        say("shadow.customers"),
        [say("shadow.column_alerted"), say("shadow.column_customers")],
        [(say(f"shadow.customers_{k}"), f"{getattr(of, k):,}") for k in of.__struct_fields__],
    )
    total = of.both + of.theirs
    if total:
        yield ""
        yield say("shadow.met", **_share(shadow.wilson(of.both, total)))
    yield from _table(
        say("shadow.pairs"),
        [say("shadow.column_class"), say("shadow.column_pairs")],
        [(say(f"shadow.class_{k}"), f"{told.classes[k]:,}") for k in shadow.CLASSES],
    )
    whys = Counter(p.why for p in told.pairs if p.kind == shadow.THEIRS)
    if whys:
        yield from _table(
            say("shadow.whys"),
            [say("shadow.column_why"), say("shadow.column_pairs")],
            [(say(f"shadow.why_{w}"), f"{whys[w]:,}") for w in shadow.REASONS if whys[w]],
        )
    if told.unread or told.twice:
        found = Counter(u.why for u in told.unread)
        rows = [(say(f"shadow.unread_{w}"), f"{found[w]:,}") for w in sorted(found)]
        if told.twice:
            rows.append((say("shadow.unread_twice"), f"{told.twice:,}"))
        yield from _table(
            say("shadow.unread"), [say("shadow.column_why"), say("shadow.column_lines")], rows
        )
    yield from _judged(told, say)
    for kind in (shadow.THEIRS, shadow.OURS, shadow.BANDS[0][0]):
        chosen = [p for p in told.sample if p.kind == kind and p.told][:SHOWN]
        if chosen:
            yield ""
            yield f"## {say('shadow.examples', kind=say(f'shadow.class_{kind}'))}"
            for pair in chosen:
                yield from _example(pair, say, words)


def _judged(told: Told, say: Say) -> Iterator[str]:
    yield ""
    yield f"## {say('shadow.judged')}"
    yield ""
    judged = {k: j for k, j in told.judged.items() if j.judged or j.unsure}
    if not judged:
        yield say("shadow.not_judged")
        return
    columns = [
        say(f"shadow.column_{c}")
        for c in ("class", "judged", "same", "unsure", "share", "estimate")
    ]
    rows = []
    for kind, found in judged.items():
        share = say("shadow.share", **_share(found.share)) if found.share else ""
        least = found.estimate
        rows.append(
            (
                say(f"shadow.class_{kind}"), f"{found.judged:,}", f"{found.same:,}",
                f"{found.unsure:,}", share,
                say("shadow.estimate", count=least[0], low=least[1], high=least[2]) if least else "",
            )
        )  # fmt: skip
    yield from _rows(columns, rows)
    if told.strangers:
        yield ""
        yield say("shadow.strangers", count=told.strangers)


def _example(pair: Compared, say: Say, words: Sentences) -> Iterator[str]:
    yield ""
    why = f" — {say(f'shadow.why_{pair.why}')}" if pair.why else ""
    yield f"**{_plain(pair.customer)}: {_plain(pair.asked)} / {_plain(pair.listed)}**{why}"
    assert pair.told is not None
    yield ""
    yield " ".join(_plain(s) for s in explain(pair.asked, pair.told, words))


def _table(title: str, columns: list[str], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    yield from _rows(columns, rows)


def _rows(columns: list[str], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _share(found: Share) -> dict[str, str]:
    return {name: f"{100 * value:.1f}" for name, value in found._asdict().items()}


def _plain(told: str) -> str:
    """Return what a file said so that it is text and nothing else in Markdown."""
    shown = "".join(c if c.isprintable() or c == " " else " " for c in told)
    return shown.translate(_SIGNS)
