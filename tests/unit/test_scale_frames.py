"""Data frames of every kind and type of column: the same charges, and the same kind of frame back."""

from collections import UserList
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from frame_makers import COLUMNS, KINDS, rows_of
from session_frames import idle_table, sessions_table, typed_rows

from flexlib import FLEX, Catalog, ChargePolicy, Product, Rate, RateBook, RateSheet, Session, charge_usage
from flexlib.scale import charge_frame, tables
from flexlib.scale.charging import Terms
from flexlib.scale.frames import charge_table

BOOK = RateBook(
    [RateSheet("2021", [Rate(code, n, effective_from=date(2021, 1, 1)) for code, n in (("autocad", 7), ("revit", 10))])]
)
EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
SESSIONS = [
    Session("bo", "revit", EIGHT, EIGHT + 30 * HOUR, idle=[(EIGHT + 20 * HOUR, EIGHT + 26 * HOUR)], team="south"),
    Session("ada", "autocad", EIGHT, EIGHT + 9 * HOUR, team="north"),
    Session("ada", "autocad", EIGHT + 23 * HOUR, EIGHT + 33 * HOUR),
    Session("ada", "revit", EIGHT + HOUR, None, team="north"),
]
TABLE, IDLE = sessions_table(SESSIONS), idle_table(SESSIONS)
ROWS = typed_rows(charge_usage(SESSIONS, BOOK))
PLAIN_ROWS = [row[:-1] for row in ROWS]


def with_column(name, values, table=TABLE):
    """Return the sessions with another column in the place of one."""
    return table.set_column(table.column_names.index(name), name, values)


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_of_any_kind_is_charged_and_comes_back_as_one_of_that_kind(kind):
    cls, make = KINDS[kind]
    charged = charge_frame(make(TABLE), BOOK, idle=make(IDLE))
    assert isinstance(charged, cls)
    assert rows_of(charged) == ROWS
    assert rows_of(charge_frame(make(TABLE.drop_columns("team")), BOOK, idle=make(IDLE))) == PLAIN_ROWS


@pytest.mark.parametrize("kind", KINDS)
def test_idle_spans_may_stand_in_a_frame_of_another_kind(kind):
    assert rows_of(charge_frame(TABLE, BOOK, idle=KINDS[kind][1](IDLE))) == ROWS


def test_charges_have_their_columns_and_types():
    charged = charge_frame(TABLE, BOOK)
    instant, text = pa.timestamp("us", "UTC"), pa.string()
    assert charged.schema.names == [*COLUMNS, "team"]
    assert charged.schema.types == [text, text, instant, instant, pa.decimal128(19, 6), text]
    assert charge_frame(TABLE.drop_columns("team"), BOOK).schema.names == COLUMNS


def test_tokens_are_exact_decimals_in_polars_and_pandas():
    polars, pandas = (charge_frame(KINDS[kind][1](TABLE), BOOK) for kind in ("polars", "pandas"))
    assert polars["tokens"].dtype == pl.Decimal(19, 6)
    assert polars["tokens"].sum() == pandas["tokens"].sum() == sum(row[4] for row in ROWS)
    assert isinstance(pandas["tokens"].iloc[0], Decimal)
    assert str(pandas["window_start"].dtype) == "datetime64[us, UTC]"


@pytest.mark.parametrize(
    "index",
    [
        pd.Index(["x", "y", "z", "w"]),
        pd.MultiIndex.from_product([[1, 2], ["a", "b"]]),
        pd.Index([7, 7, 7, 7], name="team"),
        pd.Index([{1}, "x", 2, None]),
    ],
)
def test_the_index_of_a_pandas_frame_makes_no_difference(index):
    charged = charge_frame(TABLE.drop_columns("team").to_pandas().set_index(index), BOOK, idle=IDLE)
    assert rows_of(charged) == PLAIN_ROWS
    assert list(charged.index) == list(range(len(ROWS)))


def test_a_class_that_extends_a_data_frame_is_one_of_that_kind():
    class Sessions(pd.DataFrame):
        pass

    charged = charge_frame(Sessions(TABLE.to_pandas()), BOOK, idle=IDLE)
    assert isinstance(charged, pd.DataFrame)
    assert rows_of(charged) == ROWS


