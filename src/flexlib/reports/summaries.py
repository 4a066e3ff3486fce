"""Summaries: what was charged, by any of product, user, team, tag, day, week, month and hour of the week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, timedelta, tzinfo
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from flexlib.charging.charges import Charge
from flexlib.errors import InvalidValueError
from flexlib.model.amounts import ZERO, total
from flexlib.reports import summary_forms
from flexlib.reports.allocation import PriceAllocation
from flexlib.reports.chargeback import ChargebackTags
from flexlib.reports.summary_forms import Cell

if TYPE_CHECKING:
    import pyarrow as pa

Key: TypeAlias = str | date | int | None
Costs: TypeAlias = Mapping[str, Decimal]

NO_COSTS: Costs = MappingProxyType({})
HOURS_A_DAY = 24
_FIGURES = ("tokens", "charges", "windows", "users", "days")


def _week(charge: Charge, zone: tzinfo) -> date:
    day = charge.day(zone)
    return day - timedelta(days=day.weekday())


def _hour(charge: Charge, zone: tzinfo) -> int | None:
    if charge.reported:
        return None
    local = charge.at.astimezone(zone)
    return local.weekday() * HOURS_A_DAY + local.hour


_KEYS: dict[str, Callable[[Charge, tzinfo], Key]] = {
    "product": lambda charge, _: charge.product,
    "user": lambda charge, _: charge.user,
    "team": lambda charge, _: charge.team,
    "day": lambda charge, zone: charge.day(zone),
    "week": _week,
    "month": lambda charge, zone: f"{charge.day(zone):%Y-%m}",
    "hour": _hour,
}


@frozen
class SummaryRow:
    """What was charged to one group of a summary.

    Attributes:
        key: What the group has in common, in the order of the summary's ``by``: a name, a date, the number of an hour; None where the
            charges have none, such as no team.
        tokens: The tokens charged.
        charges: How many charges they are, results and charges of zero included.
        windows: How many of them are day rates: everything but results (rule C10).
        users: How many distinct users there are.
        days: On how many distinct days something was charged.
        costs: What the tokens cost at the prices of the packs that they were drawn from, by currency; empty where no prices were given.

    .. versionadded:: 0.1.0
    """

    key: tuple[Key, ...]
    tokens: Decimal
    charges: int
    windows: int
    users: int
    days: int
    costs: Costs = field(default=NO_COSTS, hash=False)


@frozen
class Summary:
    """The rows of a summary, sorted by their keys, and the total of all charges.

    The tokens, charges, windows and costs of the rows add up to those of the total; users and days are distinct in each, and do not.

    Attributes:
        by: What was grouped by.
        rows: The groups. None comes before any other key.
        total: All charges; its key is empty.

    .. versionadded:: 0.1.0
    """

    by: tuple[str, ...]
    rows: tuple[SummaryRow, ...]
    total: SummaryRow

    def __iter__(self) -> Iterator[SummaryRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, which are those of ``by``, the figures, and ``cost_`` with a currency for each that there is.

        .. versionadded:: 0.1.0
        """
        return (*self.by, *_FIGURES, *(f"cost_{currency.lower()}" for currency in self.total.costs))

    def as_rows(self) -> list[dict[str, Cell]]:
        """Return the rows as plain mappings from the names of `columns`.

        .. versionadded:: 0.1.0
        """
        return [self._as_row(self.by, row) for row in self.rows]

    def to_csv(self) -> str:
        """Return the rows as CSV with a header.

        A name that a spreadsheet would take for a formula gets an apostrophe before it.

        .. versionadded:: 0.1.0
        """
        return summary_forms.to_csv(self.columns, self.as_rows())

    def to_json(self) -> str:
        """Return the rows and the total as JSON: ``{"rows": [...], "total": {...}}``, tokens and costs as decimal digits in text.

        .. versionadded:: 0.1.0
        """
        return summary_forms.to_json(self.as_rows(), self._as_row((), self.total))

    def to_markdown(self) -> str:
        """Return the rows as a Markdown table with the total in its last row.

        .. versionadded:: 0.1.0
        """
        return summary_forms.to_markdown(self.columns, self.as_rows(), self._as_row((), self.total))

    def to_arrow(self) -> pa.Table:
        """Return the rows as an Arrow table, from which every data frame is made; it needs the extra ``frames``.

        Days and weeks are dates, tokens and costs decimals of 12 places, everything else text or whole numbers. ``polars.DataFrame``
        and DuckDB take a summary as it is, pandas its ``to_arrow().to_pandas()``.

        .. versionadded:: 0.1.0
        """
        return summary_forms.to_arrow(self.columns, self.by, self.as_rows())

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.to_arrow().__arrow_c_stream__(requested_schema)  # type: ignore[no-untyped-call]  # its stubs give no types

    def _as_row(self, by: Sequence[str], row: SummaryRow) -> dict[str, Cell]:
        figures = (row.tokens, row.charges, row.windows, row.users, row.days)
        costs = (row.costs.get(currency, ZERO) for currency in self.total.costs)
        return dict(zip([*by, *self.columns[len(self.by) :]], [*row.key, *figures, *costs], strict=True))

    def largest_first(self) -> Summary:
        """Return the same with the rows of most tokens first.

        .. versionadded:: 0.1.0
        """
        return Summary(self.by, tuple(sorted(self.rows, key=lambda row: -row.tokens)), self.total)


