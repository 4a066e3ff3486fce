"""The passes that give a cause to what matches nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from flexlib.charging.accounts import Outcome, UseAccount
from flexlib.charging.charges import WindowCause
from flexlib.charging.policy import FLEX
from flexlib.model.amounts import counted, plain
from flexlib.model.seats import Seat
from flexlib.model.usage import Session
from flexlib.reports.causes import DifferenceCause
from flexlib.reports.known import KnownRates, KnownUse
from flexlib.reports.leftovers import Charged, Leftovers, Place, Told, tokens_charged, tokens_told
from flexlib.reports.naming import Days, may_be_dated

_FREE = {
    Outcome.SEAT: DifferenceCause.SEAT,
    Outcome.SHORT_LAUNCH: DifferenceCause.SHORT_LAUNCH,
    Outcome.IDLE: DifferenceCause.IDLE_PAUSE,
}


_PAST_ITS_WINDOW = frozenset({WindowCause.STILL_OPEN, WindowCause.RESUMED})


def rate_change(left: Leftovers, rates: KnownRates) -> None:
    """Explain other tokens for the same day by another rate of the product (rule R1)."""
    figures: dict[tuple[str, int], set[Decimal]] = defaultdict(set)
    for told in left.left_rows():
        if told.place.paid:
            figures[told.place.product, told.place.day].add(told.row.tokens)
    for place, charges, rows in left.shared():
        ours, theirs = tokens_charged(charges), tokens_told(rows)
        rate = rates.that_gives(theirs, place.product, [item.charge for item in charges])
        if rate:
            reason = f"{_both(ours, theirs)}, which is the rate of {rate}"
        elif _is_the_vendors(left, place, charges, rows, figures[place.product, place.day]):
            reason = f"{_both(ours, theirs)}, and no row of the product from that day on agrees with the charges: their rate may be out of date"
        else:
            continue
        left.differ(DifferenceCause.RATE_CHANGE, charges, rows, reason)


def _is_the_vendors(left: Leftovers, place: Place, charges: Sequence[Charged], rows: Sequence[Told], figures: set[Decimal]) -> bool:
    """Tell whether the vendor charges one other figure, no multiple of ours, for a window of the product from that day on."""
    if len(charges) > 1 or len(rows) > 1 or charges[0].charge.result or len(figures) > 1:
        return False
    multiple = rows[0].row.tokens % charges[0].charge.tokens == 0
    return not multiple and left.agreed_until.get(place.product, place.day - 1) < place.day


def _both(ours: Decimal, theirs: Decimal) -> str:
    return f"{counted(ours, 'token')} charged, {plain(theirs)} reported"


def unequal(left: Leftovers) -> None:
    """Set aside, without a cause, other tokens for the same day."""
    for _, charges, rows in left.shared():
        ours, theirs = tokens_charged(charges), tokens_told(rows)
        times, rest = divmod(theirs, ours)
        hint = (
            f": {plain(times)} times as many, as of a row that sums up, or of results that are not known here"
            if times > 1 and not rest
            else ""
        )
        left.differ(DifferenceCause.UNEXPLAINED, charges, rows, f"{_both(ours, theirs)}, and no known rate gives that{hint}")


def rows_of_nothing(left: Leftovers, known: KnownUse) -> None:
    """Explain rows of zero tokens: by the charge of that day that they stand for, else by the use that costs nothing."""
    for told in left.left_rows():
        if told.place.paid:
            continue
        for item in left.charges_at(told.place._replace(paid=True)):
            found = _instead(item, told, known)
            if found:
                left.differ(found[0], [item], [told], f"{counted(item.charge.tokens, 'token')} charged, 0 reported: {found[1]}")
                break
        else:
            _row_of_nothing(left, told, known)


def _instead(item: Charged, told: Told, known: KnownUse) -> tuple[DifferenceCause, str] | None:
    """Return why the vendor reports zero tokens for a charge."""
    charge, opener = item.charge, item.charge.opened_by
    seat = known.seat_at(item.place.user, item.place.product, charge.at)
    if seat:
        return DifferenceCause.SEAT, _by_seat(seat)
    if isinstance(opener, Session) and (opener.closed_at is None or opener.closed_at - opener.opened_at < FLEX.grace):
        length = "of unknown length" if opener.closed_at is None else f"of {opener.closed_at - opener.opened_at}"
        return (
            DifferenceCause.SHORT_LAUNCH,
            f"the session that was charged is {length}, and one of under five minutes costs nothing",
        )
    if told.row.feature:
        return DifferenceCause.ZERO_FEATURE, f"the feature {told.row.feature!r} costs nothing"
    if charge.window and charge.window.cause in _PAST_ITS_WINDOW:
        return DifferenceCause.IDLE_PAUSE, "the product was open past its window, and the vendor may have seen it idle"
    if opener is None and not known.has_accounts:
        return DifferenceCause.SHORT_LAUNCH, "the vendor may have seen a launch of under five minutes; no session tells"
    return None


def _row_of_nothing(left: Leftovers, told: Told, known: KnownUse) -> None:
    user, product, day, _ = told.place
    seat = known.seat_on(user, product, day)
    uses = known.uses(user, product, day) or [
        account for near in (day - 1, day + 1) for account in known.uses(user, product, near) if may_be_dated(account.at, day)
    ]
    free = _free(uses)
    cause, reason = DifferenceCause.MISSING_SESSION, "0 tokens for use of that day, and no session of it is known"
    if seat:
        cause, reason = DifferenceCause.SEAT, _by_seat(seat)
    elif told.row.feature:
        cause, reason = DifferenceCause.ZERO_FEATURE, f"the feature {told.row.feature!r} costs nothing"
    elif free:
        cause, reason = free
    elif uses:
        left.match([], [told])
        return
    elif not known.has_accounts:
        cause, reason = (
            DifferenceCause.SHORT_LAUNCH,
            "0 tokens as for a launch of under five minutes; no account of the use was given",
        )
    left.differ(cause, [], [told], reason)


def _free(uses: Sequence[UseAccount]) -> tuple[DifferenceCause, str] | None:
    """Return why use of a day was free: by a seat, else as a short launch, else as idle."""
    for outcome, cause in _FREE.items():
        for account in uses:
            if account.outcome is outcome:
                return cause, f"the {_session(account)}: {outcome.value}"
    return None


def _session(account: UseAccount) -> str:
    return f"{'session' if isinstance(account.use, Session) else 'result'} from {account.at.isoformat()}"


def _by_seat(seat: Seat) -> str:
    until = f" until {seat.ends_at.isoformat()}" if seat.ends_at else ""
    return f"{seat.user} has a seat from {seat.starts_at.isoformat()}{until}"


def rows_alone(left: Leftovers, known: KnownUse) -> set[Place]:
    """Explain rows for which nothing was charged; return where a session is missing."""
    missing: set[Place] = set()
    for told in left.left_rows():
        cause, reason = _row_alone(told, known)
        if cause is DifferenceCause.MISSING_SESSION:
            missing.add(told.place)
        left.differ(cause, [], [told], f"{counted(told.row.tokens, 'token')} reported, none charged: {reason}")
    return missing


def _row_alone(told: Told, known: KnownUse) -> tuple[DifferenceCause, str]:
    user, product, day, _ = told.place
    seat, uses = known.seat_on(user, product, day), known.uses(user, product, day)
    free = _free(uses)
    idle = next((account for account in uses if isinstance(account.use, Session) and account.use.idle), None)
    if free and free[0] is DifferenceCause.SEAT:
        return free
    if seat:
        return DifferenceCause.SEAT, _by_seat(seat)
    if idle:
        return DifferenceCause.IDLE_PAUSE, f"the {_session(idle)} has idle pauses, which the vendor may not have seen"
    if free:
        return free
    if not uses:
        where = "no session of that day is known" if known.has_accounts else "no account of the use was given"
        return DifferenceCause.MISSING_SESSION, where
    return (
        DifferenceCause.UNEXPLAINED,
        f"the {_session(uses[0])} is known and was not charged on that day ({uses[0].outcome.value})",
    )


def charges_alone(left: Leftovers, known: KnownUse, missing: set[Place], days: Days, as_of: datetime | None) -> None:
    """Explain charges that the vendor does not report."""
    last = max(left.reported_until.values(), default=None)
    current = date.fromordinal(days.of(as_of)).replace(day=1).toordinal() if as_of else None
    for item in left.left_charges():
        cause, reason = _charge_alone(item, known, missing, _not_yet(left, item.place, last, current))
        left.differ(
            cause,
            [item],
            [],
            f"{counted(item.charge.tokens, 'token')} charged at {item.charge.at.isoformat()}, none reported: {reason}",
        )


def _charge_alone(item: Charged, known: KnownUse, missing: set[Place], not_yet: str | None) -> tuple[DifferenceCause, str]:
    place, charge = item.place, item.charge
    seat = known.seat_at(place.user, place.product, charge.at)
    if seat:
        return DifferenceCause.SEAT, _by_seat(seat)
    if not_yet:
        return DifferenceCause.NOT_YET_REPORTED, not_yet
    earlier = next((day for day in (place.day, place.day - 1) if place._replace(day=day) in missing), None)
    if known.has_accounts and charge.window and earlier is not None:
        on = date.fromordinal(earlier).isoformat()
        return DifferenceCause.MISSING_SESSION, f"the window of the session that is missing on {on} may have covered it"
    if charge.window and charge.window.cause in _PAST_ITS_WINDOW:
        return DifferenceCause.IDLE_PAUSE, "the product was open past its window, and the vendor may have seen it idle"
    if not charge.tokens:
        return DifferenceCause.ZERO_FEATURE, "the report need not list what costs nothing"
    return DifferenceCause.UNEXPLAINED, "nothing that is known tells why"


def _not_yet(left: Leftovers, place: Place, last: int | None, current: int | None) -> str | None:
    if last is not None and place.day > last:
        return f"the report ends on {date.fromordinal(last).isoformat()}"
    if current is not None and place.day >= current and left.reported_until.get(place.user, -1) < place.day:
        return "the month was not over when the report was fetched, and it has nothing later of the user"
    return None
