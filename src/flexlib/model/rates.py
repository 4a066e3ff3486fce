"""Rates, their sources, and the dated sheets that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby, pairwise

from attrs import evolve, field, frozen
from attrs.validators import optional

from flexlib.errors import InvalidValueError, RateConflictError
from flexlib.model.amounts import as_tokens, counted
from flexlib.model.instants import from_date_or_instant, from_date_or_instant_or_none
from flexlib.model.names import not_blank
from flexlib.model.products import ChargeBasis
from flexlib.model.regions import as_groups, levels


@frozen
class Source:
    """Where a rate was read: who says so, in which document, as of when (rule R3).

    .. versionadded:: 0.1.0
    """

    provider: str = field(validator=not_blank)
    document: str = field(validator=not_blank)
    as_of: date | None = None

    def __str__(self) -> str:
        return f"{self.provider}, {self.document}" + (f" (as of {self.as_of})" if self.as_of else "")


@frozen
class Rate:
    """What one day, or one result, of a product costs in tokens, from an instant on (rules R1, C10, C11).

    Attributes:
        product: The product's code.
        tokens: Tokens a charge window or a result; zero is a rate like any other.
        effective_from: The first instant at which it holds; a plain date means 00:00 UTC of that day.
        effective_until: The instant from which it no longer holds, None for "until another replaces it".
        region: The region it is for, None for everywhere (rule R2).
        basis: What it is charged for.
        source: Where it was read.
        sheet: The name of the sheet that holds it, filled in by the sheet; it plays no part in equality.

    Raises:
        InvalidTokensError: The tokens are a float, negative or not finite.
        NaiveDatetimeError: A bound is a naive datetime.
        InvalidValueError: It ends before it begins.

    .. versionadded:: 0.1.0
    """

    product: str = field(validator=not_blank)
    tokens: Decimal = field(converter=as_tokens)
    effective_from: datetime = field(converter=from_date_or_instant, kw_only=True)
    effective_until: datetime | None = field(default=None, converter=from_date_or_instant_or_none, kw_only=True)
    region: str | None = field(default=None, validator=optional(not_blank), kw_only=True)
    basis: ChargeBasis = field(default=ChargeBasis.PER_DAY, kw_only=True)
    source: Source | None = field(default=None, kw_only=True)
    sheet: str | None = field(default=None, kw_only=True, eq=False)

    def __attrs_post_init__(self) -> None:
        if self.effective_until is not None and self.effective_until <= self.effective_from:
            raise InvalidValueError("effective_until", self.effective_until.isoformat(), "an instant after effective_from")

    def __str__(self) -> str:
        where = f"sheet {self.sheet}" if self.sheet else "no sheet"
        return f"{counted(self.tokens, 'token')} a {self.basis.value} from {self.effective_from.date()} ({where}; {self.source or 'no source'})"


def _order(rate: Rate) -> tuple[str, str, datetime, Decimal]:
    return (rate.product, rate.region or "", rate.effective_from, rate.tokens)


def _refuse_overlaps(rates: Iterable[Rate]) -> None:
    ordered = sorted(rates, key=_order)
    for _, same in groupby(ordered, key=lambda rate: (rate.product, rate.region)):
        for earlier, later in pairwise(same):
            doubled = earlier.effective_from == later.effective_from
            overlapping = earlier.effective_until is not None and earlier.effective_until > later.effective_from
            if doubled or overlapping:
                raise RateConflictError(later.product, later.effective_from, later.region, (str(earlier), str(later)))


@frozen(init=False)
class RateSheet:
    """One provider's dated rates; a rate holds until its end or until the sheet's next for that product and region (rule R1).

    Raises:
        RateConflictError: Two of its rates for one product and region begin at the same instant, or one's stated end lies beyond
            the other's beginning.

    .. versionadded:: 0.1.0
    """

    name: str = field(validator=not_blank)
    rates: tuple[Rate, ...]

    def __init__(self, name: str, rates: Iterable[Rate]) -> None:
        own = tuple(evolve(rate, sheet=name) for rate in rates)
        _refuse_overlaps(own)
        self.__attrs_init__(name, own)  # pyright: ignore[reportAttributeAccessIssue]  # attrs makes it

    def for_region(self, region: str | None, groups: Mapping[str, Iterable[str]] | None = None) -> RateSheet:
        """Return the sheet with the rates that may hold in a region: its own, its groups' and everywhere's (rule R2); None keeps all.

        Raises:
            InvalidValueError: A group holds no country codes.

        .. versionadded:: 0.1.0
        """
        where = levels(region, as_groups(groups or {}))
        return self if region is None else RateSheet(self.name, [rate for rate in self.rates if rate.region in where])

    @property
    def history(self) -> str:
        """The name of the history that the sheet continues, its provider's where all its rates name one, else its own.

        .. versionadded:: 0.1.0
        """
        providers = {rate.source.provider if rate.source else None for rate in self.rates}
        only = providers.pop() if len(providers) == 1 else None
        return only or self.name
