"""Charges in data frames settled against packs: what comes back, at the edges of time and size, and what is refused."""

import random
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, localcontext

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from charge_frames import KINDS, charge_table, draws_in, draws_of, rows_of, settled_rows
from pool_builders import MOMENT, charge, day, pack, rates, session

from flexlib import (
    Charge,
    FormatError,
    InvalidTokensError,
    InvalidValueError,
    LedgerError,
    NaiveDatetimeError,
    ReportedUse,
    TokenPack,
    charge_usage,
    settle,
)
from flexlib.scale import charge_frame, settle_frame

TWO = [charge(10, 1), charge(7, 2, user="ben", product="autocad")]
PACK = pack("A", 500, 0, 90)
DAYS = pa.date32()


def frame_of(**columns):
    return pa.table({"user": ["ada"], "product": ["revit"], "at": [day(1)], "tokens": [10]} | columns)


def tokens_of(kind, *amounts):
    return frame_of(
        user=["ada"] * len(amounts),
        product=["revit"] * len(amounts),
        at=[day(number) for number in range(len(amounts))],
        tokens=pa.array(amounts, kind),
    )


def equals_settle(charges, packs):
    settled, ledger = settle_frame(charge_table(charges), packs), settled_rows(charges, packs)
    assert draws_in(settled) == draws_of(ledger)
    edges = {at for known in packs for at in (known.starts_at, known.expires_at)} | {known.at for known in charges[:50]}
    for at in sorted(edges)[:200]:
        assert settled.balances(at) == ledger.balances(at)
        assert (settled.balance(at), settled.expired(at)) == (ledger.balance(at), ledger.expired(at))
        assert settled.shortfall(at) == ledger.shortfall(at)
    return settled


@pytest.mark.parametrize("kind", KINDS)
def test_each_result_is_a_frame_of_the_kind_that_was_given(kind):
    frame = KINDS[kind](charge_table(TWO))
    settled = settle_frame(frame, [PACK])
    assert type(settled.charges) is type(settled.draws) is type(settled.packs) is type(frame)
    assert [row["pack"] for row in rows_of(settled.draws)] == ["A", "A"]


def test_draws_name_the_row_the_pack_the_instant_and_the_tokens():
    settled = settle_frame(frame_of(tokens=[12]), [pack("A", 5, 0, 3), pack("B", 4, 0, 4)])
    assert rows_of(settled.draws) == [
        {"charge": 0, "pack": "A", "at": day(1), "tokens": Decimal(5)},
        {"charge": 0, "pack": "B", "at": day(1), "tokens": Decimal(4)},
        {"charge": 0, "pack": None, "at": day(1), "tokens": Decimal(3)},
    ]
    [row] = rows_of(settled.charges)
    assert (row["drawn"], row["shortfall"]) == (9, 3)


def test_other_columns_and_an_index_are_kept_with_the_charges():
    frame = pd.DataFrame({name: list(column) for name, column in charge_table(TWO).to_pandas().items()}, index=["first", "second"])
    frame["tags"] = [{"x"}, {1}]
    charges = settle_frame(frame, [PACK]).charges
    assert charges.index.tolist() == ["first", "second"]
    assert charges["tags"].tolist() == [{"x"}, {1}]
    assert charges["drawn"].tolist() == [10, 7]


def test_settled_charges_can_be_settled_again_against_other_packs():
    once = settle_frame(pl.DataFrame(charge_table(TWO)), [])
    again = settle_frame(once.charges, [PACK])
    assert again.charges.columns == once.charges.columns
    assert again.charges["drawn"].to_list() == [10, 7]


def test_charges_come_as_charge_frame_gives_them():
    sessions = [session(0, 0.3), session(0.2, 2.6, user="ben", product="autocad"), session(3, None)]
    columns = {name: [getattr(use, name) for use in sessions] for name in ("user", "product", "opened_at", "closed_at")}
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("user", "product")),
            *((name, pa.timestamp("us", "UTC")) for name in ("opened_at", "closed_at")),
        ]
    )
    book, bought = rates(revit=10, autocad=7), [pack("A", 25, 0, 3), pack("B", 100, 2, 9)]
    settled = settle_frame(charge_frame(pa.table(columns, schema), book), bought)
    ledger = settle(charge_usage(sessions, book), bought)
    assert [(row["pack"], row["tokens"], row["at"]) for row in rows_of(settled.draws)] == [
        (draw.pack_id, draw.tokens, draw.at) for draw in ledger.draws
    ]
    assert settled.charges.column_names[-3:] == ["tokens", "drawn", "shortfall"]


