"""What Hypothesis calls when it is imported, through the entry point ``flexlib`` of its group ``hypothesis``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import flexlib

STRATEGIES: dict[type, str] = {
    flexlib.Assignment: "assignments",
    flexlib.Catalog: "catalogs",
    flexlib.Charge: "charges",
    flexlib.ChargePolicy: "charge_policies",
    flexlib.ChargeWindow: "charge_windows",
    flexlib.Directory: "directories",
    flexlib.Product: "products",
    flexlib.Rate: "rates",
    flexlib.RateBook: "rate_books",
    flexlib.RateSheet: "rate_sheets",
    flexlib.Refund: "refunds",
    flexlib.ReportedSummary: "reported_summaries",
    flexlib.ReportedTotal: "reported_totals",
    flexlib.ReportedUse: "reported_uses",
    flexlib.ResultUse: "result_uses",
    flexlib.Seat: "seats",
    flexlib.Session: "sessions",
    flexlib.Source: "sources",
    flexlib.TeamDefault: "team_defaults",
    flexlib.TokenPack: "token_packs",
    flexlib.Transfer: "transfers",
    flexlib.User: "users",
}


def register() -> None:
    """Register the strategies of `flexlib.testing.strategies` for `hypothesis.strategies.from_type`; they load at their first use."""
    from hypothesis.strategies import register_type_strategy  # noqa: PLC0415  # only Hypothesis calls this

    for kind, name in STRATEGIES.items():
        register_type_strategy(kind, _lazily(name))


def _lazily(name: str) -> Callable[[type], Any]:
    return lambda _: getattr(import_module("flexlib.testing.strategies"), name)()
