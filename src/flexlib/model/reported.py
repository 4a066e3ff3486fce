"""What the vendor's own reports say: use a day, use over a period, and totals."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal

from attrs import field, frozen

from flexlib.errors import InvalidValueError
from flexlib.model.amounts import as_tokens, as_tokens_or_none, total
from flexlib.model.instants import as_day, as_day_or_none
from flexlib.model.names import not_blank


def _count(value: int | None) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise InvalidValueError("count", value, "a whole number, zero or more")
    return value


@frozen
class ReportedUse:
    """A row of the vendor's own report: what was charged to a user for a product on a day (rules T3, C11).

    `settle` takes such rows for charges, since they are what was charged.

    Attributes:
        user: The user: the e-mail in lower case, or the vendor's hashed id where personal data is off.
        product: The product's code, or any of its names where a catalogue goes with it.
        day: The day, by the vendor's API the UTC day in which the window opened.
        tokens: The tokens, exact; zero is a row like any other (rules C5, C11).
        team: The team whose pool paid.
        feature: The feature of the product, where the report names one.

    .. versionadded:: 0.1.0
    """

    user: str = field(validator=not_blank)
    product: str = field(validator=not_blank)
    day: date = field(converter=as_day)
    tokens: Decimal = field(converter=as_tokens)
    team: str | None = field(default=None, kw_only=True)
    feature: str | None = field(default=None, kw_only=True)


@frozen
class ReportedSummary:
    """A row of the vendor's Usage Report: one user's use of one offering over the report's period, which the file does not name.

    It holds no days, so no ledger can be made of it; it helps to decide on seats. What the report leaves blank is None, which is not
    zero.

    Attributes:
        user: The user, as in `ReportedUse`.
        product: The offering.
        tokens: The tokens of the period.
        days_used: On how many days it was used.
        monthly_average: Days used a month.
        days_inactive: Days since the last use.
        version: The product's version.
        team: The team.
        group: The group.
        access: How the user has access: a subscription, tokens.
        seat_assignment: Whether a seat is assigned, in the vendor's words.
        activity: How active the user is, in the vendor's words.
        assigned_on: When the product was assigned.
        unassigned_on: When it was taken back.
        last_accessed_on: When it was last used.

    .. versionadded:: 0.1.0
    """

    user: str = field(validator=not_blank)
    product: str = field(validator=not_blank)
    tokens: Decimal | None = field(default=None, converter=as_tokens_or_none)
    days_used: int | None = field(default=None, converter=_count)
    monthly_average: Decimal | None = field(default=None, converter=as_tokens_or_none, kw_only=True)
    days_inactive: int | None = field(default=None, converter=_count, kw_only=True)
    version: str | None = field(default=None, kw_only=True)
    team: str | None = field(default=None, kw_only=True)
    group: str | None = field(default=None, kw_only=True)
    access: str | None = field(default=None, kw_only=True)
    seat_assignment: str | None = field(default=None, kw_only=True)
    activity: str | None = field(default=None, kw_only=True)
    assigned_on: date | None = field(default=None, converter=as_day_or_none, kw_only=True)
    unassigned_on: date | None = field(default=None, converter=as_day_or_none, kw_only=True)
    last_accessed_on: date | None = field(default=None, converter=as_day_or_none, kw_only=True)


@frozen
class ReportedTotal:
    """A total of the vendor's enterprise reporting (APS tokenflex/v1): tokens of a category, of a product or of a month, of all users.

    Attributes:
        tokens: The tokens consumed.
        category: The usage category, in the vendor's words, such as ``PRODUCT_CONSUMPTION``.
        product: The product, where the total is of one.
        user: The user, where the total is of one.
        month: The first day of the month, where the total is of one.
        contract_year: The year of the contract, counted from 1.
        users: How many distinct users.

    .. versionadded:: 0.1.0
    """

    tokens: Decimal = field(converter=as_tokens)
    category: str | None = None
    product: str | None = field(default=None, kw_only=True)
    user: str | None = field(default=None, kw_only=True)
    month: date | None = field(default=None, converter=as_day_or_none, kw_only=True)
    contract_year: int | None = field(default=None, converter=_count, kw_only=True)
    users: int | None = field(default=None, converter=_count, kw_only=True)


def named(rows: Iterable[ReportedUse]) -> tuple[bool, bool]:
    """Return how much rows of one user, product and day name: any team, and any feature. A team, whose pool pays, says more."""
    rows = list(rows)
    return any(row.team is not None for row in rows), any(row.feature is not None for row in rows)


def say_the_same(rows: Collection[ReportedUse], others: Collection[ReportedUse]) -> bool:
    """Tell whether two reports of one user, product and day charge the same, by all that both name of team and feature."""
    both = [name for name, here, there in zip(("team", "feature"), named(rows), named(others), strict=True) if here and there]
    return _tokens_by(rows, both) == _tokens_by(others, both)


def _tokens_by(rows: Iterable[ReportedUse], names: list[str]) -> dict[tuple[str | None, ...], Decimal]:
    parts: dict[tuple[str | None, ...], list[Decimal]] = {}
    for row in rows:
        parts.setdefault(tuple(getattr(row, name) for name in names), []).append(row.tokens)
    return {group: total(amounts) for group, amounts in parts.items()}
