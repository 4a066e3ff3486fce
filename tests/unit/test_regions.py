"""Regions: a country's own rate, its groups' and everywhere's, and regions that no one serves (rule R2)."""

from datetime import UTC, date, datetime

import pytest
from plugin_factory import PluginSite, provider

from flexlib import InvalidValueError, Rate, RateBook, RateConflictError, RateSheet, UnknownRegionError, load_plugins, load_rates

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
GROUPS = {"EMEA": ["GB", "DE", "FR", "ZA"], "DACH": ["AT", "CH", "DE"]}


def sheet(name, *rates):
    return RateSheet(name, [Rate("revit", tokens, effective_from=date(2021, 12, 21), region=region) for tokens, region in rates])


def tokens(book, region=None):
    return book.rate("revit", MONDAY, region).tokens


def test_r2_a_regions_own_rate_goes_before_its_groups_and_that_before_everywheres():
    book = RateBook([sheet("s", (10, None), (9, "EMEA"), (8, "GB"))], groups=GROUPS)
    assert [tokens(book, region) for region in ("GB", "FR", "US", "EMEA", None)] == [8, 9, 10, 9, 10]


def test_r2_of_two_groups_the_smaller_goes_first():
    book = RateBook([sheet("s", (10, None), (9, "EMEA"), (7, "DACH"))], groups=GROUPS)
    assert [tokens(book, region) for region in ("DE", "ZA", "CH")] == [7, 9, 7]


def test_r2_a_groups_rate_ends_where_the_regions_own_begins():
    own = Rate("revit", 8, effective_from=date(2026, 3, 3), region="GB")
    book = RateBook([RateSheet("s", [*sheet("s", (9, "EMEA")).rates, own])], groups=GROUPS)
    assert book.in_force("revit", MONDAY, "GB") == (book.rate("revit", MONDAY, "GB"), datetime(2026, 3, 3, tzinfo=UTC))
    assert tokens(book, "GB") == 9


@pytest.mark.parametrize("groups", [{"EMEA": ["Germany"]}, {"EMEA": []}, {"DE": ["FR"]}, {"EMEA": "GERMANY"}])
def test_a_group_is_of_iso_3166_codes_under_a_name_that_is_no_countrys(groups):
    with pytest.raises(InvalidValueError, match="ISO 3166-1 alpha-2"):
        RateBook([], groups=groups)


def test_a_group_of_one_country_may_be_given_as_its_code():
    assert RateBook([], groups={"HOME": "GB"}).groups == {"HOME": frozenset({"GB"})}


def test_r3_precedence_may_be_stated_for_one_region_only():
    sheets = [sheet("a", (10, None), (9, "GB")), sheet("b", (11, None), (8, "GB"))]
    book = RateBook(sheets, precedence=["b@GB"])
    assert tokens(book, "GB") == 8
    with pytest.raises(RateConflictError):
        tokens(book)
    with pytest.raises(InvalidValueError, match="precedence is 'c@GB'"):
        RateBook(sheets, precedence=["c@GB"])


def test_r3_the_book_remembers_which_rate_lost_and_why():
    book = RateBook([sheet("a", (10, None)), sheet("b", (11, None))], precedence=["b"])
    [conflict] = book.conflicts
    assert (conflict.winner.tokens, [rate.tokens for rate in conflict.losers]) == (11, [10])
    assert conflict.reason.startswith("the precedence trusts sheet b most")
    assert "10 tokens a day" in str(conflict)
    assert "11 tokens a day" in str(conflict)


def test_r3_an_undecided_conflict_has_no_loser_and_says_that_it_is_undecided():
    [conflict] = RateBook([sheet("a", (10, "GB")), sheet("b", (11, "GB"))]).conflicts
    assert (conflict.winner, conflict.losers) == (None, ())
    assert "undecided" in conflict.reason
    assert str(conflict).startswith("revit in GB from 2021-12-21")


def test_r3_a_conflict_says_when_it_ends():
    ending = Rate("revit", 11, effective_from=date(2021, 12, 21), effective_until=date(2022, 6, 1))
    [conflict] = RateBook([sheet("a", (10, None)), RateSheet("b", [ending])]).conflicts
    assert str(conflict).startswith("revit in every region from 2021-12-21 until 2022-06-01")


@pytest.mark.parametrize(("everywhere", "nearest"), [([(10, None)], ("NZ",)), ([], ())])
def test_r2_a_country_is_among_the_nearest_names_only_where_a_rate_for_everywhere_serves_it(everywhere, nearest):
    with pytest.raises(UnknownRegionError) as caught:
        RateBook([sheet("s", (9, "EMEA"), *everywhere)]).check_region("nzx")
    assert caught.value.nearest == nearest


def test_r2_a_region_that_no_one_serves_is_named_with_the_three_nearest_at_most():
    with pytest.raises(UnknownRegionError) as caught:
        RateBook([sheet("s", *[(9, name) for name in ("north", "north 1", "north 12", "north 123")])]).check_region("North 12x")
    assert caught.value.nearest == ("north 12", "north 123", "north 1")


@pytest.fixture
def site(tmp_path, monkeypatch):
    return PluginSite(tmp_path, monkeypatch)


EMEA = 'return [Provider()]\n\nProvider.region_groups = {"EMEA": ["GB", "DE"]}'


def test_r2_a_provider_may_name_groups_and_their_countries_are_served(site):
    site.install("grouped", provider("Grouped", sheets='return [sheet(7, region="EMEA"), sheet(9, "maya")]', providers=EMEA))
    book = load_rates(only=site.names, region="DE")
    assert book.rate("autocad", MONDAY, "DE").tokens == 7
    assert load_plugins(only=site.names).groups == {"EMEA": frozenset({"GB", "DE"})}


def test_r2_asking_for_a_region_that_no_one_serves_names_the_nearest(site):
    site.install("grouped", provider("Grouped", sheets='return [sheet(7, region="EMEA")]', providers=EMEA))
    with pytest.raises(UnknownRegionError, match="no one serves the region 'EMAE'; did you mean EMEA"):
        load_rates(only=site.names, region="EMAE")
    with pytest.raises(UnknownRegionError) as caught:
        load_rates(only=site.names, region="US")
    assert caught.value.served == ("DE", "EMEA", "GB")


def test_r2_rates_for_everywhere_serve_every_country_and_no_other_name(site):
    site.install("everywhere", provider("Everywhere"))
    assert load_rates(only=site.names, region="NZ").rate("autocad", MONDAY, "NZ").tokens == 7
    with pytest.raises(UnknownRegionError):
        load_rates(only=site.names, region="Middle-earth")


@pytest.mark.parametrize("groups", ["['EMEA']", "{'EMEA': ['Germany']}"])
def test_a_provider_with_groups_that_are_none_is_a_failure(site, groups):
    source = provider("Wrong", providers=f"return [Provider()]\n\nProvider.region_groups = {groups}")
    site.install("wrong", source)
    [failure] = load_plugins(only=site.names).failures
    assert failure.stage == "flexlib_rate_providers"
