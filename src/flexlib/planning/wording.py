"""Money in the sentences of plans."""

from __future__ import annotations

from decimal import Decimal

from flexlib.model.amounts import plain


def money(amount: Decimal, currency: str | None) -> str:
    """Return an amount of money with its currency, thousands apart; cents only where there are any."""
    whole, point, cents = plain(amount).partition(".")
    text = f"{Decimal(whole):,f}" + (f".{cents:0<2}" if point else "")
    return f"{currency} {text}" if currency else text
