"""What ``flexlib plan what-if`` shows: the same use under other facts, beside what it is, as values."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import attrs
from attrs import frozen

from flexlib.charging.explanation import JsonValue
from flexlib.cli.values import SetAside, as_json
from flexlib.planning import BoughtSeat, UsageOutcome, WhatIf

SCHEMA = "flexlib-plan-what-if/1"


@frozen
class OutcomeFigures:
    """What the use comes to: tokens, the pool, and money."""

    tokens: Decimal
    drawn: Decimal
    expired: Decimal
    shortfall: Decimal
    balance: Decimal
    seats_cost: Decimal
    money: Decimal | None
    paid: Decimal | None


@frozen
class UserLine:
    """What the changes mean for a user."""

    user: str
    before: Decimal
    after: Decimal
    tokens: Decimal
    money: Decimal | None


@frozen
class ProductLine:
    """What the changes mean for a product."""

    product: str
    before: Decimal
    after: Decimal
    tokens: Decimal
    money: Decimal | None


@frozen
class SeatLine:
    """A seat that the changes buy, and what its terms cost together."""

    user: str
    products: list[str]
    starts_at: datetime
    ends_at: datetime | None
    cost: Decimal


@frozen
class WhatIfAnswer:
    """Everything that ``flexlib plan what-if`` shows; ``--json`` writes these fields by their names."""

    schema: str
    changes: list[str]
    at: datetime
    token_price: Decimal | None
    currency: str | None
    before: OutcomeFigures
    after: OutcomeFigures
    tokens: Decimal
    money: Decimal | None
    paid: Decimal | None
    users: list[UserLine]
    products: list[ProductLine]
    seats: list[SeatLine]
    notes: list[str]
    set_aside: list[SetAside]

    def as_json(self) -> JsonValue:
        """Return the answer as JSON values."""
        return as_json(attrs.asdict(self))


def what_if_answer(found: WhatIf, set_aside: list[SetAside], *, offers: str | None) -> WhatIfAnswer:
    """Return what the library answers as what is shown; ``offers`` is the name of the offers file, None where there is none."""
    facts, changed = found.before.facts, found.after.facts
    currencies = {facts.currency, *(bought.currency for bought in changed.bought), *(pack.currency for pack in facts.packs)} - {
        None
    }
    return WhatIfAnswer(
        schema=SCHEMA,
        changes=list(found.changes),
        at=found.before.at,
        token_price=facts.token_price,
        currency=currencies.pop() if len(currencies) == 1 else None,
        before=_figures(found.before),
        after=_figures(found.after),
        tokens=found.tokens,
        money=found.money,
        paid=found.paid,
        users=[UserLine(line.user, line.before, line.after, line.tokens, line.money) for line in found.users],
        products=[ProductLine(line.product, line.before, line.after, line.tokens, line.money) for line in found.products],
        seats=[_seat(bought) for bought in changed.bought],
        notes=_notes(facts.token_price, offers),
        set_aside=set_aside,
    )


def _notes(token_price: Decimal | None, offers: str | None) -> list[str]:
    if token_price is not None:
        return []
    where = f"token_price in {offers}" if offers else "an offers file (TOML) with token_price"
    return [f"What the tokens are worth is not told: give {where}."]


def _figures(outcome: UsageOutcome) -> OutcomeFigures:
    return OutcomeFigures(
        outcome.tokens,
        outcome.drawn,
        outcome.expired,
        outcome.shortfall,
        outcome.balance,
        outcome.seats_cost,
        outcome.money,
        outcome.paid,
    )


def _seat(bought: BoughtSeat) -> SeatLine:
    seat = bought.seat
    return SeatLine(seat.user, list(seat.products), seat.starts_at, seat.ends_at, bought.cost)
