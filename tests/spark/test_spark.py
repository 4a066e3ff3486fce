"""Charging on Spark gives the rows that one machine gives. Without PySpark and Java, the tests that need them are skipped."""

import doctest
import re
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from usage_strategies import BOOK, CATALOG, policies, respelled, seat_lists, session_lists

from flexlib import FLEX, Catalog, FormatError, InvalidValueError, Product, Rate, RateBook, RateSheet, Seat, charge_usage
from flexlib.scale import charge_frame, charge_spark

pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:unclosed <socket:ResourceWarning"
    ),  # PySpark 4.0 leaves those open over which toArrow() reads
    pytest.mark.filterwarnings(
        "ignore:PySpark does not yet fully support pandas:FutureWarning"
    ),  # it looks for pandas and uses none
]

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "charge-on-spark.md"
DAY = timedelta(days=1)
START = datetime(2026, 3, 1, tzinfo=UTC)
CHANGE = START + 10 * DAY
RATES = RateBook(
    [
        RateSheet(
            "made up",
            [Rate(f"p{n}", Decimal(n) / 8, effective_from=START) for n in range(60)]
            + [Rate(f"p{n}", 100 + n, effective_from=CHANGE) for n in range(5)]
            + [Rate(f"p{n}", 200 + n, effective_from=START, region="north") for n in range(5, 10)],
        )
    ]
)
SEATS = [Seat(f"u{n}", [f"p{place}" for place in range(1 + n % 7)], START + n * DAY, START + 2 * n * DAY) for n in range(1, 20)]
INSTANT = pa.timestamp("us", "UTC")


def table(rows):
    """An Arrow table of sessions: user, product, opened, closed and team."""
    kinds = {"user": pa.string(), "product": pa.string(), "opened_at": INSTANT, "closed_at": INSTANT, "team": pa.string()}
    return pa.table({name: pa.array([row[place] for row in rows], kind) for place, (name, kind) in enumerate(kinds.items())})


def log(number):
    """A session log by chance, over forty days and the clock changes of spring, with every kind of close."""
    random = Random(number)
    rows = []
    for _ in range(number):
        opened = START + timedelta(seconds=random.randrange(40 * 86_400))
        closed = random.choice([None, opened + timedelta(seconds=random.randrange(9 * 3600)), opened + random.randrange(4) * DAY])
        user, product = f"u{random.randrange(40)}", f"p{int(60 * random.random() ** 3)}"
        rows.append((user, product, opened, closed, random.choice([None, "", "north", "south"])))
    return table(rows)


def rows_of(charges):
    """The rows of a table of charges, counted, since their order is not certain."""
    in_utc = pa.schema([field.with_type(INSTANT) if pa.types.is_timestamp(field.type) else field for field in charges.schema])
    return Counter(tuple(row.values()) for row in charges.cast(in_utc).to_pylist())


def on_spark(frame, rates=RATES, **terms):
    return rows_of(charge_spark(frame, rates, **terms).toArrow())


@contextmanager
def configured(spark, **values):
    """Set values of a session for a while."""
    names = {name.replace("__", "."): value for name, value in values.items()}
    before = {name: spark.conf.get(name) for name in names}
    for name, value in names.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            spark.conf.set(name, value)


def test_charge_spark_is_there_without_pyspark_being_loaded():
    probe = "import sys; from flexlib.scale import charge_spark; print('pyspark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@settings(max_examples=12)  # each is a job of Spark's
@given(session_lists(max_size=12), seat_lists(), policies(), st.sampled_from([None, 2, 16]), st.randoms())
def test_spark_charges_what_the_typed_engine_charges_row_for_row(spark, sessions, seats, policy, partitions, random):
    usage = [respelled(evolve(session, idle=()), random) for session in sessions]
    frame = spark.createDataFrame(table([(u.user, u.product, u.opened_at, u.closed_at, u.team) for u in usage]))
    charges = charge_usage(usage, BOOK, seats=seats, policy=policy, catalog=CATALOG)
    expected = Counter((c.user, c.product, c.window.start, c.window.end, c.tokens, c.team) for c in charges)
    assert on_spark(frame, BOOK, seats=seats, policy=policy, catalog=CATALOG, partitions=partitions) == expected


