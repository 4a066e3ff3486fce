"""What ``flexlib plan purchase`` shows: which packs to buy and when, the options beside them, and why, as values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import attrs
from attrs import frozen

from flexlib.charging.explanation import JsonValue
from flexlib.cli.planning import Look, Pool, age_note, missing_in, rounded
from flexlib.cli.values import SetAside, as_json
from flexlib.errors import FlexError
from flexlib.formats.offers import OfferFile
from flexlib.model.instants import add_months
from flexlib.planning import PackCount, PackOffer, PlannedPurchase, PurchaseOption, PurchasePlan, plan_purchase

SCHEMA = "flexlib-plan-purchase/1"


@frozen
class PackLine:
    """Some packs of one size."""

    offer: str
    count: int
    tokens: Decimal
    price: Decimal


@frozen
class Order:
    """Packs to order on a date."""

    on: date
    arrives: date
    packs: list[PackLine]
    tokens: Decimal
    price: Decimal


@frozen
class OptionLine:
    """A way to buy in bulk, with what follows from it."""

    packs: list[PackLine]
    tokens: Decimal
    price: Decimal
    expected_cost: Decimal
    top_up_tokens: Decimal
    expiring_tokens: Decimal
    expiring_probability: Decimal
    blocked_days: Decimal
    blocked_probability: Decimal
    reaches_service: bool


@frozen
class RunOutLine:
    """The chance that tokens do not last until a date: those of the plan with those in hand, and those in hand alone, without top-ups."""

    before: date
    with_plan: Decimal
    in_hand_alone: Decimal


@frozen
class PurchaseAnswer:
    """Everything that ``flexlib plan purchase`` shows; ``--json`` writes these fields by their names."""

    schema: str
    at: datetime
    zone: str
    team: str | None
    model: str
    paths: int
    seed: int
    lead_time_days: int
    blocked_day_cost: Decimal | None
    service: Decimal
    top_up: str
    currency: str | None
    balance: Decimal
    orders: list[Order]
    tokens: Decimal
    price: Decimal
    expected_cost: Decimal
    until: date
    critical_ratio: Decimal
    quantile: Decimal
    reorder_point: Decimal
    reorder_on: date
    options: list[OptionLine]
    runs_out: list[RunOutLine]
    why: list[str]
    notes: list[str]
    set_aside: list[SetAside]

    def as_json(self) -> JsonValue:
        """Return the plan as JSON values."""
        return as_json(attrs.asdict(self))


@frozen
class Terms:
    """What a purchase is planned with, as the options say it."""

    lead_time_days: int
    blocked_day_cost: Decimal | None
    service: Decimal
    top_up: str | None

    def top_up_of(self, offers: OfferFile) -> PackOffer | None:
        """Return the pack for small purchases, None where none is named; a name that no pack has raises `FlexError`."""
        for offer in offers.packs:
            if offer.name == self.top_up:
                return offer
        if self.top_up is not None:
            names = ", ".join(repr(offer.name) for offer in offers.packs)
            raise FlexError(f"there is no pack {self.top_up!r} in {offers.file}; it has: {names}")
        return None


@frozen
class FoundPurchase:
    """A plan as it is shown, and the library's value that it was made of."""

    shown: PurchaseAnswer
    plan: PurchasePlan


def purchase_answer(look: Look, terms: Terms, pool: Pool, offers: OfferFile, set_aside: list[SetAside]) -> FoundPurchase:
    """Return the plan of purchases for a pool.

    Raises:
        FormatError: The offers file has no packs.
        FlexError: What `burn_paths` and `plan_purchase` raise.
    """
    if not offers.packs:
        raise missing_in(offers, "pack_offers", "[[pack_offers]] with name, tokens and price")
    top_up = terms.top_up_of(offers)
    plan = plan_purchase(
        pool.burn(look, _horizon(look, terms, pool, offers)),
        offers.packs,
        at=look.at,
        ledger=pool.ledger,
        top_up=top_up,
        lead_time_days=terms.lead_time_days,
        blocked_day_cost=terms.blocked_day_cost,
        service=terms.service,
        zone=look.zone,
    )
    return FoundPurchase(_shown(plan, look, terms, pool, set_aside), plan)


def _horizon(look: Look, terms: Terms, pool: Pool, offers: OfferFile) -> int:
    """Return over how many days demand is looked at: until the last pack in hand ends, or an order arrives, and then a pack's life."""
    today = look.at.astimezone(look.zone).date()
    held = [(pack.expires_at.astimezone(look.zone).date() - today).days for pack in pool.packs]
    arrival = max([terms.lead_time_days, *held]) + 1
    longest = max(offers.packs, key=lambda offer: offer.months)
    try:
        return (add_months(today + timedelta(days=arrival), longest.months) - today).days + 1
    except (ValueError, OverflowError) as error:
        raise FlexError(f"{offers.file}: packs of {longest.name!r} last beyond the end of the calendar") from error


def _shown(plan: PurchasePlan, look: Look, terms: Terms, pool: Pool, set_aside: list[SetAside]) -> PurchaseAnswer:
    return PurchaseAnswer(
        schema=SCHEMA,
        at=look.at,
        zone=str(look.zone),
        team=look.team,
        model=look.model.value,
        paths=look.paths,
        seed=look.seed,
        lead_time_days=terms.lead_time_days,
        blocked_day_cost=terms.blocked_day_cost,
        service=terms.service,
        top_up=plan.top_up.name,
        currency=plan.currency,
        balance=pool.ledger.balance(look.at),
        orders=[_order(purchase) for purchase in plan.purchases],
        tokens=plan.tokens,
        price=plan.price,
        expected_cost=plan.expected_cost,
        until=plan.until,
        critical_ratio=rounded(plan.critical_ratio),
        quantile=plan.quantile,
        reorder_point=plan.reorder_point,
        reorder_on=plan.reorder_on,
        options=[_option(option) for option in plan.options],
        runs_out=list(_run_outs(plan, look.at.astimezone(look.zone).date())),
        why=list(plan.why),
        notes=age_note(pool.charges, look.at),
        set_aside=set_aside,
    )


def _pack(count: PackCount) -> PackLine:
    return PackLine(count.offer.name, count.count, count.tokens, count.price)


def _order(purchase: PlannedPurchase) -> Order:
    return Order(purchase.on, purchase.arrives, list(map(_pack, purchase.packs)), purchase.tokens, purchase.price)


def _option(option: PurchaseOption) -> OptionLine:
    return OptionLine(
        list(map(_pack, option.packs)),
        option.tokens,
        option.price,
        option.expected_cost,
        option.top_up_tokens,
        option.left_to_expire.tokens,
        rounded(option.left_to_expire.probability),
        option.blocked_days,
        rounded(option.blocked_probability),
        option.reaches_service,
    )


def _run_outs(plan: PurchasePlan, today: date) -> Iterator[RunOutLine]:
    """Yield the chances at the first of each month up to the plan's last day."""
    first, alone = today.replace(day=1), next(option for option in plan.options if not option.packs)
    for number in range(1, 1 + 12 * (plan.until.year - today.year + 1)):
        before = add_months(first, number)
        if before > plan.until:
            return
        yield RunOutLine(before, rounded(plan.runs_out_before(before)), rounded(alone.runs_out_before(before)))
