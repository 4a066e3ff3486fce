"""What changed between two rate sheets, and what the change would have cost on given usage, as values."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal

import attrs
from attrs import field, frozen

from flexlib.charging.accounts import UseAccount, explain_usage
from flexlib.charging.charges import Charge
from flexlib.charging.explanation import JsonValue
from flexlib.cli.inputs import Inputs
from flexlib.cli.values import SetAside, as_json, rows_set_aside, use_set_aside
from flexlib.errors import RateConflictError, RateNotFoundError, UnknownProductError
from flexlib.model.amounts import negated, total
from flexlib.model.ratebook import RateBook
from flexlib.model.rates import Rate
from flexlib.providers.guard import PluginFailure


class Change(enum.Enum):
    """What became of a product's rate; the value is its name in the JSON."""

    ADDED = "added"
    REMOVED = "removed"
    TOKENS = "tokens"
    BASIS = "basis"
    SOURCE = "source"
    UNDECIDED = "undecided"
    NOT_IN_FORCE = "not_in_force"
    NONE = "none"


@frozen
class ProductChange:
    """A product's rate on both sides, None where there is not one; and why there is not."""

    product: str
    change: Change
    a: Rate | None
    b: Rate | None
    notes: list[str]


@frozen
class Side:
    """One side: what it is called, the instant of its rates, and whether these rated the usage, whenever it was."""

    name: str
    at: datetime
    throughout: bool
    book: RateBook = field(metadata={"json": False})

    def rate(self, product: str, region: str | None) -> Rate:
        """Return the rate in force at the side's instant."""
        return self.book.rate(product, self.at, region)

    @property
    def usage_book(self) -> RateBook:
        """The book to charge usage with: the dated rates, or those of the side's instant throughout."""
        if not self.throughout:
            return self.book
        return RatesOfOneInstant(self.book.sheets, precedence=self.book.precedence, groups=self.book.groups, instant=self.at)


@frozen
class RatesOfOneInstant(RateBook):
    """A book whose rates of one instant hold at every other, too."""

    instant: datetime = field(kw_only=True)

    def in_force(self, product: str, at: datetime, region: str | None = None) -> tuple[Rate, datetime | None]:  # noqa: ARG002  # that is its point
        """Return the rate in force at the book's instant."""
        return super().in_force(product, self.instant, region)[0], None


@frozen
class CostLine:
    """The tokens of a product or user under either side."""

    name: str
    a: Decimal
    b: Decimal
    difference: Decimal


@frozen
class Cost:
    """What the same usage costs under either side; uses that one of them cannot rate are in neither figure."""

    a: Decimal
    b: Decimal
    difference: Decimal
    uses: int
    by_product: list[CostLine]
    by_user: list[CostLine]
    set_aside: list[SetAside]


@frozen
class RateDiff:
    """Everything that ``flexlib rates diff`` shows; ``--json`` writes these fields by their names."""

    schema: str
    a: Side
    b: Side
    region: str | None
    changes: list[ProductChange]
    unchanged: int
    cost: Cost | None
    failures: list[PluginFailure]

    @property
    def incomplete(self) -> bool:
        """Whether a rate is undecided, or usage was set aside."""
        undecided = any(change.change is Change.UNDECIDED for change in self.changes)
        return undecided or (self.cost is not None and bool(self.cost.set_aside))

    def as_json(self) -> JsonValue:
        """Return the difference as JSON values."""
        return as_json(attrs.asdict(self, filter=lambda attribute, _: attribute.metadata.get("json", True)))


def compare(a: Side, b: Side, region: str | None, inputs: Inputs | None, failures: Iterable[PluginFailure]) -> RateDiff:
    """Return what changed from one side to the other, and with usage what the change would have cost."""
    products = sorted({*a.book.products, *b.book.products})
    changes = [_change(product, a, b, region) for product in products]
    changed = [change for change in changes if change.change is not Change.NONE]
    cost = None if inputs is None else _cost(inputs, a, b, region)
    return RateDiff("flexlib-rates-diff/1", a, b, region, changed, len(changes) - len(changed), cost, list(failures))


def _change(product: str, a: Side, b: Side, region: str | None) -> ProductChange:
    rates: list[Rate | None] = []
    notes: list[str] = []
    undecided = False
    for side, sign in ((a, "A"), (b, "B")):
        try:
            rates.append(side.rate(product, region))
        except RateNotFoundError as error:
            rates.append(None)
            notes += [f"{sign}: {error.hint}"] if product in side.book.products else []
        except RateConflictError as error:
            rates.append(None)
            notes.append(f"{sign}: {error}")
            undecided = True
    change = Change.UNDECIDED if undecided else _kind(rates[0], rates[1])
    return ProductChange(product, change, rates[0], rates[1], notes)


def _kind(a: Rate | None, b: Rate | None) -> Change:
    if a is None or b is None:
        return Change.ADDED if b else Change.REMOVED if a else Change.NOT_IN_FORCE
    if a.basis is not b.basis:
        return Change.BASIS
    if a.tokens != b.tokens:
        return Change.TOKENS
    return Change.NONE if a.source == b.source else Change.SOURCE


def _cost(inputs: Inputs, a: Side, b: Side, region: str | None) -> Cost:
    under_a, under_b = (
        {
            account.use: account
            for account in explain_usage(inputs.usage, side.usage_book, region=region, seats=inputs.seats, catalog=inputs.catalog)
        }
        for side in (a, b)
    )
    pairs = [(account, under_b[use]) for use, account in under_a.items()]
    rated = [pair for pair in pairs if not any(account.error for account in pair)]
    charges_a = [charge for account, _ in rated for charge in account.charges]
    charges_b = [charge for _, account in rated for charge in account.charges]
    tokens = _line("", charges_a, charges_b)
    return Cost(
        tokens.a,
        tokens.b,
        tokens.difference,
        len(rated),
        _lines(charges_a, charges_b, lambda charge: charge.product),
        _lines(charges_a, charges_b, lambda charge: charge.user),
        [*rows_set_aside(inputs.problems), *(_unrated(*pair) for pair in pairs if any(account.error for account in pair))],
    )


def _unrated(under_a: UseAccount, under_b: UseAccount) -> SetAside:
    """Return a use that one side or both cannot rate; the reason is the same for all such uses of a product."""
    reasons = [f"{_why(account)} under {sign}" for sign, account in (("A", under_a), ("B", under_b)) if account.error]
    unknown = isinstance(under_a.error, UnknownProductError)
    return use_set_aside(under_a, str(under_a.error) if unknown else "; ".join(reasons))


def _why(account: UseAccount) -> str:
    if isinstance(account.error, RateNotFoundError):
        return f"no rate for {account.error.product!r} ({account.error.hint})"
    return f"sheets disagree on the rate for {account.use.product!r}"


def _lines(charges_a: Iterable[Charge], charges_b: Iterable[Charge], name_of: Callable[[Charge], str]) -> list[CostLine]:
    """Return a line of each name, the largest difference first."""
    groups: dict[str, tuple[list[Charge], list[Charge]]] = defaultdict(lambda: ([], []))
    for side, charges in enumerate((charges_a, charges_b)):
        for charge in charges:
            groups[name_of(charge)][side].append(charge)
    lines = [_line(name, *own) for name, own in groups.items()]
    return sorted(lines, key=lambda line: (-abs(line.difference), line.name))


def _line(name: str, charges_a: Iterable[Charge], charges_b: Iterable[Charge]) -> CostLine:
    a, b = (total(charge.tokens for charge in charges) for charges in (charges_a, charges_b))
    return CostLine(name, a, b, total([b, negated(a)]))
