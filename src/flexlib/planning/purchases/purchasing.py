"""The purchase of token packs: how many tokens, in which packs, when (rules P1, P2, P7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING

from flexlib.extras import required
from flexlib.model.instants import as_utc
from flexlib.planning.offers import PackOffer
from flexlib.planning.purchases.terms import PurchaseTerms
from flexlib.planning.purchases.values import PurchasePlan
from flexlib.pool.ledger import Ledger

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SERVICE = Decimal("0.95")


def plan_purchase(
    demand: NDArray[np.float64] | NDArray[np.int64] | Sequence[Sequence[Decimal | int]],
    packs: Iterable[PackOffer],
    *,
    at: datetime,
    ledger: Ledger | None = None,
    top_up: PackOffer | None = None,
    lead_time_days: int = 0,
    blocked_day_cost: Decimal | int | None = None,
    service: Decimal = _SERVICE,
    zone: tzinfo = UTC,
) -> PurchasePlan:
    """Return which packs to buy in bulk, and when, so that tokens cost least on average over equally likely paths of demand.

    What the packs in hand and in bulk do not meet is bought as top-ups, counted by the token at the top-up's price a token. So a
    token in bulk pays if it is sure enough to be used before it expires: at 10 % off, 90 % sure. At one bulk price for any number
    this is the newsvendor's quantile (``PurchasePlan.quantile``). Pack sizes and price breaks are settled by looking at every
    number of tokens that the packs make up, each at its least price, until one covers all paths; costs are exact sums over the
    paths, and of equal costs the fewest tokens are taken. The packs in hand are drawn with the new ones in the vendor's order
    (rule P2).

    One purchase in bulk is planned: what a later one may save is not counted. Where the next purchase would be in bulk as well,
    give its pack as ``top_up``, and plan again when the balance comes down to the reorder point.

    All bulk packs are bought at once, so that they arrive on the latest safe day: that until which the tokens in hand last with
    the probability ``service``, or today plus the lead time if that is later. Earlier they would only expire earlier (rule P1).
    Costs are counted until the longest-lived pack on offer, bought then, expires.

    Without a lead time top-ups come at once, and nobody is ever without tokens. With one of L days, a top-up is ordered on the
    first day that begins with a balance at or below the reorder point or lacks tokens, and the days with demand from the first
    lack until it arrives are blocked. The reorder point is what the demand of L + 1 days in a row stays within on ``service`` of
    the paths, whichever days from today to the end of a pack ordered today are taken; it does not foresee what expires. The
    demand of blocked days is taken as made up later, top-ups after the first as in time, and an order as such as free. A blocked
    day costs ``blocked_day_cost``. Without that cost only purchases count that leave no day blocked after they have arrived, with
    the probability ``service``; if none does, the one that comes nearest is the best.

    Args:
        demand: Tokens a day, paths by days, each path equally likely; the first day is that of ``at`` in the zone, with what it
            still burns from then on. An array of numbers, as `burn_paths` draws it, or sequences of exact amounts; taken to the
            millionth of a token. It must reach to the end of the packs to be bought.
        packs: The packs on offer, in one currency. With their sizes come their price breaks.
        at: The instant of the plan, aware.
        ledger: What is in hand: its balances at ``at`` over all teams, and its packs that start later. None for nothing.
        top_up: The pack bought in small numbers as needed; by default the dearest a token of those on offer, the smallest of these.
        lead_time_days: After how many days the tokens of an order can be used.
        blocked_day_cost: What one day costs on which tokens lack, in the currency of the packs.
        service: The probability that decides on the date, the reorder point and, without a cost of blocked days, on what is enough.
        zone: The zone of the days, and of the midnight at which packs start and expire.

    Returns:
        The plan with its ranked options and its reasons.

    Raises:
        NaiveDatetimeError: The instant has no zone.
        InvalidValueError: Demand is empty, uneven, negative or not finite, or ends before the packs do (it says how many days are
            wanted); the offers are of two currencies or share a name; the service is not between 0 and 1; sizes are too fine for an
            exact search.
        InvalidTokensError: An amount is a float, negative or not finite.
        MissingExtraError: NumPy is not installed (the extra ``planning``).

    >>> from datetime import UTC, datetime
    >>> offers = [PackOffer("500 tokens", 500, 1500, currency="USD"), PackOffer("5000 tokens", 5000, 13500, currency="USD")]
    >>> demand = [[tokens] * 365 for tokens in (12, 14, 14, 15, 15, 16, 17, 18, 20, 30)]  # ten paths; the price break is made up
    >>> plan = plan_purchase(demand, offers, at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    >>> print(plan.quantile, plan.tokens, plan.price, plan.expected_cost)
    4380 5000 13500 17410.50
    >>> print(plan.why[1])  # doctest: +NORMALIZE_WHITESPACE
    A pack of 5000 tokens costs USD 2.70 a token, 10 % less than a top-up: it pays for tokens that are at least
    90 % sure to be used before they expire.

    .. versionadded:: 0.1.0
    """
    today = as_utc(at).astimezone(zone).date()
    terms = PurchaseTerms.of(packs, top_up, today, zone, lead_time_days, blocked_day_cost, service)
    with required("planning"):
        from flexlib.planning.purchases.outcomes import planned  # noqa: PLC0415  # needs the extra planning
    return planned(demand, terms, ledger, at)