def test_a_day_means_midnight_in_utc_as_for_reported_use():
    days = [date(2026, 1, 2), date(2026, 1, 2), date(2026, 1, 3), date(1, 1, 1), date(9999, 12, 31)]
    rows = [ReportedUse("ada", "revit", on, 10) for on in days]
    packs = [pack("A", 10, 1, 2), pack("B", 40, 1.5, 90)]
    settled = settle_frame(
        pa.table({"user": ["ada"] * 5, "product": ["revit"] * 5, "day": pa.array(days, DAYS), "tokens": [10] * 5}), packs
    )
    ledger = settle(rows, packs)
    for at in (day(0), day(1), day(2), day(3), datetime.max.replace(tzinfo=UTC)):
        assert settled.balances(at) == ledger.balances(at)
        assert settled.shortfall(at) == ledger.shortfall(at)


@pytest.mark.parametrize("kind", ["date32", "date64"])
def test_days_may_be_any_arrow_dates(kind):
    days = pa.array([date(2026, 1, 2)]).cast(kind)
    settled = settle_frame(pa.table({"user": ["ada"], "product": ["revit"], "day": days, "tokens": [10]}), [PACK])
    assert rows_of(settled.draws)[0]["at"] == day(1)


def test_rows_that_differ_in_the_feature_alone_are_two():
    both = frame_of(user=["ada"] * 3, product=["revit"] * 3, at=[day(1)] * 3, tokens=[10] * 3, feature=["x", "y", "x"])
    settled = settle_frame(both, [PACK])
    assert [row["drawn"] for row in rows_of(settled.charges)] == [10, 10, None]
    assert settled.balance(day(1)) == 480


def test_rows_that_differ_in_other_columns_alone_are_one():
    both = frame_of(user=["ada"] * 2, product=["revit"] * 2, at=[day(1)] * 2, tokens=[10, 10], file=["january", "february"])
    assert settle_frame(both, [PACK]).balance(day(1)) == 490


def test_an_instant_goes_before_a_start_of_a_window_and_that_before_a_day():
    later = frame_of(window_start=[day(5)], day=pa.array([date(2026, 3, 1)], DAYS))
    assert rows_of(settle_frame(later, []).draws)[0]["at"] == day(1)
    assert rows_of(settle_frame(later.drop(["at"]), []).draws)[0]["at"] == day(5)


def test_instants_of_any_zone_and_unit_are_the_same_instants():
    tokyo = frame_of(at=pa.array([day(1)], pa.timestamp("ns", "Asia/Tokyo")))
    early = PACK.starts_at.astimezone(timezone(timedelta(hours=9)))
    settled = settle_frame(tokyo, [TokenPack("A", 500, early, PACK.expires_at)])
    assert rows_of(settled.draws)[0]["at"] == day(1)
    assert settled.balance(day(1).astimezone(timezone(timedelta(hours=-5)))) == 490


def test_a_team_draws_on_the_common_pool_until_its_first_pack_starts():
    charges = [charge(10, number, team="lab") for number in (1, 2, 3, 4)]
    packs = [pack("common", 100, 0, 9), pack("lab's", 15, 2, 4, team="lab")]
    settled = equals_settle(charges, packs)
    assert [(row[1], row[2], row[4]) for row in draws_in(settled)] == [
        ("common", None, 10),
        ("lab's", "lab", 10),
        ("lab's", "lab", 5),
        (None, "lab", 5),
        (None, "lab", 10),
    ]
    assert (settled.balance(day(4), team="lab"), settled.balance(day(4), team=None)) == (0, 90)
    assert (settled.shortfall(day(4), team="lab"), settled.shortfall(day(4), team=None)) == (15, 0)


def test_teams_of_no_pool_and_blank_ones_are_as_they_are_to_settle():
    charges = [charge(1, number / 8, team=team) for number, team in enumerate([None, "", "guests", "lab", "", None])]
    equals_settle(
        charges,
        [pack("A", 4, 0, 9), pack("B", 1, 0, 9, team=""), pack("C", 9, 0.2, 9, team="lab"), pack("D", 9, 0, 9, team="none")],
    )


