"""What is wrong with a data frame is said once, with how many rows it is in and which are the first."""

import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, localcontext

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from frame_makers import KINDS, rows_of
from session_frames import idle_table, sessions_table, typed_rows

from flexlib import (
    Catalog,
    ChargeBasis,
    ChargePolicy,
    FlexError,
    FormatError,
    InvalidTokensError,
    InvalidValueError,
    NaiveDatetimeError,
    Product,
    Rate,
    RateBook,
    RateConflictError,
    RateNotFoundError,
    RateSheet,
    Seat,
    Session,
    UnknownProductError,
    charge_usage,
)
from flexlib.scale import charge_frame, ordering
from flexlib.scale.windows import open_windows

BOOK = RateBook([RateSheet("2021", [Rate("revit", 10, effective_from=date(2021, 1, 1))])])
EVER = RateBook([RateSheet("ever", [Rate("revit", 10, effective_from=date(1, 1, 1))])])
EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
SESSIONS = [
    Session("ada", "revit", EIGHT, EIGHT + 9 * HOUR),
    Session("bo", "revit", EIGHT, EIGHT + HOUR),
    Session("ada", "revit", EIGHT),
]
TABLE = sessions_table(SESSIONS, teams=False)
LAST = datetime.max.replace(tzinfo=UTC)


def with_column(name, values, table=TABLE):
    return table.set_column(table.column_names.index(name), name, pa.chunked_array([values]))


def instants(*values, unit="us", zone="UTC"):
    return pa.array(values, pa.int64()).cast(pa.timestamp(unit, zone))


def complaint(frame, rates=BOOK, error=FormatError, **terms):
    """Return the one error that charging a frame ends in; it survives pickling."""
    with pytest.raises(FlexError) as caught:
        charge_frame(frame, rates, **terms)
    assert type(caught.value) is error
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TABLE.column_names)
def test_a_missing_column_is_named_with_those_that_there_are(kind, name):
    error = complaint(KINDS[kind][1](TABLE.drop_columns(name)))
    others = ", ".join(other for other in TABLE.column_names if other != name)
    assert str(error) == f"frame: {name}: this column is missing; there are {others}"


def test_a_column_that_is_there_twice_is_named():
    twice = pa.table([*TABLE.columns, TABLE["user"]], names=[*TABLE.column_names, "user"])
    assert str(complaint(twice)) == "frame: user: there are 2 columns of this name: keep one"
    frame = pd.concat([TABLE.to_pandas(), TABLE.to_pandas()[["product"]]], axis=1)
    assert str(complaint(frame)) == "frame: product: there are 2 columns of this name: keep one"


@pytest.mark.parametrize(
    ("frame", "name"),
    [(pl.from_arrow(TABLE).lazy(), "LazyFrame"), (TABLE.to_pylist(), "list"), (None, "NoneType"), (SESSIONS, "list")],
)
def test_what_is_no_data_frame_or_a_lazy_one_is_refused_and_it_is_said_what_to_give(frame, name):
    error = complaint(frame, error=InvalidValueError)
    assert (error.field, error.value) == ("frame", name)
    assert "collect a lazy one first" in error.expected


def test_a_lone_column_is_no_data_frame():
    for column in (pl.Series(["ada"]), pd.Series(["ada"])):
        assert complaint(column, error=InvalidValueError).value == "Series"


def test_pandas_values_of_several_types_in_a_column_are_refused():
    frame = TABLE.to_pandas().astype({"user": object})
    frame.loc[1, "user"] = 7
    error = complaint(frame)
    assert error.problem.startswith("its values are not of one type in a column: ")
    assert "user" in error.problem


NAIVE = datetime(2026, 3, 2, 8)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_t1_instants_without_a_zone_are_refused_with_the_first_and_their_number(unit):
    table = with_column("opened_at", TABLE["opened_at"].cast(pa.timestamp("us")).cast(pa.timestamp(unit)).combine_chunks())
    error = complaint(table, error=NaiveDatetimeError)
    assert error.value == NAIVE
    assert error.__notes__ == ["frame: opened_at: the whole column, 3 instants, has no zone: say in which it is"]


@pytest.mark.parametrize("kind", KINDS)
def test_t1_closes_without_a_zone_are_refused_whatever_is_null(kind):
    closes = pa.array([None, NAIVE + HOUR, None], pa.timestamp("us"))
    error = complaint(KINDS[kind][1](with_column("closed_at", closes)), error=NaiveDatetimeError)
    assert error.value == NAIVE + HOUR
    assert "the whole column, 1 instant," in error.__notes__[0]


