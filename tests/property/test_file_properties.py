"""Files of any content: what is written is read back, no row is lost, and nothing but a `FlexError` is ever raised."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flexlib import FlexError, Rate, ResultUse, Session, Source, read_rate_sheet
from flexlib.formats import OfferFile, read_offers
from flexlib.formats.accounts import AccountFile, read_account
from flexlib.formats.usage import UsageFile, read_usage

SESSION_COLUMNS = ["user", "product", "opened_at", "closed_at", "idle", "team", "machine", "version"]
RESULT_COLUMNS = ["user", "product", "at", "quantity", "team", "id"]
RATE_COLUMNS = ["product", "tokens", "effective_from", "effective_until", "region", "provider", "document", "as_of"]

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).map(str.strip).filter(bool)
some_names = st.none() | names
offsets = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC) | offsets)
amounts = st.decimals(Decimal("0.000001"), Decimal(10) ** 9, places=6)


@st.composite
def sessions(draw):
    """Any session that a file can hold; shrinks to one without a close."""
    opened_at = draw(instants)
    cuts = sorted(draw(st.sets(st.integers(1, 10**12), max_size=7)))
    bounds = [opened_at + timedelta(microseconds=cut) for cut in cuts]
    closed_at = bounds.pop() if bounds else None
    idle = list(zip(bounds[::2], bounds[1::2], strict=False))
    texts = {name: draw(some_names) for name in ("team", "machine", "version")}
    return Session(draw(names), draw(names), opened_at, closed_at, idle=idle, **texts)


results = st.builds(ResultUse, names, names, instants, amounts, team=some_names, id=some_names)


def as_csv(columns, rows):
    """Return rows as the csv module writes them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def session_cells(use):
    """Return the cells of a session."""
    idle = " ".join(f"{start.isoformat()}/{end.isoformat()}" for start, end in use.idle)
    close = use.closed_at.isoformat() if use.closed_at else ""
    return [use.user, use.product, use.opened_at.isoformat(), close, idle, use.team, use.machine, use.version]


def result_cells(use):
    """Return the cells of a result."""
    return [use.user, use.product, use.at.isoformat(), use.quantity, use.team, use.id]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


