"""Chargeable use: what is left of a session after grace, idle pauses and seats (rules C5 to C8)."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import compress, count, islice
from operator import attrgetter, eq
from typing import NamedTuple, TypeAlias, TypeVar

from attrs import evolve

from flexlib.charging.charges import WindowCause
from flexlib.charging.policy import ChargePolicy
from flexlib.errors import InvalidValueError
from flexlib.model.products import Catalog, code_resolver
from flexlib.model.seats import Seat
from flexlib.model.usage import ResultUse, Session, Span

T = TypeVar("T")

UseSpan: TypeAlias = tuple[datetime, datetime, Session, WindowCause]
"""Chargeable use ``[start, end)`` of a session, and why it begins where it does; a span of no length is use at that instant."""

_Hole: TypeAlias = tuple[datetime, datetime, WindowCause]

FOREVER = datetime.max.replace(tzinfo=UTC)


def sort_by_time(items: list[T], at: Callable[[T], datetime], tie: Callable[[T], tuple[object, ...]]) -> None:
    """Sort in place by instant, and by `tie` where instants are equal; asking for ties only there halves the time."""
    items.sort(key=at)
    instants = list(map(at, items))
    done = 0
    for place in compress(count(), map(eq, instants, islice(instants, 1, None))):
        if place >= done:
            done = bisect_right(instants, instants[place], place)
            items[place:done] = sorted(items[place:done], key=tie)


def session_order(session: Session) -> tuple[object, ...]:
    """Return the order of a user's sessions that open at one instant: by content, and by the spelling of the product last."""
    closed = session.closed_at or session.opened_at
    labels = label_order(session.team, session.machine, session.version)
    return (session.user, closed, session.closed_at is None, *labels, session.idle, session.product)


def label_order(*labels: str | None) -> Iterator[tuple[bool, str]]:
    """Yield the order of labels: none goes before any other, also before an empty one."""
    return ((label is not None, label or "") for label in labels)


class UseRules(NamedTuple):
    """What decides which part of a session is chargeable: the policy, the seats and the catalogue, ready to be asked."""

    policy: ChargePolicy
    codes: Mapping[str, str]
    catalog: Catalog | None
    seats: Mapping[tuple[str, str], list[Span]]

    @classmethod
    def of(cls, products: Iterable[str], policy: ChargePolicy, seats: Iterable[Seat], catalog: Catalog | None) -> UseRules:
        """Prepare the rules; a product or seat that the catalogue does not know raises `UnknownProductError`."""
        seats = list(seats)
        codes = code_resolver(catalog, [*products, *(product for seat in seats for product in seat.products)])
        covered: dict[tuple[str, str], list[Span]] = defaultdict(list)
        for seat in seats:
            for product in seat.products:
                covered[seat.user, codes[product]].append((seat.starts_at, seat.ends_at or FOREVER))
        return cls(policy, codes, catalog, dict(covered))

    def distinct(self, results: Iterable[ResultUse]) -> list[ResultUse]:
        """Return results under the codes of their products, each once: one fact under two names of a product is one fact."""
        return list(dict.fromkeys(evolve(result, product=self.codes[result.product]) for result in results))

    def is_short(self, session: Session) -> bool:
        """Tell whether a session is a launch of strictly less than the grace (rule C5); one without a known end is not."""
        return session.closed_at is not None and session.closed_at - session.opened_at < self.policy.grace

    def chargeable(self, session: Session) -> list[UseSpan]:
        """Return the chargeable spans of a session, in order: none of a short launch, and nothing that a seat covers."""
        if self.is_short(session):
            return []
        holes = sorted([*self._pauses(session), *self._seat_spans(session)], key=lambda hole: hole[0])
        return list(_outside(session, holes))

    def has_seat(self, session: Session) -> bool:
        """Tell whether a seat covers any part of a session (rule C8)."""
        opened, closed = session.opened_at, session.closed_at or session.opened_at
        return any(opened < end and (start <= opened or start < closed) for start, end, _ in self._seat_spans(session))

    def _seat_spans(self, session: Session) -> list[_Hole]:
        """Return the spans of the seats that cover the session's user and product (rule C8)."""
        spans = self.seats.get((session.user, self.codes[session.product]), ())
        return [(start, end, WindowCause.SEAT_ENDED) for start, end in spans]

    def _pauses(self, session: Session) -> list[_Hole]:
        """Return the spans in which idle awareness pauses charges: each idle span after its first part (rule C6)."""
        if self.catalog is not None and not self.catalog.resolve(session.product).idle_aware:
            return []
        joined: list[Span] = []
        for start, end in session.idle:
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        after = self.policy.idle_after
        return [(start + after, end, WindowCause.RESUMED) for start, end in joined if end - start > after]

    def in_order(self, sessions: Iterable[Session]) -> Iterator[UseSpan]:
        """Yield the chargeable spans of all sessions in order of their starts.

        Raises:
            InvalidValueError: A session lies so near to the end of the year 9999 that a window of it would not end.
        """
        ordered = list(sessions)
        sort_by_time(ordered, attrgetter("opened_at"), session_order)
        grace, launch, last = self.policy.grace, WindowCause.LAUNCH, FOREVER - self.policy.window
        later: list[tuple[datetime, int, UseSpan]] = []
        for number, session in enumerate(ordered):
            opened, closed = session.opened_at, session.closed_at
            if (closed or opened) > last:
                raise InvalidValueError("closed_at" if closed else "opened_at", str(closed or opened), f"{last} or earlier")
            while later and later[0][0] <= opened:
                yield heapq.heappop(later)[2]
            if session.idle or self.seats:
                for span in self.chargeable(session):
                    heapq.heappush(later, (span[0], number, span))
            elif closed is None:
                yield opened, opened, session, launch
            elif closed - opened >= grace:
                yield opened, closed, session, launch
        while later:
            yield heapq.heappop(later)[2]


def _outside(session: Session, holes: Iterable[_Hole]) -> Iterator[UseSpan]:
    """Yield the parts of a session outside holes that are sorted by their start."""
    start, close, cause = session.opened_at, session.closed_at or session.opened_at, WindowCause.LAUNCH
    instant = start == close
    for hole_start, hole_end, because in holes:
        if hole_end <= start or hole_start > close:
            continue
        if hole_start > start:
            yield start, hole_start, session, cause
        start, cause = hole_end, because
    if start < close or (instant and start == close):
        yield start, close, session, cause
