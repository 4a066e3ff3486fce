"""Rows of the vendor's report as charges: they are what was charged (rule T3)."""

from __future__ import annotations

from collections.abc import Iterable

from flexlib.charging.charges import Charge
from flexlib.charging.rating import sort_charges
from flexlib.errors import InvalidValueError
from flexlib.model.instants import day_start
from flexlib.model.products import Catalog, code_resolver
from flexlib.model.reported import ReportedUse


def charge_reported(reported: Iterable[ReportedUse], *, catalog: Catalog | None = None) -> list[Charge]:
    """Return the charges that the vendor reported, in time order (then by user, product and id).

    Each lies at 00:00 UTC of its day: the vendor dates use by the UTC day and does not say at which instant (rule T3, APS insights v1).
    The same row given twice counts once.

    Raises:
        UnknownProductError: The catalogue does not know a product.
        InvalidValueError: A value is no `ReportedUse`.

    >>> from datetime import date
    >>> [charge] = charge_reported([ReportedUse("ada@studio.example", "revit", date(2026, 3, 2), 10)])
    >>> print(charge.at, charge.tokens)
    2026-03-02 00:00:00+00:00 10

    .. versionadded:: 0.1.0
    """
    rows = list(dict.fromkeys(reported))
    for row in rows:
        if not isinstance(row, ReportedUse):
            raise InvalidValueError("reported", row, "rows of the vendor's report, as ReportedUse")
    codes = code_resolver(catalog, (row.product for row in rows))
    charges = [charge_of(row, codes[row.product]) for row in rows]
    sort_charges(charges)
    return charges


def charge_of(row: ReportedUse, product: str) -> Charge:
    """Return the charge of a row, for a product's code."""
    return Charge(row.user, product, day_start(row.day), row.tokens, team=row.team, reported=row)


def as_charge(given: Charge | ReportedUse) -> Charge:
    """Return a charge, of a row of the vendor's report the one that it tells; anything else raises `InvalidValueError`."""
    if isinstance(given, ReportedUse):
        return charge_of(given, given.product)
    if not isinstance(given, Charge):
        raise InvalidValueError("charges", given, "charges, or rows of the vendor's report as ReportedUse")
    return given
