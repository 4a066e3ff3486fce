"""Seats, packs, refunds and transfers."""

import pickle
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sample_values import at

from flexlib import InvalidValueError, Refund, Seat, TokenPack, Transfer


def test_c8_a_seat_covers_one_product_or_several_and_may_run_on():
    assert Seat("ada", "revit", at(0)).products == ("revit",)
    assert Seat("ada", ["revit", "autocad"], at(0), at(1)).products == ("revit", "autocad")
    assert Seat("ada", "revit", at(0)).ends_at is None


def test_c8_a_seat_for_no_product_is_refused():
    with pytest.raises(InvalidValueError, match="expected at least one product code"):
        Seat("ada", [], at(0))


@pytest.mark.parametrize("ends", [at(8), at(7)])
def test_a_span_that_is_empty_or_ends_before_it_starts_is_refused(ends):
    with pytest.raises(InvalidValueError, match=r"ends_at is .*expected an instant after starts_at"):
        Seat("ada", "revit", at(8), ends)
    with pytest.raises(InvalidValueError, match=r"expires_at is .*expected an instant after starts_at"):
        TokenPack("A-1", 500, at(8), ends)


def test_p1_a_pack_lasts_twelve_months_from_midnight_utc_of_its_purchase():
    pack = TokenPack.purchase("A-1", 500, date(2026, 3, 2))
    assert pack == TokenPack("A-1", 500, at(0), datetime(2027, 3, 2, tzinfo=UTC))


def test_p1_a_pack_bought_on_29_february_ends_on_28_february():
    assert TokenPack.purchase("A-1", 500, date(2024, 2, 29)).expires_at == datetime(2025, 2, 28, tzinfo=UTC)


def test_p1_a_pack_bought_on_28_february_before_a_leap_year_ends_on_28_february():
    assert TokenPack.purchase("A-1", 500, date(2023, 2, 28)).expires_at == datetime(2024, 2, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("months", "ends"), [(1, date(2026, 2, 28)), (2, date(2026, 3, 31)), (3, date(2026, 4, 30)), (36, date(2029, 1, 31))]
)
def test_p1_other_terms_are_calendar_months_too(months, ends):
    pack = TokenPack.purchase("A-1", 500, date(2026, 1, 31), months=months)
    assert pack.expires_at.date() == ends


def test_p1_the_day_of_purchase_begins_in_the_zone_that_the_caller_names():
    pack = TokenPack.purchase("A-1", 500, date(2026, 7, 1), months=6, zone=ZoneInfo("Europe/London"))
    assert pack.starts_at == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert pack.expires_at == datetime(2027, 1, 1, tzinfo=UTC)
    pack = TokenPack.purchase("A-1", 500, date(2026, 7, 1), zone=ZoneInfo("America/New_York"))
    assert pack.starts_at == datetime(2026, 7, 1, 4, tzinfo=UTC)


def test_p1_a_day_whose_midnight_the_clocks_leap_over_begins_at_the_leap():
    # In Beirut on 29 March 2026 the clocks go from 00:00 (22:00 UTC) to 01:00.
    pack = TokenPack.purchase("A-1", 500, date(2026, 3, 29), zone=ZoneInfo("Asia/Beirut"))
    assert pack.starts_at == datetime(2026, 3, 28, 22, tzinfo=UTC)


@pytest.mark.parametrize("on", [at(8), "2026-03-02", None])
def test_p1_a_purchase_is_on_a_date_and_not_at_an_instant(on):
    with pytest.raises(InvalidValueError, match="expected a date without a time of day"):
        TokenPack.purchase("A-1", 500, on)


@pytest.mark.parametrize("months", [0, -12])
def test_p1_a_pack_of_no_months_is_refused(months):
    with pytest.raises(InvalidValueError, match=r"months is .*expected one or more"):
        TokenPack.purchase("A-1", 500, date(2026, 3, 2), months=months)


def test_p7_the_price_currency_and_team_of_a_purchase_are_kept():
    pack = TokenPack.purchase("A-1", 33, date(2026, 6, 4), price=99, currency="USD", team="north")
    assert (pack.tokens, pack.price, pack.currency, pack.team) == (33, 99, "USD", "north")


@pytest.mark.parametrize("currency", ["usd", "US", "USDX", "US1", "", "ÜSD"])
def test_a_currency_is_three_capitals(currency):
    with pytest.raises(InvalidValueError, match="expected an ISO 4217 code such as USD"):
        TokenPack("A-1", 33, at(0), at(1), currency=currency)


@pytest.mark.parametrize("team", [None, "north"])
def test_p5_a_transfer_goes_to_another_team(team):
    with pytest.raises(InvalidValueError, match=r"to_team is .*expected another team than from_team"):
        Transfer(team, team, 10, at(0))
    assert Transfer(team, "south", 10, at(0), id="t").to_team == "south"


@pytest.mark.parametrize(
    "value",
    [
        Seat("ada", "revit", at(0)),
        TokenPack.purchase("A-1", 500, date(2026, 3, 2), price=1500, currency="USD"),
        Refund("x", 11, at(0), id="r"),
        Transfer("north", None, 10, at(0)),
    ],
)
def test_values_survive_pickling(value):
    again = pickle.loads(pickle.dumps(value))
    assert again == value
    assert hash(again) == hash(value)
