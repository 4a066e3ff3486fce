"""The columns of a FOCUS 1.2 file: a row as a value, and the forms in which its cells are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

import attrs
from attrs import field, frozen

from flexlib.errors import InvalidValueError
from flexlib.model.amounts import exact, plain, total

Cell: TypeAlias = str | Decimal | datetime | None

DECIMALS = 18
SMALLEST = Decimal(1).scaleb(-DECIMALS)
VENDOR = "Autodesk"
TOKEN = "Token"  # noqa: S105  # the currency


@frozen(kw_only=True)
class FocusRow:
    """A row of a FOCUS 1.2 file; the column of ``billed_cost`` is ``BilledCost``, and so on.

    Amounts are exact decimals, instants are UTC, ends are exclusive; None is a null. ``tags`` is written as a JSON object.

    .. versionadded:: 0.1.0
    """

    billed_cost: Decimal
    billing_account_id: str
    billing_account_name: str
    billing_currency: str
    billing_period_end: datetime
    billing_period_start: datetime
    charge_category: str
    charge_class: str | None = None
    charge_description: str
    charge_frequency: str
    charge_period_end: datetime
    charge_period_start: datetime
    commitment_discount_status: str | None = None
    consumed_quantity: Decimal | None = None
    consumed_unit: str | None = None
    contracted_cost: Decimal
    contracted_unit_price: Decimal
    effective_cost: Decimal
    invoice_id: str | None = None
    invoice_issuer_name: str = VENDOR
    list_cost: Decimal
    list_unit_price: Decimal
    pricing_category: str = "Standard"
    pricing_currency: str
    pricing_currency_contracted_unit_price: Decimal
    pricing_currency_effective_cost: Decimal
    pricing_currency_list_unit_price: Decimal
    pricing_quantity: Decimal
    pricing_unit: str
    provider_name: str = VENDOR
    publisher_name: str = VENDOR
    resource_id: str
    resource_name: str
    resource_type: str
    service_category: str = "Business Applications"
    service_name: str
    service_subcategory: str = "Other (Business Applications)"
    sku_id: str
    sku_meter: str
    sku_price_details: str | None = None
    sku_price_id: str
    sub_account_id: str | None = None
    sub_account_name: str | None = None
    tags: Mapping[str, str] | None = field(default=None, hash=False)

    def cells(self) -> list[Cell]:
        """Return the row's values in the order of `FOCUS_COLUMNS`, the tags as JSON text.

        .. versionadded:: 0.1.0
        """
        tags = None if self.tags is None else json.dumps(dict(self.tags), ensure_ascii=False, sort_keys=True)
        return [tags if name == "tags" else getattr(self, name) for name in FOCUS_COLUMNS]


FOCUS_COLUMNS = {
    attribute.name: "".join(word.capitalize() for word in attribute.name.split("_")) for attribute in attrs.fields(FocusRow)
}
"""The column of each field of a `FocusRow`, in the order in which they are written.

.. versionadded:: 0.1.0
"""


def costs_by_tag(rows: Iterable[FocusRow], key: str, *, currency: str | None = None) -> dict[str | None, Decimal]:
    """Return the sum of the effective costs of each value of a tag, and under None that of the rows without it.

    The sums add up to the effective cost of all rows. Where rows are of several currencies, name the one whose rows count.

    Raises:
        InvalidValueError: The rows are of several currencies, and none is named.

    .. versionadded:: 0.1.0
    """
    own = [row for row in rows if currency is None or row.billing_currency == currency]
    currencies = sorted({row.billing_currency for row in own})
    if len(currencies) > 1:
        raise InvalidValueError(
            "currency", currency, f"one of {', '.join(currencies)}, as amounts of each add up only by themselves"
        )
    costs: dict[str | None, list[Decimal]] = {}
    for row in own:
        costs.setdefault((row.tags or {}).get(key), []).append(row.effective_cost)
    return {value: total(costs[value]) for value in sorted(costs, key=lambda value: (value is None, value or ""))}


# What a reader of CSV takes for a number, a date, a truth value or a null, and a spreadsheet for a formula.
_MISREAD = re.compile(r"[=+\-@\t\r].*|(?=.*\d)[\d.,:/eTZ+\- ]+|true|false|nan|inf|infinity|null", re.IGNORECASE | re.DOTALL)


def as_text(text: str, kind: str) -> str:
    """Return an id or name as it is, or with its kind before it where a reader of CSV would take it for anything but text."""
    return f"{kind}:{text}" if _MISREAD.fullmatch(text.strip()) else text


def rounded(amount: Fraction) -> Decimal:
    """Return an amount as a decimal of at most 18 places; it is exact where 18 places can hold it."""
    with exact():
        return Decimal(plain(Decimal(round(amount * 10**DECIMALS)) * SMALLEST))


def written(cell: Cell) -> str:
    """Return a value as the text of a CSV cell: whole amounts as 1.0, which readers take for decimals, instants as 2026-03-02T00:00:00Z."""
    if isinstance(cell, Decimal):
        text = plain(cell)
        return text if "." in text else f"{text}.0"
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    return cell or ""
