"""A plan of token packs to buy, and the options that it was chosen from (rules P1, P2, P7)."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from decimal import Decimal

from attrs import field, frozen

from flexlib.errors import InvalidValueError
from flexlib.model.amounts import ZERO, exact, total
from flexlib.model.instants import as_day
from flexlib.planning.offers import PackOffer


@frozen
class PackCount:
    """Some packs of one size.

    Attributes:
        offer: The size of pack.
        count: How many of it; one or more.

    .. versionadded:: 0.1.0
    """

    offer: PackOffer
    count: int

    @property
    def tokens(self) -> Decimal:
        """The tokens that they hold."""
        with exact():
            return self.offer.tokens * self.count

    @property
    def price(self) -> Decimal:
        """What they cost."""
        with exact():
            return self.offer.price * self.count


@frozen
class PlannedPurchase:
    """Packs to order on a date.

    Attributes:
        on: The date of the order.
        arrives: The first date on which the tokens can be used, from which each pack's months run (rule P1).
        packs: What to order, the largest first.

    .. versionadded:: 0.1.0
    """

    on: date
    arrives: date
    packs: tuple[PackCount, ...]

    @property
    def tokens(self) -> Decimal:
        """The tokens of all its packs."""
        return total(pack.tokens for pack in self.packs)

    @property
    def price(self) -> Decimal:
        """The price of all its packs."""
        return total(pack.price for pack in self.packs)


@frozen
class LeftToExpire:
    """What is expected to be left of bought packs when they expire (rule P1).

    Attributes:
        probability: The share of the demand paths on which tokens are left.
        tokens: How many tokens are left on average over all paths, to a hundredth.

    .. versionadded:: 0.1.0
    """

    probability: float
    tokens: Decimal


@frozen
class PurchaseOption:
    """One way to buy in bulk on the planned date, with what follows from it over all demand paths.

    Averages are exact sums over the paths, which are equally likely, rounded to a hundredth.

    Attributes:
        packs: The packs bought in bulk, the largest first; none if all tokens are bought as top-ups.
        tokens: The tokens of these packs.
        price: Their price.
        expected_cost: The price, the average cost of the top-ups, and of the blocked days where a cost was given for them.
        top_up_tokens: The tokens that are bought as top-ups on average.
        left_to_expire: What is left of these packs when they expire.
        blocked_days: The average number of days with demand but without tokens, from today on; zero without a lead time.
        blocked_probability: The share of the paths with such a day after the packs have arrived.
        reaches_service: Whether that is as rare as the service asks; always so without a lead time or with a cost of blocked days.

    .. versionadded:: 0.1.0
    """

    packs: tuple[PackCount, ...]
    tokens: Decimal
    price: Decimal
    expected_cost: Decimal
    top_up_tokens: Decimal
    left_to_expire: LeftToExpire
    blocked_days: Decimal
    blocked_probability: float
    reaches_service: bool
    _until: date = field(repr=False, alias="until")
    _run_outs: tuple[date, ...] = field(repr=False, alias="run_outs")

    def runs_out_before(self, on: date) -> float:
        """Return the probability that the tokens in hand and of these packs, without any top-up, do not last until a date.

        They last until a date if they meet the demand of every day before it.

        Raises:
            InvalidValueError: The date lies after the last day that was looked at, or is a datetime.

        .. versionadded:: 0.1.0
        """
        if as_day(on) > self._until:
            raise InvalidValueError("on", on, f"a date up to {self._until}")
        return bisect_left(self._run_outs, on) / len(self._run_outs)


@frozen
class PurchasePlan:
    """Which packs to buy and when, made by `plan_purchase`.

    Attributes:
        purchases: What to order in bulk, by date; none if the tokens in hand last, or top-ups alone cost least.
        options: The ten best options, those that reach the service first, by expected cost, and last the one that buys nothing in
            bulk. The first is the plan's.
        critical_ratio: The newsvendor's critical ratio, 1 - best price a token / top-up's price a token: the share of the paths
            whose whole demand it pays to buy in bulk. Zero if no pack is cheaper a token than the top-up.
        quantile: The tokens to buy if the best price a token held for any number of them: the smallest number that covers, on
            this share of the paths, the demand beyond the tokens in hand.
        reorder_point: Order again when the balance, looked at once a day, has fallen to this many tokens: the greatest demand, from
            today until a pack ordered today would expire, of the lead time's days and one more in a row.
        reorder_on: The latest safe date for the next order: until it has arrived, what is in hand and in the plan lasts with the
            probability asked for. Not after the plan's last day.
        until: The day after the last that was looked at: where the longest-lived pack on offer would expire.
        top_up: The pack that is bought in small numbers as needed.
        why: The reasons, one sentence each.
        currency: The ISO 4217 code of all prices and costs, None if the offers have none.

    .. versionadded:: 0.1.0
    """

    purchases: tuple[PlannedPurchase, ...]
    options: tuple[PurchaseOption, ...]
    critical_ratio: float
    quantile: Decimal
    reorder_point: Decimal
    reorder_on: date
    until: date
    top_up: PackOffer
    why: tuple[str, ...]
    currency: str | None = None

    @property
    def tokens(self) -> Decimal:
        """The tokens to buy in bulk."""
        return total(purchase.tokens for purchase in self.purchases)

    @property
    def price(self) -> Decimal:
        """What they cost."""
        return total(purchase.price for purchase in self.purchases)

    @property
    def expected_cost(self) -> Decimal:
        """What is expected to be paid until the plan's last day for packs, top-ups, and blocked days where they have a cost."""
        return self.options[0].expected_cost

    @property
    def left_to_expire(self) -> LeftToExpire:
        """What is left of the packs when they expire."""
        return self.options[0].left_to_expire if self.purchases else LeftToExpire(0.0, ZERO)

    def runs_out_before(self, on: date) -> float:
        """Return the probability that the tokens in hand and in the plan, without any top-up, do not last until a date.

        Raises:
            InvalidValueError: The date lies after the plan's last day, or is a datetime.

        .. versionadded:: 0.1.0
        """
        return self.options[0].runs_out_before(on)
