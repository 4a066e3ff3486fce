"""A ledger as the rows of a FOCUS 1.2 file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

from attrs import evolve, frozen

from flexlib.charging.charges import Charge
from flexlib.errors import InvalidValueError
from flexlib.formats.focus.columns import SMALLEST, TOKEN, FocusRow, as_text, rounded
from flexlib.model.amounts import ONE, ZERO, counted, negated, plain, total
from flexlib.model.instants import add_months, day_start
from flexlib.model.packs import TokenPack
from flexlib.pool.entries import EntryKind
from flexlib.pool.ledger import Ledger
from flexlib.reports.allocation import PriceAllocation, TokenCost, allocate
from flexlib.reports.chargeback import ChargebackTags

FLEX = "Autodesk Flex"
FLEX_SKU = "autodesk-flex-tokens"
TOKENS = "Tokens"

Period: TypeAlias = tuple[datetime, datetime]


@frozen
class _Subject:
    """What a row is about: the resource, and the product with its SKU."""

    resource_id: str
    resource_name: str
    resource_type: str
    service: str
    sku: str
    meter: str
    price_id: str


@frozen
class _Price:
    """What a row costs by its price: a quantity at a unit price in the pricing currency, and at one in money."""

    quantity: Decimal
    unit: str
    currency: str
    unit_price: Decimal
    money_a_unit: Decimal
    money: Decimal


@frozen
class _Part:
    """Tokens of one charge or refund, at one price a token; without packs they are a shortfall, or no tokens at all."""

    tokens: Decimal
    price: Fraction = Fraction(0)
    currency: str | None = None
    cost: Decimal = ZERO
    unused: Decimal = ZERO
    packs: tuple[str, ...] = ()


@frozen
class RowMaker:
    """Makes the rows of a ledger.

    Attributes:
        ledger: The ledger.
        allocation: The prices of its packs over what became of their tokens, up to `until`.
        until: The last instant, None for the whole life of the packs.
        account: The id and the name of the billing account.
        currency: The billing currency of charges that drew on no pack.
        tags: The tags of charges.
        names: The product names by code.
    """

    ledger: Ledger
    allocation: PriceAllocation
    until: datetime | None
    account: tuple[str, str]
    currency: str
    tags: ChargebackTags
    names: Mapping[str, str]

    def rows(self) -> list[FocusRow]:
        """Return the rows by the start of their charge period; of one start purchases, charges, refunds, then what expired unused."""
        rows = [*self._purchases(), *self._charges(), *self._refunds(), *self._expiries()]
        return sorted(rows, key=lambda row: row.charge_period_start)

    def _purchases(self) -> Iterator[FocusRow]:
        for pack in self.ledger.packs:
            if pack.id in self.allocation.left:
                paid, unit_price = pack.price or ZERO, rounded(_unit_price(pack))
                price = _Price(pack.tokens, TOKENS, pack.currency or "", unit_price, unit_price, paid)
                yield evolve(
                    self._row(_pack_subject(pack), price, (pack.starts_at, pack.expires_at), pack.team, pack.currency),
                    billed_cost=paid,
                    charge_category="Purchase",
                    charge_description=f"Pack {pack.id} of {counted(pack.tokens, 'Flex token')}",
                    charge_frequency="One-Time",
                )

    def _charges(self) -> Iterator[FocusRow]:
        drawn = _by_charge(self.allocation.costs, EntryKind.DRAW)
        lacking = {gap.reference: gap.tokens for gap in self.ledger.shortfalls if gap.kind is EntryKind.DRAW}
        for charge in self.ledger.charges:
            if self.until is None or charge.at <= self.until:
                charge_id = charge.id
                parts = _parts(drawn.get(charge_id, ()), lacking.get(charge_id, ZERO)) or [_Part(ZERO)]
                for part, quantity in zip(parts, _split(_quantity(charge), parts), strict=True):
                    yield self._charge_row(charge, part, quantity, charge.at)

    def _refunds(self) -> Iterator[FocusRow]:
        charges = {charge.id: charge for charge in self.ledger.charges}
        returned = _by_charge(self.allocation.costs, EntryKind.REFUND)
        refunds: dict[tuple[str, datetime], list[Decimal]] = {}
        for refund in self.ledger.refunds:
            if self.until is None or refund.at <= self.until:
                refunds.setdefault((refund.charge_id, refund.at), []).append(negated(refund.tokens))
        for (charge_id, at), tokens in refunds.items():
            charge = charges[charge_id]
            costs = [cost for cost in returned.get(charge_id, ()) if cost.at == at]
            unpaid = total([*tokens, *(negated(cost.tokens) for cost in costs)])
            late = _month(charge.at) < _month(at)
            for part in _parts(costs, unpaid):
                quantity = rounded(Fraction(part.tokens) * Fraction(_quantity(charge)) / Fraction(charge.tokens))
                yield evolve(self._charge_row(charge, part, quantity, at), charge_class="Correction" if late else None)

    def _expiries(self) -> Iterator[FocusRow]:
        expired: dict[tuple[str, str | None, Period], list[TokenCost]] = {}
        for cost in self.allocation.costs:
            if cost.kind is EntryKind.EXPIRY:
                expired.setdefault((cost.pack.id, cost.team, _day(cost.at)), []).append(cost)
        for (_, team, day), costs in expired.items():
            pack, tokens = costs[0].pack, total(cost.tokens for cost in costs)
            unit_price = _unit_price(pack)
            price = _Price(tokens, TOKENS, TOKEN, ONE, rounded(unit_price), rounded(Fraction(tokens) * unit_price))
            yield evolve(
                self._row(_pack_subject(pack), price, day, team, pack.currency),
                charge_description=f"{counted(tokens, 'token')} of pack {pack.id} expired unused",
                charge_frequency="One-Time",
                consumed_quantity=ZERO,
                consumed_unit=TOKENS,
                effective_cost=total(cost.cost for cost in costs),
            )

    def _charge_row(self, charge: Charge, part: _Part, quantity: Decimal, at: datetime) -> FocusRow:
        a_unit = Fraction(charge.tokens) / Fraction(_quantity(charge))
        money_a_unit, money = rounded(a_unit * part.price), rounded(Fraction(part.tokens) * part.price)
        price = _Price(quantity, "Results" if charge.result else "Days", TOKEN, rounded(a_unit), money_a_unit, money)
        name = as_text(self.names.get(charge.product, charge.product), "product")
        return evolve(
            self._row(_charge_subject(charge, name), price, _day(at), charge.team, part.currency),
            charge_description=_described(charge, name, part),
            consumed_quantity=price.quantity,
            consumed_unit=price.unit,
            effective_cost=total([part.cost, part.unused]),
            pricing_currency_effective_cost=part.tokens,
            tags=self.tags.of(charge) or None,
        )

    def _row(self, subject: _Subject, price: _Price, period: Period, team: str | None, currency: str | None) -> FocusRow:
        """Return a row of use that has cost nothing yet."""
        start, end = (instant.replace(microsecond=0) for instant in period)
        billing_period = _month(start)
        sub_account = as_text(team, "team") if team and team.strip() else None
        return FocusRow(
            billed_cost=ZERO,
            billing_account_id=as_text(self.account[0], "account"),
            billing_account_name=as_text(self.account[1], "account"),
            billing_currency=currency or self.currency,
            billing_period_end=billing_period[1],
            billing_period_start=billing_period[0],
            charge_category="Usage",
            charge_description="",
            charge_frequency="Usage-Based",
            charge_period_end=end,
            charge_period_start=start,
            contracted_cost=price.money,
            contracted_unit_price=price.money_a_unit,
            effective_cost=ZERO,
            list_cost=price.money,
            list_unit_price=price.money_a_unit,
            pricing_currency=price.currency,
            pricing_currency_contracted_unit_price=price.unit_price,
            pricing_currency_effective_cost=ZERO,
            pricing_currency_list_unit_price=price.unit_price,
            pricing_quantity=price.quantity,
            pricing_unit=price.unit,
            resource_id=subject.resource_id,
            resource_name=subject.resource_name,
            resource_type=subject.resource_type,
            service_name=subject.service,
            sku_id=subject.sku,
            sku_meter=subject.meter,
            sku_price_id=subject.price_id,
            sub_account_id=sub_account,
            sub_account_name=sub_account,
        )


def _by_charge(costs: Iterable[TokenCost], kind: EntryKind) -> dict[str, list[TokenCost]]:
    found: dict[str, list[TokenCost]] = {}
    for cost in costs:
        if cost.kind is kind and cost.charge_id is not None:
            found.setdefault(cost.charge_id, []).append(cost)
    return found


def _parts(costs: Sequence[TokenCost], unpaid: Decimal) -> list[_Part]:
    """Return the tokens of a charge or refund by their price, in the order of drawing, and last those for which no pack paid."""
    groups: dict[tuple[str | None, Fraction], list[TokenCost]] = {}
    for cost in costs:
        groups.setdefault((cost.pack.currency, _unit_price(cost.pack)), []).append(cost)
    parts = [
        _Part(
            total(cost.tokens for cost in group),
            price,
            currency,
            total(cost.cost for cost in group),
            total(cost.unused for cost in group),
            tuple(dict.fromkeys(cost.pack.id for cost in group)),
        )
        for (currency, price), group in groups.items()
    ]
    return [*parts, _Part(unpaid, currency=parts[-1].currency if parts else None)] if unpaid else parts


def _unit_price(pack: TokenPack) -> Fraction:
    return Fraction(pack.price or ZERO) / Fraction(pack.tokens)


def _quantity(charge: Charge) -> Decimal:
    return charge.result.quantity if charge.result else ONE


def _split(quantity: Decimal, parts: Sequence[_Part]) -> list[Decimal]:
    """Return a quantity over the parts of a charge by their tokens; the split ones add up to it exactly."""
    if len(parts) == 1:
        return [quantity]
    return [Decimal(plain(share)) for share in allocate(quantity, [part.tokens for part in parts], quantum=SMALLEST)]


def _pack_subject(pack: TokenPack) -> _Subject:
    price_id = f"{FLEX_SKU}/{plain(pack.tokens)}/{plain(pack.price or ZERO)} {pack.currency}"
    return _Subject(as_text(pack.id, "pack"), f"Pack {pack.id}", "Token Allocation", FLEX, FLEX_SKU, TOKENS, price_id)


def _charge_subject(charge: Charge, name: str) -> _Subject:
    user, sku, rate = as_text(charge.user, "user"), as_text(charge.product, "product"), charge.rate
    version = [rate.sheet, rate.region, rate.effective_from.date().isoformat()] if rate else []
    price_id = "/".join([sku, *(part for part in version if part)])
    return _Subject(user, user, "User", name, sku, "Results" if charge.result else "Product days", price_id)


def _described(charge: Charge, name: str, part: _Part) -> str:
    packs = f"pack{'s' if len(part.packs) > 1 else ''} {', '.join(part.packs)}"
    if part.tokens < 0:
        returned = f"{name} of {charge.at.date().isoformat()}: {counted(negated(part.tokens), 'token')} returned"
        return f"{returned} to {packs}" if part.packs else f"{returned}, for which no pack had paid"
    what = f"{name}: {counted(part.tokens, 'token')}"
    if part.packs:
        return f"{what} of {packs}{', with a share of what expired unused' if part.unused else ''}"
    return f"{what}, a shortfall: the pool had none, so it cost nothing" if part.tokens else what


def _day(at: datetime) -> Period:
    """Return the UTC day of an instant."""
    start = day_start(at.date())
    try:
        return start, start + timedelta(days=1)
    except OverflowError as error:
        raise _beyond(at) from error


def _month(at: datetime) -> Period:
    """Return the calendar month, in UTC, of an instant."""
    first = at.date().replace(day=1)
    try:
        return day_start(first), day_start(add_months(first, 1))
    except (OverflowError, ValueError) as error:
        raise _beyond(at) from error


def _beyond(at: datetime) -> InvalidValueError:
    return InvalidValueError("at", at.isoformat(), "an instant before December 9999, whose month has an end that can be held")
