"""What ``flexlib plan seats`` shows: who should have a seat, what stays on tokens, and why, as values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import attrs
from attrs import frozen

from flexlib.charging.explanation import JsonValue
from flexlib.cli.planning import less, rounded
from flexlib.cli.values import SetAside, as_json
from flexlib.model.amounts import total
from flexlib.planning import OfferBreakEven, PlannedSeat, SeatMix, UseProfile, UserPlan

SCHEMA = "flexlib-plan-seats/1"


@frozen
class SeatLine:
    """Seats of one offer to buy, and for whom; one that is reassigned each day is nobody's own."""

    offer: str
    products: list[str]
    seats: int
    price: Decimal
    users: list[str]


@frozen
class OwnSeat:
    """A seat of a user."""

    offer: str
    starts_on: date
    ends_on: date
    price: Decimal


@frozen
class PackLine:
    """Packs of one size to buy for what stays on tokens."""

    offer: str
    count: int
    price: Decimal


@frozen
class UseLine:
    """A user's use of a product in the term, beside the cheapest seat for it; what needs a price of tokens is None without one."""

    product: str
    days: int
    tokens: Decimal
    band: str | None
    break_even_days: int | None
    ratio: Decimal | None
    seasonal: bool | None


@frozen
class UserLine:
    """What a user gets, and why."""

    user: str
    use: list[UseLine]
    seats: list[OwnSeat]
    used_tokens: Decimal
    tokens: Decimal
    seat_cost: Decimal
    token_cost: Decimal
    cost: Decimal
    tokens_only_cost: Decimal | None
    why: str


@frozen
class BreakEvenLine:
    """Up to how many days of use in an offer's term tokens cost no more."""

    offer: str
    products: list[str]
    tokens_a_day: Decimal
    months: int
    price: Decimal
    days: int | None
    days_a_month: Decimal | None


@frozen
class SeatPlan:
    """Everything that ``flexlib plan seats`` shows; ``--json`` writes these fields by their names."""

    schema: str
    starts_on: date
    ends_on: date
    reassign: str
    currency: str | None
    token_price: Decimal | None
    cost: Decimal
    tokens_only_cost: Decimal | None
    saving: Decimal | None
    seat_cost: Decimal
    token_cost: Decimal
    tokens: Decimal
    lower_bound: Decimal
    gap: Decimal
    proven: bool
    seats: list[SeatLine]
    packs: list[PackLine]
    users: list[UserLine]
    break_evens: list[BreakEvenLine]
    outside_term: int
    notes: list[str]
    set_aside: list[SetAside]

    def as_json(self) -> JsonValue:
        """Return the plan as JSON values."""
        return as_json(attrs.asdict(self))


def seat_plan(
    mix: SeatMix,
    profiles: Iterable[UseProfile],
    rows: Iterable[OfferBreakEven],
    price: Decimal | None,
    *,
    priced: bool,
    notes: list[str],
    set_aside: list[SetAside],
) -> SeatPlan:
    """Return a seat mix, with the use behind it and the break-evens, as what is shown."""
    use: dict[str, list[UseLine]] = defaultdict(list)
    for profile in profiles:
        use[profile.user].append(_use(profile, priced=price is not None))
    return SeatPlan(
        schema=SCHEMA,
        starts_on=mix.starts_on,
        ends_on=mix.ends_on,
        reassign=mix.reassign.value,
        currency=mix.currency,
        token_price=price if priced else None,
        cost=mix.cost,
        tokens_only_cost=mix.tokens_only_cost,
        saving=None if mix.tokens_only_cost is None else less(mix.tokens_only_cost, mix.cost),
        seat_cost=mix.seat_cost,
        token_cost=mix.token_cost,
        tokens=mix.tokens,
        lower_bound=mix.lower_bound,
        gap=mix.gap,
        proven=mix.is_proven,
        seats=_to_buy(mix.seats),
        packs=[PackLine(pack.offer.name, pack.count, pack.price) for pack in mix.packs],
        users=[_user(user, use[user.user]) for user in mix.users],
        break_evens=[_break_even(row) for row in rows],
        outside_term=mix.outside_term,
        notes=notes,
        set_aside=set_aside,
    )


def _use(profile: UseProfile, *, priced: bool) -> UseLine:
    if not priced:
        return UseLine(profile.product, profile.days, profile.tokens, None, None, None, None)
    ratio = None if profile.ratio is None else rounded(float(profile.ratio))
    band = profile.band.value
    return UseLine(profile.product, profile.days, profile.tokens, band, profile.break_even_days, ratio, profile.seasonal)


def _to_buy(seats: Iterable[PlannedSeat]) -> list[SeatLine]:
    """Return the seats by offer, those that cost most together first."""
    groups: dict[str, list[PlannedSeat]] = defaultdict(list)
    for seat in seats:
        groups[seat.offer.name].append(seat)
    lines = [
        SeatLine(
            name,
            list(own[0].offer.products),
            len(own),
            total(seat.price for seat in own),
            sorted({seat.user for seat in own if seat.user is not None}),
        )
        for name, own in groups.items()
    ]
    return sorted(lines, key=lambda line: (-line.price, line.offer))


def _user(plan: UserPlan, use: list[UseLine]) -> UserLine:
    return UserLine(
        plan.user,
        use,
        [OwnSeat(seat.offer.name, seat.starts_on, seat.ends_on, seat.price) for seat in plan.seats],
        plan.used_tokens,
        plan.tokens,
        plan.seat_cost,
        plan.token_cost,
        plan.cost,
        plan.tokens_only_cost,
        plan.why,
    )


def _break_even(row: OfferBreakEven) -> BreakEvenLine:
    line, offer = row.break_even, row.offer
    return BreakEvenLine(offer.name, list(row.products), line.tokens_per_day, offer.months, offer.price, row.days, row.days_a_month)
