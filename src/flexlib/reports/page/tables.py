"""The tables of the page: summaries, packs, what became of each use, and what was set aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

from flexlib.charging.accounts import Outcome, UseAccount
from flexlib.charging.charges import Charge
from flexlib.errors import FormatError
from flexlib.model.amounts import ZERO, counted, plain, total
from flexlib.model.packs import TokenPack
from flexlib.pool.ledger import Ledger
from flexlib.reports.allocation import PriceAllocation
from flexlib.reports.page.values import Cell, Column, Kind, Table, amount
from flexlib.reports.page.wording import Clock, money, sentence
from flexlib.reports.summaries import Summary, SummaryRow, summarize

_BY: Sequence[tuple[str, str, Kind]] = (
    ("product", "products", "text"),
    ("user", "users", "text"),
    ("team", "teams", "text"),
    ("month", "months", "date"),
    ("day", "days", "date"),
)
_BY_TIME = {"month", "day"}


def summary_tables(
    charges: Sequence[Charge], zone: tzinfo, names: Mapping[str, str], prices: PriceAllocation | None
) -> tuple[Table, ...]:
    """Return what was charged by product, user, team where there are any, month and day."""
    if not charges:
        return ()
    teams = any(charge.team for charge in charges)
    return tuple(
        _summary_table(summarize(charges, by, zone=zone, prices=prices), by, noun, kind, names)
        for by, noun, kind in _BY
        if by != "team" or teams
    )


def _summary_table(summary: Summary, by: str, noun: str, kind: Kind, names: Mapping[str, str]) -> Table:
    columns = (
        Column(by.capitalize(), kind),
        Column("Tokens", "number"),
        Column("Share", "share"),
        Column("Charges", "number"),
        Column("Users", "number"),
        Column("Days", "number"),
        *(Column(f"Cost ({currency})", "number") for currency in summary.total.costs),
    )
    left_out = {"user": "Users", "day": "Days"}.get(by)
    kept = [place for place, column in enumerate(columns) if column.title != left_out]
    of = summary if by in _BY_TIME else summary.largest_first()
    rows = (_cells(_name(row, by, names), row, summary.total) for row in of)
    whole = _cells(Cell("All"), summary.total, summary.total)
    return Table(
        f"by-{by}",
        f"By {by}",
        noun,
        tuple(columns[place] for place in kept),
        tuple(tuple(row[place] for place in kept) for row in rows),
        tuple(whole[place] for place in kept),
    )


def _name(row: SummaryRow, by: str, names: Mapping[str, str]) -> Cell:
    (key,) = row.key
    if key is None:
        return Cell("No team", "")
    return Cell(names.get(str(key), str(key)) if by == "product" else str(key))


def _cells(name: Cell, row: SummaryRow, of: SummaryRow) -> list[Cell]:
    costs = (row.costs.get(currency, ZERO) for currency in of.costs)
    share = 100 * float(row.tokens) / float(of.tokens) if of.tokens else 0.0
    return [
        name,
        amount(row.tokens),
        Cell(f"{share:.1f} %", f"{share:.4f}"),
        amount(row.charges),
        amount(row.users),
        amount(row.days),
        *(Cell(money(cost, currency), plain(cost)) for cost, currency in zip(costs, of.costs, strict=True)),
    ]


def pack_table(ledger: Ledger, at: datetime, clock: Clock) -> Table:
    """Return the packs at an instant, those that end first before the others."""
    packs = sorted(ledger.packs, key=lambda pack: (pack.expires_at, pack.id))
    left = ledger.balances(at)
    teams = any(pack.team for pack in packs)
    currencies = sorted({pack.currency for pack in packs if pack.currency and pack.price is not None})
    columns = (
        Column("Pack"),
        *((Column("Team"),) if teams else ()),
        Column("State"),
        Column("Tokens", "number"),
        Column("Left", "number"),
        Column("Starts", "date"),
        Column("Expires", "date"),
        *(Column(f"Price ({currency})", "number") for currency in currencies),
    )
    rows = (
        (
            Cell(pack.id),
            *((Cell(pack.team or ""),) if teams else ()),
            Cell(_state(pack, left[pack.id], at)),
            amount(pack.tokens),
            amount(left[pack.id]),
            *(Cell(clock.show(instant), instant.isoformat()) for instant in (pack.starts_at, pack.expires_at)),
            *(_price(pack, currency) for currency in currencies),
        )
        for pack in packs
    )
    return Table("packs", "Token packs", "packs", columns, tuple(rows))


def _price(pack: TokenPack, currency: str) -> Cell:
    if pack.price is None or pack.currency != currency:
        return Cell("")
    return Cell(money(pack.price, currency), plain(pack.price))


def _state(pack: TokenPack, left: Decimal, at: datetime) -> str:
    if at < pack.starts_at:
        return "Not started"
    if at >= pack.expires_at:
        return "Expired"
    return "Usable" if left else "Used up"


def use_table(accounts: Sequence[UseAccount], at: datetime) -> Table | None:
    """Return what became of the sessions and results up to an instant, None where no accounts of them are given."""
    if not accounts:
        return None
    own = [account for account in accounts if account.at <= at]
    met = Counter(account.outcome for account in own)
    tokens = {
        outcome: total(
            charge.tokens for account in own if account.outcome is outcome for charge in account.charges if charge.at <= at
        )
        for outcome in met
    }
    return Table(
        "uses",
        "What became of each use",
        "outcomes",
        (Column("Outcome"), Column("Uses", "number"), Column("Tokens", "number")),
        tuple(
            (Cell(sentence(outcome.value)), amount(met[outcome]), amount(tokens[outcome])) for outcome in Outcome if met[outcome]
        ),
        (Cell("All"), amount(len(own)), amount(total(tokens.values()))),
        note="A use is a session of a product or a result. One session may cause several charges, and many cause none.",
    )


def set_aside_table(problems: Iterable[FormatError], accounts: Iterable[UseAccount], clock: Clock) -> Table | None:
    """Return the rows that could not be read and the uses that could not be charged, None where there are none."""
    rows = [
        (Cell(": ".join(part for part in (error.file, error.place, error.field) if part)), Cell(error.problem))
        for error in problems
    ]
    rows += [
        (Cell(f"{account.use.user}'s {account.use.product}, {clock.show(account.at)}"), Cell(str(account.error)))
        for account in sorted(accounts, key=lambda account: (account.at, account.use.user, account.use.product))
        if account.error
    ]
    if not rows:
        return None
    note = f"{counted(len(rows), 'row or use is', 'rows and uses are')} in no figure of this page."
    return Table("set-aside", "Set aside", "rows", (Column("Where"), Column("Why")), tuple(rows), note=note)
