"""Ledgers for the tests of FOCUS files: the studio of the examples, and a made-up one with everything that a row can be."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pool_builders
from attrs import evolve

from flexlib import (
    Catalog,
    Charge,
    Ledger,
    Rate,
    Refund,
    ReportedUse,
    ResultUse,
    TokenPack,
    Transfer,
    charge_reported,
    charge_usage,
    read_rate_sheet,
    settle,
)
from flexlib.formats.accounts import read_account
from flexlib.formats.usage import read_usage
from flexlib.model.ratebook import RateBook
from flexlib.reports import ChargebackTags, TagAssignment

STUDIO = Path(__file__).parents[2] / "examples" / "studio"


def studio() -> tuple[Ledger, Catalog]:
    """Return the ledger of the studio, and its products."""
    account = read_account(STUDIO / "account.toml")
    catalog = Catalog(account.products)
    rates = RateBook([read_rate_sheet(STUDIO / "rates.toml")])
    usage = [*read_usage(STUDIO / "sessions.csv").rows, *read_usage(STUDIO / "results.csv").rows]
    charges = charge_usage(usage, rates, seats=account.seats, catalog=catalog)
    return settle(charges, account.packs, refunds=account.refunds, transfers=account.transfers), catalog


def at(month: int, day: int, hour: int = 0) -> datetime:
    """Return an instant in 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def pack(
    name: str, tokens: int, month: int, months: int, price: str, *, currency: str = "USD", team: str | None = None
) -> TokenPack:
    """Return a pack that starts in a month of 2026."""
    return TokenPack.purchase(name, tokens, at(month, 1).date(), months=months, price=Decimal(price), currency=currency, team=team)


def priced(
    name: str = "A",
    tokens: int = 10,
    start: float = 0,
    end: float = 9,
    price: str = "30",
    *,
    currency: str | None = "USD",
    team: str | None = None,
) -> TokenPack:
    """Return a pack with a price that is usable from one day to another."""
    return evolve(pool_builders.pack(name, tokens, start, end, team=team), price=Decimal(price), currency=currency)


def motley() -> Ledger:
    """Return a ledger with several prices and currencies, teams, results, refunds in both months, shortfalls and expired tokens."""
    packs = [
        pack("A-1", 33, 1, 3, "100"),
        pack("A-2", 20, 1, 4, "49.99"),
        pack("free", 5, 2, 1, "0"),
        pack("2026", 40, 2, 12, "120.05", team="3"),
        pack("yen", 30, 3, 2, "9001", currency="JPY", team="tokyo"),
        pack("never used", 10, 9, 1, "30"),
    ]
    rate = Rate("revit", 10, effective_from=at(1, 1), sheet="made up", region="FR")
    days = [
        Charge(user, product, at(1 + number % 4, 1 + number % 27, number % 24), tokens, id=f"day {number}", team=team, rate=rate)
        for number, (user, product, tokens, team) in enumerate(
            [
                ("ada", "revit", 10, None),
                ("12345", "revit", 10, None),
                ("=1+1", "autocad", 7, "3"),
                ("bob", "autocad", 7, None),
                ("cy", "viewer", 0, "tokyo"),
                ("ada", "revit", 10, "3"),
                ("+44", "maya", 6, "tokyo"),
            ]
            * 4
        )
    ]
    solve = ResultUse("cy", "solve", at(2, 3), Decimal("0.3"))
    results = [Charge("cy", "solve", at(2, 3), Decimal("2.1"), result=solve, id="solve")]
    reported = charge_reported([ReportedUse("dan", "revit", at(3, 9).date(), Decimal("2.5"), team="3", feature="cloud")])
    refunds = [
        Refund("day 0", 4, at(1, 20)),
        Refund("day 1", 10, at(2, 20)),
        Refund("day 27", 6, at(5, 9)),
        Refund("solve", 1, at(4, 9)),
        Refund("day 3", 7, at(6, 20)),
    ]
    transfers = [Transfer(None, "3", 5, at(1, 3))]
    return settle([*days, *results, *reported], packs, refunds=refunds, transfers=transfers)


TAGS = ChargebackTags(
    [
        TagAssignment("cost-centre", "4711", team="3"),
        TagAssignment("cost-centre", "4720", user="ada", starts_at=at(2, 1)),
        TagAssignment("project", "tower", product="revit"),
        TagAssignment("project", 'the "hall", Nîmes', product="maya", ends_at=at(3, 1) + timedelta(days=3)),
    ]
)
