"""Whether a user should move from tokens to a seat now (rules C1, C8, T3, P7)."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal

from attrs import frozen

from flexlib.charging.charges import Charge
from flexlib.errors import InvalidValueError
from flexlib.model.amounts import ZERO, as_tokens, counted, exact, total
from flexlib.model.instants import add_months, as_utc
from flexlib.model.seats import Seat
from flexlib.planning.offers import SeatOffer
from flexlib.planning.switching.rules import BreakEvenRule, Measure, Progress, SwitchRule, UseSoFar
from flexlib.planning.wording import money

_BREAK_EVEN = BreakEvenRule()


@frozen
class SwitchAdvice:
    """What a rule says of a user at an instant. Made by `switch_rule`.

    Attributes:
        user: The user.
        day: The day of the advice, in the zone that was asked for.
        buy: Whether to buy a seat: it should run from the user's next day of use on.
        progress: What the rule measured and its threshold; None where a seat runs.
        seat_until: When the last seat that runs ends; None where none runs, or one runs without an end.
        why: The same as a sentence.

    .. versionadded:: 0.1.0
    """

    user: str
    day: date
    buy: bool
    progress: Progress | None
    seat_until: datetime | None
    why: str

    @property
    def left(self) -> Decimal | None:
        """What is missing to the threshold; None where there is none or a seat runs.

        .. versionadded:: 0.1.0
        """
        return self.progress.left if self.progress else None


def window_start(day: date, months: int) -> date:
    """Return the first date on which a seat of so many months could have been bought that still runs on a day."""
    first = add_months(day, -months)
    while add_months(first, months) <= day:  # more than once: terms that begin on the last days of a month may end on one day
        first += timedelta(days=1)
    return first


def relevant(charges: Iterable[Charge], offer: SeatOffer) -> list[Charge]:
    """Return the charges that a seat of the offer would spare: of its products, and not for results (rule C10). Each counts once."""
    distinct: dict[Charge, None] = {}
    for charge in charges:
        if not isinstance(charge, Charge):
            raise InvalidValueError(
                "charges", charge, "charges, such as `flexlib.charge_usage` and `flexlib.charge_reported` return"
            )
        if charge.product in offer.products and charge.result is None:
            distinct[charge] = None
    return list(distinct)


def day_costs(charges: Iterable[Charge], token_price: Decimal, zone: tzinfo) -> dict[str, dict[date, Decimal]]:
    """Return what the tokens of each day cost, by user and by day, both sorted; days that cost nothing are left out."""
    tokens: dict[str, dict[date, list[Decimal]]] = defaultdict(lambda: defaultdict(list))
    for charge in charges:
        tokens[charge.user][charge.day(zone)].append(charge.tokens)
    with exact():
        costs = {
            user: {day: total(parts) * token_price for day, parts in sorted(days.items())} for user, days in sorted(tokens.items())
        }
    return {user: {day: cost for day, cost in days.items() if cost} for user, days in costs.items()}


def switch_rule(
    charges: Iterable[Charge],
    offer: SeatOffer,
    *,
    token_price: Decimal | int,
    at: datetime,
    rule: SwitchRule = _BREAK_EVEN,
    zone: tzinfo = UTC,
    seats: Iterable[Seat] = (),
) -> list[SwitchAdvice]:
    """Return, for each user, whether to move from tokens to a seat now, from the charges up to an instant alone.

    Without a rule it is `BreakEvenRule`: buy once the tokens of a term have cost as much as a seat. The bound of a rule holds where the
    seat is bought before the day that reaches the threshold is paid: `SwitchAdvice.left` says what such a day costs. Charges for
    results cannot be spared by a seat and do not count (rule C10); nor do charges under a seat (rule C8). Each user is judged alone,
    whatever the most seats on offer. Sorted by user.

    Args:
        charges: The charges of any users and products, in any order; those of other products do not count.
        offer: The seat that could be bought.
        token_price: What one token costs, in the currency of the offer.
        at: The instant of the advice; later charges do not count.
        rule: The rule.
        zone: The zone whose days count, where a charge was not reported with its day (rule T3).
        seats: The seats that the users have had and have. A user whose seat runs for all the offer's products that the user was charged
            for is told to wait.

    Raises:
        InvalidTokensError: The price of a token is a float, negative or not finite.
        NaiveDatetimeError: ``at`` is naive.
        InvalidValueError: A value is no charge.

    The price of the seat is made up:

    >>> charges = [Charge("ada", "revit", datetime(2026, 3, day, 8, tzinfo=UTC), 10) for day in (2, 3, 4, 5)]
    >>> offer = SeatOffer("monthly", "revit", 150, months=1, currency="USD")
    >>> [advice] = switch_rule(charges, offer, token_price=3, at=datetime(2026, 3, 6, tzinfo=UTC))
    >>> print(advice.buy, advice.left)
    False 30
    >>> print(advice.why)
    wait: tokens cost USD 120 within 1 month up to 2026-03-06, the rule buys at USD 150; a day of USD 30 or more should begin with a seat

    .. versionadded:: 0.1.0
    """
    price, at = as_tokens(token_price), as_utc(at)
    past = [charge for charge in relevant(charges, offer) if charge.at <= at]
    own_seats: dict[str, list[Seat]] = defaultdict(list)
    for seat in seats:
        own_seats[seat.user].append(seat)
    uncovered = [charge for charge in past if not any(_covers(seat, charge.product, charge.at) for seat in own_seats[charge.user])]
    paid = day_costs(uncovered, price, zone)
    products: dict[str, set[str]] = defaultdict(set)
    for charge in past:
        products[charge.user].add(charge.product)
    today = at.astimezone(zone).date()
    advice: list[SwitchAdvice] = []
    for user, costs in day_costs(past, price, zone).items():
        day = max([today, *costs])  # a reported day is of UTC and may be one ahead of the zone's
        running = _running(own_seats[user], products[user], at)
        use = _use_so_far(user, day, costs, paid.get(user, {}), offer)
        advice.append(_seated(user, day, running) if running else _advised(use, rule.progress(use), offer))
    return advice


def _use_so_far(user: str, day: date, costs: Mapping[date, Decimal], paid: Mapping[date, Decimal], offer: SeatOffer) -> UseSoFar:
    """Return what a rule may know of a user on a day; ``costs`` are of all days of use up to it, ``paid`` of those without a seat."""
    days = tuple(paid)
    spent = total(tuple(paid.values())[bisect_left(days, window_start(day, offer.months)) :])
    return UseSoFar(user, day, tuple(costs), tuple(costs.values()), spent, offer.price, offer.months)


def _covers(seat: Seat, product: str, at: datetime) -> bool:
    return product in seat.products and seat.starts_at <= at and (seat.ends_at is None or at < seat.ends_at)


def _running(seats: Iterable[Seat], products: Iterable[str], at: datetime) -> list[Seat]:
    """Return the seats that run at an instant and cover products, none where they leave one out."""
    seats, products = list(seats), set(products)
    running = [seat for seat in seats if any(_covers(seat, product, at) for product in products)]
    return running if products <= {product for seat in running for product in seat.products} else []


def _seated(user: str, day: date, running: Iterable[Seat]) -> SwitchAdvice:
    ends = [seat.ends_at for seat in running]
    last = None if None in ends else max(end for end in ends if end)
    until = f" until {last.isoformat()}" if last else ""
    return SwitchAdvice(user, day, buy=False, progress=None, seat_until=last, why=f"wait: a seat runs{until}")


def _advised(use: UseSoFar, progress: Progress, offer: SeatOffer) -> SwitchAdvice:
    return SwitchAdvice(use.user, use.day, progress.buy, progress, None, _sentence(use, progress, offer))


def _sentence(use: UseSoFar, progress: Progress, offer: SeatOffer) -> str:
    """Return in words what a rule says and why."""
    reached = _shown(progress.reached, progress.measure, offer)
    if progress.measure is Measure.DAYS:
        facts = f"{reached} of use in the month of {use.day.isoformat()}"
    else:
        facts = f"tokens cost {reached} within {counted(use.months, 'month')} up to {use.day.isoformat()}"
    if progress.threshold is None:
        return f"wait: {facts}, the rule never buys"
    facts = f"{facts}, the rule buys at {_shown(progress.threshold, progress.measure, offer)}"
    if progress.buy:
        return f"buy: {facts}; the next day of use should begin with a seat"
    if progress.measure is Measure.DAYS:
        return f"wait: {facts}"
    return f"wait: {facts}; a day of {_shown(progress.left or ZERO, progress.measure, offer)} or more should begin with a seat"


def _shown(amount: Decimal, measure: Measure, offer: SeatOffer) -> str:
    if measure is Measure.DAYS:
        return counted(amount, "day")
    return money(amount, offer.currency)