def written(folder, name, content):
    """Return the path of a file with that content; each example writes over the last."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return path


@given(st.lists(sessions(), max_size=5))
def test_sessions_written_as_csv_are_read_back_equal(folder, uses):
    found = read_usage(written(folder, "u.csv", as_csv(SESSION_COLUMNS, map(session_cells, uses))))
    assert (found.rows, found.problems) == (uses, [])


@given(st.lists(results, max_size=5, unique=True))
def test_results_written_as_csv_are_read_back_equal(folder, uses):
    found = read_usage(written(folder, "u.csv", as_csv(RESULT_COLUMNS, map(result_cells, uses))))
    assert (found.rows, found.problems) == (uses, [])


@given(st.lists(sessions(), max_size=3), st.sampled_from([ZoneInfo("Europe/London"), ZoneInfo("Asia/Tokyo")]))
def test_t1_the_zone_of_the_file_makes_no_difference_to_instants_that_have_their_own(folder, uses, zone):
    path = written(folder, "u.csv", as_csv(SESSION_COLUMNS, map(session_cells, uses)))
    assert read_usage(path, zone=zone).rows == uses


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.sampled_from(["Europe/London", "America/New_York"]))
@example(datetime(2026, 3, 29, 1, 30), "Europe/London")
@example(datetime(2026, 11, 1, 1, 30), "America/New_York")
def test_t1_a_local_time_is_read_as_the_one_instant_at_which_the_clocks_showed_it_or_not_at_all(folder, local, name):
    zone = ZoneInfo(name)
    found = read_usage(written(folder, "u.csv", f"user,product,opened_at\nann,autocad,{local.isoformat()}\n"), zone=zone)
    sides = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    shown = {side for side in sides if side.astimezone(zone).replace(tzinfo=None, fold=0) == local}
    assert {use.opened_at for use in found.rows} == (shown if len(shown) == 1 else set())
    assert len(found.rows) + len(found.problems) == 1


sheets = st.lists(
    st.builds(
        Rate,
        names,
        amounts,
        effective_from=instants,
        region=some_names,
        source=st.none() | st.builds(Source, names, names, st.none() | st.dates()),
    ),
    max_size=4,
    unique_by=lambda rate: rate.product,
)


def rate_cells(rate):
    """Return the cells of a rate."""
    source = [rate.source.provider, rate.source.document, rate.source.as_of] if rate.source else ["", "", ""]
    return [rate.product, rate.tokens, rate.effective_from.isoformat(), "", rate.region, *source]


def rate_keys(rate):
    """Return a rate as the keys of JSON."""
    source = rate.source and {"provider": rate.source.provider, "document": rate.source.document}
    if source and rate.source.as_of:
        source["as_of"] = rate.source.as_of.isoformat()
    since = rate.effective_from.isoformat()
    return {"product": rate.product, "tokens": str(rate.tokens), "effective_from": since, "region": rate.region, "source": source}


@given(sheets)
def test_r3_rates_written_as_csv_and_as_json_are_read_back_equal_each_with_its_source(folder, rates):
    as_json = json.dumps({"name": "s", "rates": [rate_keys(rate) for rate in rates]})
    of_csv = read_rate_sheet(written(folder, "s.csv", as_csv(RATE_COLUMNS, map(rate_cells, rates))))
    of_json = read_rate_sheet(written(folder, "s.json", as_json))
    assert of_csv.rates == of_json.rates == tuple(rates)


odd_cells = st.sampled_from(
    [
        "",
        "  ",
        "2026-03-02",
        "2026-03-02T08:00",
        "2026-10-25T01:30",
        "NaN",
        "-1",
        "1e400",
        "9" * 30,
        "9999-12-31T23:59-05:00",
        "\x00",
    ]
)
any_cells = odd_cells | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
good_rows = sessions().map(session_cells)
bad_rows = st.lists(any_cells, min_size=1, max_size=10)
half_bad_rows = st.tuples(good_rows, st.integers(0, 7), any_cells).map(
    lambda parts: [*parts[0][: parts[1]], parts[2], *parts[0][parts[1] + 1 :]]
)


@given(st.lists(good_rows | bad_rows | half_bad_rows, max_size=8), st.none() | st.just(ZoneInfo("Europe/London")))
def test_every_row_that_is_not_blank_is_either_read_or_set_aside_with_its_number_and_a_reason(folder, rows, zone):
    found = read_usage(written(folder, "u.csv", as_csv(SESSION_COLUMNS, rows)), zone=zone)
    filled = [number for number, row in enumerate(rows, start=2) if any(str(cell or "").strip() for cell in row)]
    assert len(found.rows) + len(found.problems) == len(filled)
    aside = [int(problem.place.removeprefix("row ")) for problem in found.problems]
    assert aside == sorted(set(aside))
    assert set(aside) <= set(filled)
    assert all(problem.problem for problem in found.problems)
    good = [number for number, row in enumerate(rows, start=2) if row in [session_cells(use) for use in found.rows]]
    assert not set(good) & set(aside)


@given(st.lists(st.tuples(names, st.sampled_from(["1", "1.0", "2", "0", "x", ""]), some_names), max_size=8))
def test_every_result_is_either_read_or_set_aside_and_none_counts_twice(folder, rows):
    content = as_csv(RESULT_COLUMNS, [[user, "cfd", "2026-03-02T08:00Z", quantity, "", known] for user, quantity, known in rows])
    found = read_usage(written(folder, "u.csv", content))
    assert len(found.rows) + len(found.problems) == len(rows)
    assert len(set(found.rows)) == len(found.rows)


fragments = st.lists(
    st.sampled_from(
        [
            *(
                "user,product,opened_at\n",
                "user,product,at,quantity\n",
                "product,tokens,effective_from\n",
                "ann,autocad,2026-03-02T08:00Z\n",
            ),
            *(
                'name = "s"\n',
                "[[rates]]\n",
                "[[packs]]\n",
                "[[seats]]\n",
                'product = "a"\n',
                "tokens = 7\n",
                "effective_from = 2026-01-01\n",
            ),
            *(
                'id = "p"\n',
                "purchased_on = 9999-12-31\n",
                "months = 99999999\n",
                'zone = "Europe/London"\n',
                "starts_at = 0001-01-01\n",
            ),
            *(
                '{"name": "s", "rates": [',
                '{"product": "a", "tokens": 1e400',
                '"effective_from": "0000-01-01"}',
                "]}",
                "[[",
                "{",
                "=",
                ":",
            ),
            *(
                '"',
                "'",
                ",",
                "\n",
                "\r",
                "\x00",
                "\ufeff",
                "\ud800",
                "\u2028",
                "9" * 5000,
                "[" * 3000,
                "1e400",
                "inf",
                "nan",
                "Infinity",
            ),
        ]
    )
    | st.text(max_size=8),
    max_size=12,
).map("".join)
contents = fragments | st.text() | st.binary()


def refused(read, path):
    """Return the `FlexError` with which a file is refused, or None where it is read; any other error fails the test."""
    try:
        assert read(path)
    except FlexError as error:
        return error
    return None


READINGS = {
    "u.csv": lambda path: isinstance(read_usage(path), UsageFile),
    "z.csv": lambda path: isinstance(read_usage(path, zone=ZoneInfo("America/New_York")), UsageFile),
    "a.toml": lambda path: isinstance(read_account(path), AccountFile),
    "o.toml": lambda path: isinstance(read_offers(path), OfferFile),
    "s.toml": lambda path: read_rate_sheet(path).name,
    "s.json": lambda path: read_rate_sheet(path).name,
    "s.csv": lambda path: read_rate_sheet(path).name,
    "s.xyz": lambda path: read_rate_sheet(path).name,
}


@pytest.mark.parametrize("name", READINGS)
@given(content=contents)
@example(content="user,product,opened_at\nann,autocad," + "9" * 5000)
@example(content="a" * 200_000 + "\n")
@example(content='{"name": "\\ud800", "rates": []}')
@example(content="x = " + "{a = " * 5_000)
@example(content="\ud800")
def test_a_file_of_any_content_is_read_or_refused_with_an_error_that_names_it(folder, name, content):
    path = written(folder, name, content)
    refusal = refused(READINGS[name], path)
    assert refusal is None or str(refusal).startswith(str(path))
    assert "failed at" not in str(refusal)


wild_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["2026-01-01", "9999-12-31T23:59-05:00", "1e400", "s", "day"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["provider", "document", "as_of", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)
wild_rates = st.fixed_dictionaries(
    {"product": wild_values, "tokens": wild_values, "effective_from": wild_values},
    optional=dict.fromkeys(["effective_until", "region", "basis", "source", "price"], wild_values),
)


@given(
    st.fixed_dictionaries(
        {"name": st.just("s"), "rates": st.lists(wild_rates, max_size=2) | wild_values}, optional={"source": wild_values}
    )
)
def test_json_of_the_right_shape_with_any_values_is_read_or_refused_by_the_field_at_fault(folder, document):
    path = written(folder, "s.json", json.dumps(document))
    refusal = refused(READINGS["s.json"], path)
    assert refusal is None or refusal.field is not None
    assert "failed at" not in str(refusal)