def summarize(
    charges: Iterable[Charge],
    by: str | Sequence[str] = ("product", "user", "day", "month", "team"),
    *,
    zone: tzinfo = UTC,
    tags: ChargebackTags | None = None,
    prices: PriceAllocation | None = None,
) -> Summary:
    """Return what was charged, one row for each combination of what is grouped by; the rows add up exactly to the total.

    Args:
        charges: The charges; their order makes no difference.
        by: One name or several of ``product``, ``user``, ``team``, ``day``, ``week`` (its Monday), ``month`` (such as ``2026-03``),
            ``hour`` (of the week: 0 is Monday from 00:00 to 01:00, 167 the last of Sunday; None for charges that the vendor reported,
            whose hour is not known), and the keys of ``tags``, such as a project or a group (but for the names of the figures). None of them gives one row.
        zone: The zone of days, weeks, months and hours. A reported charge keeps the vendor's day (rule T3).
        tags: The tags that can be grouped by; a charge without the tag has None.
        prices: What the tokens cost, as `allocate_prices` gives it for the ledger of these charges: draws, their shares of unused tokens,
            and refunds. Tokens that the pool lacked cost nothing.

    Raises:
        InvalidValueError: It is grouped by something that is none of these, or twice by one.

    >>> from datetime import datetime
    >>> charges = [
    ...     Charge("ada", "revit", datetime(2026, 3, 2, 8, tzinfo=UTC), 10),
    ...     Charge("ada", "autocad", datetime(2026, 3, 3, 8, tzinfo=UTC), 7),
    ...     Charge("ben", "revit", datetime(2026, 3, 3, 9, tzinfo=UTC), 10),
    ... ]
    >>> for row in summarize(charges, "product"):
    ...     print(row.key, row.tokens, row.users, row.days)
    ('autocad',) 7 1 1
    ('revit',) 20 2 2

    .. versionadded:: 0.1.0
    """
    names = (by,) if isinstance(by, str) else tuple(by)
    keys = _keys(names, tags)
    every = list(charges)
    costs = prices.by_charge() if prices else {}
    groups: dict[tuple[Key, ...], list[Charge]] = defaultdict(list)
    for charge in every:
        groups[tuple(key(charge, zone) for key in keys)].append(charge)
    rows = [_row(key, groups[key], zone, costs) for key in sorted(groups, key=_order)]
    return Summary(names, tuple(rows), _row((), every, zone, costs))


def _keys(names: Sequence[str], tags: ChargebackTags | None) -> list[Callable[[Charge, tzinfo], Key]]:
    of_tags = {assignment.key for assignment in tags.assignments} if tags else set()
    known = [*_KEYS, *sorted(of_tags - {*_KEYS, *_FIGURES})]
    for place, name in enumerate(names):
        if name not in known:
            raise InvalidValueError("by", name, f"one of {', '.join(known)}")
        if name in names[:place]:
            raise InvalidValueError("by", name, "each name once")
    return [_KEYS[name] if name in _KEYS else _tag(name, tags) for name in names]


def _tag(name: str, tags: ChargebackTags | None) -> Callable[[Charge, tzinfo], Key]:
    return lambda charge, _: tags.of(charge).get(name) if tags else None


def _order(key: tuple[Key, ...]) -> list[tuple[bool, str, int]]:
    return [(part is not None, "" if isinstance(part, int) else str(part), part if isinstance(part, int) else 0) for part in key]


def _row(key: tuple[Key, ...], charges: Sequence[Charge], zone: tzinfo, costs: Mapping[str, Mapping[str, Decimal]]) -> SummaryRow:
    paid: dict[str, list[Decimal]] = defaultdict(list)
    for charge in charges if costs else ():
        for currency, cost in costs.get(charge.id, {}).items():
            paid[currency].append(cost)
    return SummaryRow(
        key,
        total(charge.tokens for charge in charges),
        len(charges),
        sum(charge.result is None for charge in charges),
        len({charge.user for charge in charges}),
        len({charge.day(zone) for charge in charges}),
        MappingProxyType({currency: total(parts) for currency, parts in sorted(paid.items())}),
    )
