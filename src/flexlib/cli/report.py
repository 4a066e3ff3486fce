"""The report: what was charged, what the pool holds, what expires, and what to heed, as values."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import TypedDict

import attrs
from attrs import evolve, frozen

from flexlib.charging.accounts import Outcome
from flexlib.charging.charges import Charge
from flexlib.charging.explanation import JsonValue
from flexlib.cli.job import Case, product_code
from flexlib.cli.values import SetAside, as_json, rows_set_aside, uses_set_aside
from flexlib.model.amounts import total
from flexlib.model.products import Catalog
from flexlib.model.usage import Session
from flexlib.pool.alerts import STANDARD_RULES, Alert, RunningOn, alerts
from flexlib.pool.ledger import Ledger

SCHEMA = "flexlib-report/1"


@frozen
class Line:
    """Tokens of one product, user or day, with how many charges and distinct users or products they come from."""

    name: str
    tokens: Decimal
    charges: int
    users: int
    products: int


@frozen
class PackLine:
    """A pack at the instant of the report."""

    id: str
    team: str | None
    tokens: Decimal
    left: Decimal
    starts_at: datetime
    expires_at: datetime


class PoolFigures(TypedDict):
    """The fields of a report that its ledger tells at an instant."""

    balance: Decimal
    purchased: Decimal
    drawn: Decimal
    expired: Decimal
    shortfall: Decimal
    packs: list[PackLine]
    expiring: dict[str, Decimal]


@frozen
class ShortfallLine:
    """Tokens that the pool lacked, and for what."""

    at: datetime
    tokens: Decimal
    team: str | None
    reference: str
    reason: str


@frozen
class Report:
    """Everything that ``flexlib report`` shows; ``--json`` writes these fields by their names."""

    schema: str
    at: datetime
    zone: str
    charges_from: str
    first_charge: datetime | None
    last_charge: datetime | None
    charged: Decimal
    charges_later: int
    by_product: list[Line]
    by_user: list[Line]
    by_day: list[Line]
    uses: dict[str, int]
    balance: Decimal
    purchased: Decimal
    drawn: Decimal
    expired: Decimal
    shortfall: Decimal
    packs: list[PackLine]
    expiring: dict[str, Decimal]
    shortfalls: list[ShortfallLine]
    alerts: list[Alert]
    set_aside: list[SetAside]

    def as_json(self) -> JsonValue:
        """Return the report as JSON values: instants in ISO 8601, tokens as decimal digits."""
        return as_json(attrs.asdict(self))


def make_report(case: Case, at: datetime, zone: tzinfo) -> Report:
    """Return the report of the given facts at an instant, with its days in a zone."""
    inputs, accounts, ledger = case.inputs, case.accounts, case.ledger
    charges = [charge for charge in ledger.charges if charge.at <= at]
    names = {product.code: product.name for product in inputs.products}
    return Report(
        schema=SCHEMA,
        at=at,
        zone=str(zone),
        charges_from=case.source,
        first_charge=charges[0].at if charges else None,
        last_charge=charges[-1].at if charges else None,
        charged=total(charge.tokens for charge in charges),
        charges_later=len(ledger.charges) - len(charges),
        by_product=largest_first(_lines(charges, lambda charge: names.get(charge.product, charge.product))),
        by_user=largest_first(_lines(charges, lambda charge: charge.user)),
        by_day=_lines(charges, lambda charge: charge.day(zone).isoformat()),
        uses={outcome.name.lower(): 0 for outcome in Outcome}
        | Counter(account.outcome.name.lower() for account in accounts if account.at <= at),
        **pool_figures(ledger, at),
        shortfalls=_shortfalls(ledger, at),
        alerts=to_heed(ledger, ledger, (use for use in inputs.usage if isinstance(use, Session)), inputs.catalog, at),
        set_aside=[*rows_set_aside(inputs.problems), *uses_set_aside(accounts)],
    )


def _lines(charges: Iterable[Charge], name_of: Callable[[Charge], str]) -> list[Line]:
    groups: dict[str, list[Charge]] = defaultdict(list)
    for charge in charges:
        groups[name_of(charge)].append(charge)
    return [
        Line(
            name,
            total(charge.tokens for charge in own),
            len(own),
            len({charge.user for charge in own}),
            len({charge.product for charge in own}),
        )
        for name, own in sorted(groups.items())
    ]


def largest_first(lines: list[Line]) -> list[Line]:
    """Return lines with the most tokens first."""
    return sorted(lines, key=lambda line: (-line.tokens, line.name))


def pool_figures(ledger: Ledger, at: datetime) -> PoolFigures:
    """Return what a ledger tells of the pool at an instant."""
    return PoolFigures(
        balance=ledger.balance(at),
        purchased=ledger.purchased(at),
        drawn=ledger.drawn(at),
        expired=ledger.expired(at),
        shortfall=ledger.shortfall(at),
        packs=_pack_lines(ledger, at),
        expiring=ledger.expiring(at, timedelta(days=90)),
    )


def _pack_lines(ledger: Ledger, at: datetime) -> list[PackLine]:
    """Return the packs at an instant, those that end first before the others."""
    left = ledger.balances(at)
    packs = sorted(ledger.packs, key=lambda pack: (pack.expires_at, pack.id))
    return [PackLine(pack.id, pack.team, pack.tokens, left[pack.id], pack.starts_at, pack.expires_at) for pack in packs]


def _shortfalls(ledger: Ledger, at: datetime) -> list[ShortfallLine]:
    charges = {charge.id: f"{charge.user}'s {charge.product}" for charge in ledger.charges}
    gaps = [gap for gap in ledger.shortfalls if gap.at <= at]
    return [ShortfallLine(gap.at, gap.tokens, gap.team, gap.reference, charges.get(gap.reference, gap.reference)) for gap in gaps]


def to_heed(ledger: Ledger, windows: Ledger, sessions: Iterable[Session], catalog: Catalog | None, at: datetime) -> list[Alert]:
    """Return the alerts on a pool, and on the windows of another ledger that end soon under sessions."""
    open_now = [use for use in sessions if use.closed_at and use.opened_at <= at < use.closed_at]
    by_code = [evolve(use, product=product_code(use.product, catalog, strict=False)) for use in open_now]
    return [*alerts(ledger, at, STANDARD_RULES), *alerts(windows, at, [RunningOn(by_code)])]
