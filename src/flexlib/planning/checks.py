"""What the arguments of several plans have in common: whole numbers, and offers in one currency."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flexlib.errors import InvalidValueError

if TYPE_CHECKING:
    from flexlib.planning.offers import PackOffer, SeatOffer

_IN_WORDS = {0: "zero", 1: "one"}


def whole_number(name: str, value: object, least: int) -> int:
    """Return a whole number that is not below the least; anything else raises `InvalidValueError`."""
    if type(value) is not int or value < least:
        raise InvalidValueError(name, value, f"a whole number, {_IN_WORDS.get(least, least)} or more")
    return value


def one_currency(offers: Iterable[SeatOffer | PackOffer]) -> str | None:
    """Return the currency in which all offers are priced, None where none names one; several raise `InvalidValueError`.

    A price without a currency beside one with a currency is refused too: what it is worth is not known.
    """
    currencies = {offer.currency for offer in offers}
    if len(currencies) > 1:
        named = ", ".join(sorted(currency or "none" for currency in currencies))
        raise InvalidValueError("currency", named, "offers that are all priced in one currency, or all without one")
    return currencies.pop() if currencies else None
