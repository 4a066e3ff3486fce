"""What must be read of a firm, told as the rules tell it: whole numbers, every fact looked at every time, nothing kept up.

Nothing here is shared with the library but the values that go in, and the ids of charges, which are names. Instants are microseconds
since 2000, tokens ten-thousandths.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from firm import DAILY, RESULT, Firm, NewRate, PackOrder, Return

from flexlib import Charge, Refund, ReportedUse, ResultUse, Seat, Session

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def number_of(instant: datetime) -> int:
    """Return an instant as a number."""
    return (instant - EPOCH) // MICROSECOND


def parts_of(tokens: Decimal) -> int:
    """Return tokens as a number of ten-thousandths."""
    parts = int(tokens * 10_000)
    assert Decimal(parts) / 10_000 == tokens
    return parts


def tokens_of(parts: int) -> Decimal:
    """Return a number of ten-thousandths as tokens."""
    return Decimal(parts) / 10_000


class Due(NamedTuple):
    """A charge as it must be."""

    at: int
    user: str
    product: str
    parts: int
    team: str | None
    id: str
    daily: bool
    day: date | None = None


# Windows: a user's next charge falls at the first moment of chargeable use at or after the end of the last window.


def stretches(session: Session, seats: Sequence[Seat], firm: Firm) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a session that are chargeable (rules C5 to C8); one of no length is use at that instant."""
    policy = firm.policy
    opened, idle_after = number_of(session.opened_at), policy.idle_after // MICROSECOND
    closed = opened if session.closed_at is None else number_of(session.closed_at)
    if session.closed_at is not None and closed - opened < policy.grace // MICROSECOND:
        return
    idle = [(number_of(start), number_of(end)) for start, end in session.idle]
    covered = [
        (number_of(seat.starts_at), number_of(seat.ends_at) if seat.ends_at else None)
        for seat in seats
        if seat.user == session.user and session.product in seat.products
    ]

    def chargeable(moment: int) -> bool:
        if any(start <= moment and (end is None or moment < end) for start, end in covered):
            return False
        since = moment + 1  # how long there was no meaningful use, walked back over pauses that touch
        while any(start < since <= end for start, end in idle):
            since = min(start for start, end in idle if start < since <= end)
        return not any(start <= moment < end for start, end in idle) or moment - since < idle_after

    edges = {opened, closed}
    edges |= {edge for start, end in covered for edge in (start, end) if edge is not None}
    edges |= {edge for start, end in idle for edge in (start, start + idle_after, end)}
    inside = [*sorted(edge for edge in edges if opened <= edge < closed), closed]
    if opened == closed and chargeable(opened):
        yield opened, opened
    started = None
    for edge, following in pairwise(inside):
        if not chargeable(edge):
            started = None
            continue
        started = edge if started is None else started
        if following == closed or not chargeable(following):
            yield started, following


def windows(usage: Sequence[Session], seats: Sequence[Seat], firm: Firm) -> Iterator[tuple[int, Session]]:
    """Yield the instant of each window of one user and product, and the session that opened it (rules C1 to C4)."""
    length = firm.policy.window // MICROSECOND
    use = [(start, end, session) for session in usage for start, end in stretches(session, seats, firm)]
    bound = min((start for start, _, _ in use), default=0)
    while True:
        ahead = [(max(start, bound), start, session) for start, end, session in use if end > bound or start == end == bound]
        if not ahead:
            return
        # Of the use at the first moment, that which began first; of sessions that began together, that which ended first.
        at, _, session = min(ahead, key=lambda one: (one[0], one[1], number_of(one[2].opened_at), _tie(one[2])))
        yield at, session
        bound = at + length


def _tie(session: Session) -> tuple[object, ...]:
    closed = session.closed_at or session.opened_at
    return (number_of(closed), session.closed_at is None, session.team is not None, session.team or "")


def rate_of(product: str, at: int, rates: Iterable[NewRate], region: str | None) -> Decimal:
    """Return the tokens of the rate in force (rules R1, R2)."""
    begun = [
        (rate.region is not None, rate.effective_from, rate.tokens)
        for rate in rates
        if rate.product == product and rate.region in {None, region} and _midnight(rate.effective_from) <= at
    ]
    return max(begun)[2]


def _midnight(day: date) -> int:
    return (day - EPOCH.date()).days * 86_400_000_000


def dues(facts: Iterable[object], rates: Sequence[NewRate], firm: Firm) -> list[Due]:
    """Return every charge of the facts, in time order."""
    facts = list(facts)
    seats = [fact for fact in facts if isinstance(fact, Seat)]
    use: dict[tuple[str, str], list[Session]] = defaultdict(list)
    for fact in facts:
        if isinstance(fact, Session):
            use[fact.user, fact.product].append(fact)
    found = []
    for (user, product), own in use.items():
        assert product in DAILY
        for at, session in windows(own, seats, firm):
            parts = parts_of(rate_of(product, at, rates, firm.region))
            charge = Charge(user, product, EPOCH + at * MICROSECOND, tokens_of(parts), team=session.team)
            found.append(Due(at, user, product, parts, session.team, charge.id, daily=True))
    for fact in facts:
        if isinstance(fact, ResultUse):
            tokens = result_tokens(fact, rates, firm)
            found.append(
                Due(number_of(fact.at), fact.user, fact.product, parts_of(tokens), fact.team, result_id(fact, tokens), daily=False)
            )
        if isinstance(fact, ReportedUse):
            at = datetime(fact.day.year, fact.day.month, fact.day.day, tzinfo=UTC)
            charge = Charge(fact.user, fact.product, at, fact.tokens, team=fact.team, reported=fact)
            found.append(
                Due(number_of(at), fact.user, fact.product, parts_of(fact.tokens), fact.team, charge.id, daily=True, day=fact.day)
            )
    return sorted(found, key=lambda due: (due.at, due.user, due.product, due.id))


def result_tokens(result: ResultUse, rates: Iterable[NewRate], firm: Firm) -> Decimal:
    """Return what results cost (rule C10)."""
    return rate_of(RESULT, number_of(result.at), rates, firm.region) * result.quantity


def result_id(result: ResultUse, tokens: Decimal) -> str:
    """Return the id of the charge of results."""
    return Charge(result.user, result.product, result.at, tokens, team=result.team, result=result).id


def span_of(order: PackOrder, zone: str) -> tuple[int, int]:
    """Return when a pack starts and expires (rule P1)."""
    months = order.on.year * 12 + order.on.month - 1 + order.months
    year, month = divmod(months, 12)
    until = date(year, month + 1, min(order.on.day, monthrange(year, month + 1)[1]))
    return _first_moment(order.on, zone), _first_moment(until, zone)


def _first_moment(day: date, zone: str) -> int:
    """Return the first quarter of an hour whose local date is a day, or a later one."""
    at, local = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15), ZoneInfo(zone)
    while at.astimezone(local).date() < day:
        at += timedelta(minutes=15)
    return number_of(at)


def refund_of(told: Return, rates: Sequence[NewRate], firm: Firm) -> Refund | None:
    """Return a return of tokens as a fact; None where the result cost nothing."""
    tokens = result_tokens(told.result, rates, firm)
    back = tokens * told.quarters / 4
    return Refund(result_id(told.result, tokens), back, told.at, id=told.id) if back else None
