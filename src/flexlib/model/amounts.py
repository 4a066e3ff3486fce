"""Exact amounts of tokens, money and results (rule C10)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow, localcontext

from flexlib.errors import InvalidTokensError, InvalidValueError

_CURRENCY = re.compile("[A-Z]{3}")

ZERO, ONE = Decimal(0), Decimal(1)
MAX_DIGITS = 15
MAX_DECIMALS = 12

# Wide enough that no sum or product of admissible amounts rounds; should one ever, Inexact is raised and not hidden.
_EXACT = Context(prec=120, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])


def exact() -> AbstractContextManager[Context]:
    """Return a context in which decimal arithmetic is exact, whatever the caller's own context says."""
    return localcontext(_EXACT)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum of amounts."""
    with exact():
        return sum(amounts, start=ZERO)


def negated(amount: Decimal) -> Decimal:
    """Return the exact opposite of an amount; zero stays zero."""
    return amount.copy_negate() if amount else ZERO


def as_tokens(value: Decimal | int) -> Decimal:
    """Return an exact, finite amount of zero or more; anything else raises `InvalidTokensError`.

    Amounts have at most 15 digits before the point and 12 after it, so that every sum of them is exact.
    """
    amount = Decimal(value) if type(value) is int else value
    if not isinstance(amount, Decimal):
        raise InvalidTokensError(value, "an int or a decimal.Decimal (floats are not exact)")
    if not amount.is_finite() or amount < 0:
        raise InvalidTokensError(value, "a finite number, zero or more")
    if not amount:
        return ZERO
    digits = bytes(amount.as_tuple().digits)
    before = amount.adjusted() + 1
    if before > MAX_DIGITS or len(digits.rstrip(b"\0")) - before > MAX_DECIMALS:
        raise InvalidTokensError(value, f"at most {MAX_DIGITS} digits before the point and {MAX_DECIMALS} after it")
    return amount.normalize(_EXACT) if len(digits) - before > MAX_DECIMALS else amount


def as_positive(value: Decimal | int) -> Decimal:
    """Return an exact amount above zero; anything else raises `InvalidTokensError`."""
    amount = as_tokens(value)
    if not amount:
        raise InvalidTokensError(value, "a number above zero")
    return amount


def as_tokens_or_none(value: Decimal | int | None) -> Decimal | None:
    """Return `as_tokens` of an amount, or None for None."""
    return None if value is None else as_tokens(value)


def as_currency(code: str | None) -> str | None:
    """Return an ISO 4217 code of three capitals, or None."""
    if code is not None and not _CURRENCY.fullmatch(code):
        raise InvalidValueError("currency", code, "an ISO 4217 code such as USD")
    return code


def counted(amount: Decimal | int, noun: str, several: str | None = None) -> str:
    """Return an amount with what it counts: 1 token, 2 tokens; ``several`` is the plural where an s does not make it."""
    return f"{plain(Decimal(amount))} {noun if amount == 1 else several or f'{noun}s'}"


def plain(amount: Decimal) -> str:
    """Return an amount as plain digits, without an exponent or trailing zeros after the point."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