def test_a_first_naive_instant_beyond_all_years_is_told_as_the_last_there_is():
    table = with_column("opened_at", pa.array([2**62, 0, 0], pa.int64()).cast(pa.timestamp("us")))
    assert complaint(table, error=NaiveDatetimeError).value == datetime.max


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["user", "product", "opened_at"])
def test_a_null_where_a_value_is_needed_is_refused_with_its_row(kind, name):
    values = TABLE[name].to_pylist()
    values[1] = None
    error = complaint(KINDS[kind][1](with_column(name, pa.array(values, TABLE[name].type))))
    assert str(error) == f"frame: row 1: {name}: it is null: give a value in every row"


@pytest.mark.parametrize("name", ["user", "product", "opened_at"])
def test_a_column_of_nulls_alone_is_refused(name):
    assert complaint(with_column(name, pa.nulls(3))).place == "rows 0, 1, 2"


def test_of_many_rows_that_are_wrong_the_first_are_named_and_the_others_counted():
    table = with_column("user", pa.nulls(1000, pa.string()), sessions_table([SESSIONS[0]] * 1000, teams=False))
    assert complaint(table).place == "rows 0, 1, 2, 3, 4 and 995 more"


def test_a_null_among_the_names_of_a_dictionary_is_a_null():
    names = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0]), pa.array(["ada", None]))
    assert str(complaint(with_column("user", names))) == "frame: row 1: user: it is null: give a value in every row"


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
@pytest.mark.parametrize("name", ["user", "product"])
def test_a_blank_name_is_refused_with_its_row(name, blank):
    error = complaint(with_column(name, pa.array(["ada", "bo", blank])))
    assert str(error) == f"frame: row 2: {name}: it is blank: give a name"


def test_numbers_are_no_names():
    assert str(complaint(with_column("user", pa.array([1, 2, 3])))) == "frame: user: it holds int64: give text"
    categories = TABLE.to_pandas().assign(user=pd.Categorical([1, 2, 1]))
    assert complaint(categories).problem == "it holds int64: give text"
    assert complaint(with_column("team", pa.array([1, 2, 3]), sessions_table(SESSIONS))).field == "team"


@pytest.mark.parametrize("values", [["2026-03-02T08:00Z"] * 3, [date(2026, 3, 2)] * 3, [1, 2, 3]])
@pytest.mark.parametrize("name", ["opened_at", "closed_at"])
def test_what_is_no_instant_is_refused(name, values):
    error = complaint(with_column(name, pa.array(values)))
    assert error.field == name
    assert error.problem.endswith("give instants with a zone, such as timestamps in UTC")


def test_a_session_closes_when_it_opens_or_later():
    closes = pa.array([EIGHT, EIGHT - timedelta(microseconds=1), None], pa.timestamp("us", "UTC"))
    error = complaint(with_column("closed_at", closes))
    assert str(error) == "frame: row 1: closed_at: it lies before opened_at: a session closes when it opens, or later"


def test_instants_finer_than_a_microsecond_are_refused_with_their_rows():
    eight = int(EIGHT.timestamp()) * 10**9
    error = complaint(with_column("opened_at", instants(eight, eight + 1, eight - 999, unit="ns")))
    assert str(error) == "frame: rows 1, 2: opened_at: it is finer than a microsecond: round it first"


@pytest.mark.parametrize("name", ["opened_at", "closed_at"])
@pytest.mark.parametrize("unit", ["s", "ms", "us"])
@pytest.mark.parametrize("value", [np.iinfo(np.int64).min, np.iinfo(np.int64).min + 1, np.iinfo(np.int64).max])
def test_instants_outside_of_the_years_1_to_9999_are_refused_and_never_wrap_round(name, unit, value):
    error = complaint(with_column(name, instants(None if name == "closed_at" else 0, value, 0, unit=unit)), EVER)
    assert str(error) == f"frame: row 1: {name}: it lies outside of the years 1 to 9999"


def test_the_first_instant_of_the_year_1_can_be_charged_and_none_before():
    first = datetime.min.replace(tzinfo=UTC)
    usage = [Session("ada", "revit", first, first + HOUR)]
    table = sessions_table(usage)
    assert rows_of(charge_frame(table, EVER)) == typed_rows(charge_usage(usage, EVER))
    before = pa.array([table["opened_at"].cast(pa.int64())[0].as_py() - 1]).cast(pa.timestamp("us", "UTC"))
    assert complaint(with_column("opened_at", before, table), EVER).problem == "it lies outside of the years 1 to 9999"


