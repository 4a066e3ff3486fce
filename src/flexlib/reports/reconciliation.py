"""The vendor's report against charges computed from usage: what agrees, what differs, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo

from flexlib.charging.accounts import UseAccount
from flexlib.charging.bulk import collector_paused
from flexlib.charging.charges import Charge
from flexlib.errors import InvalidValueError
from flexlib.model.amounts import exact
from flexlib.model.instants import as_utc_or_none
from flexlib.model.products import Catalog
from flexlib.model.ratebook import RateBook
from flexlib.model.reported import ReportedUse
from flexlib.model.seats import Seat
from flexlib.pool.facts import Facts
from flexlib.reports.differences import Reconciliation, charged_tokens, reported_tokens
from flexlib.reports.explaining import charges_alone, rate_change, rows_alone, rows_of_nothing, unequal
from flexlib.reports.hidden_users import name_hidden_users
from flexlib.reports.known import KnownRates, KnownUse
from flexlib.reports.leftovers import Charged, Leftovers, Place, Told
from flexlib.reports.matching import another_day, pair_equals, same_day, set_repeats_aside
from flexlib.reports.naming import MASKED, Days, Names


def reconcile(
    charges: Iterable[Charge],
    reported: Iterable[ReportedUse],
    *,
    accounts: Iterable[UseAccount] = (),
    seats: Iterable[Seat] = (),
    rates: RateBook | None = None,
    region: str | None = None,
    catalog: Catalog | None = None,
    zone: tzinfo = UTC,
    identities: Mapping[str, str] | None = None,
    as_of: datetime | None = None,
) -> Reconciliation:
    """Match charges to the rows of the vendor's report and give each difference a cause.

    Charges and rows alone give an answer; each argument beside them tells more causes apart. The order of what is given makes no
    difference. The same charge given twice counts once; a row given twice is a difference of its own.

    Args:
        charges: What `flexlib.charge_usage` computed.
        reported: The rows of the report, of one file or of several.
        accounts: What `flexlib.explain_usage` returned: what each session cost, and why some cost nothing.
        seats: The seats, also where the charges took account of them (rule C8).
        rates: The rates, among which another rate of a product is looked for (rule R1).
        region: The region whose rates are named first (rule R2).
        catalog: The products, met under any of their names.
        zone: The zone by whose days the vendor dates the rows (rule T3).
        identities: The e-mail of each hashed id, as exports that have both give it.
        as_of: When the report was fetched; what is charged in that month or later may not be reported yet.

    Raises:
        InvalidValueError: A value is no `flexlib.Charge`, or no `flexlib.ReportedUse`.
        LedgerError: Two charges share an id and differ.
        NaiveDatetimeError: ``as_of`` is naive.

    >>> from datetime import UTC, date, datetime
    >>> charges = [Charge("ada", "revit", datetime(2026, 3, 2, 20, tzinfo=UTC), 10)]
    >>> found = reconcile(charges, [ReportedUse("ada", "revit", date(2026, 3, 3), 10)])
    >>> [difference] = found.differences
    >>> print(difference.cause.value)
    another day by zone

    .. versionadded:: 0.1.0
    """
    own, rows = _distinct(charges), _checked(reported)
    accounts, seats, days = list(accounts), list(seats), Days(zone)
    names = Names(catalog, identities or {})
    users = [*(charge.user for charge in own), *(account.use.user for account in accounts), *(seat.user for seat in seats)]
    names.know(users, (charge.product for charge in own))
    with collector_paused(), exact():
        left = Leftovers(_place_charges(own, names, days), _place_rows(rows, names), names)
        known = KnownUse(accounts, seats, names, days, with_everyone=MASKED in left.reported_until)
        _find_causes(left, known, KnownRates(own, rates, region, names), accounts, days, as_utc_or_none(as_of))
    return _result(own, rows, left)


def _find_causes(
    left: Leftovers, known: KnownUse, rates: KnownRates, accounts: list[UseAccount], days: Days, as_of: datetime | None
) -> None:
    """Take charges and rows out of what is left, pass by pass: what is surest first."""
    set_repeats_aside(left)
    another_day(left)
    same_day(left)
    name_hidden_users(left, accounts, days)
    another_day(left)
    same_day(left)
    rate_change(left, rates)
    pair_equals(left)
    another_day(left)
    same_day(left)
    rate_change(left, rates)
    unequal(left)
    rows_of_nothing(left, known)
    missing = rows_alone(left, known)
    charges_alone(left, known, missing, days, as_of)


def _distinct(charges: Iterable[Charge]) -> list[Charge]:
    given = list(charges)
    for charge in given:
        if not isinstance(charge, Charge):
            raise InvalidValueError("charges", charge, "charges, as charge_usage returns them")
    return Facts.of(given, (), (), ()).charges


def _checked(reported: Iterable[ReportedUse]) -> list[ReportedUse]:
    rows = list(reported)
    for row in rows:
        if not isinstance(row, ReportedUse):
            raise InvalidValueError("reported", row, "rows of the vendor's report, as ReportedUse")
    return rows


def _place_charges(charges: Iterable[Charge], names: Names, days: Days) -> list[Charged]:
    return [
        Charged(
            Place(
                names.user(charge.user),
                names.product(charge.product),
                charge.reported.day.toordinal() if charge.reported else days.of(charge.at),
                bool(charge.tokens),
            ),
            charge,
        )
        for charge in charges
    ]


def _place_rows(rows: Iterable[ReportedUse], names: Names) -> list[Told]:
    placed = [
        Told(Place(names.user(row.user), names.product(row.product), row.day.toordinal(), bool(row.tokens)), row) for row in rows
    ]
    placed.sort(key=_row_order)
    return placed


def _row_order(told: Told) -> tuple[object, ...]:
    row = told.row
    return (told.place, row.tokens, row.team or "", row.team is None, row.feature or "", row.feature is None, row.user, row.product)


def _result(charges: list[Charge], rows: list[ReportedUse], left: Leftovers) -> Reconciliation:
    matched = sorted(left.matched, key=lambda entry: _order(entry[0]))
    differences = sorted(left.differences, key=lambda entry: _order(entry[0]))
    return Reconciliation(
        charged_tokens(charges),
        reported_tokens(rows),
        tuple(match for _, match in matched),
        tuple(difference for _, difference in differences),
    )


def _order(place: Place) -> tuple[int, str, str, bool]:
    return (place.day, place.user, place.product, place.paid)
