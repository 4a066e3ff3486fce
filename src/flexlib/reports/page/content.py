"""The content of the page: what a ledger and its summaries tell at an instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

from attrs import evolve, frozen

from flexlib.charging.accounts import UseAccount
from flexlib.charging.charges import Charge
from flexlib.errors import FormatError, InvalidValueError
from flexlib.model.amounts import counted, total
from flexlib.model.instants import as_utc
from flexlib.model.packs import TokenPack
from flexlib.model.products import Catalog
from flexlib.pool.alerts import STANDARD_RULES, alerts
from flexlib.pool.entries import EntryKind
from flexlib.pool.ledger import Ledger
from flexlib.reports.allocation import PriceAllocation, allocate_prices
from flexlib.reports.page.charge_list import charge_list
from flexlib.reports.page.tables import pack_table, set_aside_table, summary_tables, use_table
from flexlib.reports.page.values import Figure, Notice, PageChart, PageContent, Table
from flexlib.reports.page.wording import RULES, Clock, cut_at_instants, grouped, names_money, sentence

Money = Mapping[str, Decimal]

_NOTICES = {"low-balance": "Low balance", "expiring": "Expiring soon"}
_OF_THE_PAGE = {"T3", "P1", "P2"}


def page_content(
    ledger: Ledger,
    *,
    at: datetime,
    zone: tzinfo,
    title: str,
    catalog: Catalog | None,
    accounts: Sequence[UseAccount],
    charts: Sequence[PageChart],
    prices: PriceAllocation | None,
    set_aside: Iterable[FormatError],
) -> PageContent:
    """Return what the page shows of a ledger at an instant."""
    at, clock = as_utc(at), Clock(zone)
    prices = _prices(ledger, at, prices)
    charges = [evolve(charge, id=charge.id) for charge in ledger.charges if charge.at <= at]  # so that it is worked out once
    names = {product.code: product.name for product in catalog or ()}
    aside = set_aside_table(set_aside, accounts, clock)
    listed = charge_list(ledger, charges, at, clock=clock, names=names, costs=prices.by_charge() if prices else {})
    return PageContent(
        title=title,
        period=_period(charges, zone),
        at=clock.show(at),
        zone=str(zone),
        figures=_figures(ledger, charges, at, _Worth.of(prices, ledger.packs)),
        notices=tuple(_notices(ledger, at, clock, aside)),
        charts=tuple(charts),
        summaries=summary_tables(charges, zone, names, prices),
        packs=pack_table(ledger, at, clock),
        charges=listed,
        uses=use_table(accounts, at),
        set_aside=aside,
        rules=tuple((rule, *RULES[rule]) for rule in RULES if rule in listed.rules | _OF_THE_PAGE),
    )


def _prices(ledger: Ledger, at: datetime, given: PriceAllocation | None) -> PriceAllocation | None:
    """Return what the tokens cost up to an instant, as given or as the packs' prices say; None where not every pack has a price."""
    if given is None:
        packs = [pack for pack in ledger.packs if pack.starts_at <= at]
        priced = packs and all(pack.price is not None and pack.currency is not None for pack in packs)
        return allocate_prices(ledger, until=at) if priced else None
    late = next((cost.at for cost in given.costs if cost.at > at), None)
    if late is not None:
        raise InvalidValueError(
            "prices", late.isoformat(), f"costs up to {at.isoformat()}, such as of allocate_prices(ledger, until=at)"
        )
    return given


