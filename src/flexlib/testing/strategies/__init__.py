"""Hypothesis strategies for the values of flexlib; this module, and no other but the entry point, loads Hypothesis.

Names are drawn from few, and instants often lie whole days apart, so that ties, repeated launches and hits of a window's end are
common. Each strategy shrinks to the plainest value, which its docstring states. ``st.from_type(flexlib.Session)`` and the like give
the same strategies with their defaults, through an entry point that Hypothesis calls when it is imported.
"""

from flexlib.testing.strategies.accounts import refunds, seats, token_packs, transfers
from flexlib.testing.strategies.basics import MAX_INSTANT, MIN_INSTANT, PRODUCTS, RESULTS, USERS, instants, tokens
from flexlib.testing.strategies.charging import charge_policies, charge_windows, charges
from flexlib.testing.strategies.people import EMAILS, assignments, directories, team_defaults, users
from flexlib.testing.strategies.products import catalogs, products
from flexlib.testing.strategies.rates import rate_books, rate_sheets, rates, sources
from flexlib.testing.strategies.reported import reported_summaries, reported_totals, reported_uses
from flexlib.testing.strategies.usage import result_uses, sessions

__all__ = [
    "EMAILS",
    "MAX_INSTANT",
    "MIN_INSTANT",
    "PRODUCTS",
    "RESULTS",
    "USERS",
    "assignments",
    "catalogs",
    "charge_policies",
    "charge_windows",
    "charges",
    "directories",
    "instants",
    "products",
    "rate_books",
    "rate_sheets",
    "rates",
    "refunds",
    "reported_summaries",
    "reported_totals",
    "reported_uses",
    "result_uses",
    "seats",
    "sessions",
    "sources",
    "team_defaults",
    "token_packs",
    "tokens",
    "transfers",
    "users",
]
