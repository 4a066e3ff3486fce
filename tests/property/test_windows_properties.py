"""What holds of charge windows and charges for all usage (rules C1 to C8 and T1 to T3)."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from naive_windows import fewest_spans, moments_of, naive_windows, tick_of
from usage_strategies import (
    BOOK,
    CATALOG,
    MIDNIGHTS,
    STEADY,
    TICK,
    in_zones,
    policies,
    respelled,
    seat_lists,
    session_lists,
    sessions,
    shifted,
    usage_lists,
)

from flexlib import ChargePolicy, Outcome, Seat, Session, charge_usage, charge_windows, explain_usage

HOUR = timedelta(hours=1)


def by_user_and_product(windows):
    groups = defaultdict(list)
    for window in windows:
        groups[window.user, window.product].append(window)
    return groups


def told(windows):
    """Windows with what takes no part in their equality."""
    return [(window, window.opened_by, window.cause) for window in windows]


def told_charges(charges):
    """Charges with the windows that they pay for, and their teams and tokens."""
    return [(c.id, c.at, c.user, c.product, c.tokens, c.team, c.window, c.result) for c in charges]


@given(session_lists(), policies(), seat_lists(), st.booleans())
def test_windows_are_those_of_a_walk_through_time_tick_by_tick(usage, policy, seats, with_catalog):
    windows = charge_windows(usage, policy=policy, seats=seats, catalog=CATALOG if with_catalog else None)
    expected = naive_windows(usage, policy, seats, steady=STEADY if with_catalog else frozenset(), tick=TICK)
    assert [(window.start, window.user, window.product) for window in windows] == expected
    assert all(window.end - window.start == policy.window for window in windows)


@given(session_lists(), policies(), seat_lists())
def test_windows_of_a_user_and_product_are_disjoint(usage, policy, seats):
    for windows in by_user_and_product(charge_windows(usage, policy=policy, seats=seats)).values():
        assert all(one.end <= two.start for one, two in pairwise(windows))


@given(session_lists(), policies(), seat_lists())
def test_every_moment_of_chargeable_use_lies_in_exactly_one_window(usage, policy, seats):
    groups = by_user_and_product(charge_windows(usage, policy=policy, seats=seats))
    for session in usage:
        spans = [(tick_of(w.start, TICK), tick_of(w.end, TICK)) for w in groups[session.user, session.product]]
        for k, _ in moments_of(session, policy, seats, tick=TICK):
            assert sum(start <= k < end for start, end in spans) == 1


@given(session_lists(), policies(), seat_lists())
def test_each_window_begins_at_a_moment_of_use_of_the_session_that_opened_it(usage, policy, seats):
    for window in charge_windows(usage, policy=policy, seats=seats):
        opener = window.opened_by
        assert opener in usage
        assert (opener.user, opener.product) == (window.user, window.product)
        assert tick_of(window.start, TICK) in {k for k, _ in moments_of(opener, policy, seats, tick=TICK)}


SMALL = ChargePolicy(grace=timedelta(), idle_after=timedelta())


@st.composite
def small_sessions(draw):
    """Sessions on a grid of six hours within three days: four ticks a window."""
    opened = draw(st.integers(0, 11))
    length = draw(st.one_of(st.none(), st.integers(0, min(6, 12 - opened))))
    start = MIDNIGHTS[2] + opened * 6 * HOUR
    return Session("ada", "autocad", start, None if length is None else start + length * 6 * HOUR)


@given(st.lists(small_sessions(), max_size=5))
def test_the_number_of_windows_is_the_least_number_of_24_hour_spans_that_cover_the_use(usage):
    moments = {moment for session in usage for moment in moments_of(session, SMALL, tick=6 * HOUR)}
    assert len(charge_windows(usage, policy=SMALL)) == fewest_spans(moments, 4)


@given(session_lists(), policies(), seat_lists(), st.randoms(use_true_random=False))
def test_the_order_and_repetition_of_sessions_and_seats_make_no_difference(usage, policy, seats, random):
    expected = told(charge_windows(usage, policy=policy, seats=seats))
    mixed, mixed_seats = usage + usage[:3], seats + seats[:1]
    random.shuffle(mixed)
    random.shuffle(mixed_seats)
    assert told(charge_windows(mixed, policy=policy, seats=mixed_seats)) == expected


@given(usage_lists(), policies(), seat_lists(), st.randoms(use_true_random=False))
def test_the_order_and_repetition_of_usage_make_no_difference_to_charges(usage, policy, seats, random):
    charges = charge_usage(usage, BOOK, policy=policy, seats=seats)
    mixed = usage + usage[:3]
    random.shuffle(mixed)
    again = charge_usage(mixed, BOOK, policy=policy, seats=seats)
    assert again == charges
    assert [charge.explain() for charge in again] == [charge.explain() for charge in charges]


@given(usage_lists(), policies(), seat_lists())
def test_a_seat_of_somebody_else_makes_no_difference(usage, policy, seats):
    charges = charge_usage(usage, BOOK, policy=policy, seats=seats)
    others = [*seats, Seat("somebody else", "autocad", datetime(2020, 1, 1, tzinfo=UTC))]
    again = charge_usage(usage, BOOK, policy=policy, seats=others)
    assert [charge.explain() for charge in again] == [charge.explain() for charge in charges]


@given(session_lists(), st.integers(0, 2**32))
def test_t1_the_zones_in_which_instants_were_written_make_no_difference(usage, seed):
    rewritten = [in_zones(session, seed + number) for number, session in enumerate(usage)]
    assert rewritten == usage
    assert told(charge_windows(rewritten)) == told(charge_windows(usage))


@given(usage_lists(), policies(), st.randoms(use_true_random=False))
def test_with_a_catalogue_the_spelling_of_the_products_makes_no_difference_to_charges(usage, policy, random):
    terms = {"policy": policy, "catalog": CATALOG}
    spelled = [respelled(use, random) for use in usage]
    charges = charge_usage(spelled, BOOK, **terms)
    assert told_charges(charges) == told_charges(charge_usage(usage, BOOK, **terms))
    accounts = explain_usage(spelled, BOOK, **terms)
    assert sorted(c.id for account in accounts for c in account.charges) == sorted(c.id for c in charges)


def places_to_cut(session):
    """Return after how many ticks a session can be cut in two outside its idle spans."""
    length = tick_of(session.closed_at or session.opened_at, TICK) - tick_of(session.opened_at, TICK)
    cuts = {k: session.opened_at + k * TICK for k in range(1, length)}
    return [k for k, cut in cuts.items() if not any(start <= cut <= end for start, end in session.idle)]


@given(session_lists(), policies(), seat_lists(), st.data())
def test_cutting_a_session_in_two_outside_its_idle_spans_makes_no_difference(usage, policy, seats, data):
    policy = evolve(policy, grace=timedelta())
    usage = [*usage, Session("ada", "autocad", MIDNIGHTS[0], MIDNIGHTS[0] + 30 * HOUR)]
    whole = data.draw(st.sampled_from([session for session in usage if places_to_cut(session)]))
    free = places_to_cut(whole)
    on_windows = [tick_of(w.start, TICK) - tick_of(whole.opened_at, TICK) for w in charge_windows(usage, policy=policy)]
    places = [place for place in on_windows if place in free]
    cut = whole.opened_at + data.draw(st.one_of(st.sampled_from(free), *map(st.just, places))) * TICK
    before = evolve(whole, closed_at=cut, idle=[span for span in whole.idle if span[1] < cut])
    after = evolve(whole, opened_at=cut, idle=[span for span in whole.idle if span[0] > cut])
    halved = [session for session in usage if session != whole] + [after, before]
    assert charge_windows(halved, policy=policy, seats=seats) == charge_windows(usage, policy=policy, seats=seats)


@given(session_lists(), policies(), seat_lists(), st.data())
def test_later_use_never_changes_earlier_windows(usage, policy, seats, data):
    border = data.draw(st.sampled_from(MIDNIGHTS)) + 24 * HOUR
    later = [session for session in data.draw(st.lists(sessions(border), max_size=4)) if session.opened_at >= border]
    before = charge_windows(usage, policy=policy, seats=seats)
    after = charge_windows(usage + later, policy=policy, seats=seats)
    assert told(w for w in after if w.start < border) == told(w for w in before if w.start < border)


@given(session_lists(), policies(), seat_lists(), st.integers(-(10**6), 10**6).map(lambda ticks: ticks * TICK))
def test_a_shift_of_all_times_shifts_the_windows(usage, policy, seats, by):
    moved_seats = [evolve(s, starts_at=s.starts_at + by, ends_at=s.ends_at and s.ends_at + by) for s in seats]
    moved = charge_windows([shifted(session, by) for session in usage], policy=policy, seats=moved_seats)
    still = charge_windows(usage, policy=policy, seats=seats)
    assert moved == [evolve(window, start=window.start + by, end=window.end + by) for window in still]
    assert [window.cause for window in moved] == [window.cause for window in still]


@given(usage_lists(), policies(), seat_lists())
def test_each_window_has_one_charge_and_each_distinct_result_one(usage, policy, seats):
    charges = charge_usage(usage, BOOK, policy=policy, seats=seats)
    windows = charge_windows([use for use in usage if isinstance(use, Session)], policy=policy, seats=seats)
    by_start = [charge.window for charge in charges if charge.window]
    assert told(sorted(by_start, key=lambda w: (w.start, w.user, w.product))) == told(windows)
    assert {c.result for c in charges if c.result} == {use for use in usage if not isinstance(use, Session)}
    assert len({charge.id for charge in charges}) == len(charges)
    assert charges == sorted(charges, key=lambda c: (c.at, c.user, c.product, c.id))


@given(usage_lists(), st.randoms(use_true_random=False))
def test_the_charges_of_a_user_and_product_depend_on_nobody_elses_use(usage, random: Random):
    charges = charge_usage(usage, BOOK)
    for user, product in {(use.user, use.product) for use in usage}:
        alone = charge_usage([use for use in usage if (use.user, use.product) == (user, product)], BOOK)
        assert alone == [charge for charge in charges if (charge.user, charge.product) == (user, product)]


@given(usage_lists(), policies(), seat_lists())
def test_the_accounts_of_use_hold_exactly_the_charges_of_charge_usage(usage, policy, seats):
    accounts = explain_usage(usage, BOOK, policy=policy, seats=seats)
    charges = charge_usage(usage, BOOK, policy=policy, seats=seats)
    told_charges = [charge for account in accounts for charge in account.charges]
    assert sorted(told_charges, key=lambda c: (c.at, c.user, c.product, c.id)) == charges
    assert {account.use for account in accounts} == set(usage)
    assert len(accounts) == len(set(usage))
    assert all(charge.opened_by == account.use for account in accounts for charge in account.charges)


@given(session_lists(), policies(), seat_lists())
def test_the_outcome_of_a_session_follows_from_its_moments_and_its_charges(usage, policy, seats):
    for account in explain_usage(usage, BOOK, policy=policy, seats=seats):
        moments = {k for k, _ in moments_of(account.use, policy, seats, tick=TICK)}
        assert (account.outcome in {Outcome.CHARGED, Outcome.ZERO_RATE}) == bool(account.charges)
        assert (account.outcome is Outcome.CHARGED) == any(charge.tokens for charge in account.charges)
        inside = {k for w in account.windows for k in range(tick_of(w.start, TICK), tick_of(w.end, TICK))}
        assert moments <= inside
        assert bool(account.windows) == bool(moments)
        if account.outcome is Outcome.WITHIN_WINDOW:
            assert moments
        if account.outcome in {Outcome.SEAT, Outcome.IDLE}:
            assert not moments
            opened, closed = account.use.opened_at, account.use.closed_at or account.use.opened_at
            under_a_seat = any(
                seat.user == account.use.user
                and account.use.product in seat.products
                and (seat.starts_at < closed or seat.starts_at == opened)
                and (seat.ends_at is None or opened < seat.ends_at)
                for seat in seats
            )
            assert (account.outcome is Outcome.SEAT) == under_a_seat