@frozen
class _Worth:
    """What the tokens of packs are worth by what became of them, by currency; nothing where packs have no prices."""

    paid: Money
    drawn: Money
    unused: Money
    expired: Money
    left: Money

    @classmethod
    def of(cls, prices: PriceAllocation | None, packs: Iterable[TokenPack]) -> _Worth:
        currencies = {pack.id: pack.currency for pack in packs}
        costs = prices.costs if prices else ()
        drawn = [(cost.pack.currency, cost.cost) for cost in costs if cost.kind is not EntryKind.EXPIRY]
        expired = [(cost.pack.currency, cost.cost) for cost in costs if cost.kind is EntryKind.EXPIRY]
        unused = [(cost.pack.currency, cost.unused) for cost in costs if cost.unused]
        left = [(currencies.get(pack), worth) for pack, worth in (prices.left if prices else {}).items()]
        return cls(_summed([*drawn, *expired, *unused, *left]), _summed(drawn), _summed(unused), _summed(expired), _summed(left))


def _summed(amounts: Iterable[tuple[str | None, Decimal]]) -> dict[str, Decimal]:
    parts: dict[str, list[Decimal]] = defaultdict(list)
    for currency, amount in amounts:
        if currency is not None:
            parts[currency].append(amount)
    return {currency: total(own) for currency, own in parts.items()}


def _period(charges: Sequence[Charge], zone: tzinfo) -> str:
    if not charges:
        return "No charges"
    days = sorted({charge.day(zone) for charge in charges})
    return f"Charges from {days[0].isoformat()} to {days[-1].isoformat()}"


def _figures(ledger: Ledger, charges: Sequence[Charge], at: datetime, worth: _Worth) -> tuple[Figure, ...]:
    later = len(ledger.charges) - len(charges)
    shortfall, expired = ledger.shortfall(at), ledger.expired(at)
    unused = f"and {names_money(worth.unused)} of unused tokens" if worth.unused else ""
    users, products = ({getattr(charge, name) for charge in charges} for name in ("user", "product"))
    return (
        Figure("balance", "Balance", grouped(ledger.balance(at)), _notes("usable now", worth=worth.left)),
        Figure(
            "charged",
            "Charged",
            grouped(total(charge.tokens for charge in charges)),
            _notes(
                counted(len(charges), "charge"),
                f"{counted(len(users), 'user')}, {counted(len(products), 'product')}",
                f"{counted(later, 'later one')} not counted" if later else "",
            ),
        ),
        Figure(
            "purchased", "Purchased", grouped(ledger.purchased(at)), _notes(counted(_started(ledger, at), "pack"), worth=worth.paid)
        ),
        Figure("drawn", "Drawn on packs", grouped(ledger.drawn(at)), _notes(names_money(worth.drawn), unused)),
        Figure("expired", "Expired unused", grouped(expired), _notes(worth=worth.expired), bad=bool(expired)),
        Figure(
            "shortfall",
            "Shortfall",
            grouped(shortfall),
            _notes("charged, but the pool had none left") if shortfall else (),
            bad=bool(shortfall),
        ),
    )


def _notes(*notes: str, worth: Money | None = None) -> tuple[str, ...]:
    return tuple(note for note in (*notes, names_money(worth or {})) if note)


def _started(ledger: Ledger, at: datetime) -> int:
    return sum(pack.starts_at <= at for pack in ledger.packs)


def _notices(ledger: Ledger, at: datetime, clock: Clock, aside: Table | None) -> Iterable[Notice]:
    shown = {pack.expires_at.isoformat(): clock.show(pack.expires_at) for pack in ledger.packs}
    for alert in alerts(ledger, at, STANDARD_RULES):
        texts, instants = cut_at_instants(alert.message, shown)
        message = texts[0] + "".join(instant + text for instant, text in zip(instants, texts[1:], strict=True))
        yield Notice(_NOTICES[alert.kind], sentence(message))
    short = [gap for gap in ledger.shortfalls if gap.at <= at and gap.kind is EntryKind.DRAW]
    if short:
        missing = total(gap.tokens for gap in short)
        tokens = "token" if missing == 1 else "tokens"
        yield Notice("Shortfall", f"{grouped(missing)} {tokens} of {counted(len(short), 'charge')} found none in the pool")
    if aside:
        yield Notice("Set aside", aside.note)
