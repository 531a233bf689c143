"""Our decisions and another system's alerts, customer by customer: which pairs both have, and why not."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from detente.core.errors import OurFault
from detente.screening import bulk, shadow
from detente.screening.build import build
from detente.screening.bulk import CLEAR, UNDECIDED, Head, Line, Match
from detente.screening.customers import Customer, Reader, Row
from detente.screening.decision import Told, told
from detente.screening.engine import ask_of
from detente.screening.incumbent import Alert
from detente.screening.index import Index
from detente.screening.listed import Listed
from detente.screening.shadow import Compared, Customers, Sample


class Comparison:
    """Takes our decisions one by one, then asks again what they do not tell."""

    def __init__(
        self, listed: Sequence[Listed], head: Head, alerts: Mapping[str, Sequence[Alert]],
        seed: str, size: int,
    ) -> None:  # fmt: skip
        """`alerts`: theirs by customer; `head`: of our results; `size`: of each class's sample."""
        self._listed, self._head, self._alerts = listed, head, alerts
        self._places = {e.id: place for place, e in enumerate(listed)}
        self._named: dict[str, list[str]] = {}
        for one in listed:
            for name in (*one.names, *(a.name for a in one.aliases)):
                self._named.setdefault(_plain(name), []).append(one.id)
        self._seen: set[str] = set()
        self._wanted: dict[int, list[tuple[Compared, tuple[str, ...]]]] = {}
        self._sample: Sample[Compared] = Sample(seed, size)
        self._below: dict[int, Compared] = {}
        self.customers, self.pairs = Customers(), list[Compared]()

    def take(self, one: Line) -> None:
        """Take one customer as we decided it."""
        alerts = () if one.id in self._seen else self._alerts.get(one.id, ())
        if alerts:
            self._seen.add(one.id)
        self._count(one, bool(alerts))
        ours = {m.told.entity: m for m in one.hits}
        met: set[str] = set()
        for alert in alerts:
            met |= self._one(one, alert, ours)
        for entity, match in ours.items():
            if entity not in met:
                self._add(_ours(shadow.OURS, one, match, also=bool(alerts)))
        if not alerts and not ours and one.state == CLEAR:
            kind = shadow.band(one.best, self._head.settings.threshold)
            if kind:
                self._sample.offer(kind, str(one.line), Compared(kind, one.id, line=one.line))

    def _count(self, one: Line, theirs: bool) -> None:  # noqa: FBT001  a fact, not a switch
        counts = self.customers
        if one.state == UNDECIDED:
            counts.undecided += 1
        elif theirs and one.hits:
            counts.both += 1
        elif theirs:
            counts.theirs += 1
        elif one.hits:
            counts.ours += 1
        else:
            counts.none += 1

    def _one(self, one: Line, alert: Alert, ours: dict[str, Match]) -> set[str]:
        """Compare one alert of theirs; return our hits that it meets."""
        ids = self._meant(alert)
        same = [i for i in ids if i in ours] if ids or alert.entity or alert.name else list(ours)
        if same:
            pair = _ours(shadow.BOTH, one, ours[same[0]])
            self._add(msgspec.structs.replace(pair, their_score=alert.score, their_line=alert.line))
            return set(same)
        pair = Compared(
            shadow.THEIRS, one.id, alert.entity, listed=alert.name, their_score=alert.score,
            also=bool(ours), their_line=alert.line, line=one.line,
        )  # fmt: skip
        listed = tuple(i for i in ids if i in self._places)
        if not listed:
            known = alert.entity or alert.name
            self._add(_because(pair, shadow.NOT_LISTED if known else shadow.UNKNOWN))
        elif one.state == UNDECIDED:
            self._add(_because(pair, shadow.UNDECIDED))
        else:
            self._wanted.setdefault(one.line, []).append((pair, listed))
        return set()

    def _meant(self, alert: Alert) -> list[str]:
        return [alert.entity] if alert.entity else self._named.get(_plain(alert.name), [])

    def end(self, rows: Iterable[Row]) -> None:
        """Tell alerts of customers whom nobody decided; score what our results leave open.

        rows: the customers once more. Called once, after the last `take`.
        Raises OurFault customers.changed: a line that was screened cannot be read any more.
        """
        for customer, alerts in self._alerts.items():
            if customer not in self._seen:
                for each in alerts:
                    self._add(
                        Compared(
                            shadow.THEIRS, customer, each.entity, listed=each.name,
                            their_score=each.score, why=shadow.NO_CUSTOMER, their_line=each.line,
                        )
                    )  # fmt: skip
        for kind, _ in shadow.BANDS:
            for pair in self._sample.drawn(kind):
                self._wanted.setdefault(pair.line, []).append((pair, ()))
        if self._wanted:
            self._ask_again(rows)

    def _ask_again(self, rows: Iterable[Row]) -> None:
        index = Index(build(self._listed, self._head.lists))
        settings = self._head.settings
        reader = Reader(settings.mapping, settings.columns, settings.parted_by)
        for row in rows:
            for pair, ids in self._wanted.get(row.line, ()):
                customer = reader.read(row)
                if not isinstance(customer, Customer):
                    raise OurFault(
                        "customers.changed", f"line {row.line} is another than was screened",
                        "screen a copy that nobody writes to",
                    )  # fmt: skip
                if ids:
                    self._add(self._scored(index, customer, pair, ids))
                else:
                    best = bulk.found(index, customer)[0]
                    self._below[row.line] = _with(pair, best.asked, told(index, best.hit))

    @property
    def counts(self) -> dict[str, int]:
        """How many pairs each class has."""
        return {kind: self._sample.counts.get(kind, 0) for kind in shadow.CLASSES}

    def drawn(self) -> list[Compared]:
        """Return the sample, class by class, the same in whatever order customers came."""
        bands = {kind for kind, _ in shadow.BANDS}
        return [
            self._below[pair.line] if kind in bands else pair
            for kind in shadow.CLASSES
            for pair in self._sample.drawn(kind)
        ]

    def _scored(
        self, index: Index, customer: Customer, pair: Compared, ids: tuple[str, ...]
    ) -> Compared:
        owners = [self._places[i] for i in ids]
        found = [
            (hit, name)
            for name in customer.names
            for hit in ask_of(index, bulk.question(customer, name), owners)
        ]
        if not found:
            first = index.name_text(index.first_name(owners[0]))
            pair = msgspec.structs.replace(
                pair, entity=ids[0], asked=customer.names[0], listed=pair.listed or first
            )
            return _because(pair, shadow.FAR)
        hit, name = max(found, key=lambda each: each[0].score)
        is_alert = hit.score >= self._head.settings.threshold
        pair = _with(pair, name, told(index, hit))
        return _because(pair, shadow.MISSED if is_alert else shadow.BELOW)

    def _add(self, pair: Compared) -> None:
        self.pairs.append(pair)
        self._sample.offer(pair.kind, f"{pair.customer}\0{pair.entity}\0{pair.listed}", pair)


def _ours(kind: str, one: Line, match: Match, *, also: bool = False) -> Compared:
    pair = Compared(kind, one.id, line=one.line, also=also)
    return _with(pair, match.asked, match.told)


def _with(pair: Compared, asked: str, hit: Told) -> Compared:
    return msgspec.structs.replace(
        pair, entity=hit.entity, asked=asked, listed=hit.name, score=hit.score, told=hit
    )


def _because(pair: Compared, why: str) -> Compared:
    return msgspec.structs.replace(pair, why=why)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