def test_a_team_column_of_nulls_alone_is_no_team():
    frame = pl.DataFrame({"user": ["ada"], "product": ["revit"], "at": [day(1)], "tokens": [10], "team": [None]})
    assert settle_frame(frame, [PACK]).draws["team"].to_list() == [None]


def test_packs_of_teams_expire_where_no_charge_names_a_team():
    settled = settle_frame(frame_of(), [pack("A", 5, 0, 3), pack("L", 7, 0, 2, team="lab")])
    assert (settled.balance(day(1)), settled.balance(day(2)), settled.expired(day(2)), settled.shortfall(day(2))) == (7, 0, 7, 5)


@pytest.mark.parametrize("charges", [[], TWO], ids=["no charges", "charges"])
@pytest.mark.parametrize("packs", [[], [PACK]], ids=["no packs", "a pack"])
def test_no_charges_and_no_packs_make_a_ledger_like_any_other(charges, packs):
    settled = equals_settle(charges, packs)
    assert settled.balance(day(1)) == (500 if packs else 0) - (10 if packs and charges else 0)
    assert len(settled.charges) == len(charges)
    assert len(settled.packs) == len(packs)


def test_charges_of_nothing_draw_nothing():
    settled = equals_settle([charge(0, number) for number in range(3)], [PACK])
    assert draws_in(settled) == []
    assert [row["drawn"] for row in rows_of(settled.charges)] == [0, 0, 0]


def test_packs_that_never_matter_expire_whole():
    packs = [pack("before", 5, -9, 1), pack("between", 6, 1.2, 1.8), pack("after", 7, 2.5, 4), pack("much later", 8, 100, 101)]
    settled = equals_settle(TWO, packs)
    assert [row["expired"] for row in rows_of(settled.packs)] == [5, 6, 7, 8]


def test_a_pack_pays_from_its_first_instant_to_the_last_before_its_end():
    charges = [charge(1, 1), Charge("ada", "revit", day(1) - MOMENT, 1), charge(1, 2), Charge("ada", "revit", day(2) - MOMENT, 1)]
    settled = equals_settle(charges, [pack("A", 9, 1, 2)])
    assert [(row["at"], row["pack"]) for row in rows_of(settled.draws)] == [
        (day(1) - MOMENT, None),
        (day(1), "A"),
        (day(2) - MOMENT, "A"),
        (day(2), None),
    ]
    assert (settled.balance(day(2) - MOMENT), settled.balance(day(2)), settled.expired(day(2))) == (7, 0, 7)


def test_charges_of_one_instant_draw_in_order_of_user_product_and_row():
    frame = frame_of(
        user=["ben", "ada", "ada", "ada"],
        product=["a", "b", "a", "a"],
        at=[day(1)] * 4,
        tokens=[Decimal(tokens) for tokens in (1, 2, 4, 3)],
    )
    assert [row["charge"] for row in rows_of(settle_frame(frame, [pack("A", 100, 0, 2)]).draws)] == [2, 3, 1, 0]


def test_a_thousand_packs_of_several_pools_are_drawn_on_as_settle_draws():
    chance = random.Random(6)
    teams = [None, "lab", "ops", "guests"]
    packs = []
    for number in range(1000):
        start = chance.randrange(400)
        packs.append(
            pack(
                f"P{number}",
                Decimal(chance.randrange(1, 90)) / 2,
                start,
                start + chance.randrange(1, 60),
                team=chance.choice(teams[:3]),
            )
        )
    charges = [
        Charge(
            chance.choice("abc"),
            "revit",
            day(chance.randrange(4 * 460) / 4),
            Decimal(chance.randrange(60)) / 4,
            team=chance.choice(teams),
        )
        for _ in range(1500)
    ]
    equals_settle(charges, packs)


def test_charges_of_a_million_tokens_use_up_hundreds_of_packs_at_once():
    packs = [pack(f"P{number:03}", 3000 + number, 0, 9) for number in range(500)]
    settled = equals_settle([charge(1_000_000, number) for number in (1, 2, 3)], packs)
    assert settled.shortfall(day(3)) == 3_000_000 - sum(3000 + number for number in range(500))


