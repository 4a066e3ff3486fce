from datetime import UTC, datetime

import pytest

from flexlib import ChargeBasis, RateProvider, load_plugins, load_rates
from flexlib.testing import RateProviderSuite
from flexlib_rates_example import ExampleRates

SPRING = datetime(2026, 3, 2, 8, tzinfo=UTC)


class TestExampleRates(RateProviderSuite):
    @pytest.fixture
    def rate_provider(self) -> RateProvider:
        return ExampleRates()


def test_flexlib_finds_the_plugin() -> None:
    assert [provider.name for provider in load_plugins(only=["example"], strict=True).providers] == ["example"]


@pytest.mark.parametrize(("region", "tokens"), [(None, 4), ("FR", 4), ("GB", 6), ("DACH", 5), ("AT", 5), ("CH", 5), ("DE", 5)])
def test_a_region_has_its_own_rate_or_that_of_its_group_or_that_for_everywhere(region: str | None, tokens: int) -> None:
    assert load_rates(only=["example"], strict=True).rate("widget-studio", SPRING, region).tokens == tokens


def test_a_later_rate_leaves_the_earlier_one_as_it_was() -> None:
    book = load_rates(only=["example"], strict=True)
    assert book.rate("widget-studio", datetime(2025, 12, 31, tzinfo=UTC)).tokens == 3


def test_a_rendering_is_charged_by_the_result() -> None:
    assert load_rates(only=["example"], strict=True).rate("widget-render", SPRING).basis is ChargeBasis.PER_RESULT