@pytest.mark.parametrize("make", [pa.Table.to_reader, lambda table: table.combine_chunks().to_batches()[0]])
def test_what_else_speaks_arrow_is_charged_into_an_arrow_table(make):
    charged = charge_frame(make(TABLE), BOOK, idle=make(IDLE))
    assert isinstance(charged, pa.Table)
    assert rows_of(charged) == ROWS


def as_dictionary(values):
    return pa.array(values).dictionary_encode()


def with_unused_names(values):
    """A dictionary of names that no row has, blank and null ones among them, and one that stands there twice and is used so."""
    names = ["unheard of", "", "  ", None, *sorted(set(values)), values[-1]]
    codes = [names.index(value) for value in values[:-1]] + [len(names) - 1]
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.uint8()), pa.array(names))


TEXTS = {
    "string": pa.array,
    "large": lambda values: pa.array(values, pa.large_string()),
    "view": lambda values: pa.array(values, pa.string_view()),
    "dictionary": as_dictionary,
    "dictionary of large": lambda values: pa.array(values, pa.large_string()).dictionary_encode(),
    "dictionary of views": lambda values: pa.array(values, pa.string_view()).dictionary_encode(),
    "dictionary with unused names": with_unused_names,
    "chunks": lambda values: pa.chunked_array([[], values[:1], values[1:], []], pa.string()),
    "chunks of dictionaries": lambda values: pa.chunked_array([as_dictionary(values[:2]), as_dictionary(values[2:])]),
    "chunks of views": lambda values: pa.chunked_array([values[:2], values[2:]], pa.string_view()),
}


@pytest.mark.parametrize("text", TEXTS)
def test_names_may_be_text_of_any_type(text):
    table = TABLE
    for name in ("user", "product"):
        table = with_column(name, TEXTS[text](table[name].to_pylist()), table)
    assert rows_of(charge_frame(table, BOOK, idle=IDLE)) == ROWS


@pytest.mark.parametrize("text", [text for text in TEXTS if text != "dictionary with unused names"])
def test_teams_may_be_text_of_any_type_and_null(text):
    table = with_column("team", TEXTS[text](TABLE["team"].to_pylist()))
    assert rows_of(charge_frame(table, BOOK, idle=IDLE)) == ROWS


def test_a_team_may_be_a_null_among_the_names_of_a_dictionary_as_well_as_none():
    teams = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 1]), pa.array(["south", "north", None]))
    assert rows_of(charge_frame(with_column("team", teams), BOOK, idle=IDLE)) == ROWS


@pytest.mark.parametrize("nothing", [pa.nulls(4), pa.nulls(4, pa.string()), pa.nulls(4, pa.string_view()), pa.nulls(4, pa.int32())])
def test_teams_may_all_be_null(nothing):
    assert [row[-1] for row in rows_of(charge_frame(with_column("team", nothing), BOOK))] == [None] * 5


def test_as_many_teams_as_a_short_dictionary_holds_leave_room_for_none():
    teams = [f"team {number:03}" for number in range(256)]
    codes = pa.array([*range(256), None], pa.uint8())
    sessions = [Session(f"user {number:03}", "revit", EIGHT) for number in range(257)]
    table = with_column("team", pa.DictionaryArray.from_arrays(codes, pa.array(teams)), sessions_table(sessions))
    assert [row[-1] for row in rows_of(charge_frame(table, BOOK))] == [*teams, None]


@pytest.mark.parametrize("kind", [pl.Categorical, pl.Enum(["revit", "autocad", "maya", "never used"])])
def test_polars_categories_are_names_and_those_not_used_make_no_difference(kind):
    frame = pl.from_arrow(TABLE).with_columns(pl.col("product").cast(kind))
    catalog = Catalog([Product(code, code) for code in ("autocad", "revit")])
    assert rows_of(charge_frame(frame, BOOK, idle=IDLE, catalog=catalog)) == ROWS


# Before version 3, pandas' str makes the text "None" of what is missing.
OWN_TEXT = [] if pd.__version__.startswith("2.") else ["str"]


