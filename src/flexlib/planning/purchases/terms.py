"""The terms of a purchase: what is on offer, how fast it arrives and how sure it has to be."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, tzinfo
from decimal import Decimal
from fractions import Fraction

from attrs import frozen

from flexlib.errors import InvalidValueError
from flexlib.model.amounts import as_tokens_or_none
from flexlib.model.instants import add_months
from flexlib.planning.checks import one_currency, whole_number
from flexlib.planning.offers import PackOffer


@frozen
class PurchaseTerms:
    """What a purchase is planned with, checked.

    Attributes:
        packs: The packs on offer, each once, by size.
        top_up: The pack for small purchases.
        today: The first day of the demand.
        zone: The zone of all days.
        lead_time_days: How many days after an order its tokens can be used.
        blocked_day_cost: What a day without tokens costs, None if days are not priced.
        service: The probability asked for.
    """

    packs: tuple[PackOffer, ...]
    top_up: PackOffer
    today: date
    zone: tzinfo
    lead_time_days: int
    blocked_day_cost: Decimal | None
    service: Fraction

    @classmethod
    def of(
        cls,
        packs: Iterable[PackOffer],
        top_up: PackOffer | None,
        today: date,
        zone: tzinfo,
        lead_time_days: int,
        blocked_day_cost: Decimal | int | None,
        service: Decimal,
    ) -> PurchaseTerms:
        """Return terms that fit together, or raise `InvalidValueError`."""
        offers = _in_order(packs)
        chosen = top_up or _default_top_up(offers)
        if chosen.at_most is not None:
            raise InvalidValueError("top_up", chosen.name, "an offer without at_most, since top-ups are bought as often as needed")
        one_currency([*offers, chosen])
        whole_number("lead_time_days", lead_time_days, 0)
        cost = as_tokens_or_none(blocked_day_cost)
        return cls(offers, chosen, today, zone, lead_time_days, cost, _as_share(service))

    @property
    def top_up_price(self) -> Fraction:
        """What a token costs as a top-up."""
        return token_price(self.top_up)

    @property
    def bulk(self) -> tuple[PackOffer, ...]:
        """The packs worth buying in bulk: with prompt top-ups only those that cost less a token than these."""
        if self.lead_time_days:
            return self.packs
        return tuple(offer for offer in self.packs if token_price(offer) < self.top_up_price)

    def lives(self) -> list[int]:
        """Return the different numbers of months that packs on offer last, ascending."""
        return sorted({offer.months for offer in self.packs})

    def life_days(self, arrival: date, months: int) -> int:
        """Return how many days a pack lasts that arrives on a date."""
        return (add_months(arrival, months) - arrival).days


def token_price(offer: PackOffer) -> Fraction:
    """Return what one token of a pack costs."""
    return Fraction(offer.price) / Fraction(offer.tokens)


def _in_order(packs: Iterable[PackOffer]) -> tuple[PackOffer, ...]:
    given = list(packs)
    for offer in given:
        if not isinstance(offer, PackOffer):
            raise InvalidValueError("packs", offer, "a PackOffer")
    offers = sorted(set(given), key=lambda offer: (offer.tokens, offer.months, offer.price, offer.name, offer.at_most or 0))
    if not offers:
        raise InvalidValueError("packs", offers, "at least one pack on offer")
    names = [offer.name for offer in offers]
    if len(set(names)) < len(names):
        raise InvalidValueError("packs", names, "a name of its own for each offer")
    return tuple(offers)


def _default_top_up(offers: tuple[PackOffer, ...]) -> PackOffer:
    free = [offer for offer in offers if offer.at_most is None] or offers
    return min(free, key=lambda offer: (-token_price(offer), offer.tokens, offer.name))


def _as_share(service: Decimal) -> Fraction:
    if not isinstance(service, Decimal) or not service.is_finite() or not 0 < service < 1:
        raise InvalidValueError("service", service, "a probability between 0 and 1, such as Decimal('0.95')")
    return Fraction(service)
