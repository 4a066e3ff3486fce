"""One bulk price, nothing in hand and no lead time is the newsvendor's case: held against the package stockpyl.

stockpyl fixes an old Sphinx, so it runs in an environment of its own: ``tox run -e stockpyl``. Where it is not installed, these tests
are skipped.
"""

from collections import Counter
from datetime import UTC, datetime
from importlib.util import find_spec
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexlib.planning import PackOffer, plan_purchase

pytestmark = [
    pytest.mark.skipif(find_spec("stockpyl") is None, reason="stockpyl is not installed: run tox -e others"),
    pytest.mark.filterwarnings("ignore"),  # the warnings are those of stockpyl and of what it imports
]

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
TOP_UP = 40
DAYS = 31


def plan(totals, price, *, size=1):
    """Plan a purchase at one bulk price where each path needs a total within the life of a pack."""
    demand = [[total, *[0] * (DAYS - 1)] for total in totals]
    offers = [PackOffer("bulk", size, price * size, months=1), PackOffer("top-up", 1000, TOP_UP * 1000, months=1)]
    return plan_purchase(demand, offers, at=AT)


def newsvendor(totals, price):
    """Return stockpyl's best stock and its cost beyond the price of the demand itself: what a token too much and too few cost."""
    from stockpyl.newsvendor import newsvendor_discrete

    shares = {total: count / len(totals) for total, count in Counter(totals).items()}
    return newsvendor_discrete(price, TOP_UP - price, demand_pmf=shares)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=12), st.integers(1, TOP_UP - 1))
def test_the_average_cost_is_the_newsvendors_and_what_the_demand_costs_in_bulk(totals, price):
    mean = sum(totals) / len(totals)
    best = plan(totals, price)
    _, cost = newsvendor(totals, price)
    assert float(best.expected_cost) == pytest.approx(cost + price * mean, abs=0.0051)


@given(st.lists(st.integers(1, 60), min_size=7, max_size=7), st.integers(1, TOP_UP - 1))
def test_the_tokens_are_the_newsvendors_quantile(totals, price):
    # seven paths: at no whole price is the critical ratio a share of them, so that rounding decides nothing
    stock, _ = newsvendor(totals, price)
    assert plan(totals, price).tokens == plan(totals, price).quantile == stock


@pytest.mark.parametrize("price", [30, 36, 38])
def test_for_normal_demand_the_tokens_are_the_newsvendors_within_the_spacing_of_the_paths(price):
    from stockpyl.newsvendor import newsvendor_normal

    paths = 400
    normal = NormalDist(10_000, 2_000)
    totals = [round(normal.inv_cdf((number + 0.5) / paths)) for number in range(paths)]
    stock, _ = newsvendor_normal(price, TOP_UP - price, 10_000, 2_000)
    assert plan(totals, price).critical_ratio == pytest.approx((TOP_UP - price) / TOP_UP)
    assert float(plan(totals, price).tokens) == pytest.approx(stock, abs=30)


def test_ten_percent_off_buys_the_tokens_each_of_which_one_is_at_least_ninety_percent_sure_to_use():
    totals = range(100, 200)
    best = plan(totals, 36)
    assert best.tokens == 109
    assert sum(total >= best.tokens for total in totals) == 91
    assert newsvendor(list(totals), 36)[0] in (109, 110)  # on the very quantile stockpyl's floats decide