@pytest.mark.parametrize("kind", ["object", "category", *OWN_TEXT, "string", pd.ArrowDtype(pa.string())])
def test_pandas_text_of_any_type_is_a_name(kind):
    frame = TABLE.to_pandas().astype({"user": kind, "product": kind, "team": kind})
    assert rows_of(charge_frame(frame, BOOK, idle=IDLE)) == ROWS


def test_what_pandas_leaves_of_a_category_after_a_filter_makes_no_difference():
    frame = TABLE.to_pandas().astype({"user": "category", "product": "category"})
    catalog = Catalog([Product("autocad", "AutoCAD")])
    charged = charge_frame(frame[frame["product"] == "autocad"], BOOK, catalog=catalog)
    assert [row[1] for row in rows_of(charged)] == ["autocad", "autocad"]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns", "+05:30"])
def test_instants_may_be_of_any_unit_in_any_zone(unit, zone):
    table = TABLE
    for name in ("opened_at", "closed_at"):
        table = with_column(name, table[name].cast(pa.timestamp(unit, zone)), table)
    assert rows_of(charge_frame(table, BOOK, idle=IDLE)) == ROWS


def test_instants_before_1970_may_be_of_any_unit():
    book = RateBook([RateSheet("ever", [Rate("revit", 10, effective_from=date(1, 1, 1))])])
    opened = datetime(1969, 12, 31, 23, 59, 58, tzinfo=UTC)
    for unit in ("s", "ms", "us", "ns"):
        table = sessions_table([Session("ada", "revit", opened, opened + 25 * HOUR)])
        for name in ("opened_at", "closed_at"):
            table = with_column(name, table[name].cast(pa.timestamp(unit, "UTC")), table)
        assert [row[2] for row in rows_of(charge_frame(table, book))] == [opened, opened + 24 * HOUR]


def test_pandas_may_hold_aware_datetimes_as_objects():
    frame = TABLE.to_pandas()
    for name in ("opened_at", "closed_at"):
        frame[name] = pd.Series([value.to_pydatetime() if value is not pd.NaT else None for value in frame[name]], dtype=object)
    assert rows_of(charge_frame(frame, BOOK, idle=IDLE)) == ROWS


NO_CLOSES = {
    "arrow": lambda: with_column("closed_at", pa.nulls(4)),
    "instants": lambda: with_column("closed_at", pa.nulls(4, pa.timestamp("us", "UTC"))),
    "instants without a zone": lambda: with_column("closed_at", pa.nulls(4, pa.timestamp("us"))),
    "polars": lambda: pl.from_arrow(TABLE).with_columns(closed_at=pl.lit(None)),
    "pandas": lambda: TABLE.to_pandas().assign(closed_at=None),
    "pandas NaT": lambda: TABLE.to_pandas().assign(closed_at=pd.NaT),
    "pandas NaN": lambda: TABLE.to_pandas().assign(closed_at=np.nan),
    "duckdb": lambda: duckdb.from_arrow(TABLE).select("* replace (null as closed_at)"),
}


@pytest.mark.parametrize("made", NO_CLOSES)
def test_c7_no_close_at_all_may_be_known(made):
    launches = [Session(one.user, one.product, one.opened_at, team=one.team) for one in SESSIONS]
    assert rows_of(charge_frame(NO_CLOSES[made](), BOOK)) == typed_rows(charge_usage(launches, BOOK))


@pytest.mark.parametrize("kind", KINDS)
def test_c7_some_closes_may_be_unknown(kind):
    table = with_column(
        "closed_at", pa.chunked_array([TABLE["closed_at"][:1].combine_chunks(), pa.nulls(3, TABLE["closed_at"].type)])
    )
    usage = [SESSIONS[0], *(Session(one.user, one.product, one.opened_at, team=one.team) for one in SESSIONS[1:])]
    assert rows_of(charge_frame(KINDS[kind][1](table), BOOK, idle=IDLE)) == typed_rows(charge_usage(usage, BOOK))


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_without_rows_has_no_charges_but_their_columns(kind):
    charged = charge_frame(KINDS[kind][1](TABLE[:0]), BOOK, idle=KINDS[kind][1](IDLE[:0]))
    assert isinstance(charged, KINDS[kind][0])
    assert rows_of(charged) == []
    assert list(pa.table(charged).column_names) == [*COLUMNS, "team"]


