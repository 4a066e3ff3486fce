"""Rules for when a user should move from tokens to a seat without knowing the future: rent or buy, with passes that expire."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from datetime import date
from decimal import ROUND_CEILING, Context, Decimal
from random import Random
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from flexlib.errors import InvalidValueError
from flexlib.model.amounts import MAX_DECIMALS, ONE, ZERO, as_positive, as_tokens, exact

if TYPE_CHECKING:
    from attrs import Attribute

_SMALLEST = ONE.scaleb(-MAX_DECIMALS)
_LEAST_CAP = 2
_ROUNDING_UP = Context(prec=60, rounding=ROUND_CEILING)


class Measure(enum.Enum):
    """What a rule measures.

    .. versionadded:: 0.1.0
    """

    MONEY = "money"
    DAYS = "days"


@frozen
class UseSoFar:
    """All that a rule may know on a day on which no seat runs, before the day's tokens are paid.

    Days are calendar dates; money is in the currency of the offer. Days whose tokens cost nothing are left out.

    Attributes:
        user: The user.
        day: The day of the decision.
        days: The days of use up to that day and with it, sorted, those under an earlier seat too, as far as they are known.
        costs: What the tokens of each of those days cost, in the same order.
        spent: What the days within a term up to that day and with it cost, without those under a seat. A day lies within a term of
            another if a seat bought on it would still run on the other.
        price: What a seat costs for its term.
        months: The term in calendar months.

    .. versionadded:: 0.1.0
    """

    user: str
    day: date
    days: tuple[date, ...] = field(repr=False)
    costs: tuple[Decimal, ...] = field(repr=False)
    spent: Decimal
    price: Decimal
    months: int


@frozen
class Progress:
    """How far a user is towards a seat.

    Attributes:
        reached: What a rule measures, so far.
        threshold: From where on it says to buy, None for never.
        measure: Whether both are money or days.

    .. versionadded:: 0.1.0
    """

    reached: Decimal
    threshold: Decimal | None
    measure: Measure = Measure.MONEY

    @property
    def buy(self) -> bool:
        """Whether the threshold is reached, so that a seat should run from this day on.

        .. versionadded:: 0.1.0
        """
        return self.threshold is not None and self.reached >= self.threshold

    @property
    def left(self) -> Decimal | None:
        """What is missing to the threshold, zero where it is reached; None where there is none.

        .. versionadded:: 0.1.0
        """
        if self.threshold is None:
            return None
        with exact():
            return max(ZERO, self.threshold - self.reached)


class SwitchRule(Protocol):
    """A rule that says on each day of use, from the use so far alone, whether to buy a seat that day.

    .. versionadded:: 0.1.0
    """

    @property
    def name(self) -> str:
        """What the rule is called in results."""
        ...

    @property
    def bound(self) -> float | None:
        """The most times hindsight that it costs a user, whatever the use; None where no such bound holds or is known."""
        ...

    def progress(self, use: UseSoFar) -> Progress:
        """Return how far the user is on a day."""
        ...


def _of_spent(use: UseSoFar, share: Decimal) -> Progress:
    with exact():
        return Progress(use.spent, share * use.price)


@frozen
class BreakEvenRule:
    """Buy on the day whose tokens would bring what was spent within a term to the price of a seat.

    It never costs more than twice hindsight, and no rule without chance has a smaller bound (Fleischer 2001, algorithm SUM, for terms
    of one length; the page on switch rules proves the bound for calendar months).

    .. versionadded:: 0.1.0
    """

    name: str = field(default="break-even", init=False, repr=False)
    bound: float = field(default=2.0, init=False, repr=False)

    def progress(self, use: UseSoFar) -> Progress:
        """Return what was spent within a term, and the price of a seat.

        .. versionadded:: 0.1.0
        """
        return _of_spent(use, ONE)


@frozen
class ThresholdRule:
    """Buy once what was spent within a term reaches a share of the price of a seat; the share 1 is `BreakEvenRule`.

    Attributes:
        share: The share, above zero: less buys earlier, more buys later.

    Raises:
        InvalidTokensError: The share is a float, zero, negative or not finite.

    .. versionadded:: 0.1.0
    """

    share: Decimal = field(converter=as_positive)

    @property
    def name(self) -> str:
        """``threshold`` with the share.

        .. versionadded:: 0.1.0
        """
        return f"threshold {self.share:f}"

    @property
    def bound(self) -> float:
        """One more than the greater of the share and its inverse.

        .. versionadded:: 0.1.0
        """
        return 1 + max(float(self.share), 1 / float(self.share))

    def progress(self, use: UseSoFar) -> Progress:
        """Return what was spent within a term, and the share of the price of a seat.

        .. versionadded:: 0.1.0
        """
        return _of_spent(use, self.share)


@frozen
class RandomisedRule:
    """Buy once what was spent within a term reaches a share of the price that is drawn for each user.

    The share has the density ``e**x / (e - 1)`` on (0, 1). The mean cost over all draws is at most ``e / (e - 1)``, about 1.58, times
    hindsight, for use that does not depend on the draw (Karlin, Kenyon and Randall 2003, for terms of one length); a single draw has
    no bound.

    Attributes:
        seed: What the draws derive from, together with the user's name.

    .. versionadded:: 0.1.0
    """

    seed: int
    bound: float = field(default=math.e / (math.e - 1), init=False, repr=False)

    @property
    def name(self) -> str:
        """``randomised`` with the seed.

        .. versionadded:: 0.1.0
        """
        return f"randomised {self.seed}"

    def share(self, user: str) -> Decimal:
        """Return the share that is drawn for a user, to 12 decimals.

        .. versionadded:: 0.1.0
        """
        drawn = math.log1p(Random(f"{self.seed} {user}").random() * (math.e - 1))  # noqa: S311  # a draw to be repeated, no secret
        return max(Decimal(f"{drawn:.{MAX_DECIMALS}f}"), _SMALLEST)

    def progress(self, use: UseSoFar) -> Progress:
        """Return what was spent within a term, and the user's share of the price of a seat.

        .. versionadded:: 0.1.0
        """
        return _of_spent(use, self.share(use.user))


def _two_or_more(_instance: object, attribute: Attribute[Decimal], value: Decimal) -> None:
    if value < _LEAST_CAP:
        raise InvalidValueError(attribute.name, value, "two or more")


@frozen
class ForecastRule:
    """Buy early where a forecast says that the coming term will cost more than a seat, and late where it says less.

    Early is where what was spent within a term reaches the price over ``cap - 1``; late, ``cap - 1`` times the price. However wrong the
    forecasts, it costs at most ``cap`` times hindsight. Where they are right and all use lies within one term, it costs at most
    ``1 + 1 / (cap - 1)`` times hindsight, for a cap of 2.62 or more; over several terms no better bound is shown than the cap. After Purohit, Svitkina and Kumar (2018), whose setting is a purchase
    that lasts for ever; the page on switch rules has the proofs.

    Attributes:
        forecast: Returns, from the use so far, what the tokens of the day and of the rest of a term that begins on it will cost, as an
            exact amount.
        cap: How many times hindsight it may cost, 2 or more: 2 does not listen to the forecast, more trusts it more.

    Raises:
        InvalidTokensError: The cap, or what the forecast returns, is a float, negative or not finite.
        InvalidValueError: The cap is less than two.

    .. versionadded:: 0.1.0
    """

    forecast: Callable[[UseSoFar], Decimal | int]
    cap: Decimal = field(default=Decimal(3), converter=as_tokens, validator=_two_or_more)

    @property
    def name(self) -> str:
        """``forecast`` with the cap.

        .. versionadded:: 0.1.0
        """
        return f"forecast, cap {self.cap:f}"

    @property
    def bound(self) -> float:
        """The cap.

        .. versionadded:: 0.1.0
        """
        return float(self.cap)

    @property
    def early(self) -> Decimal:
        """The share of the price at which it buys where the forecast is no less than the price, to 12 decimals, rounded up.

        .. versionadded:: 0.1.0
        """
        return _ROUNDING_UP.divide(ONE, self.late).quantize(_SMALLEST, context=_ROUNDING_UP)

    @property
    def late(self) -> Decimal:
        """The share of the price at which it buys where the forecast is less than the price.

        .. versionadded:: 0.1.0
        """
        with exact():
            return self.cap - 1

    def progress(self, use: UseSoFar) -> Progress:
        """Return what was spent within a term, and the early or the late share of the price of a seat.

        .. versionadded:: 0.1.0
        """
        return _of_spent(use, self.early if as_tokens(self.forecast(use)) >= use.price else self.late)
