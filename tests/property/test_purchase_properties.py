"""What holds of every plan of token packs, whatever the demand, the offers and the tokens in hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import naive_purchase as naive
import numpy as np
import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from flexlib import TokenPack, settle
from flexlib.planning import PackOffer, plan_purchase

TODAY = date(2026, 1, 20)
AT = datetime(2026, 1, 20, 9, tzinfo=UTC)
DAYS = 120


@frozen
class Case:
    """What a purchase is planned from."""

    demand: list[list[int]]
    offers: list[PackOffer]
    held: list[TokenPack]
    lead: int
    cost: int | None
    service: Decimal

    def plan(self, **changes):
        """Return its plan."""
        given = evolve(self, **changes)
        return plan_purchase(
            given.demand,
            given.offers,
            at=AT,
            ledger=settle([], given.held) if given.held else None,
            lead_time_days=given.lead,
            blocked_day_cost=given.cost,
            service=given.service,
        )

    @property
    def token_price(self):
        return max(Fraction(offer.price) / Fraction(offer.tokens) for offer in self.offers if offer.at_most is None)

    def naive_lots(self):
        """Return the packs in hand as the naive model writes them."""
        days = [((pack.expires_at.date() - TODAY).days, max(0, (pack.starts_at.date() - TODAY).days)) for pack in self.held]
        return [[end, int(pack.tokens), start, int(pack.tokens), False] for pack, (end, start) in zip(self.held, days, strict=True)]


def demand_paths(days=DAYS):
    """Paths that repeat a few days over and over, some shifted and scaled."""
    week = st.lists(st.integers(0, 4), min_size=4, max_size=8).filter(any)
    path = st.tuples(week, st.integers(1, 3)).map(lambda drawn: [drawn[1] * drawn[0][day % len(drawn[0])] for day in range(days)])
    return st.lists(path, min_size=1, max_size=5)


@st.composite
def offer_lists(draw, lives=(1,), limited=True):
    """Up to three sizes of which the larger mostly cost less a token; one may always be bought in any number."""
    sizes = draw(st.lists(st.sampled_from([60, 90, 100, 150, 240]), min_size=1, max_size=3, unique=True))
    offers = []
    for size in sizes:
        at_most = draw(st.sampled_from([None, None, 1, 2])) if limited and offers else None
        price = size * draw(st.sampled_from([5, 15, 24, 27, 28, 29, 30, 30])) // 10
        offers.append(PackOffer(str(size), size, price, months=draw(st.sampled_from(lives)), at_most=at_most))
    return offers


@st.composite
def held_packs(draw):
    """Up to two packs in hand, some of which start later."""
    count = draw(st.integers(0, 2))
    return [
        TokenPack.purchase(
            f"held {number}",
            draw(st.sampled_from([20, 60, 80])),
            TODAY + timedelta(days=draw(st.sampled_from([-20, -5, 0, 12]))),
            months=1,
        )
        for number in range(count)
    ]


@st.composite
def cases(draw, lives=(1,), leads=(0, 0, 3, 6)):
    """Cases of a purchase."""
    return Case(
        draw(demand_paths()),
        draw(offer_lists(lives)),
        draw(held_packs()),
        draw(st.sampled_from(leads)),
        draw(st.sampled_from([None, 0, 15, 200])),
        draw(st.sampled_from([Decimal("0.5"), Decimal("0.75"), Decimal("0.95")])),
    )


def arrival(case):
    """Return the day on which packs arrive: the safe day, or the lead time."""
    return max(case.lead, naive.safe_day(case.demand, case.naive_lots(), Fraction(case.service)))


def cents(value):
    return Decimal(round(value * 100)).scaleb(-2)


def terms(case, plan):
    """Return what the naive model has to know of a case."""
    return {
        "arrival": arrival(case),
        "lead": case.lead,
        "token_price": case.token_price,
        "blocked_day_cost": case.cost,
        "service": case.service,
        "reorder_point": int(plan.reorder_point),
    }


@given(cases(lives=(1, 2)))
def test_no_combination_of_packs_does_better_than_the_plan(case):
    plan = case.plan()
    best = min(naive.every_outcome(case.demand, case.naive_lots(), case.offers, TODAY, **terms(case, plan)))
    option = plan.options[0]
    assert (option.expected_cost, option.tokens, option.reaches_service) == (cents(best.cost), best.tokens, not best.fails)


@given(cases(lives=(1, 2), leads=(0, 3, 6)))
def test_the_figures_of_each_option_are_those_of_its_days_lived_through(case):
    plan = case.plan()
    term = [path[: (plan.until - TODAY).days] for path in case.demand]
    for option in plan.options:
        order = [naive.ordered(count.count, count.offer, TODAY, arrival(case)) for count in option.packs]
        known = naive.outcome(term, case.naive_lots(), order, **terms(case, plan))
        assert (option.expected_cost, option.tokens, option.price) == (cents(known.cost), known.tokens, known.price)
        assert (option.top_up_tokens, option.left_to_expire.tokens) == (cents(known.short), cents(known.unused))
        assert (option.blocked_days, option.reaches_service) == (cents(known.blocked), not known.fails)


@given(cases(lives=(1, 2)))
def test_p2_what_is_short_and_what_expires_is_what_the_ledger_says_of_the_same_days(case):
    plan = case.plan()
    for option in (plan.options[0], plan.options[-1]):
        counts = {count.offer.name: count.count for count in option.packs}
        bought = naive.new_packs(
            [counts.get(offer.name, 0) for offer in case.offers], case.offers, TODAY + timedelta(arrival(case))
        )
        length = (plan.until - TODAY).days
        lives = [naive.live_with_settle(path[:length], [*case.held, *bought], TODAY) for path in case.demand]
        short = Fraction(sum(sum(life.short) for life in lives)) / len(lives)
        unused = [Fraction(life.unused) for life in lives]
        assert option.top_up_tokens == cents(short)
        assert option.left_to_expire.tokens == cents(sum(unused) / len(lives))
        assert option.left_to_expire.probability == sum(map(bool, unused)) / len(lives)
        lacks = [naive.first_lack(life) for life in lives]
        for day in (0, 5, 20, length):
            early = sum(lack is not None and lack < day for lack in lacks)
            assert option.runs_out_before(TODAY + timedelta(day)) == early / len(lives)


@given(cases())
def test_the_order_arrives_on_the_latest_day_until_which_the_tokens_in_hand_are_sure_enough_to_last(case):
    plan = case.plan()
    for purchase in plan.purchases:
        assert purchase.arrives == TODAY + timedelta(arrival(case))
        assert purchase.on == purchase.arrives - timedelta(case.lead)


@given(cases(lives=(1, 2)))
def test_the_next_order_is_due_the_lead_time_before_the_new_packs_and_those_in_hand_are_sure_enough_to_last(case):
    plan, day = case.plan(), arrival(case)
    counts = {count.offer.name: count.count for count in plan.options[0].packs}
    bought = naive.new_packs([counts.get(offer.name, 0) for offer in case.offers], case.offers, TODAY + timedelta(day))
    length = (plan.until - TODAY).days
    lots = case.naive_lots() + [
        [(pack.expires_at.date() - TODAY).days, int(pack.tokens), day, int(pack.tokens), True] for pack in bought
    ]
    lacks = [[0] * day + naive.live(path[:length], lots).short[day:] for path in case.demand]
    lasting = [sum(not any(short[:end]) for short in lacks) for end in range(length + 1)]
    last = max(end for end in range(length + 1) if lasting[end] >= case.service * len(lacks))
    assert plan.reorder_on == TODAY + timedelta(max(0, last - case.lead))


@given(cases())
def test_the_reorder_point_is_the_demand_of_the_lead_time_and_a_day_that_enough_paths_stay_within(case):
    length = (date(2026, 2, 20 + case.lead) - TODAY).days
    ahead = [path[:length] for path in case.demand]
    assert case.plan().reorder_point == naive.lead_time_demand(ahead, case.lead + 1, Fraction(case.service))


@given(cases(), st.integers(0, 5), st.sampled_from([Decimal("0.5"), Decimal("0.8"), Decimal("0.99")]))
def test_a_longer_lead_time_and_a_higher_service_never_lower_the_reorder_point(case, more, service):
    point = case.plan().reorder_point
    assert case.plan(lead=case.lead + more).reorder_point >= point
    assert case.plan(service=max(service, case.service)).reorder_point >= point


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_paths_offers_and_packs_makes_no_difference(case, random):
    other = {"demand": case.demand, "offers": case.offers, "held": case.held}
    shuffled = {name: random.sample(values, len(values)) for name, values in other.items()}
    assert case.plan(**shuffled) == case.plan()


@given(cases())
def test_paths_given_twice_or_as_an_array_of_floats_and_days_after_the_term_make_no_difference(case):
    plan = case.plan()
    assert figures(case.plan(demand=case.demand * 2)) == figures(plan)
    array = np.array(case.demand, dtype=np.float64)
    assert case.plan(demand=array) == plan
    assert case.plan(demand=array[:, : (plan.until - TODAY).days]) == plan


def figures(plan):
    """Return a plan without its runs of days, of which there are as many as paths."""
    options = [(option.packs, option.expected_cost, option.left_to_expire) for option in plan.options]
    return (plan.purchases, plan.quantile, plan.reorder_point, plan.reorder_on, plan.why, options)


@given(demand_paths(), held_packs(), st.lists(st.integers(1, 30), min_size=2, max_size=2), st.sampled_from([1, 30, 100]))
def test_a_larger_discount_never_buys_fewer_tokens(demand, held, prices, size):
    top_up = PackOffer("one", 1, 30, months=1)
    tokens = []
    for price in sorted(prices, reverse=True):
        offers = [top_up, PackOffer("bulk", size, size * price, months=1)] if size > 1 or price < 30 else [top_up]
        case = Case(demand, offers, held, 0, None, Decimal("0.9"))
        tokens.append(case.plan().tokens)
    assert tokens == sorted(tokens)


@given(demand_paths(), held_packs(), st.integers(1, 30))
def test_where_any_number_is_sold_at_the_bulk_price_the_plan_is_the_quantile(demand, held, price):
    offers = [PackOffer("bulk", 1, price, months=1), PackOffer("top-up", 10, 300, months=1)]
    plan = Case(demand, offers, held, 0, None, Decimal("0.9")).plan()
    assert plan.tokens == plan.quantile
    assert plan.critical_ratio == pytest.approx(1 - price / 30)


@given(cases())
def test_options_come_in_the_order_of_their_merit_and_add_up(case):
    plan = case.plan()
    ranked = [(not option.reaches_service, option.expected_cost if option.reaches_service else 0) for option in plan.options]
    assert ranked[:10] == sorted(ranked[:10])
    assert plan.options[-1].packs == () or () in {option.packs for option in plan.options}
    for option in plan.options:
        assert option.tokens == sum(count.count * count.offer.tokens for count in option.packs)
        assert option.price == sum(count.count * count.offer.price for count in option.packs)
        assert all(count.count <= (count.offer.at_most or 10**6) for count in option.packs)
        dearest = Decimal(case.token_price.numerator) / case.token_price.denominator
        paid = option.price + dearest * option.top_up_tokens + (case.cost or 0) * option.blocked_days
        assert abs(option.expected_cost - paid) < dearest + (case.cost or 0) / Decimal(100) + 1


@given(cases(leads=(0,)))
def test_without_a_lead_time_nobody_is_without_tokens_and_no_price_of_blocked_days_matters(case):
    plan = case.plan(cost=None)
    assert all(option.blocked_days == 0 == option.blocked_probability and option.reaches_service for option in plan.options)
    assert case.plan(cost=1000).options == plan.options
