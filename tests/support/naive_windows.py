"""A second, naive reading of the charging rules: time walked tick by tick, written from the rules and not from the library.

It is slow and takes only instants that lie on its grid. Chargeable use is a set of *moments* of one user and product:
``(k, True)`` for use throughout ``[k, k + 1)`` and ``(k, False)`` for use at the very beginning of tick ``k`` only (rule C7).
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import combinations

from flexlib import ChargePolicy, Seat, Session

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

Moment = tuple[int, bool]


def tick_of(instant: datetime, tick: timedelta) -> int:
    """Return the number of an instant's tick; it must lie on the grid."""
    number, rest = divmod(instant - EPOCH, tick)
    assert not rest, f"{instant} is off the grid"
    return number


def _length(span: timedelta, tick: timedelta) -> int:
    number, rest = divmod(span, tick)
    assert not rest, f"{span} is off the grid"
    return number


def _covered(k: int, session: Session, seats: Iterable[Seat], tick: timedelta) -> bool:
    """Tell whether a seat covers the beginning of a tick, and thus all of it (rule C8)."""
    return any(
        seat.user == session.user
        and session.product in seat.products
        and tick_of(seat.starts_at, tick) <= k
        and (seat.ends_at is None or k < tick_of(seat.ends_at, tick))
        for seat in seats
    )


def moments_of(
    session: Session, policy: ChargePolicy, seats: Iterable[Seat] = (), *, idle_aware: bool = True, tick: timedelta
) -> set[Moment]:
    """Return the chargeable moments of one session (rules C5 to C8)."""
    seats = list(seats)
    opened = tick_of(session.opened_at, tick)
    if session.closed_at is None:  # C7: use at its opening instant only
        return set() if _covered(opened, session, seats, tick) else {(opened, False)}
    closed = tick_of(session.closed_at, tick)
    if closed - opened < _length(policy.grace, tick):  # C5: strictly less than the grace
        return set()
    if closed == opened:
        return set() if _covered(opened, session, seats, tick) else {(opened, False)}
    idle_ticks = {k for start, end in session.idle for k in range(tick_of(start, tick), tick_of(end, tick))}
    moments = set()
    idle_so_far = 0
    for k in range(opened, closed):
        idle_so_far = idle_so_far + 1 if k in idle_ticks else 0
        paused = idle_aware and idle_so_far > _length(policy.idle_after, tick)  # C6: the time before the pause counts as use
        if not paused and not _covered(k, session, seats, tick):
            moments.add((k, True))
    return moments


def naive_windows(
    sessions: Iterable[Session],
    policy: ChargePolicy,
    seats: Iterable[Seat] = (),
    *,
    steady: frozenset[str] = frozenset(),
    tick: timedelta,
) -> list[tuple[datetime, str, str]]:
    """Return start, user and product of each window (rules C1 to C4); `steady` products are not idle-aware."""
    seats = list(seats)
    use: dict[tuple[str, str], set[Moment]] = {}
    for session in sessions:
        moments = moments_of(session, policy, seats, idle_aware=session.product not in steady, tick=tick)
        use.setdefault((session.user, session.product), set()).update(moments)
    windows = []
    for (user, product), moments in use.items():
        running_until = None
        ticks = {k for k, _ in moments}
        for k in range(min(ticks, default=0), max(ticks, default=-1) + 1):
            if k in ticks and (running_until is None or k >= running_until):
                windows.append((EPOCH + k * tick, user, product))
                running_until = k + _length(policy.window, tick)
    return sorted(windows)


def fewest_spans(moments: set[Moment], length: int) -> int:
    """Return the least number of spans of some ticks that cover all moments, found by trying every choice of starts."""
    ticks = {k for k, _ in moments}
    if not ticks:
        return 0
    possible = range(min(ticks) - length + 1, max(ticks) + 1)
    for number in range(1, len(ticks) + 1):
        for chosen in combinations(possible, number):
            if all(any(start <= k < start + length for start in chosen) for k in ticks):
                return number
    raise AssertionError("a span for each tick covers all")
