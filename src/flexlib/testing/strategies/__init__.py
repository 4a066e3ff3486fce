"""Hypothesis strategies for the values of flexlib; this module, and no other but the entry point, loads Hypothesis.

Names are drawn from few, and instants often lie whole days apart, so that ties, repeated launches and hits of a window's end are
common. Each strategy shrinks to the plainest value, which its docstring states. ``st.from_type(flexlib.Session)`` and the like give
the same strategies with their defaults, through an entry point that Hypothesis calls when it is imported.
"""

from flexlib.testing.strategies.accounts import refunds, seats, token_packs, transfers
from flexlib.testing.strategies.basics import MAX_INSTANT, MIN_INSTANT, PRODUCTS, RESULTS, USERS, instants, tokens
from flexlib.testing.strategies.charging import charge_policies, charge_windows, charges
from flexlib.testing.strategies.products import catalogs, products
from flexlib.testing.strategies.rates import rate_books, rate_sheets, rates, sources
from flexlib.testing.strategies.usage import reported_uses, result_uses, sessions

__all__ = [
    "MAX_INSTANT",
    "MIN_INSTANT",
    "PRODUCTS",
    "RESULTS",
    "USERS",
    "catalogs",
    "charge_policies",
    "charge_windows",
    "charges",
    "instants",
    "products",
    "rate_books",
    "rate_sheets",
    "rates",
    "refunds",
    "reported_uses",
    "result_uses",
    "seats",
    "sessions",
    "sources",
    "token_packs",
    "tokens",
    "transfers",
]
