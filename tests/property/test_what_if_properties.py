"""What holds of every what-if: sums, independence of order, and that less use never opens more windows."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pool_strategies as pools
import usage_strategies as uses
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from flexlib import (
    ChargeBasis,
    Rate,
    RateBook,
    RateSheet,
    Refund,
    ReportedUse,
    ResultUse,
    Session,
    charge_usage,
    charge_windows,
)
from flexlib.planning import Facts, MovedToSeats, NoneLeftOpen, OtherPacks, OtherRates, SeatOffer, WithoutMachine, what_if

TICK = uses.TICK
SINCE = date(2021, 1, 1)


def book(name, autocad, revit, maya, cfd, study):
    days = {"autocad": autocad, "revit": revit, "maya": maya}
    rates = [Rate(product, tokens, effective_from=SINCE) for product, tokens in days.items()]
    for product, tokens in (("cfd", cfd), ("study", study)):
        rates.append(Rate(product, tokens, effective_from=SINCE, basis=ChargeBasis.PER_RESULT))
    return RateBook([RateSheet(name, rates)])


STEADY = book("steady", 7, 10, Decimal("0.5"), 5, 11)
DEARER = book("dearer", 8, Decimal("10.5"), 0, Decimal("7.5"), 11)

zones = st.sampled_from([None, *uses.ZONES])
# No hour at which one of the zones changes its clocks; those have tests of their own.
evenings, mornings = st.sampled_from([time(13), time(18, 5), time(22)]), st.sampled_from([time(6), time(8), time(13), time(18, 5)])
closings = st.builds(NoneLeftOpen, close_at=evenings, reopen_at=st.none() | mornings, zone=zones) | st.builds(
    NoneLeftOpen, at_most=st.sampled_from([TICK / 2, 3 * TICK, timedelta(hours=9), timedelta(hours=24), timedelta(hours=25)])
)
machines = st.builds(WithoutMachine, st.sampled_from(uses.USERS), st.just("cad-1"))
offers = st.builds(
    SeatOffer,
    st.just("seat"),
    st.lists(st.sampled_from(uses.PRODUCTS), min_size=1, max_size=2, unique=True),
    st.sampled_from([0, 40, Decimal("99.99")]),
    months=st.sampled_from([1, 12]),
)
seats = st.builds(MovedToSeats, offers, users=st.none() | st.lists(st.sampled_from([*uses.USERS, "zoe"]), max_size=2))
# Of January to March, as the usage is.
packs = pools.packs(most=3).map(
    lambda own: [evolve(pack, tokens=9 * pack.tokens, expires_at=pack.expires_at + timedelta(days=80)) for pack in own]
)
changes = closings | machines | seats | st.just(OtherRates(DEARER)) | st.builds(OtherPacks, packs)


@st.composite
def facts(draw, rates=STEADY):
    """Return usage with seats, packs, refunds of half of some charges, and a token price; shrinks to none."""
    own = Facts(
        usage=draw(uses.usage_lists(5)),
        rates=rates,
        seats=draw(uses.seat_lists()),
        packs=draw(packs),
        policy=draw(uses.policies()),
        token_price=draw(st.sampled_from([None, 0, 3, Decimal("2.71")])),
    )
    charged = [charge for charge in own.charged() if charge.tokens]
    halves = draw(st.lists(st.sampled_from(charged), max_size=2, unique_by=lambda charge: charge.id)) if charged else []
    return evolve(own, refunds=[Refund(charge.id, charge.tokens / 2, charge.at) for charge in halves])


def shown(answer):
    """Return all of an answer but the facts, which keep the order in which they were given."""
    sides = [
        (side.ledger, side.at, side.tokens, side.drawn, side.expired, side.shortfall, side.balance, side.money, side.paid)
        for side in (answer.before, answer.after)
    ]
    return sides, answer.tokens, answer.money, answer.paid, answer.users, answer.products


@given(facts(), st.sampled_from([(), (OtherRates(STEADY),), (NoneLeftOpen(at_most=timedelta(days=99)),)]))
def test_no_change_makes_no_difference(own, nothing):
    answer = what_if(own, *nothing)
    assert shown(what_if(own))[0][0] == shown(answer)[0][1]
    assert (answer.tokens, answer.money or 0, answer.paid or 0) == (0, 0, 0)
    assert {(user.tokens, user.money or 0) for user in answer.users} <= {(0, 0)}


@given(facts(), st.lists(changes, max_size=3))
def test_the_differences_of_users_and_of_products_add_up_to_the_totals(own, several):
    answer = what_if(own, *several)
    for parts in (answer.users, answer.products):
        assert sum(part.before for part in parts) == answer.before.tokens
        assert sum(part.after for part in parts) == answer.after.tokens
        assert sum(part.tokens for part in parts) == answer.tokens
    if own.token_price is not None:
        assert sum(user.money for user in answer.users) == answer.money
        assert sum(product.money for product in answer.products) + answer.after.seats_cost == answer.money
        assert answer.money == answer.tokens * own.token_price + answer.after.seats_cost


@given(facts(), st.lists(changes, max_size=3))
def test_users_and_products_rank_by_how_much_they_differ(own, several):
    answer = what_if(own, *several)
    for parts in (answer.users, answer.products):
        sizes = [(abs(part.money or 0), abs(part.tokens)) for part in parts]
        assert sizes == sorted(sizes, reverse=True)
    assert len({user.user for user in answer.users}) == len(answer.users)


@given(facts(), st.lists(changes, max_size=2), st.randoms(use_true_random=False))
def test_the_order_and_repetition_of_the_facts_make_no_difference(own, several, random):
    def shuffled(items):
        items = [*items, *items[:1]]
        random.shuffle(items)
        return items

    other = evolve(own, **{name: shuffled(getattr(own, name)) for name in ("usage", "seats", "packs", "refunds")})
    assert shown(what_if(other, *several)) == shown(what_if(own, *several))


@given(facts(), changes, changes)
def test_changes_one_after_the_other_are_the_second_asked_of_what_the_first_makes(own, first, second):
    own = evolve(own, refunds=())
    at = datetime(2027, 1, 1, tzinfo=UTC)
    both, then = what_if(own, first, second, at=at), what_if(first.apply(own), second, at=at)
    assert both.after == then.after


@given(facts(uses.BOOK), closings | machines)
def test_less_use_never_opens_more_windows_of_a_user_and_product(own, less):
    windows = [
        Counter(
            (window.user, window.product)
            for window in charge_windows(
                [use for use in side.usage if isinstance(use, Session)], seats=own.seats, policy=own.policy
            )
        )
        for side in (own, less.apply(own))
    ]
    assert windows[1] <= windows[0]


@given(facts(), closings | machines)
def test_at_steady_rates_less_use_never_costs_any_user_more(own, less):
    answer = what_if(evolve(own, refunds=()), less)
    assert all(user.tokens <= 0 for user in answer.users)
    assert answer.tokens <= 0


@given(facts(), offers)
def test_whoever_gets_a_seat_pays_no_tokens_for_its_products(own, offer):
    after = what_if(own, MovedToSeats(offer)).after
    seated = {bought.seat.user for bought in after.facts.bought}
    assert not [
        charge for charge in after.ledger.charges if charge.product in offer.products and (charge.user in seated or charge.tokens)
    ]


def reported(charges):
    return [ReportedUse(one.user, one.product, one.at.date(), one.tokens, team=one.team, feature=one.id) for one in charges]


@given(facts(), seats)
def test_an_export_moved_to_seats_costs_the_tokens_that_its_usage_would(own, moved):
    results = {"cfd", "study"}
    assume(not results & set(moved.offer.products))
    after = what_if(evolve(own, refunds=()), moved).after
    exported = what_if(Facts(charges=reported(own.charged())), moved).after
    assert exported.tokens == after.tokens


@given(facts())
def test_an_export_costs_at_other_rates_what_its_usage_would(own):
    own = evolve(own, refunds=())
    answer = what_if(own, OtherRates(DEARER))
    for charges in (own.charged(), reported(own.charged())):
        given_charges = evolve(own, usage=(), seats=(), charges=charges)
        exported = what_if(given_charges, OtherRates(DEARER))
        assert exported.users == answer.users
        assert exported.products == answer.products


def ticks(session):
    return range(int((session.closed_at - session.opened_at) / TICK))


def idle_at(at, spans):
    return any(start <= at < end for start, end in spans)


def walked(session, closing):
    """Return the instants of use that are left of a session, told by walking it tick by tick with an eye on the clock."""
    zone = closing.zone or UTC
    left, launched, wanted = [], session.opened_at, False
    for tick in ticks(session):
        at = session.opened_at + tick * TICK
        clock = at.astimezone(zone).time()
        if launched is not None and at > launched and clock == closing.close_at:
            launched, wanted = None, False
        elif launched is None and clock == closing.reopen_at:
            wanted = True
        if launched is None and wanted and not idle_at(at, session.idle):
            launched = at
        if launched is not None:
            left.append(at)
    return left


@given(
    st.sampled_from(uses.MIDNIGHTS).flatmap(uses.sessions),
    st.builds(NoneLeftOpen, close_at=evenings, reopen_at=st.none() | mornings, zone=zones),
)
def test_what_is_left_of_a_session_is_what_a_walk_along_the_clock_leaves(session, closing):
    assume(session.closed_at is not None and session.closed_at > session.opened_at)
    parts = closing.apply(Facts(usage=[session], rates=STEADY)).usage
    assert [part.opened_at + tick * TICK for part in parts for tick in ticks(part)] == walked(session, closing)
    idle = [span for part in parts for span in part.idle]
    assert all(idle_at(at, idle) == idle_at(at, session.idle) for at in walked(session, closing))


@given(facts(), st.sampled_from(uses.USERS))
def test_without_a_machine_only_its_sessions_are_gone(own, user):
    left = [use for use in own.usage if isinstance(use, ResultUse) or (use.user, use.machine) != (user, "cad-1")]
    after = what_if(own, WithoutMachine(user, "cad-1")).after
    assert after.ledger.charges == tuple(charge_usage(left, STEADY, seats=own.seats, policy=own.policy))