@pytest.mark.parametrize("window", [24 * HOUR, HOUR, timedelta(microseconds=1)])
def test_the_last_instant_from_which_a_window_ends_can_be_charged_and_none_after(window):
    policy = ChargePolicy(window=window)
    usage = [Session("ada", "revit", LAST - window), Session("bo", "revit", LAST - window - HOUR, LAST - window)]
    if window > timedelta(seconds=1):  # there are as many windows as fit
        assert rows_of(charge_frame(sessions_table(usage), EVER, policy=policy)) == typed_rows(
            charge_usage(usage, EVER, policy=policy)
        )
    for late in (Session("ada", "revit", LAST - window + timedelta(microseconds=1)), Session("ada", "revit", EIGHT, LAST)):
        field = "closed_at" if late.closed_at else "opened_at"
        error = complaint(sessions_table([usage[0], late]), EVER, policy=policy)
        assert (error.place, error.field) == ("row 1", field)
        assert error.problem == "it lies so near to the end of the year 9999 that a window of it would not end"


def test_a_policy_of_spans_longer_than_all_time_charges_nothing_or_says_so():
    assert complaint(TABLE, policy=ChargePolicy(window=timedelta.max)).place == "rows 0, 1, 2"
    usage = [Session("ada", "revit", EIGHT, EIGHT + 40 * HOUR, idle=[(EIGHT + HOUR, EIGHT + 30 * HOUR)]), SESSIONS[2]]
    for policy in (ChargePolicy(grace=timedelta.max), ChargePolicy(idle_after=timedelta.max)):
        found = charge_frame(sessions_table(usage), BOOK, policy=policy, idle=idle_table(usage))
        assert rows_of(found) == typed_rows(charge_usage(usage, BOOK, policy=policy))


def test_an_unknown_product_raises_the_core_s_error_with_how_many_rows_and_the_first():
    table = with_column("product", pa.array(["revit", "revitt", "revitt"]))
    error = complaint(table, error=UnknownProductError, catalog=Catalog([Product("revit", "Revit")]))
    assert (error.product, error.nearest) == ("revitt", ("revit",))
    assert error.__notes__ == ["in 2 rows, the first being 1, 2 (counted from 0)"]


def test_an_unknown_product_of_a_seat_raises_the_core_s_error():
    seats = [Seat("nobody else", "maya", EIGHT)]
    assert complaint(TABLE, error=UnknownProductError, catalog=Catalog([Product("revit", "Revit")]), seats=seats).product == "maya"


def test_r1_a_window_without_a_rate_raises_the_core_s_error_with_how_many_others_and_the_first():
    book = RateBook([RateSheet("late", [Rate("revit", 10, effective_from=EIGHT + timedelta(days=1))])])
    usage = [Session("bo", "revit", EIGHT + timedelta(days=2)), *SESSIONS]
    error = complaint(sessions_table(usage), book, RateNotFoundError)
    with pytest.raises(RateNotFoundError) as typed:
        charge_usage(usage, book)
    assert str(error) == str(typed.value)
    assert error.__notes__ == ["so it is with 2 windows of 3, the first being ada's at 2026-03-02T08:00:00+00:00"]


def test_a_rate_a_result_is_no_day_rate():
    book = RateBook([RateSheet("2021", [Rate("revit", 10, effective_from=date(2021, 1, 1), basis=ChargeBasis.PER_RESULT)])])
    assert "its rate is a result rate" in complaint(TABLE, book, RateNotFoundError).hint


def test_r3_sheets_that_disagree_raise_the_core_s_error_with_how_many_windows():
    book = RateBook(
        [RateSheet(name, [Rate("revit", tokens, effective_from=date(2021, 1, 1))]) for name, tokens in (("a", 5), ("b", 7))]
    )
    error = complaint(TABLE, book, RateConflictError)
    assert error.product == "revit"
    assert len(error.sides) == 2
    assert error.__notes__ == ["so it is with 2 windows of 2, the first being ada's at 2026-03-02T08:00:00+00:00"]


@pytest.mark.parametrize(
    ("tokens", "said"),
    [("0.0000001", "at most 6 decimals"), ("1.0000005", "at most 6 decimals"), ("4611686018428", "less than 4611686018427")],
)
def test_c10_tokens_that_columns_do_not_hold_exactly_are_refused_with_how_many_windows(tokens, said):
    book = RateBook([RateSheet("odd", [Rate("revit", Decimal(tokens), effective_from=date(2021, 1, 1))])])
    error = complaint(TABLE, book, InvalidTokensError)
    assert error.value == Decimal(tokens)
    assert said in error.expected
    assert error.__notes__[0].startswith("so it is with 2 windows of 2")


