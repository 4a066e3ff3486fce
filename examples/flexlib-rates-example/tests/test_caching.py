from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flexlib import FormatError, RateProvider
from flexlib.testing import RateProviderSuite
from flexlib_rates_example import SHEET, ExampleRates
from flexlib_rates_example.caching import FetchedRates

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)


class Service:
    """Stands in for what fetches: it answers with the content that it has, or fails where it has none."""

    def __init__(self) -> None:
        self.content: bytes | None = SHEET.read_bytes()
        self.calls = 0

    def __call__(self) -> bytes:
        self.calls += 1
        if self.content is None:
            raise ConnectionError("the service is away")
        return self.content


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def rates(service: Service, tmp_path: Path) -> Callable[[datetime], FetchedRates]:
    """Make the provider at a time."""
    regions, groups = ExampleRates.regions, ExampleRates.region_groups
    return lambda at: FetchedRates("fetched", service, tmp_path / "cache", DAY, lambda: at, regions, groups)


class TestFetchedRates(RateProviderSuite):
    @pytest.fixture
    def rate_provider(self, rates: Callable[[datetime], FetchedRates]) -> RateProvider:
        return rates(MONDAY)


def test_the_sheet_is_fetched_once_in_the_time_given(service: Service, rates: Callable[[datetime], FetchedRates]) -> None:
    first = rates(MONDAY).rate_sheets(None)
    assert rates(MONDAY + DAY - timedelta(seconds=1)).rate_sheets(None) == first
    assert service.calls == 1


def test_a_sheet_of_that_age_is_fetched_anew(service: Service, rates: Callable[[datetime], FetchedRates]) -> None:
    rates(MONDAY).rate_sheets(None)
    service.content = SHEET.read_bytes().replace(b"example-2026", b"example-2027")
    assert [sheet.name for sheet in rates(MONDAY + DAY).rate_sheets(None)] == ["example-2027"]


def test_a_sheet_from_the_future_is_fetched_anew(service: Service, rates: Callable[[datetime], FetchedRates]) -> None:
    rates(MONDAY).rate_sheets(None)
    rates(MONDAY - DAY).rate_sheets(None)
    assert service.calls == 2


@pytest.mark.parametrize("answer", [None, b"<html>Please log in</html>", b""])
def test_the_kept_sheet_is_served_and_said_so_where_fetching_fails(
    answer: bytes | None, service: Service, rates: Callable[[datetime], FetchedRates], caplog: pytest.LogCaptureFixture
) -> None:
    kept = rates(MONDAY).rate_sheets(None)
    service.content = answer
    assert rates(MONDAY + 30 * DAY).rate_sheets(None) == kept
    assert "the rates of fetched are those fetched at 2026-03-02T08:00:00+00:00" in caplog.text


@pytest.mark.parametrize(("answer", "error"), [(None, ConnectionError), (b"<html>Please log in</html>", FormatError)])
def test_the_error_is_raised_where_no_sheet_was_kept(
    answer: bytes | None, error: type[Exception], service: Service, rates: Callable[[datetime], FetchedRates]
) -> None:
    service.content = answer
    with pytest.raises(error):
        rates(MONDAY).rate_sheets(None)


def test_a_kept_sheet_that_is_damaged_is_fetched_anew(rates: Callable[[datetime], FetchedRates]) -> None:
    provider = rates(MONDAY)
    sheets = provider.rate_sheets(None)
    provider.file.write_text("name = ")
    assert provider.rate_sheets(None) == sheets


def test_the_cache_folder_holds_the_sheet_and_nothing_else(service: Service, rates: Callable[[datetime], FetchedRates]) -> None:
    provider = rates(MONDAY)
    provider.rate_sheets(None)
    service.content = b"no sheet"
    rates(MONDAY + DAY).rate_sheets(None)
    assert list(provider.folder.iterdir()) == [provider.file]