def test_rows_in_any_order_of_fine_instants_many_years_apart_are_settled_in_time_order():
    chance = random.Random(7)
    charges = [
        Charge(
            f"user {chance.randrange(99)}",
            f"product {chance.randrange(99)}",
            day(chance.choice((0, -700_000, 2_900_000))) + chance.randrange(9) * MOMENT,
            1,
        )
        for _ in range(300)
    ]
    equals_settle(charges, [pack("A", 250, -738_000, 2_910_000)])


def test_amounts_are_exact_whatever_the_decimal_context_and_read_plainly():
    with localcontext(prec=3):
        frame = tokens_of(pa.decimal128(20, 6), Decimal("123456.789012"), Decimal("0.000001"))
        settled = settle_frame(frame, [pack("A", Decimal("1000000.5"), 0, 90)])
        assert str(settled.balance(day(0))) == "876543.710988"
        assert str(settled.balance(day(1))) == "876543.710987"
        assert str(settled.expired(day(1))) == "0"
    assert str(settle_frame(frame_of(), [PACK]).balance(day(1))) == "490"


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint64(), pa.decimal128(5, 0), pa.decimal128(20, 12), pa.decimal256(70, 9)])
def test_tokens_may_be_whole_numbers_or_decimals_of_any_width(kind):
    assert settle_frame(tokens_of(kind, 10, 7), [PACK]).balance(day(9)) == 483


@pytest.mark.parametrize("digits", [10, 38])
def test_tokens_may_come_in_slices_and_pieces(digits):
    whole = tokens_of(pa.decimal128(digits, 6), *range(9))
    pieces = pa.concat_tables([whole.slice(1, 3), whole.slice(4, 0), whole.slice(4, 5)])
    assert [row["tokens"] for row in rows_of(settle_frame(pieces, [PACK]).draws)] == list(range(1, 9))


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.string(), pa.bool_()])
def test_tokens_that_are_no_exact_numbers_are_refused_by_name(kind):
    with pytest.raises(
        FormatError, match=f"frame: tokens: it holds {'double' if kind == pa.float64() else str(kind)}: give decimals or whole"
    ):
        settle_frame(frame_of(tokens=pa.array([10]).cast(kind)), [])


def test_floats_are_refused_with_the_reason():
    with pytest.raises(FormatError, match="floats are not exact"):
        settle_frame(frame_of(tokens=[0.5]), [])


def test_tokens_of_more_than_six_decimals_are_refused_with_their_rows():
    amounts = [Decimal("0.1234567"), Decimal(1), Decimal("0.0000001")]
    with pytest.raises(FormatError, match="rows 0, 2: tokens: it has more than 6 decimals"):
        settle_frame(tokens_of(pa.decimal128(20, 7), *amounts), [])


def test_negative_tokens_are_refused_with_their_rows():
    with pytest.raises(FormatError, match="row 1: tokens: it is negative"):
        settle_frame(tokens_of(pa.int64(), 1, -1), [])


@pytest.mark.parametrize(
    ("kind", "most"),
    [(pa.uint64(), 2**64 - 1), (pa.int64(), 10**13), (pa.decimal128(38, 0), 10**37), (pa.decimal256(76, 6), 10**60)],
)
def test_tokens_too_large_for_the_columns_are_refused_with_their_rows(kind, most):
    with pytest.raises(FormatError, match="row 1: tokens: it is too large: columns hold tokens in millionths, up to 9223372036854"):
        settle_frame(tokens_of(kind, 1, most), [])


def test_a_sum_of_tokens_too_large_for_the_columns_is_refused():
    half = 4_700_000_000_000
    assert settle_frame(tokens_of(pa.int64(), half), []).shortfall(day(0)) == half
    with pytest.raises(
        InvalidTokensError, match=r"Decimal\('9400000000000'\) .* come to at most 9223372036854.775807 tokens in all"
    ):
        settle_frame(tokens_of(pa.int64(), half, half), [])


@pytest.mark.parametrize("tokens", [Decimal("0.0000001"), Decimal(5 * 10**12)])
def test_a_pack_of_more_tokens_or_decimals_than_columns_hold_is_refused_by_name(tokens):
    with pytest.raises(InvalidTokensError, match="for the pack 'A' at most 6 decimals and less than") as caught:
        settle_frame(frame_of(), [pack("A", tokens, 0, 9)])
    assert caught.value.value == tokens