@pytest.mark.parametrize("tokens", ["0.000001", "4611686018426.999999", "1.0000000", "0"])
def test_c10_tokens_of_six_decimals_are_exact_whatever_the_caller_s_own_context_says(tokens):
    book = RateBook([RateSheet("fine", [Rate("revit", Decimal(tokens), effective_from=date(2021, 1, 1))])])
    with localcontext(prec=2):
        assert [row[4] for row in rows_of(charge_frame(TABLE, book))] == [Decimal(tokens)] * 2


def test_a_rate_that_no_window_needs_may_be_as_fine_as_it_likes():
    fine = [Rate("revit", Decimal("0.0000001"), effective_from=EIGHT + HOUR, effective_until=EIGHT + 2 * HOUR)]
    fine.append(Rate("maya", Decimal("0.0000001"), effective_from=date(2021, 1, 1)))
    book = RateBook([RateSheet("2021", [Rate("revit", 10, effective_from=date(2021, 1, 1))]), RateSheet("2021", fine)])
    usage = [
        SESSIONS[0],
        Session("bo", "revit", EIGHT),
        Session("ada", "maya", EIGHT, EIGHT),
        Session("bo", "revit", EIGHT + 99 * HOUR),
    ]
    late = RateSheet("2021", [Rate("revit", 9, effective_from=EIGHT + 2 * HOUR)])
    book = RateBook([*book.sheets, late])
    assert rows_of(charge_frame(sessions_table(usage), book)) == typed_rows(charge_usage(usage, book))


@pytest.mark.parametrize(
    ("session", "start", "end", "said"),
    [
        (3, 0, 1, "row 0: session: there is no such row among the 3 sessions"),
        (-1, 0, 1, "row 0: session: there is no such row among the 3 sessions"),
        (0, 1, 1, "row 0: end: the idle span is empty: it ends after it starts"),
        (0, 2, 1, "row 0: end: the idle span is empty: it ends after it starts"),
        (0, -1, 1, "row 0: start: the idle span is not within its session"),
        (1, 0, 2, "row 0: start: the idle span is not within its session"),
        (2, 0, 1, "row 0: start: the idle span is not within its session"),
    ],
)
def test_an_idle_span_lies_within_its_session(session, start, end, said):
    idle = pa.table([[session], [EIGHT + start * HOUR], [EIGHT + end * HOUR]], names=["session", "start", "end"])
    assert str(complaint(TABLE, idle=idle)) == f"idle: {said}"


IDLE = pa.table([[0], [EIGHT], [EIGHT + HOUR]], names=["session", "start", "end"])


def test_what_is_wrong_with_idle_spans_is_told_of_them():
    assert str(complaint(TABLE, idle=IDLE.drop_columns("end"))) == "idle: end: this column is missing; there are session, start"
    assert (
        str(complaint(TABLE, idle=with_column("session", pa.array(["0"]), IDLE)))
        == "idle: session: it holds string: give whole numbers"
    )
    assert complaint(TABLE, idle=with_column("session", pa.array([None], pa.int8()), IDLE)).problem.startswith("it is null")
    assert "too large" in complaint(TABLE, idle=with_column("session", pa.array([2**63], pa.uint64()), IDLE)).problem
    assert complaint(TABLE, idle=[], error=InvalidValueError).field == "idle"
    naive = complaint(TABLE, idle=with_column("start", pa.array([NAIVE]), IDLE), error=NaiveDatetimeError)
    assert naive.__notes__ == ["idle: start: the whole column, 1 instant, has no zone: say in which it is"]


def test_the_engine_itself_refuses_spans_outside_of_all_years():
    one, far = np.zeros(1, np.int64), np.array([2**62])
    for start, end in ((far, far), (-far, one), (one, far)):
        with pytest.raises(InvalidValueError, match="the years 1 to 9999"):
            open_windows(one, start, end, 10)


def test_more_rows_than_a_key_can_number_are_refused(monkeypatch):
    monkeypatch.setattr(ordering, "KEY_BITS", 6)
    rows = np.arange(16)
    with pytest.raises(InvalidValueError, match="rows is 16: expected fewer, at most 8 at a time: charge the users in portions"):
        open_windows(rows, rows, rows, 10)
    assert len(open_windows(rows[:8], rows[:8], rows[:8], 10).start) == 8


def test_the_zone_of_an_instant_may_be_a_fixed_offset():
    usage = [Session("ada", "revit", EIGHT.astimezone(timezone(5.5 * HOUR)))]
    assert rows_of(charge_frame(sessions_table(usage), BOOK)) == typed_rows(charge_usage(usage, BOOK))
