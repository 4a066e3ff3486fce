"""Use profiles: days charged by month beside the break-even of a seat. All seat prices are made up; 7 tokens and 3 a token are not."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from sample_values import PUBLISHED, at, result, session

from flexlib import Charge, InvalidTokensError, InvalidValueError, ReportedUse, charge_usage
from flexlib.planning import SeatOffer, UseBand, use_profiles

YEAR = date(2026, 1, 1)
MONTHLY = SeatOffer("monthly", "autocad", 250, months=1)
ANNUAL = SeatOffer("annual", "autocad", 2100)
THREE_YEARS = SeatOffer("three years", "autocad", 3781, months=36)
KOLKATA = ZoneInfo("Asia/Kolkata")


def days(month, number, *, tokens=7, user="ada", product="autocad", **more):
    """Return rows of the first days of a month of 2026."""
    return [ReportedUse(user, product, date(2026, month, day), tokens, **more) for day in range(1, number + 1)]


def year(number, **more):
    """Return rows of some days over 2026, from 1 January on."""
    return [ReportedUse("ada", "autocad", YEAR + timedelta(days=day), 7, **more) for day in range(number)]


def profiles(charges, *offers, **more):
    return use_profiles(charges, offers or [ANNUAL], **{"token_price": 3, "start": YEAR, **more})


def only(charges, *offers, **more):
    [profile] = profiles(charges, *offers, **more)
    return profile


def used(profile):
    """Return the months with use, as month, days and tokens."""
    return [(month.starts_on.isoformat()[:7], month.days, month.tokens) for month in profile.by_month if month.days]


def test_days_and_tokens_are_counted_by_month():
    profile = only([*days(3, 5), *days(5, 2), *days(12, 1)])
    assert used(profile) == [("2026-03", 5, 35), ("2026-05", 2, 14), ("2026-12", 1, 7)]
    assert [month.starts_on for month in profile.by_month] == [date(2026, month, 1) for month in range(1, 13)]
    assert (profile.days, profile.tokens, profile.token_cost) == (8, 56, 168)


@pytest.mark.parametrize(
    ("number", "band"),
    [
        (1, UseBand.OCCASIONAL),
        (49, UseBand.OCCASIONAL),
        (50, UseBand.REGULAR),
        (100, UseBand.REGULAR),
        (101, UseBand.HEAVY),
        (300, UseBand.HEAVY),
    ],
)
def test_use_is_occasional_below_half_the_break_even_and_heavy_above_it(number, band):
    profile = only(year(number))
    assert (profile.break_even_days, profile.band, profile.ratio) == (100, band, Fraction(number, 100))


def test_the_borders_of_the_bands_can_be_moved():
    assert only(year(60), occasional=Decimal("0.7")).band is UseBand.OCCASIONAL
    assert only(year(60), heavy=Decimal("0.59")).band is UseBand.HEAVY
    assert only(year(60), occasional=Decimal("0.6"), heavy=Decimal("0.6")).band is UseBand.REGULAR


def test_a_season_of_heavy_months_can_still_be_cheaper_on_tokens_over_the_year():
    season = [*days(4, 20), *days(5, 20), *days(6, 20)]
    profile = only(season, ANNUAL, MONTHLY)
    assert (profile.offer, profile.band, profile.break_even_days) == (ANNUAL, UseBand.REGULAR, 100)
    assert profile.seasonal
    assert [month.band for month in profile.by_month].count(UseBand.HEAVY) == 3
    assert profile.seat_months == (date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1))


def test_a_month_is_held_against_a_month_s_part_of_the_seat():
    profile = only([*days(1, 4), *days(2, 5), *days(3, 8), *days(4, 9)])
    assert [month.band.name for month in profile.by_month[:4]] == ["OCCASIONAL", "REGULAR", "REGULAR", "HEAVY"]


def test_even_use_is_not_seasonal_nor_is_use_that_is_heavy_over_the_term():
    assert not only([*days(1, 8), *days(2, 8)]).seasonal
    assert not only(year(150)).seasonal


def test_a_seat_for_a_month_pays_only_where_it_costs_less_than_the_month_s_tokens():
    equal = evolve(MONTHLY, price=252)
    assert only(days(4, 12), equal).seat_months == ()
    assert only(days(4, 13), equal).seat_months == (date(2026, 4, 1),)
    assert only(days(4, 13), ANNUAL).seat_months == ()


def test_the_cheapest_offer_a_month_is_compared_with():
    assert only(year(1), MONTHLY, ANNUAL, THREE_YEARS).offer == THREE_YEARS
    assert only(year(1), MONTHLY, ANNUAL).offer == ANNUAL
    profile = only(year(1), MONTHLY)
    assert (profile.offer, profile.break_even_days) == (MONTHLY, 142)


def test_a_third_of_a_price_is_exact_at_the_border():
    # A year's part of 3780 for three years is 1260, which is 60 days; 1260 and a third is still 60.
    assert only(year(60), evolve(THREE_YEARS, price=3780)).ratio == 1
    assert only(year(60), evolve(THREE_YEARS, price=3779)).band is UseBand.HEAVY
    third = only(year(60), THREE_YEARS)
    assert (third.band, third.break_even_days, third.ratio) == (UseBand.REGULAR, 60, Fraction(3780, 3781))


def test_of_offers_that_cost_the_same_a_month_the_shortest_term_goes_first():
    same = SeatOffer("same", "autocad", 175, months=1)
    assert only(year(1), ANNUAL, same).offer == same


def test_an_offer_for_a_collection_counts_at_its_full_price():
    collection = SeatOffer("collection", ("revit", "autocad"), 2000)
    assert [(one.product, one.offer) for one in profiles([*year(1), *days(1, 1, product="revit")], ANNUAL, collection)] == [
        ("autocad", collection),
        ("revit", collection),
    ]


def test_a_product_that_no_offer_covers_is_uncovered():
    profile = only(days(3, 20, product="maya"))
    assert (profile.band, profile.offer, profile.break_even_days, profile.ratio) == (UseBand.UNCOVERED, None, None, None)
    assert {month.band for month in profile.by_month} == {UseBand.UNCOVERED}
    assert (profile.days, profile.monthly_offer, profile.seasonal) == (20, None, False)


def test_where_tokens_cost_nothing_no_number_of_days_breaks_even():
    profile = only(year(200), token_price=0)
    assert (profile.break_even_days, profile.band, profile.token_cost) == (None, UseBand.OCCASIONAL, 0)


def test_any_use_is_heavy_beside_a_seat_that_costs_nothing():
    profile = only(year(1), evolve(ANNUAL, price=0))
    assert (profile.break_even_days, profile.band, profile.ratio) == (0, UseBand.HEAVY, None)


def test_results_are_not_what_a_seat_replaces():
    charges = charge_usage([session(at(8), at(9)), result(at(8), product="cfd"), result(at(9), user="bo")], PUBLISHED)
    assert [(one.user, one.product) for one in profiles(charges)] == [("ada", "autocad")]


def test_a_charge_of_zero_tokens_is_no_day_charged():
    profile = only([*days(3, 2), *days(4, 5, tokens=0)])
    assert (used(profile), profile.break_even_days) == ([("2026-03", 2, 14)], 100)
    assert only(days(4, 5, tokens=0)).days == 0


def test_the_day_of_a_computed_charge_is_that_of_the_zone():
    charges = [Charge("ada", "autocad", datetime(2026, 3, 31, 20, tzinfo=UTC), 7)]
    assert used(only(charges)) == [("2026-03", 1, 7)]
    assert used(only(charges, zone=KOLKATA)) == [("2026-04", 1, 7)]


def test_the_day_of_a_reported_charge_is_the_vendor_s_own_in_every_zone():
    assert used(only([ReportedUse("ada", "autocad", date(2026, 3, 31), 7)], zone=ZoneInfo("America/New_York"))) == [
        ("2026-03", 1, 7)
    ]
    assert used(only(days(4, 1), zone=ZoneInfo("America/New_York"))) == [("2026-04", 1, 7)]


def test_two_charges_of_one_local_day_are_one_day():
    # On 25 October 2026 London's day has 25 hours: a window that opens at its start ends within it.
    opens = datetime(2026, 10, 24, 23, tzinfo=UTC)
    charges = [Charge("ada", "autocad", opens + timedelta(hours=24 * number), 7) for number in range(2)]
    assert used(only(charges, zone=ZoneInfo("Europe/London"))) == [("2026-10", 1, 14)]


def test_the_tokens_of_all_teams_count_together():
    assert used(only([*days(3, 2, team="lab"), *days(3, 1, team="ops")])) == [("2026-03", 2, 21)]


def test_the_same_charge_given_twice_counts_once():
    assert only([*days(3, 2), *days(3, 2)]).tokens == 14


def test_a_break_even_at_changing_rates_is_that_of_the_mean_day():
    # 10 days at 7 and 20 at 8 are 230 tokens, 690 in money: 2100 is 91.3 such days.
    profile = only([*days(3, 10), *days(4, 20, tokens=8)])
    assert (profile.days, profile.break_even_days, profile.ratio) == (30, 91, Fraction(690, 2100))


def test_the_term_ends_with_the_month_of_the_last_charge_unless_told():
    rows = [
        ReportedUse("ada", "autocad", date(2025, 3, 31), 7),
        *days(2, 1, user="bo"),
        *days(2, 1),
        ReportedUse("ada", "autocad", date(2025, 2, 28), 7),
    ]
    ada, bo = profiles(rows, start=None)
    assert (ada.by_month[0].starts_on, ada.by_month[-1].starts_on) == (date(2025, 3, 1), date(2026, 2, 1))
    assert used(ada) == [("2025-03", 1, 7), ("2026-02", 1, 7)]
    assert used(bo) == [("2026-02", 1, 7)]


def test_charges_outside_of_the_term_play_no_part():
    rows = [ReportedUse("ada", "autocad", day, 7) for day in (date(2025, 12, 31), YEAR, date(2026, 12, 31), date(2027, 1, 1))]
    assert used(only(rows)) == [("2026-01", 1, 7), ("2026-12", 1, 7)]
    assert profiles(rows[:1]) == []


def test_months_are_counted_from_the_first_day_of_the_term():
    profile = only([*days(2, 28), *days(3, 31)], start=date(2026, 1, 31), months=2)
    assert [(month.starts_on, month.days) for month in profile.by_month] == [(date(2026, 1, 31), 27), (date(2026, 2, 28), 31)]


def test_a_shorter_term_is_held_against_its_part_of_the_seat():
    profile = only(days(3, 20), start=date(2026, 3, 1), months=1)
    assert (profile.break_even_days, profile.band, len(profile.by_month)) == (8, UseBand.HEAVY, 1)


def test_no_charges_have_no_profiles():
    assert profiles([]) == profiles([], start=None) == profiles([], MONTHLY, ANNUAL) == []


def test_profiles_go_by_user_and_product():
    rows = [*days(3, 1, user="bo"), *days(3, 1, product="revit"), *days(3, 1)]
    assert [(one.user, one.product) for one in profiles(rows)] == [("ada", "autocad"), ("ada", "revit"), ("bo", "autocad")]


def test_results_do_not_depend_on_the_caller_s_decimal_context():
    with localcontext() as context:
        context.prec = 2
        profile = only([*year(101)])
        assert (profile.tokens, profile.token_cost, profile.band) == (707, 2121, UseBand.HEAVY)


@pytest.mark.parametrize(("currency", "named"), [("EUR", "EUR, USD"), (None, "USD, none")])
def test_offers_in_several_currencies_are_refused(currency, named):
    offers = [evolve(ANNUAL, currency="USD"), evolve(MONTHLY, currency=currency)]
    with pytest.raises(InvalidValueError, match=f"currency is '{named}'"):
        profiles([], *offers)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"months": 0}, "months is 0: expected a whole number, one or more"),
        ({"months": 100_000}, "months is 'counted from 2026-01-01': expected a term within the years 1 to 9999"),
        ({"occasional": 2}, "occasional is 2: expected no more than heavy, which is 1"),
        ({"start": datetime(2026, 1, 1, tzinfo=UTC)}, "day is .*: expected a date without a time of day"),
    ],
)
def test_a_term_and_borders_that_cannot_be_meant_are_refused(more, message):
    with pytest.raises(InvalidValueError, match=message):
        profiles(year(1), **more)


@pytest.mark.parametrize("more", [{"token_price": 1.5}, {"token_price": -1}, {"occasional": 0.5}, {"heavy": 0}])
def test_amounts_are_exact(more):
    with pytest.raises(InvalidTokensError):
        profiles(year(1), **more)


def test_what_is_no_charge_is_refused():
    with pytest.raises(InvalidValueError, match="charges, or rows of the vendor's report"):
        profiles([session(at(8), at(9))])


def test_the_offer_that_costs_least_a_month_is_told_apart_to_the_cent():
    offers = [SeatOffer("a", "autocad", Decimal("250.90"), months=1), SeatOffer("b", "autocad", Decimal("250.40"), months=1)]
    assert only(days(3, 5), *offers).offer.name == "b"


@pytest.mark.parametrize("name", "abcdefghijkl")
def test_of_offers_that_differ_in_their_number_only_the_unlimited_one_is_compared(name):
    assert only(days(3, 5), *(SeatOffer(name, "autocad", 250, at_most=number) for number in (2, None, 1))).offer.at_most is None
