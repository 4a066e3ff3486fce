"""A year of made-up sessions, exported as the vendor would and read back, reconciles with nothing unexplained."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from reconciled import RATES, SINCE
from vendor import a_year_of_use, vendors_report, write_daily_export

from flexlib import Seat, charge_usage, explain_usage
from flexlib.formats import read_export
from flexlib.reports import DifferenceCause, reconcile

NEW_YORK = ZoneInfo("America/New_York")
JULY = datetime(2026, 7, 1, tzinfo=UTC)
PRICES = {"autocad": [(SINCE, 7), (JULY, 8)], "revit": [(SINCE, 10)], "mudbox": [(SINCE, 0)], "cfd": [(SINCE, 5)]}
SEATS = [Seat("user1@studio.example", ["revit"], datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC))]
USAGE = a_year_of_use(1)
CHARGES = charge_usage(USAGE, RATES, seats=SEATS)
CONTEXT = {"accounts": explain_usage(USAGE, RATES, seats=SEATS), "seats": SEATS, "rates": RATES}
FREE = {DifferenceCause.SHORT_LAUNCH, DifferenceCause.SEAT}


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    folder = tmp_path_factory.mktemp("year")

    def read(zone):
        path = folder / f"{zone}.csv".replace("/", "-")
        if not path.exists():
            write_daily_export(path, vendors_report(USAGE, PRICES, seats=SEATS, zone=zone))
        found = read_export(path)
        assert found.problems == []
        return found.rows

    return read


@pytest.mark.parametrize("context", [{}, CONTEXT])
@pytest.mark.parametrize("zone", [UTC, NEW_YORK])
def test_a_year_reconciles_with_nothing_unexplained_in_the_vendors_zone(export, zone, context):
    result = reconcile(CHARGES, export(zone), zone=zone, **context)
    assert result.charged == result.reported > 5_000
    assert set(result.by_cause()) <= FREE
    assert all(not total.charged and not total.reported for total in result.by_cause().values())


@pytest.mark.parametrize("context", [{}, CONTEXT])
def test_a_year_in_another_zone_differs_by_days_alone(export, context):
    result = reconcile(CHARGES, export(NEW_YORK), **context)
    assert result.charged == result.reported
    assert set(result.by_cause()) - FREE == {DifferenceCause.ANOTHER_DAY}
    assert result.by_cause()[DifferenceCause.ANOTHER_DAY].count > 100


def test_the_order_of_a_year_makes_no_difference(export):
    backwards = {"accounts": reversed(CONTEXT["accounts"]), "seats": SEATS, "rates": RATES}
    assert reconcile(reversed(CHARGES), export(NEW_YORK)[::-1], **backwards) == reconcile(CHARGES, export(NEW_YORK), **CONTEXT)


def test_a_year_with_rates_out_of_date_differs_by_them_from_the_day_of_the_change(export):
    old = [charge for charge in CHARGES if charge.product != "autocad" or charge.at < JULY]
    stale = charge_usage([use for use in USAGE if use.product == "autocad"], _without_change(), seats=SEATS)
    result = reconcile([*old, *(charge for charge in stale if charge.at >= JULY)], export(UTC))
    assert set(result.by_cause()) <= {*FREE, DifferenceCause.RATE_CHANGE}
    assert result.by_cause()[DifferenceCause.RATE_CHANGE].tokens == result.charged - result.reported < -50
    assert min(one.day for one in result.differences if one.cause is DifferenceCause.RATE_CHANGE) >= JULY.date()


def test_a_year_charged_without_its_seats_differs_by_them_alone(export):
    result = reconcile(charge_usage(USAGE, RATES), export(UTC), **CONTEXT)
    assert set(result.by_cause()) <= FREE
    assert result.by_cause()[DifferenceCause.SEAT].tokens == result.charged - result.reported > 0


def _without_change():
    [sheet] = RATES.sheets
    return type(RATES)([type(sheet)(sheet.name, [rate for rate in sheet.rates if rate.effective_from < JULY])])
