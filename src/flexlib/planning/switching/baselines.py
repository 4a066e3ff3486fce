"""Rules of thumb for when to move from tokens to a seat, to hold the others against: none has a bound."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import field, frozen

from flexlib.model.amounts import ZERO
from flexlib.planning.checks import whole_number
from flexlib.planning.switching.rules import Measure, Progress, UseSoFar

if TYPE_CHECKING:
    from attrs import Attribute


def _one_or_more(_instance: object, attribute: Attribute[int], value: int) -> None:
    whole_number(attribute.name, value, 1)


@frozen
class DaysAMonthRule:
    """The rule of thumb: buy on the day that is a given day of use in its calendar month.

    Published advice names 7 to 22 days. It looks at no price, so no bound holds.

    Attributes:
        days: The days of use in a calendar month from which it says to buy.

    Raises:
        InvalidValueError: The days are no whole number of one or more.

    .. versionadded:: 0.1.0
    """

    days: int = field(validator=_one_or_more)
    bound: None = field(default=None, init=False, repr=False)

    @property
    def name(self) -> str:
        """The days a month.

        .. versionadded:: 0.1.0
        """
        return f"{self.days} days a month"

    def progress(self, use: UseSoFar) -> Progress:
        """Return the days of use in the month so far, and the days of the rule.

        .. versionadded:: 0.1.0
        """
        first = use.day.replace(day=1)
        return Progress(Decimal(sum(first <= day for day in use.days)), Decimal(self.days), Measure.DAYS)


@frozen
class TokensOnlyRule:
    """Never buy a seat: a baseline without a bound.

    .. versionadded:: 0.1.0
    """

    name: str = field(default="tokens only", init=False, repr=False)
    bound: None = field(default=None, init=False, repr=False)

    def progress(self, use: UseSoFar) -> Progress:
        """Return what was spent within a term, and no threshold.

        .. versionadded:: 0.1.0
        """
        return Progress(use.spent, None)


@frozen
class SeatAtOnceRule:
    """Buy a seat on the first day of use that costs tokens, and whenever one has run out: a baseline without a bound.

    .. versionadded:: 0.1.0
    """

    name: str = field(default="seat at once", init=False, repr=False)
    bound: None = field(default=None, init=False, repr=False)

    def progress(self, use: UseSoFar) -> Progress:
        """Return what was spent within a term, and a threshold of zero.

        .. versionadded:: 0.1.0
        """
        return Progress(use.spent, ZERO)
