"""The columnar engine is the typed one, row for row and in order (rules C1 to C8, R1, R2)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from attrs import evolve
from frame_makers import rows_of
from hypothesis import given
from hypothesis import strategies as st
from session_frames import idle_table, sessions_table, typed_rows
from usage_strategies import (
    BOOK,
    CATALOG,
    MIDNIGHTS,
    PRODUCTS,
    TEAMS,
    TICK,
    USERS,
    in_zones,
    policies,
    respelled,
    seat_lists,
    session_lists,
)

from flexlib import FLEX, ChargePolicy, Rate, RateBook, RateSheet, Seat, Session, charge_usage
from flexlib.scale import charge_frame, ordering, rating, windows
from flexlib.scale.windows import open_windows

ZONES = ["UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]


def columnar(sessions, rates=BOOK, *, teams=True, zones=("UTC", "UTC"), **terms):
    """Return the rows of the charges of sessions, whose instants were written in zones."""
    table = sessions_table(sessions, teams=teams)
    for name, zone in zip(("opened_at", "closed_at"), zones, strict=True):
        place = table.column_names.index(name)
        table = table.set_column(place, name, table[name].cast(pa.timestamp("us", zone)))
    return rows_of(charge_frame(table, rates, idle=idle_table(sessions), **terms))


def typed(sessions, rates=BOOK, *, teams=True, **terms):
    return typed_rows(charge_usage(sessions, rates, **terms), teams=teams)


@given(session_lists(), policies(), seat_lists(), st.booleans(), st.booleans())
def test_charges_of_columns_are_those_of_sessions(usage, policy, seats, with_catalog, teams):
    terms = {"policy": policy, "seats": seats, "catalog": CATALOG if with_catalog else None}
    assert columnar(usage, teams=teams, **terms) == typed(usage, teams=teams, **terms)


SHORT_WINDOWS = st.builds(
    ChargePolicy,
    window=st.just(TICK),
    grace=st.sampled_from([0 * TICK, TICK]),
    idle_after=st.sampled_from([0 * TICK, TICK, 3 * TICK]),
)


@given(session_lists(max_size=3), SHORT_WINDOWS, seat_lists(), st.booleans())
def test_windows_so_short_that_they_show_every_moment_of_use_are_those_of_sessions(usage, policy, seats, with_catalog):
    terms = {"policy": policy, "seats": seats, "catalog": CATALOG if with_catalog else None}
    assert columnar(usage, **terms) == typed(usage, **terms)


@st.composite
def idled(draw):
    """Return a session of a day with idle spans that often touch, overlap or are just as long as may be."""
    borders = draw(st.lists(st.integers(0, 12), min_size=2, max_size=8, unique=True))
    spans = draw(st.lists(st.sampled_from([(a, b) for a in borders for b in borders if a < b]), max_size=5))
    idle = [(MIDNIGHTS[0] + a * TICK, MIDNIGHTS[0] + b * TICK) for a, b in spans]
    return Session("ada", draw(st.sampled_from(PRODUCTS)), MIDNIGHTS[0], MIDNIGHTS[0] + 12 * TICK, idle=idle)


@given(st.lists(idled(), max_size=3), SHORT_WINDOWS)
def test_c6_idle_spans_that_touch_or_overlap_are_one_pause(usage, policy):
    assert columnar(usage, policy=policy) == typed(usage, policy=policy)


@given(session_lists(), policies(), seat_lists(), st.randoms(use_true_random=False))
def test_the_order_of_rows_makes_no_difference(usage, policy, seats, random):
    expected = columnar(usage, policy=policy, seats=seats)
    mixed = usage + usage[:2]
    random.shuffle(mixed)
    assert columnar(mixed, policy=policy, seats=seats) == expected


@given(session_lists(), policies(), seat_lists(), st.sampled_from(USERS))
def test_users_charged_apart_are_charged_as_together(usage, policy, seats, user):
    terms = {"policy": policy, "seats": seats}
    parts = [[one for one in usage if (one.user == user) is of_user] for of_user in (True, False)]
    apart = [row for part in parts for row in columnar(part, **terms)]
    assert sorted(apart, key=lambda row: (row[2], row[0], row[1])) == columnar(usage, **terms)


@given(session_lists(), st.sampled_from(ZONES), st.sampled_from(ZONES), st.integers(0, 2**32))
def test_t1_the_zones_of_columns_make_no_difference(usage, one, two, seed):
    written = [in_zones(session, seed + number) for number, session in enumerate(usage)]
    assert columnar(written, zones=(one, two)) == columnar(usage)


@given(session_lists(), policies(), seat_lists(), st.randoms(use_true_random=False))
def test_with_a_catalogue_the_spelling_of_products_makes_no_difference(usage, policy, seats, random):
    terms = {"policy": policy, "seats": seats, "catalog": CATALOG}
    spelled = [respelled(session, random) for session in usage]
    assert columnar(spelled, **terms) == typed(usage, **terms)


INSTANTS = st.sampled_from(MIDNIGHTS).flatmap(
    lambda midnight: st.integers(0, 71).map(lambda hours: midnight + timedelta(hours=hours))
)


@st.composite
def histories(draw, product, region):
    """Return rates of a product in a region, each from an instant on, some only for an hour."""
    starts = draw(st.lists(INSTANTS, max_size=4, unique=True))
    amounts = st.sampled_from([Decimal(0), Decimal("0.000001"), Decimal(7), Decimal("10.25")])
    untils = st.sampled_from([None, timedelta(minutes=30)])
    return [
        Rate(product, draw(amounts), effective_from=start, effective_until=until and start + until, region=region)
        for start in starts
        for until in [draw(untils)]
    ]


@st.composite
def books(draw):
    """Return a rate for each product everywhere and always, or not, and later and regional ones that replace it."""
    places = draw(st.lists(st.tuples(st.sampled_from(PRODUCTS), st.sampled_from([None, "DE", "DACH"])), max_size=5, unique=True))
    later = [rate for product, region in places for rate in draw(histories(product, region))]
    always = [Rate(product, 5, effective_from=date(2020, 1, 1)) for product in PRODUCTS[: draw(st.sampled_from([3, 3, 2]))]]
    return RateBook([RateSheet("rates", always), RateSheet("rates", later)], groups={"DACH": ["AT", "CH", "DE"]})


@given(session_lists(), books(), st.sampled_from([None, "DE", "AT", "FR"]), st.sampled_from([0, rating.TABLE]))
def test_r1_r2_each_window_has_the_rate_in_force_at_its_start_in_the_region(usage, book, region, table):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rating, "TABLE", table)
        own = [evolve(session, idle=()) for session in usage]
        assert outcome(columnar, own, book, region=region) == outcome(typed, own, book, region=region)


def outcome(charge, *args, **terms):
    """Return rows, or the kind of error; where a rate ends and none follows, both find none."""
    try:
        return charge(*args, **terms)
    except LookupError as error:
        return type(error)


ANCHORS = [datetime(year, 1, 1, tzinfo=UTC) for year in (1, 1969, 1970, 2026, 2027, 9990)]
OFFSETS = st.one_of(st.integers(0, 3), st.sampled_from([86_400_000_000, 86_400_000_001, 3_599_999_999, 2**20]))
LENGTHS = st.one_of(st.none(), st.integers(0, 2), st.sampled_from([300_000_000, 86_400_000_000, 86_400_000_001, 400_000_000_001]))


@st.composite
def odd_sessions(draw):
    """Return a session of odd microseconds around one of several far instants, with an idle span if it is long."""
    opened = draw(st.sampled_from(ANCHORS)) + timedelta(microseconds=draw(OFFSETS))
    length = draw(LENGTHS)
    closed = None if length is None else opened + timedelta(microseconds=length)
    idle = [(opened + timedelta(seconds=1, microseconds=1), closed)] if length and length > 10**9 and draw(st.booleans()) else []
    user, product, team = (draw(st.sampled_from(names)) for names in (USERS, PRODUCTS, TEAMS))
    return Session(user, product, opened, closed, idle=idle, team=team)


@st.composite
def odd_seats(draw):
    """Return a seat that begins on an odd microsecond, and some that never end."""
    starts = draw(st.sampled_from(ANCHORS)) + timedelta(microseconds=draw(OFFSETS))
    ends = draw(st.sampled_from([None, starts + timedelta(microseconds=1), starts + timedelta(hours=25, microseconds=1)]))
    return Seat(draw(st.sampled_from(USERS)), draw(st.sampled_from(PRODUCTS)), starts, ends)


EVER = RateBook([RateSheet("ever", [Rate(product, 7, effective_from=date(1, 1, 1)) for product in PRODUCTS])])
TERMS = [
    FLEX,
    ChargePolicy(grace=timedelta(0)),
    ChargePolicy(grace=timedelta(microseconds=2), idle_after=timedelta(microseconds=1)),
]


@given(
    st.lists(odd_sessions(), max_size=12),
    st.lists(odd_seats(), max_size=2),
    st.sampled_from(TERMS),
    st.sampled_from([24, 32, 48, 63]),
    st.booleans(),
)
def test_odd_microseconds_thousands_of_years_apart_are_charged_alike_however_short_the_keys_are(usage, seats, policy, bits, teams):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "KEY_BITS", bits)
        patch.setattr(ordering, "CHUNK", 3)
        assert columnar(usage, EVER, teams=teams, policy=policy, seats=seats) == typed(
            usage, EVER, teams=teams, policy=policy, seats=seats
        )


SPANS = st.lists(
    st.tuples(st.sampled_from([0, 1, 5, 1 << 40]), st.integers(0, 40), st.integers(-3, 60), st.booleans()), min_size=1, max_size=24
)


def one_after_another(spans, length, order):
    """Return group, start and opener of the windows of spans, taken one after another in an order."""
    found, ends = set(), {}
    for place in order:
        group, start, lasts, kept = spans[place]
        if not kept:
            continue
        end, last = ends.get(group), max(start, start + lasts - 1)
        if end is None or start >= end:
            found.add((group, start, place))
            end = start + length
        while last >= end:
            found.add((group, end, place))
            end += length
        ends[group] = end
    return found


@given(SPANS, st.integers(1, 30), st.integers(0, 6), st.integers(1, 30), st.integers(1, 1000), st.randoms(use_true_random=False))
def test_windows_of_spans_are_those_of_a_walk_through_them_however_they_are_cut_into_stretches(
    spans, length, spare_bits, chunk, line, random
):
    ranks = random.sample(range(len(spans)), len(spans))
    group, start, lasts, kept = (np.array(column) for column in zip(*spans, strict=True))
    with pytest.MonkeyPatch.context() as patch:
        needed = (len(spans) - 1).bit_length() + 2
        patch.setattr(ordering, "KEY_BITS", max(needed, 3) + spare_bits)
        patch.setattr(ordering, "CHUNK", chunk)
        patch.setattr(windows, "LINE", line)
        found = open_windows(group, start, start + lasts, length, kept=kept, ties=(np.array(ranks),))
    order = sorted(range(len(spans)), key=lambda place: (spans[place][1], ranks[place]))
    assert set(zip(*(column.tolist() for column in found), strict=True)) == one_after_another(spans, length, order)
    assert len(found.start) == len(set(zip(found.group.tolist(), found.start.tolist(), strict=True)))
