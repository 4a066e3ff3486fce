"""The rate book of all installed providers."""

from datetime import UTC, datetime

import pytest
from plugin_factory import PluginSite, provider

from flexlib import InvalidValueError, PluginLoadError, PluginWarning, RateConflictError, RateNotFoundError, load_rates

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
REGIONAL = "return [sheet(7), *([sheet(6, region=region)] if region else [])]"


@pytest.fixture
def site(tmp_path, monkeypatch):
    return PluginSite(tmp_path, monkeypatch)


def test_a_rate_of_an_installed_provider_is_found_with_its_sheet_and_source(site):
    site.install("prices", provider("Autodesk"))
    rate = load_rates(only=site.names).rate("autocad", MONDAY)
    assert (rate.tokens, rate.sheet, rate.source.provider) == (7, "Autodesk sheet", "Autodesk")


def test_r3_two_providers_that_disagree_are_a_conflict_and_none_wins_by_its_name(site):
    site.install("first", provider("First", sheets="return [sheet(5)]"))
    site.install("second", provider("Second", sheets="return [sheet(7)]"))
    book = load_rates(only=site.names)
    [conflict] = book.conflicts
    assert sorted(rate.tokens for rate in conflict.rates) == [5, 7]
    with pytest.raises(
        RateConflictError,
        match=r"5 tokens .*First sheet.* 7 tokens .*Second sheet|7 tokens .*Second sheet.* 5 tokens .*First sheet",
    ):
        book.rate("autocad", MONDAY)


@pytest.mark.parametrize(("trusted", "tokens"), [("First", 5), ("Second", 7), ("Second sheet", 7)])
def test_r3_precedence_says_which_provider_or_sheet_to_trust(site, trusted, tokens):
    site.install("first", provider("First", sheets="return [sheet(5)]"))
    site.install("second", provider("Second", sheets="return [sheet(7)]"))
    book = load_rates(only=site.names, precedence=[trusted])
    assert book.precedence == (trusted,)
    assert book.rate("autocad", MONDAY).tokens == tokens


def test_precedence_that_names_no_sheet_and_no_provider_is_refused(site):
    site.install("prices", provider("Autodesk"))
    with pytest.raises(InvalidValueError, match="precedence is 'Autodsk': expected a sheet or provider of the book"):
        load_rates(only=site.names, precedence=["Autodsk"])


def test_r2_the_region_is_passed_to_the_providers(site):
    site.install("prices", provider("Autodesk", sheets=REGIONAL))
    everywhere, emea = load_rates(only=site.names), load_rates(only=site.names, region="EMEA")
    assert everywhere.rate("autocad", MONDAY, "EMEA").tokens == 7
    assert emea.rate("autocad", MONDAY, "EMEA").tokens == 6
    assert emea.rate("autocad", MONDAY).tokens == 7


def test_each_plugin_that_failed_is_named_in_a_warning_at_the_callers_line_and_the_good_one_serves(site):
    site.install("absent", "import no_module_of_this_name")
    site.install("good", provider("Good"))
    site.install("moody", provider("Moody", sheets="raise ValueError('not today')"))
    with pytest.warns(PluginWarning) as warned:
        book = load_rates(only=site.names)
    assert [str(warning.message) for warning in warned] == [
        "plugin 'absent' of flexlib-absent 1.0 failed at import: ModuleNotFoundError: No module named 'no_module_of_this_name'",
        "plugin 'moody' of flexlib-moody 1.0 failed at rate_sheets: ValueError: not today",
    ]
    assert {warning.filename for warning in warned} == {__file__}
    assert book.rate("autocad", MONDAY).tokens == 7


def test_strict_raises_at_a_plugin_that_does_not_load_and_at_one_that_gives_no_sheets(site):
    site.install("moody", provider("Moody", sheets="raise ValueError('not today')"))
    with pytest.raises(PluginLoadError, match="failed at rate_sheets: ValueError: not today"):
        load_rates(only=site.names, strict=True)
    site.install("absent", "import no_module_of_this_name")
    with pytest.raises(PluginLoadError, match="failed at import"):
        load_rates(only=site.names, strict=True)


def test_a_blocked_plugin_brings_neither_rates_nor_warnings(site):
    site.install("good", provider("Good"))
    site.install("broken", "raise RuntimeError('it was loaded')")
    book = load_rates(only=site.names, block=["broken"])
    assert [sheet.name for sheet in book.sheets] == ["Good sheet"]


def test_without_any_provider_the_book_is_empty_and_says_so_when_asked():
    book = load_rates(only=["files"])
    assert book.sheets == ()
    with pytest.raises(RateNotFoundError, match="no sheet names that product"):
        book.rate("autocad", MONDAY)
