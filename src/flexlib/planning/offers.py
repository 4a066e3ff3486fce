"""What can be bought: seats for a term, and token packs, at the prices that a caller states (rules C8, P7)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from flexlib.errors import InvalidValueError
from flexlib.model.amounts import as_currency, as_positive, as_tokens
from flexlib.model.names import as_names, not_blank
from flexlib.planning.checks import whole_number

if TYPE_CHECKING:
    from attrs import Attribute


def _at_least_one(_instance: object, attribute: Attribute[Any], value: object) -> None:  # Any: of int, and of int | None
    if value is not None:
        whole_number(attribute.name, value, 1)


@frozen
class SeatOffer:
    """A seat for products that can be bought for a term: a subscription to one product, or to a collection of several (rule C8).

    Prices differ by region and year and have no source that holds for all: they are the caller's data (rule P7).

    Attributes:
        name: What it is called in a plan.
        products: The product codes that it covers: several for a collection.
        price: What one seat costs for the whole term.
        months: The term in calendar months: 1 monthly, 12 annual, 36 for three years.
        at_most: The most seats of it that may be bought, None for any number.
        currency: The ISO 4217 code of the price.

    Raises:
        InvalidValueError: It covers no product, or the term or the number is less than one.
        InvalidTokensError: The price is a float, negative or not finite.

    .. versionadded:: 0.1.0
    """

    name: str = field(validator=not_blank)
    products: tuple[str, ...] = field(converter=as_names)
    price: Decimal = field(converter=as_tokens)
    months: int = field(default=12, kw_only=True, validator=_at_least_one)
    at_most: int | None = field(default=None, kw_only=True, validator=_at_least_one)
    currency: str | None = field(default=None, converter=as_currency, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not self.products:
            raise InvalidValueError("products", self.products, "at least one product code")


@frozen
class PackOffer:
    """A size of token pack that can be bought, at its price (rules P1, P7).

    Attributes:
        name: What it is called in a plan.
        tokens: How many tokens one pack holds.
        price: What one pack costs.
        months: After how many calendar months its tokens expire.
        at_most: The most packs of it that may be bought, None for any number.
        currency: The ISO 4217 code of the price.

    Raises:
        InvalidValueError: The months or the number are less than one.
        InvalidTokensError: The tokens or the price are a float, negative or not finite, or the tokens are zero.

    .. versionadded:: 0.1.0
    """

    name: str = field(validator=not_blank)
    tokens: Decimal = field(converter=as_positive)
    price: Decimal = field(converter=as_tokens)
    months: int = field(default=12, kw_only=True, validator=_at_least_one)
    at_most: int | None = field(default=None, kw_only=True, validator=_at_least_one)
    currency: str | None = field(default=None, converter=as_currency, kw_only=True)