@pytest.mark.parametrize("partitions", [None, 1, 2, 7])
@pytest.mark.parametrize("terms", [{}, {"seats": SEATS}, {"region": "north", "policy": evolve(FLEX, grace=timedelta(hours=1))}])
def test_the_number_of_partitions_makes_no_difference(spark, terms, partitions):
    sessions = log(3000)
    expected = rows_of(charge_frame(sessions, RATES, **terms))
    assert expected.total() > 500
    assert on_spark(spark.createDataFrame(sessions), partitions=partitions, **terms) == expected


def test_charges_beyond_one_batch_all_come_back(spark):
    number = 150_000
    frame = spark.range(number).selectExpr(
        "concat('u', id) as user", "'p1' as product", "timestamp '2026-03-02 08:00:00Z' as opened_at", "null as closed_at"
    )
    charged = charge_spark(frame, RATES, partitions=1).selectExpr("count(distinct user) as users", "count(*) as rows")
    assert charged.toArrow().to_pylist() == [{"users": number, "rows": number}]


def test_the_columns_are_those_of_charge_frame(spark):
    frame = spark.createDataFrame(log(10))
    plain = "struct<user:string,product:string,window_start:timestamp,window_end:timestamp,tokens:decimal(19,6)"
    assert charge_spark(frame, RATES).schema.simpleString() == f"{plain},team:string>"
    assert charge_spark(frame.drop("team"), RATES).schema.simpleString() == f"{plain}>"
    assert charge_spark(frame, RATES).toArrow().schema.equals(charge_frame(log(10), RATES).schema)


def test_other_columns_and_their_order_make_no_difference(spark):
    sessions = log(300)
    frame = spark.createDataFrame(sessions).selectExpr("closed_at", "1 as other", "team", "product", "opened_at", "user")
    assert on_spark(frame) == rows_of(charge_frame(sessions, RATES))


def test_no_sessions_are_no_charges(spark):
    assert on_spark(spark.createDataFrame(log(10)).limit(0)) == Counter()


def test_a_column_of_nulls_alone_is_closes_that_are_not_known(spark):
    sessions = log(300)
    frame = spark.createDataFrame(sessions).selectExpr("user", "product", "opened_at", "null as closed_at", "team")
    without = sessions.set_column(3, "closed_at", pa.nulls(300, INSTANT))
    assert on_spark(frame) == rows_of(charge_frame(without, RATES))


@pytest.mark.parametrize(
    "values",
    [
        {"spark__sql__session__timeZone": "America/New_York"},
        {"spark__sql__session__timeZone": "Australia/Lord_Howe"},
        {"spark__sql__session__timeZone": "GMT+8"},
        {"spark__sql__timestampType": "TIMESTAMP_NTZ"},
        {"spark__sql__execution__arrow__useLargeVarTypes": "true"},
        {"spark__sql__execution__arrow__maxRecordsPerBatch": "7"},
        {"spark__sql__adaptive__enabled": "false"},
    ],
)
def test_the_zone_of_the_session_and_its_other_settings_make_no_difference(spark, values):
    sessions = log(300)
    frame = spark.createDataFrame(sessions)
    plain = rows_of(charge_frame(sessions, RATES))
    listed = Catalog([Product(f"p{number}", f"Product {number}") for number in range(60)])
    with configured(spark, **values):
        assert on_spark(frame) == plain
        assert on_spark(frame.selectExpr("*"), catalog=listed) == plain


def test_one_product_under_several_names_is_charged_once(spark):
    names = ["autocad", "AutoCAD", "ACD", "AutoCAD 2024", "AutoCAD 2025", "AutoCAD 2026"]
    opens = [
        (f"u{user}", name, CHANGE + timedelta(minutes=10 * place), None, None)
        for user in range(20)
        for place, name in enumerate(names)
    ]
    charges = charge_spark(spark.createDataFrame(table(opens)), BOOK, catalog=CATALOG, partitions=5).toArrow()
    assert Counter(charges["user"].to_pylist()) == Counter(f"u{user}" for user in range(20))
    assert set(charges["product"].to_pylist()) == {"autocad"}


def test_a_user_with_a_tenth_of_all_sessions_does_not_fill_a_partition(spark):
    groups = [("heavy", f"p{product}") for product in range(400)] + [(f"u{n}", f"p{n % 400}") for n in range(3600)]
    sessions = table([(user, product, START + 2 * day * DAY, None, None) for user, product in groups for day in range(5)])
    rates = RateBook([RateSheet("made up", [Rate(f"p{number}", 1, effective_from=START) for number in range(400)])])
    charged = charge_spark(spark.createDataFrame(sessions), rates, partitions=16)
    filled = charged.selectExpr("spark_partition_id() as place").groupBy("place").count().toArrow()["count"].to_pylist()
    assert sum(filled) == len(sessions)
    assert max(filled) < 1.3 * len(sessions) / 16


