"""Why a purchase plan is as it is, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction

from attrs import evolve, frozen

from flexlib.model.amounts import counted, exact, plain
from flexlib.planning.offers import PackOffer
from flexlib.planning.purchases.terms import PurchaseTerms, token_price
from flexlib.planning.purchases.values import PackCount, PurchaseOption, PurchasePlan
from flexlib.planning.wording import money


@frozen
class PurchaseFacts:
    """What a plan does not say itself.

    Attributes:
        in_hand: The balance today.
        safe: The date until which the tokens in hand last with the probability asked for.
        arrives: The date on which packs arrive.
        late: The probability that the tokens in hand do not last until then.
    """

    in_hand: Decimal
    safe: date
    arrives: date
    late: float


def reasons(plan: PurchasePlan, terms: PurchaseTerms, facts: PurchaseFacts) -> PurchasePlan:
    """Return a plan with its reasons."""
    return evolve(plan, why=tuple(_Reasons(plan, terms, facts).sentences()))


@frozen
class _Reasons:
    plan: PurchasePlan
    terms: PurchaseTerms
    facts: PurchaseFacts

    def sentences(self) -> Iterator[str]:
        if self.facts.safe >= self.plan.until:
            yield self._not_yet()
        else:
            yield self._when()
            yield from self._prices()
            yield from self._quantile()
            yield self._choice()
            yield from self._steps()
            yield from self._expiry()
            yield from self._blocked()
        yield self._reorder()

    def _not_yet(self) -> str:
        last = self.plan.until - timedelta(days=self.terms.lead_time_days)
        return (
            f"With a probability of {self._service} the {_tokens(self.facts.in_hand)} in hand meet all demand before "
            f"{self.plan.until}: nothing need be ordered before {last}."
        )

    def _when(self) -> str:
        facts, on = self.facts, self.facts.arrives - timedelta(days=self.terms.lead_time_days)
        if facts.safe < facts.arrives:
            return (
                f"An order of today, {on}, arrives on {facts.arrives}; the {_tokens(facts.in_hand)} in hand do not last until then "
                f"with a probability of {_percent(facts.late)}."
            )
        if facts.arrives == self.terms.today:
            return f"The {_tokens(facts.in_hand)} in hand may not last today: order today, {on}."
        return (
            f"With a probability of {self._service} the {_tokens(facts.in_hand)} in hand meet all demand before {facts.arrives}: "
            f"{on} is the latest safe day to order, and packs that come later expire later."
        )

    def _prices(self) -> Iterator[str]:
        cheaper = [offer for offer in self.terms.packs if token_price(offer) < self.terms.top_up_price]
        for offer in cheaper:
            share = token_price(offer) / self.terms.top_up_price
            yield (
                f"A pack of {_tokens(offer.tokens)} costs {self._token_money(offer)} a token, {_percent(1 - share)} less than a "
                f"top-up: it pays for tokens that are at least {_percent(share)} sure to be used before they expire."
            )
        if not cheaper:
            yield (
                f"No pack costs less a token than a top-up, {self._token_money(self.terms.top_up)}: "
                "tokens bought ahead are no cheaper and may expire."
            )

    def _quantile(self) -> Iterator[str]:
        if self.plan.critical_ratio:
            yield (
                f"At the best price a token it pays to cover {_percent(self.plan.critical_ratio)} of the demand paths: "
                f"{_tokens(_upward(self.plan.quantile))} beyond those in hand, were any number sold at that price."
            )

    def _choice(self) -> str:
        best = self.plan.options[0]
        strict = bool(self.terms.lead_time_days) and self.terms.blocked_day_cost is None
        among = f" of what leaves no day blocked with a probability of {self._service}" if strict else ""
        text = (
            f"Cheapest on average{among}: {_packs(best)}, at {self._money(best.expected_cost)} until {self.plan.until} "
            f"with {_tokens(best.top_up_tokens)} as top-ups"
        )
        if not best.reaches_service:
            text = (
                f"No purchase leaves no day blocked with a probability of {self._service}. Nearest, with "
                f"{_percent(1 - best.blocked_probability)}: {_packs(best)}, at {self._money(best.expected_cost)} on average"
            )
        rivals = [option for option in self.plan.options[1:] if option.reaches_service]
        if not rivals or not best.reaches_service:
            return f"{text}."
        with exact():
            more = rivals[0].expected_cost - best.expected_cost
        return f"{text}. Next: {_packs(rivals[0])}, at {self._money(more)} more."

    def _steps(self) -> Iterator[str]:
        """Set the options next in size beside the best: what their tokens cost, and what they save."""
        best, options = self.plan.options[0], self.plan.options
        saved = "top-ups and blocked days" if self.terms.blocked_day_cost and self.terms.lead_time_days else "top-ups"
        larger = [option for option in options if option.tokens > best.tokens]
        smaller = [option for option in options if option.tokens < best.tokens]
        with exact():
            if larger:
                other = min(larger, key=lambda option: option.tokens)
                price = other.price - best.price
                gain = price - (other.expected_cost - best.expected_cost)
                more = _tokens(other.tokens - best.tokens)
                yield f"{more} more would cost {self._money(price)} more and save {self._money(gain)} in {saved}."
            if smaller:
                other = max(smaller, key=lambda option: option.tokens)
                price = best.price - other.price
                loss = price + (other.expected_cost - best.expected_cost)
                fewer = _tokens(best.tokens - other.tokens)
                yield f"{fewer} fewer would cost {self._money(price)} less and add {self._money(loss)} in {saved}."

    def _expiry(self) -> Iterator[str]:
        left = self.plan.left_to_expire
        if self.plan.purchases:
            yield (
                f"Some of the packs' tokens expire with a probability of {_percent(left.probability)}, {plain(left.tokens)} on "
                "average."
            )

    def _blocked(self) -> Iterator[str]:
        best = self.plan.options[0]
        if self.terms.lead_time_days:
            yield (
                f"With orders at the reorder point, {counted(best.blocked_days, 'day')} until {self.plan.until} "
                "are without tokens on average."
            )

    def _reorder(self) -> str:
        days = self.terms.lead_time_days + 1
        span = f"any {days} days in a row" if days > 1 else "any day"
        return (
            f"Order again by {self.plan.reorder_on}, and whenever the balance has come down to "
            f"{_tokens(_upward(self.plan.reorder_point))}: the demand of {span} in the life of a pack ordered today "
            f"stays within that with a probability of {self._service}."
        )

    @property
    def _service(self) -> str:
        return _percent(self.terms.service)

    def _money(self, amount: Decimal) -> str:
        return money(amount, self.plan.currency)

    def _token_money(self, offer: PackOffer) -> str:
        with exact():
            return self._money(Decimal(round(token_price(offer) * 10000)).scaleb(-4))


def _packs(option: PurchaseOption) -> str:
    return ", ".join(map(_pack, option.packs)) or "top-ups alone"


def _pack(count: PackCount) -> str:
    return f"{count.count} × {count.offer.name}"  # noqa: RUF001  # the sign is meant


def _tokens(amount: Decimal) -> str:
    return counted(amount, "token")


def _upward(amount: Decimal) -> Decimal:
    return amount.to_integral_value(ROUND_CEILING)


def _percent(share: Fraction | float) -> str:
    return f"{plain(Decimal(f'{float(share) * 100:.1f}'))} %"
