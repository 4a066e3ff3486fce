"""Usage of extreme shapes: each is charged as the typed engine charges a smaller one like it, and none is slow."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from frame_makers import rows_of
from session_frames import sessions_table, typed_rows
from without_delay import without_delay

from flexlib import FLEX, ChargePolicy, Rate, RateBook, RateSheet, Seat, Session, charge_usage
from flexlib.scale import charge_frame

BOOK = RateBook(
    [
        RateSheet("since year 1", [Rate("revit", 10, effective_from=date(1, 1, 1))]),
        RateSheet(
            "since year 1", [Rate("revit", tokens, effective_from=date(year, 1, 1)) for year, tokens in ((2018, 9), (2021, 11))]
        ),
    ]
)
START = datetime(2016, 1, 4, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DECADE = 3650 * DAY

RANDOM = np.random.default_rng(7)


def frame(users, opened, lasts):
    """Return sessions as a table: the user's number, when they open, as microseconds after the start, and how long they last."""
    first = (START - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    opens = first + np.broadcast_to(opened, len(users)).astype(np.int64)
    instants = [pa.array(column).cast(pa.timestamp("us", "UTC")) for column in (opens, opens + lasts)]
    names = pa.array([f"user {number:07}" for number in range(int(users.max()) + 1)])
    user = pa.DictionaryArray.from_arrays(pa.array(users.astype(np.int32)), names)
    return pa.table([user, pa.array(["revit"] * len(users)), *instants], names=["user", "product", "opened_at", "closed_at"])


def sessions_of(table):
    return [Session(*row.values()) for row in table.to_pylist()]


def micro(span):
    return span // timedelta(microseconds=1)


def one_group(rows):
    return frame(np.zeros(rows, np.int64), RANDOM.integers(0, micro(DECADE), rows), micro(2 * HOUR))


def singletons(rows):
    return frame(RANDOM.permutation(rows), RANDOM.integers(0, micro(365 * DAY), rows), micro(HOUR))


def ten_year_histories(rows):
    days = np.arange(rows) % 3650
    return frame(np.arange(rows) // 3650, days * micro(DAY) + RANDOM.integers(0, micro(9 * HOUR), rows), micro(8 * HOUR))


def ten_years_apart(rows):
    return frame(np.arange(rows) // 2, np.arange(rows) % 2 * micro(DECADE), micro(HOUR))


def thousands_of_years_apart(rows):
    return frame(np.arange(rows) // 2, np.arange(rows) % 2 * micro(7900 * 365 * DAY) - micro(1900 * 365 * DAY), micro(HOUR))


def all_at_one_instant(rows):
    return frame(np.arange(rows) % 1000, 0, micro(HOUR))


def one_decade_among_short_ones(rows):
    lasts = np.full(rows, micro(HOUR))
    lasts[:: rows // 10] = micro(DECADE)
    return frame(np.arange(rows) % (rows // 5), RANDOM.integers(0, micro(DECADE), rows), lasts)


SHAPES = [
    one_group,
    singletons,
    ten_year_histories,
    ten_years_apart,
    thousands_of_years_apart,
    all_at_one_instant,
    one_decade_among_short_ones,
]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_small_one_is_charged_as_in_the_typed_engine(shape):
    table = shape(8000 if shape is ten_year_histories else 400)
    assert rows_of(charge_frame(table, BOOK)) == typed_rows(charge_usage(sessions_of(table), BOOK), teams=False)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_large_one_is_charged_without_delay(shape):
    table = shape(300_000)
    with without_delay():
        charged = charge_frame(table, BOOK)
    assert len(charged) > 0
    starts = charged["window_start"].cast(pa.int64()).to_numpy()
    assert (np.diff(starts) >= 0).all()


def ten_year_sessions(count, users):
    rows = np.arange(count)
    return frame(rows % users, rows * 1_234_567, micro(DECADE))


@pytest.mark.parametrize("policy", [FLEX, ChargePolicy(window=timedelta(days=30, microseconds=1))])
def test_a_few_ten_year_sessions_are_charged_as_in_the_typed_engine(policy):
    table = ten_year_sessions(8, 3)
    found = rows_of(charge_frame(table, BOOK, policy=policy))
    assert found == typed_rows(charge_usage(sessions_of(table), BOOK, policy=policy), teams=False)


def test_five_thousand_ten_year_sessions_open_a_window_a_day():
    with without_delay():
        charged = charge_frame(ten_year_sessions(5000, 100), BOOK)
    assert len(charged) == 100 * 3651


def test_five_thousand_ten_year_sessions_of_as_many_users_open_windows_each():
    with without_delay():
        charged = charge_frame(ten_year_sessions(5000, 5000), BOOK, policy=ChargePolicy(window=timedelta(days=30)))
    assert len(charged) == 5000 * 122


def test_c8_seats_that_never_end_leave_ten_year_sessions_their_first_days():
    table = ten_year_sessions(5000, 5000)
    seats = [Seat(f"user {number:07}", "revit", START + 3 * DAY) for number in range(5000)]
    with without_delay():
        charged = charge_frame(table, BOOK, seats=seats)
    assert len(charged) == 5000 * 3
    some = table.slice(0, 10)
    assert rows_of(charge_frame(some, BOOK, seats=seats)) == typed_rows(
        charge_usage(sessions_of(some), BOOK, seats=seats), teams=False
    )


def idle_days(sessions):
    """Return, of each session, an idle span of every night, each in two parts that overlap."""
    nights = [(number, START + (day + 1) * DAY) for number in range(sessions) for day in range(300)]
    parts = [(number, night + part * HOUR, night + (part + 2) * HOUR) for number, night in nights for part in (0, 1)]
    return pa.table([list(column) for column in zip(*parts, strict=True)], names=["session", "start", "end"])


def test_c6_long_sessions_with_an_idle_span_a_night_are_charged_as_in_the_typed_engine():
    table = ten_year_sessions(3, 2)
    idle = idle_days(3)
    spans = [[(row["start"], row["end"]) for row in idle.to_pylist() if row["session"] == number] for number in range(3)]
    usage = [Session(*row.values(), idle=own) for row, own in zip(table.to_pylist(), spans, strict=True)]
    assert rows_of(charge_frame(table, BOOK, idle=idle)) == typed_rows(charge_usage(usage, BOOK), teams=False)


def test_c6_as_many_idle_spans_as_would_not_fit_end_to_end_into_64_bits_are_charged():
    table = ten_year_sessions(60_000, 60_000)
    far = [START + 1 * DAY, START + DECADE - DAY]
    idle = pa.table(
        [
            pa.array(np.repeat(np.arange(60_000), 2)),
            pa.array([far[0], far[0] + DAY] * 60_000, pa.timestamp("us", "UTC")),
            pa.array([far[1], far[1] + HOUR] * 60_000, pa.timestamp("us", "UTC")),
        ],
        names=["session", "start", "end"],
    )
    policy = ChargePolicy(window=timedelta(days=4000))
    assert len(charge_frame(table, BOOK, idle=idle, policy=policy)) == 60_000
    few = table.slice(0, 5)
    idle_twice = [(far[0], far[1]), (far[0] + DAY, far[1] + HOUR)]
    usage = [Session(*row.values(), idle=idle_twice) for row in few.to_pylist()]
    assert rows_of(charge_frame(few, BOOK, idle=idle.slice(0, 10))) == typed_rows(charge_usage(usage, BOOK), teams=False)


def test_usage_of_nobody_costs_nothing():
    assert rows_of(charge_frame(sessions_table([]), BOOK, seats=[Seat("ada", "revit", START)])) == []
    short = [Session("ada", "revit", START, START + timedelta(minutes=1))]
    assert rows_of(charge_frame(sessions_table(short), BOOK)) == []
    covered = [Session("ada", "revit", START, START + DAY)]
    assert rows_of(charge_frame(sessions_table(covered), BOOK, seats=[Seat("ada", "revit", START)])) == []
