"""What holds of a meter for all usage, however it is fed."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from usage_strategies import BOOK, CATALOG, MIDNIGHTS, TICK, policies, seat_lists, usage_lists

from flexlib import LateUsageError, Meter, RateNotFoundError, Session, charge_usage

HOUR = timedelta(hours=1)


def began(use):
    return use.opened_at if isinstance(use, Session) else use.at


def portions(usage, cuts):
    edges = [0, *sorted(min(cut, len(usage)) for cut in cuts), len(usage)]
    return [usage[one:two] for one, two in pairwise(edges)]


def told(charges):
    """Charges in full: with their ids, their windows and the sessions that opened them."""
    return [(charge, charge.id, charge.explain()) for charge in charges]


cut_lists = st.lists(st.integers(0, 10), max_size=4)


@given(usage_lists(), policies(), seat_lists(), cut_lists, st.booleans())
def test_a_meter_fed_in_any_portions_and_order_has_the_charges_of_the_batch(usage, policy, seats, cuts, with_catalog):
    terms = {"policy": policy, "seats": seats, "catalog": CATALOG if with_catalog else None}
    meter = Meter(BOOK, **terms)
    for portion in portions(usage, cuts):
        meter.feed(portion)
    assert told(meter.charges) == told(charge_usage(usage, BOOK, **terms))


@given(usage_lists(), policies(), seat_lists(), cut_lists)
def test_a_meter_saved_and_resumed_between_portions_has_the_charges_of_the_batch(usage, policy, seats, cuts):
    meter = Meter(BOOK, policy=policy, seats=seats)
    for portion in portions(usage, cuts):
        meter.feed(portion)
        state = meter.save()
        meter = Meter.resume(state, BOOK, policy=policy, seats=seats)
        assert meter.save() == state
    assert told(meter.charges) == told(charge_usage(usage, BOOK, policy=policy, seats=seats))


@given(usage_lists(), policies(), seat_lists(), cut_lists)
def test_what_a_feed_added_and_withdrew_leads_from_the_old_charges_to_the_new(usage, policy, seats, cuts):
    meter = Meter(BOOK, policy=policy, seats=seats)
    known = set()
    for portion in portions(usage, cuts):
        change = meter.feed(portion)
        added, withdrawn = set(change.added), set(change.withdrawn)
        assert withdrawn <= known
        assert not added & known
        known = (known - withdrawn) | added
        assert known == set(meter.charges)
        assert [c.at for c in change.added] == sorted(c.at for c in added)
        assert [c.at for c in change.withdrawn] == sorted(c.at for c in withdrawn)


@given(usage_lists(), policies(), seat_lists())
def test_use_fed_in_the_order_of_its_beginnings_withdraws_nothing_but_what_opens_at_the_same_instant(usage, policy, seats):
    meter = Meter(BOOK, policy=policy, seats=seats)
    by_beginning = {}
    for use in usage:
        by_beginning.setdefault(began(use), []).append(use)
    for instant in sorted(by_beginning):
        change = meter.feed(by_beginning[instant])
        assert all(charge.at >= instant for charge in change.withdrawn)


seal_lists = st.lists(
    st.builds(lambda hours, ticks: hours * HOUR + ticks * TICK, st.sampled_from([-1, 1, 8, 24, 25, 32, 48, 72]), st.integers(0, 3)),
    max_size=4,
)


@given(usage_lists(), st.tuples(policies(), seat_lists()), seal_lists, st.booleans(), st.randoms(use_true_random=False))
def test_sealed_and_pending_charges_are_those_of_the_batch(usage, terms, seals, resuming, random):
    policy, seats = terms
    first = min((began(use) for use in usage), default=MIDNIGHTS[0])
    meter = Meter(BOOK, policy=policy, seats=seats)
    waiting, sealed = list(usage), []
    for until in sorted(first + seal for seal in seals):
        # All that began before the seal, and some of what begins later, goes in before it.
        now = [use for use in waiting if began(use) < until or random.random() < 0.3]
        waiting = [use for use in waiting if use not in now]
        meter.feed(now)
        final = meter.seal(until)
        assert all(charge.at < until for charge in final)
        assert all(charge.at >= until for charge in meter.charges)
        sealed += final
        if resuming:
            meter = Meter.resume(meter.save(), BOOK, policy=policy, seats=seats)
    change = meter.feed(waiting)
    assert not set(change.withdrawn) & set(sealed)
    everything = sorted(sealed + meter.charges, key=lambda c: (c.at, c.user, c.product, c.id))
    assert told(everything) == told(charge_usage(usage, BOOK, policy=policy, seats=seats))


@given(usage_lists(), st.integers(0, 60).map(lambda hours: hours * HOUR), st.data())
def test_late_use_after_a_seal_is_refused_and_changes_nothing(usage, hours, data):
    assume(usage)
    until = min(map(began, usage)) + hours + TICK
    late = data.draw(st.sampled_from([use for use in usage if began(use) < until]))
    in_time = [use for use in usage if began(use) >= until]
    meter = Meter(BOOK)
    meter.feed(usage)
    meter.seal(until)
    state, charges = meter.save(), meter.charges
    with pytest.raises(LateUsageError) as caught:
        meter.feed([*in_time, late])
    assert (caught.value.at, caught.value.sealed_until) == (began(late), until)
    assert meter.save() == state
    assert told(meter.charges) == told(charges)


@given(usage_lists(), usage_lists())
def test_a_feed_that_fails_takes_nothing_in(usage, more):
    meter = Meter(BOOK)
    meter.feed(usage)
    state, charges = meter.save(), meter.charges
    with pytest.raises(RateNotFoundError):
        meter.feed([*more, Session("ada", "unheard of", MIDNIGHTS[0])])
    assert meter.save() == state
    assert told(meter.charges) == told(charges)


@given(usage_lists(), policies())
def test_a_saved_state_is_json_that_holds_the_use_and_no_charges(usage, policy):
    meter = Meter(BOOK, policy=policy)
    meter.feed(usage)
    tracks = json.loads(meter.save())["tracks"]
    assert sum(len(track["sessions"]) + len(track["results"]) for track in tracks) == len(set(usage))