def test_a_frame_without_rows_may_have_columns_of_any_type():
    names = ["user", "product", "opened_at", "closed_at"]
    assert rows_of(charge_frame(pd.DataFrame(columns=names), BOOK, idle=pd.DataFrame(columns=["session", "start", "end"]))) == []
    assert rows_of(charge_frame(pl.DataFrame({name: [] for name in names}), BOOK)) == []
    assert rows_of(charge_frame(pa.table({name: pa.array([], pa.float64()) for name in names}), BOOK)) == []


def test_a_table_without_chunks_has_no_charges():
    assert rows_of(charge_frame(pa.Table.from_batches([], TABLE.schema), BOOK)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_other_columns_and_the_order_of_columns_make_no_difference(kind):
    table = TABLE.append_column("note", pa.array([1, 2, 3, 4])).append_column("User", pa.array(list("abcd")))
    if kind == "duckdb":  # its names are the same in capitals
        table = table.drop_columns("User")
    frame = KINDS[kind][1](table.select(sorted(table.column_names, reverse=True)))
    assert rows_of(charge_frame(frame, BOOK, idle=IDLE)) == ROWS


@pytest.mark.parametrize("kind", ["polars", "pandas"])
def test_other_columns_may_hold_what_arrow_has_no_type_for(kind):
    odd = [UserList(), "text", 3, {1}]
    frame = KINDS[kind][1](TABLE)
    frame = frame.assign(odd=odd) if kind == "pandas" else frame.with_columns(pl.Series("odd", odd, dtype=pl.Object))
    assert rows_of(charge_frame(frame, BOOK, idle=IDLE)) == ROWS


def test_a_slice_of_a_table_is_charged_as_its_rows_alone():
    for text in ("string", "dictionary", "view"):
        table = with_column("user", TEXTS[text](TABLE["user"].to_pylist()))
        assert rows_of(charge_frame(table.slice(1, 2), BOOK)) == typed_rows(charge_usage(SESSIONS[1:3], BOOK))


def test_what_was_given_stays_as_it_was():
    polars, pandas = KINDS["polars"][1](TABLE), KINDS["pandas"][1](TABLE)
    charge_frame(polars, BOOK, idle=IDLE)
    charge_frame(pandas, BOOK, idle=IDLE)
    assert polars.equals(KINDS["polars"][1](TABLE))
    assert pandas.equals(KINDS["pandas"][1](TABLE))


def test_more_text_than_a_chunk_holds_comes_in_several(monkeypatch):
    monkeypatch.setattr(tables, "TEXT_BYTES", 16)
    charged = charge_frame(TABLE, BOOK, idle=IDLE)
    assert rows_of(charged) == ROWS
    assert charged["product"].num_chunks == 3


def test_names_of_any_script_are_sorted_as_in_the_typed_engine():
    users = ["Zoë", "zoe", "Ärzte", "änne", "李", "🙂", "a b", "A", " ada"]
    sessions = [Session(user, "revit", EIGHT, team=user) for user in users]
    assert rows_of(charge_frame(sessions_table(sessions), BOOK)) == typed_rows(charge_usage(sessions, BOOK))


def test_a_table_is_charged_on_terms_without_a_frame():
    assert rows_of(charge_table(TABLE, Terms(BOOK, None, (), FLEX, None), IDLE)) == ROWS


def test_of_sessions_that_open_at_one_instant_the_team_is_that_of_the_one_that_is_first_in_the_typed_engine():
    policy = ChargePolicy(grace=timedelta(0))
    ways = list(product([EIGHT, None, EIGHT + HOUR], [None, "", "north", "south"]))
    pairs = enumerate(product(ways, ways))
    usage = [Session(f"{number:03}", "revit", EIGHT, closed, team=team) for number, pair in pairs for closed, team in pair]
    expected = typed_rows(charge_usage(usage, BOOK, policy=policy))
    assert rows_of(charge_frame(sessions_table(usage), BOOK, policy=policy)) == expected
