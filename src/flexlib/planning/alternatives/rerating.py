"""Given charges at the rates of another book, where that is exact (rules R1, C10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal, Inexact

from attrs import evolve

from flexlib.charging.charges import Charge
from flexlib.errors import InvalidTokensError, InvalidValueError
from flexlib.model.amounts import ZERO, as_tokens, exact, plain
from flexlib.model.products import ChargeBasis
from flexlib.model.ratebook import RateBook
from flexlib.model.rates import Rate

_DAY = timedelta(days=1)


def proportion(part: Decimal, whole: Decimal, of: Decimal) -> Decimal | None:
    """Return what is to an amount as a part is to a whole above zero; None where no decimal is exactly that."""
    try:
        with exact():
            return as_tokens(part * of / whole)
    except (Inexact, InvalidTokensError):
        return None


def rerated(charge: Charge, rates: RateBook, others: RateBook, region: str | None) -> Charge:
    """Return a charge at the rate of another book, under the same id.

    It paid for its tokens divided by the rate in the book of the facts, or by the rate that it carries: that many days, or results.

    Raises:
        InvalidValueError: That is no whole number of days, the rate changes within the day of a row of the vendor's report, or the
            books charge the product for different things.
        RateNotFoundError: A book has no rate for it.
    """
    own = charge.rate or _rate(charge, rates, region)
    other = _rate(charge, others, region)
    if own.basis is not other.basis:
        raise _refused(charge, own, f"a rate a {own.basis.value} also in the other book, which has one a {other.basis.value}")
    tokens = _tokens(charge, own, other)
    return evolve(charge, tokens=tokens, rate=other, id=charge.id)


def _tokens(charge: Charge, own: Rate, other: Rate) -> Decimal:
    if not charge.tokens and (own.tokens or not other.tokens):
        return ZERO
    if not own.tokens:
        raise _refused(charge, own, "a rate above zero, since nothing tells how much use cost no tokens")
    with exact():
        days = own.basis is ChargeBasis.PER_RESULT or not charge.tokens % own.tokens
    if not days:
        raise _refused(charge, own, "a whole number of days at that rate")
    tokens = proportion(charge.tokens, own.tokens, other.tokens)
    if tokens is None:
        raise _refused(charge, own, "tokens that come to an exact decimal at the other rate")
    return tokens


def _rate(charge: Charge, rates: RateBook, region: str | None) -> Rate:
    """Return the rate of a charge, which must be one throughout the day where only the day is known."""
    rate, until = rates.in_force(charge.product, charge.at, region)
    if charge.reported and until is not None and until < charge.at + _DAY:
        raise _refused(charge, rate, f"one rate throughout the day, but it changes at {_text(until)}")
    return rate


def _refused(charge: Charge, rate: Rate, expected: str) -> InvalidValueError:
    what = f"{plain(charge.tokens)} of {charge.user} for {charge.product} at {_text(charge.at)}, rate {plain(rate.tokens)}"
    return InvalidValueError("tokens", what, expected)


def _text(instant: datetime) -> str:
    return instant.isoformat()