def test_packs_may_come_to_more_tokens_than_a_column_holds():
    packs = [pack(f"P{number}", 4 * 10**12, 0, 9) for number in range(5)]
    assert settle_frame(frame_of(), packs).balance(day(1)) == 20 * 10**12 - 10


def test_two_packs_of_one_id_that_differ_are_refused():
    with pytest.raises(LedgerError, match="two packs with the id 'A' differ"):
        settle_frame(frame_of(), [PACK, pack("A", 499, 0, 90)])


@pytest.mark.parametrize("name", ["user", "product", "tokens"])
def test_a_missing_column_is_named(name):
    with pytest.raises(FormatError, match=f"frame: {name}: this column is missing"):
        settle_frame(frame_of().drop([name]), [])


def test_a_frame_without_any_instants_is_told_what_they_may_be_called():
    with pytest.raises(FormatError, match="frame: at: this column is missing, and so are window_start and day"):
        settle_frame(frame_of().drop(["at"]), [])


@pytest.mark.parametrize("name", ["user", "product", "at", "tokens", "day"])
def test_nulls_are_refused_with_their_rows(name):
    frame = frame_of(user=["ada", "ben"], product=["revit"] * 2, at=[day(1)] * 2, tokens=[10, 7])
    if name == "day":
        frame = frame.drop(["at"]).append_column("day", pa.array([date(2026, 1, 2)] * 2, DAYS))
    kind = frame.schema.field(name).type
    holed = frame.set_column(frame.column_names.index(name), name, pa.array([frame[name][0].as_py(), None], kind))
    with pytest.raises(FormatError, match=f"row 1: {name}: it is null"):
        settle_frame(holed, [])


def test_instants_without_a_zone_are_refused():
    with pytest.raises(NaiveDatetimeError):
        settle_frame(frame_of(at=[datetime(2026, 1, 2)]), [])


@pytest.mark.parametrize("days", [pa.array([day(1)]), pa.array([datetime(2026, 1, 2)]), pa.array(["2026-01-02"])])
def test_a_day_that_is_no_date_is_refused(days):
    with pytest.raises(FormatError, match=r"frame: day: it holds .*: give dates"):
        settle_frame(frame_of(day=days).drop(["at"]), [])


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("at", pa.array([2**63 - 1], pa.timestamp("us", "UTC"))),
        ("at", pa.array([-(2**62)], pa.timestamp("us", "UTC"))),
        ("day", pa.array([2**31 - 1]).cast(pa.int32()).cast(DAYS)),
        ("day", pa.array([-800_000]).cast(pa.int32()).cast(DAYS)),
    ],
)
def test_instants_outside_the_calendar_are_refused(name, column):
    frame = frame_of().drop(["at"]).append_column(name, column)
    with pytest.raises(FormatError, match=f"row 0: {name}: it lies outside of the years 1 to 9999"):
        settle_frame(frame, [])


@pytest.mark.parametrize("frame", [TWO, {"user": ["ada"]}, None, "charges.csv", pl.Series([1]), pa.chunked_array([[1]])])
def test_what_is_no_data_frame_is_refused(frame):
    with pytest.raises(InvalidValueError, match="a polars or pandas DataFrame"):
        settle_frame(frame, [])


def test_a_reading_takes_no_naive_instant():
    settled = settle_frame(frame_of(), [PACK])
    for reading in (settled.balance, settled.balances, settled.expired, settled.shortfall):
        with pytest.raises(NaiveDatetimeError):
            reading(datetime(2026, 1, 2))


def test_a_settled_frame_shows_its_frames():
    assert "charges" in repr(settle_frame(frame_of(), [PACK]))


@pytest.mark.parametrize("instant", ["at", "window_start", "day"])
@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"])
def test_frames_of_no_rows_need_no_types(make, instant):
    frame = make({name: pa.nulls(0) if make is pa.table else [] for name in ("user", "product", instant, "tokens", "team")})
    settled = settle_frame(frame, [PACK])
    assert (len(settled.charges), len(settled.draws), settled.balance(day(1))) == (0, 0, 500)