@pytest.mark.parametrize("catalog", [None, CATALOG])
def test_spark_shuffles_once_sorts_nothing_and_calls_no_group(spark, capsys, catalog):
    charge_spark(spark.createDataFrame(log(10)), RATES, catalog=catalog, partitions=5).explain()
    plan = capsys.readouterr().out
    assert len(re.findall(r"Exchange hashpartitioning\(user#\d+, product#\d+, 5\)", plan)) == plan.count("Exchange") == 1
    assert plan.count("MapInArrow") == (1 if catalog is None else 2)
    assert "Sort" not in plan
    assert "Group" not in plan


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (["user", "product", "opened_at"], "frame: closed_at: this column is missing; there are user, product, opened_at"),
        (["user", "product", "opened_at", "closed_at", "user"], "frame: user: there are 2 columns of this name: keep one"),
        (["1 as user", "product", "opened_at", "closed_at"], "frame: user: it holds int: give text"),
        (["user", "product", "opened_at", "closed_at", "3 as team"], "frame: team: it holds int: give text"),
        (
            ["user", "product", "cast(opened_at as date) as opened_at", "closed_at"],
            "frame: opened_at: it holds date: give timestamp, which is an instant",
        ),
        (
            ["user", "product", "opened_at", "cast(closed_at as timestamp_ntz) as closed_at"],
            "frame: closed_at: it holds timestamp_ntz, which has no zone: give timestamp, which is an instant",
        ),
    ],
)
def test_a_wrong_column_is_refused_before_anything_runs(spark, columns, problem):
    frame = spark.createDataFrame(log(10)).selectExpr(*columns)
    with pytest.raises(FormatError) as caught:
        charge_spark(frame, RATES)
    assert str(caught.value) == problem


@pytest.mark.parametrize("partitions", [0, -1, True, 2.0, "3"])
def test_a_number_of_partitions_that_is_none_is_refused(spark, partitions):
    with pytest.raises(InvalidValueError, match=r"^partitions is .*: expected a whole number from 1, or None"):
        charge_spark(spark.createDataFrame(log(10)), RATES, partitions=partitions)


@pytest.mark.parametrize(
    ("column", "value", "error"),
    [
        (
            "user",
            "nullif(user, 'u1')",
            r"FormatError: frame: rows (\d+, )+.* and \d+ more: user: it is null: give a value in every row",
        ),
        ("product", "nullif(product, 'p1')", r"FormatError: frame: rows (\d+, )+.* and \d+ more: product: it is null: .*"),
        (
            "closed_at",
            "opened_at - interval 1 second",
            r"FormatError: frame: rows 0, 1, 2, 3, 4 and 295 more: closed_at: it lies .*",
        ),
        ("product", "'p99'", r"UnknownProductError: no product is known as 'p99'.*\nin 300 rows, .*"),
        ("product", "'p55'", r"RateNotFoundError: no rate for 'p55' at .*\nso it is with \d+ windows.*"),
    ],
)
@pytest.mark.parametrize("act", ["collect", "toArrow", "write"])
def test_what_is_wrong_in_rows_is_told_at_the_end_of_what_spark_raises(spark, column, value, error, act):
    from pyspark.errors import PythonException

    actions = {
        "collect": lambda frame: frame.collect(),
        "toArrow": lambda frame: frame.toArrow(),
        "write": lambda frame: frame.write.format("noop").mode("overwrite").save(),
    }
    catalog = Catalog([Product(f"p{number}", f"Product {number}") for number in range(60)])
    rates = RateBook([RateSheet("made up", [Rate(f"p{number}", 1, effective_from=START) for number in range(50)])])
    frame = spark.createDataFrame(log(300)).selectExpr("*", f"{value} as wrong").drop(column).withColumnRenamed("wrong", column)
    charged = charge_spark(frame, rates, catalog=catalog, partitions=1)
    with pytest.raises(PythonException) as caught:
        actions[act](charged)
    where = "rows and windows are counted within partition 0 of the sessions, of 300 rows"
    assert re.search(rf"\nflexlib\.errors\.{error}\n{where}\s*\Z", str(caught.value))


def test_the_examples_of_the_page_work(spark):
    text = "".join(re.findall(r"^```pycon\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL))
    examples = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    assert len(examples.examples) > 5
    assert doctest.DocTestRunner().run(examples).failed == 0
