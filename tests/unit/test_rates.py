"""Rates, their sources and the sheets that hold them (rules R1 to R3)."""

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError
from sample_values import at, rate

from flexlib import ChargeBasis, InvalidValueError, Rate, RateConflictError, RateSheet, Source


def test_r3_a_source_says_who_where_and_as_of_when():
    assert str(Source("Autodesk", "rate sheet", date(2024, 9, 1))) == "Autodesk, rate sheet (as of 2024-09-01)"
    assert str(Source("Autodesk", "rate sheet")) == "Autodesk, rate sheet"


def test_r1_a_plain_date_means_midnight_utc():
    revit = Rate("revit", 10, effective_from=date(2021, 9, 24), effective_until=date(2022, 1, 1))
    assert revit.effective_from == datetime(2021, 9, 24, tzinfo=UTC)
    assert revit.effective_until == datetime(2022, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("until", [at(8), at(7)])
def test_r1_a_rate_that_ends_before_or_as_it_begins_is_refused(until):
    with pytest.raises(InvalidValueError, match=r"effective_until is .*expected an instant after effective_from"):
        Rate("revit", 10, effective_from=at(8), effective_until=until)


def test_c11_a_rate_may_be_zero():
    assert rate("viewer", 0).tokens == 0


def test_c10_a_rate_may_be_a_fraction_a_result():
    half = rate("derivative", Decimal("0.50"), basis=ChargeBasis.PER_RESULT)
    assert str(half) == "0.5 tokens a result from 2021-12-21 (no sheet; no source)"


def test_a_rate_in_words_names_its_sheet_and_its_source():
    (revit,) = RateSheet("2021", [rate("revit", 10, provider="IMAGINiT")]).rates
    assert str(revit) == "10 tokens a day from 2021-12-21 (sheet 2021; IMAGINiT, price list)"


def test_r1_a_sheet_writes_its_name_on_its_rates_which_stay_equal():
    revit = rate("revit", 10)
    sheet = RateSheet("2021", iter([revit]))
    assert sheet.rates == (revit,)
    assert (revit.sheet, sheet.rates[0].sheet) == (None, "2021")
    assert evolve(sheet, name="2022").rates[0].sheet == "2022"
    assert hash(sheet.rates[0]) == hash(revit)


def test_r1_a_later_rate_of_a_sheet_follows_an_earlier_one_without_overlap():
    later = rate("revit", 11, date(2023, 1, 1))
    RateSheet("ended in time", [later, rate("revit", 10, effective_until=date(2023, 1, 1))])
    RateSheet("left open", [later, rate("revit", 10)])
    RateSheet("in another region", [later, rate("revit", 10, date(2023, 1, 1), region="EU")])
    RateSheet("of another product", [later, rate("maya", 10, date(2023, 1, 1))])


@pytest.mark.parametrize("region", [None, "EU"])
@pytest.mark.parametrize(
    "first",
    [rate("revit", 10, date(2023, 1, 1)), rate("revit", 10, effective_until=datetime(2023, 1, 1, 0, 0, 1, tzinfo=UTC))],
    ids=["begins at one instant", "ends after the next begins"],
)
def test_r3_a_sheet_that_contradicts_itself_is_refused_and_both_rates_are_named(first, region):
    with pytest.raises(RateConflictError) as caught:
        RateSheet("2021", [rate("revit", 11, date(2023, 1, 1), region=region), evolve(first, region=region)])
    ten, eleven = sorted(caught.value.sides)
    assert ten.startswith("10 tokens a day from ")
    assert eleven == "11 tokens a day from 2023-01-01 (sheet 2021; no source)"
    assert (caught.value.product, caught.value.region, caught.value.at) == ("revit", region, datetime(2023, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("name", ["", " ", None])
def test_a_sheet_has_a_name(name):
    with pytest.raises(InvalidValueError, match="expected a name that is not blank"):
        RateSheet(name, [])


def test_a_sheet_continues_the_history_of_its_only_provider_else_its_own():
    vendor, reseller, nobody = rate("revit", 10, provider="Autodesk"), rate("maya", 6, provider="IMAGINiT"), rate("mudbox", 1)
    assert RateSheet("2021", [vendor, evolve(vendor, product="maya")]).history == "Autodesk"
    assert RateSheet("2021", [vendor, reseller]).history == "2021"
    assert RateSheet("2021", [nobody]).history == "2021"
    assert RateSheet("2021", []).history == "2021"


def test_sheets_and_rates_are_frozen_and_survive_pickling():
    sheet = RateSheet("2021", [rate("revit", 10, provider="Autodesk", region="EU")])
    again = pickle.loads(pickle.dumps(sheet))
    assert again == sheet
    assert hash(again) == hash(sheet)
    assert again.rates[0].sheet == "2021"
    with pytest.raises(FrozenInstanceError):
        sheet.name = "2022"
    with pytest.raises(FrozenInstanceError):
        sheet.rates[0].tokens = Decimal(1)


def test_r2_a_blank_region_is_refused_and_none_means_everywhere():
    with pytest.raises(InvalidValueError, match="region"):
        Rate("revit", 10, effective_from=date(2021, 12, 21), region="")


def test_r2_a_sheet_for_a_region_has_its_own_rates_its_groups_and_everywheres():
    rates = [
        Rate("revit", tokens, effective_from=date(2021, 12, 21), region=region)
        for tokens, region in enumerate([None, "DACH", "DE", "GB"])
    ]
    sheet = RateSheet("s", rates)
    assert [rate.region for rate in sheet.for_region("DE", {"DACH": ["AT", "CH", "DE"]}).rates] == [None, "DACH", "DE"]
    assert [rate.region for rate in sheet.for_region("FR").rates] == [None]
    assert sheet.for_region(None) == sheet
