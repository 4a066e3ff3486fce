"""The rates in force at an instant, the conflicts among them, and the check of rate sheet files, as values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import attrs
from attrs import frozen

from flexlib.charging.explanation import JsonValue
from flexlib.cli.values import as_json
from flexlib.errors import FormatError, RateConflictError, RateNotFoundError
from flexlib.model.amounts import counted
from flexlib.model.products import Catalog
from flexlib.model.ratebook import RateBook, RateConflict
from flexlib.model.rates import Rate
from flexlib.model.regions import levels
from flexlib.providers.guard import PluginFailure
from flexlib.providers.published import products_of
from flexlib.providers.registry import PluginRegistry

_UNDECIDED = "sheets disagree: name the sheet or provider to trust with --precedence"


@frozen
class Conflict:
    """A disagreement of sheets, whether it goes on at the instant of the list, and how the precedence decides it (rule R3)."""

    product: str
    region: str | None
    start: datetime
    end: datetime | None
    in_force: bool
    sides: list[Rate]
    winner: Rate | None
    losers: list[Rate]
    reason: str


@frozen
class NoRate:
    """A product without one rate at the instant of the list, and why."""

    product: str
    undecided: bool
    reason: str


@frozen
class RateList:
    """Everything that ``flexlib rates`` shows; ``--json`` writes these fields by their names."""

    schema: str
    at: datetime
    region: str | None
    rates: list[Rate]
    without: list[NoRate]
    conflicts: list[Conflict]
    failures: list[PluginFailure]

    @property
    def undecided(self) -> bool:
        """Whether a product has no rate because sheets disagree and nothing says which to trust."""
        return any(product.undecided for product in self.without)

    def as_json(self) -> JsonValue:
        """Return the list as JSON values."""
        return as_json(attrs.asdict(self))


def list_rates(
    book: RateBook, at: datetime, region: str | None, names: Iterable[str], failures: Iterable[PluginFailure]
) -> RateList:
    """Return the rates of a book in force at an instant in a region: of the named products, or of all where none is named.

    Raises:
        UnknownProductError: The book has no product of a name.
    """
    codes = _codes(book, names)
    rates: list[Rate] = []
    without: list[NoRate] = []
    for code in codes:
        try:
            rates.append(book.rate(code, at, region))
        except RateNotFoundError as error:
            without.append(NoRate(code, undecided=False, reason=error.hint))
        except RateConflictError:
            without.append(NoRate(code, undecided=True, reason=_UNDECIDED))
    conflicts = _conflicts(book, at, region, codes)
    return RateList("flexlib-rates/1", at, region, rates, without, conflicts, list(failures))


def _codes(book: RateBook, names: Iterable[str]) -> list[str]:
    names, known = list(names), set(book.products)
    catalog = Catalog(() if known.issuperset(names) else products_of(book))
    return list(dict.fromkeys(name if name in known else catalog.resolve(name).code for name in names)) or list(book.products)


def _conflicts(book: RateBook, at: datetime, region: str | None, codes: list[str]) -> list[Conflict]:
    """Return the conflicts about these products: of a region those that it may meet, without a region all."""
    met = levels(region, book.groups)
    return [
        _conflict(conflict, at)
        for conflict in book.conflicts
        if conflict.product in codes and (region is None or conflict.region in met)
    ]


def _conflict(conflict: RateConflict, at: datetime) -> Conflict:
    in_force = conflict.start <= at and (conflict.end is None or at < conflict.end)
    return Conflict(
        conflict.product,
        conflict.region,
        conflict.start,
        conflict.end,
        in_force,
        list(conflict.rates),
        conflict.winner,
        list(conflict.losers),
        conflict.reason,
    )


@frozen
class SheetCheck:
    """What a rate sheet file holds, or what is wrong with it."""

    file: str
    rates: int = 0
    products: int = 0
    unsourced: tuple[str, ...] = ()
    error: str | None = None

    @property
    def lines(self) -> list[str]:
        """The findings in words, each with the file's name."""
        if self.error is not None:
            return [self.error]
        found = [f"{self.file}: ok, {counted(self.rates, 'rate')} of {counted(self.products, 'product')}"]
        if self.unsourced:
            found.append(f"{self.file}: warning: rates without a source: {', '.join(self.unsourced)} (R3)")
        return found


def check_sheet(file: Path, plugins: PluginRegistry) -> SheetCheck:
    """Return what reading a rate sheet file finds."""
    try:
        sheet = plugins.read_rate_sheet(file)
    except FormatError as error:
        return SheetCheck(str(file), error=str(error))
    unsourced = dict.fromkeys(rate.product for rate in sheet.rates if rate.source is None)
    return SheetCheck(str(file), len(sheet.rates), len({rate.product for rate in sheet.rates}), tuple(unsourced))


def checks_as_json(checks: Iterable[SheetCheck]) -> JsonValue:
    """Return what was found in files as JSON values."""
    return as_json({"schema": "flexlib-rates-check/1", "files": [attrs.asdict(checked) for checked in checks]})
