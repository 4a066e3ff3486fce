"""What ``flexlib plan seats`` is asked, and how it is answered from charges and offers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, tzinfo
from decimal import Decimal

from attrs import frozen

from flexlib.charging.charges import Charge
from flexlib.cli.job import Case
from flexlib.cli.plan_seats import SeatPlan, seat_plan
from flexlib.cli.planning import missing_in, set_aside_in
from flexlib.errors import FlexError
from flexlib.formats.offers import OfferFile
from flexlib.model.amounts import ZERO
from flexlib.model.products import Catalog
from flexlib.planning import OfferBreakEven, Reassign, SeatMix, SeatOffer, UseProfile, break_evens, seat_mix, use_profiles

PRICE, PACKS = "price", "packs"
_MONTH = 31


@frozen
class SeatQuestion:
    """What a plan of seats is asked for."""

    start: date | None
    months: int
    budget: Decimal | None
    reassign: Reassign
    side: str | None
    time_limit: float


@frozen
class SeatAnswer:
    """A plan of seats, and the library's values that it was made of."""

    plan: SeatPlan
    mix: SeatMix
    profiles: list[UseProfile]


def seat_answer(asked: SeatQuestion, case: Case, offers: OfferFile, zone: tzinfo) -> SeatAnswer:
    """Return the plan for what was charged.

    Raises:
        FormatError: The offers file lacks what the plan needs.
        FlexError: What `seat_mix` raises.
    """
    charges, seats = case.ledger.charges, offers.seats
    priced = _side(offers, asked.side) == PRICE
    notes = _unmatched(charges, offers, case.inputs.catalog)
    if asked.reassign is Reassign.DAILY:
        seats, left_out = _for_daily(offers, asked.months)
        notes += left_out
    mix = seat_mix(
        charges,
        seats,
        token_price=offers.token_price if priced else None,
        packs=() if priced else offers.packs,
        start=asked.start,
        months=asked.months,
        zone=zone,
        seat_budget=asked.budget,
        reassign=asked.reassign,
        time_limit=asked.time_limit,
    )
    notes += _ends_early(charges, mix, zone)
    price, rows = offers.token_price, list[OfferBreakEven]()
    profiles = use_profiles(charges, seats, token_price=price or ZERO, start=mix.starts_on, months=asked.months, zone=zone)
    if price is None:
        notes.append(f"Without token_price in {offers.file} there are no bands and no break-evens.")
    else:
        rows = break_evens(_rates(charges), seats, token_price=price)
    plan = seat_plan(mix, profiles, rows, price, priced=priced, notes=notes, set_aside=set_aside_in(case))
    return SeatAnswer(plan, mix, profiles)


def _side(offers: OfferFile, side: str | None) -> str:
    """Return whether the price of a token or whole packs pay for the tokens; what is missing for it raises `FormatError`."""
    chosen = side or (PRICE if offers.token_price is not None or not offers.packs else PACKS)
    if chosen == PRICE and offers.token_price is None:
        raise missing_in(offers, "token_price", 'token_price = "3"')
    if chosen == PACKS and not offers.packs:
        raise missing_in(offers, "pack_offers", "[[pack_offers]] with name, tokens and price")
    if not offers.seats:
        raise missing_in(offers, "seat_offers", "[[seat_offers]] with name, products and price")
    return chosen


def _rates(charges: Iterable[Charge]) -> dict[str, Decimal]:
    """Return the tokens that a day of each product was charged most often, of equally frequent ones the latest."""
    found: dict[str, Counter[Decimal]] = defaultdict(Counter)
    for charge in sorted(charges, key=lambda charge: charge.at, reverse=True):
        if charge.tokens and charge.result is None:
            found[charge.product][charge.tokens] += 1
    return {product: counts.most_common(1)[0][0] for product, counts in found.items()}  # of equals, the first counted


def _unmatched(charges: Sequence[Charge], offers: OfferFile, catalog: Catalog | None) -> list[str]:
    """Return a note where no seat on offer covers anything that was charged, since the products then go by other names."""
    charged, covered = {charge.product for charge in charges}, {product for seat in offers.seats for product in seat.products}
    if not charged or charged & covered:
        return []
    hint = "" if catalog else "; describe the products in an account file, so that names and codes meet"
    return [
        f"No seat on offer covers anything that was charged: {', '.join(sorted(charged))} (offers: {', '.join(sorted(covered))}){hint}."
    ]


def _for_daily(offers: OfferFile, months: int) -> tuple[tuple[SeatOffer, ...], list[str]]:
    """Return the seats that can pass from day to day, and a note that names the others."""
    fitting = tuple(seat for seat in offers.seats if len(seat.products) == 1 and seat.months == months)
    others = ", ".join(seat.name for seat in offers.seats if seat not in fitting)
    kind = f"seats for one product and {months} months"
    if not fitting:
        raise FlexError(f"--reassign daily needs {kind}, and {offers.file} has none: it has {others}")
    return fitting, [f"Left out, as only {kind} can pass from day to day: {others}."] if others else []


def _ends_early(charges: Iterable[Charge], mix: SeatMix, zone: tzinfo) -> list[str]:
    """Return a note where the charges end a month or more before the term does: a seat would then be weighed against too little use."""
    last = max((charge.day(zone) for charge in charges if charge.day(zone) < mix.ends_on), default=None)
    if last is None or (mix.ends_on - last).days <= _MONTH:
        return []
    return [
        f"The charges of the term end on {last}, and later days count as days without use: say --months if the files end there."
    ]
