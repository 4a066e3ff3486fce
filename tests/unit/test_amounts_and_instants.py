"""Exact amounts (rule C10), aware instants (rule T1) and names, as every value of the model takes them."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_UP, Decimal, Inexact, getcontext, localcontext
from zoneinfo import ZoneInfo

import pytest
from sample_values import at, book, per_result, rate, result, session

from flexlib import (
    Charge,
    ChargeWindow,
    InvalidTokensError,
    InvalidValueError,
    NaiveDatetimeError,
    Product,
    Rate,
    RateBook,
    Refund,
    ReportedUse,
    ResultUse,
    Seat,
    Session,
    Source,
    TokenPack,
    Transfer,
    charge_usage,
    settle,
)

NAIVE = datetime(2026, 3, 2, 8)

TAKES_TOKENS = {
    "rate": lambda tokens: rate("revit", tokens).tokens,
    "charge": lambda tokens: Charge("ada", "revit", at(8), tokens).tokens,
    "result": lambda tokens: result(at(8), tokens).quantity,
    "report": lambda tokens: ReportedUse("ada", "revit", date(2026, 3, 2), tokens).tokens,
    "pack": lambda tokens: TokenPack("A-1", tokens, at(0), at(1)).tokens,
    "price": lambda tokens: TokenPack("A-1", 500, at(0), at(1), price=tokens).price,
    "purchase": lambda tokens: TokenPack.purchase("A-1", tokens, date(2026, 3, 2)).tokens,
    "refund": lambda tokens: Refund("x", tokens, at(0)).tokens,
    "transfer": lambda tokens: Transfer(None, "north", tokens, at(0)).tokens,
}
ABOVE_ZERO = ["result", "pack", "purchase", "refund", "transfer"]
takes_tokens = pytest.mark.parametrize("take", TAKES_TOKENS.values(), ids=TAKES_TOKENS)


@takes_tokens
@pytest.mark.parametrize(
    "tokens", [7, Decimal(7), Decimal("0.1"), Decimal("0.5"), 10**15 - 1, Decimal("999999999999999.999999999999")]
)
def test_c10_ints_and_decimals_are_taken_exactly(take, tokens):
    assert take(tokens) == tokens
    assert isinstance(take(tokens), Decimal)


@takes_tokens
@pytest.mark.parametrize("tokens", [7.0, 0.1, float("nan"), float("inf"), True, False, "7", None, 7j], ids=repr)
def test_c10_what_is_no_exact_number_is_refused_as_an_amount(take, tokens, request):
    if tokens is None and "price" in request.node.name:
        assert take(None) is None
        return
    with pytest.raises(InvalidTokensError, match=r"is not an amount: give an int or a decimal\.Decimal"):
        take(tokens)


@takes_tokens
@pytest.mark.parametrize(
    "tokens", [-1, Decimal("-0.1"), Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")], ids=str
)
def test_c10_negative_and_infinite_amounts_and_nan_are_refused(take, tokens):
    with pytest.raises(InvalidTokensError, match="give a finite number, zero or more"):
        take(tokens)


@takes_tokens
@pytest.mark.parametrize("tokens", [10**15, Decimal("1E+15"), Decimal("1E-13"), Decimal("0.1234567890123")], ids=str)
def test_c10_amounts_too_long_to_be_summed_exactly_are_refused(take, tokens):
    with pytest.raises(InvalidTokensError, match="at most 15 digits before the point and 12 after it"):
        take(tokens)


@pytest.mark.parametrize("take", [TAKES_TOKENS[name] for name in ABOVE_ZERO], ids=ABOVE_ZERO)
def test_sizes_and_quantities_of_zero_are_refused(take):
    with pytest.raises(InvalidTokensError, match="give a number above zero"):
        take(0)


@pytest.mark.parametrize("take", [TAKES_TOKENS[name] for name in TAKES_TOKENS if name not in ABOVE_ZERO])
def test_c11_zero_tokens_and_prices_are_amounts_like_any_other(take):
    assert take(0) == 0


def test_c10_charges_are_exact_whatever_the_decimal_context_of_the_caller():
    tokens, quantity = Decimal("1234.5678"), Decimal("98765.4321")
    with localcontext():
        getcontext().prec = 3
        getcontext().rounding = ROUND_UP
        (charge,) = charge_usage([result(at(8), quantity)], book(per_result("cfd", tokens)))
        id_in_a_narrow_context = charge.id
    assert charge.tokens == Decimal("121932622.22374638")
    assert charge.id == id_in_a_narrow_context


def test_c10_the_id_of_a_charge_does_not_depend_on_the_decimal_context_of_the_caller():
    (one,), (two,) = (charge_usage([result(at(8), quantity)], book(per_result("cfd", 0))) for quantity in (12341, 12342))
    expected = (one.id, two.id)
    with localcontext():
        getcontext().prec = 3
        assert (one.id, two.id) == expected
        assert one.id != two.id
        getcontext().traps[Inexact] = True
        assert one.id == expected[0]


def test_c10_the_most_results_at_the_finest_rate_are_charged_exactly_or_refused_by_name():
    with pytest.raises(InvalidTokensError, match="at most 15 digits"):
        charge_usage([result(at(8), Decimal("1E-7"))], book(per_result("cfd", Decimal("1E-6"))))


def test_c10_zeros_at_the_end_of_an_amount_make_no_difference():
    (charge,) = charge_usage([result(at(8), Decimal("1.0000000000"))], book(per_result("cfd", Decimal("0.100"))))
    assert charge.tokens == Decimal("0.1")


@takes_tokens
@pytest.mark.parametrize(
    ("written", "held"), [("1000000", "1000000"), ("0.500000000000", "0.500000000000"), ("0.5000000000000", "0.5")]
)
def test_c10_an_amount_is_held_as_it_is_written_unless_zeros_make_it_longer_than_12_decimals(take, written, held):
    assert str(take(Decimal(written))) == held


def test_zero_is_one_amount_with_or_without_a_sign():
    assert Charge("ada", "revit", at(8), Decimal("-0")).id == Charge("ada", "revit", at(8), 0).id
    assert str(Charge("ada", "revit", at(8), Decimal("-0")).explain()).count("-0 tokens") == 0


@pytest.mark.parametrize("tokens", [Decimal("1E+2"), Decimal(100), Decimal("100.00")], ids=str)
def test_amounts_are_written_in_plain_digits(tokens):
    assert "was charged 100 tokens" in Charge("ada", "revit", at(8), tokens).explain().lines[0]


@pytest.mark.parametrize(
    "make",
    [
        lambda when: Session("ada", "revit", when),
        lambda when: Session("ada", "revit", at(8), when),
        lambda when: Session("ada", "revit", at(8), at(9), idle=[(when, at(9))]),
        lambda when: Session("ada", "revit", at(8), at(9), idle=[(at(8), when)]),
        lambda when: ResultUse("ada", "cfd", when),
        lambda when: Seat("ada", "revit", when),
        lambda when: Seat("ada", "revit", at(8), when),
        lambda when: Rate("revit", 10, effective_from=when),
        lambda when: Rate("revit", 10, effective_from=date(2021, 1, 1), effective_until=when),
        lambda when: TokenPack("A-1", 500, when, at(8)),
        lambda when: TokenPack("A-1", 500, at(8), when),
        lambda when: Refund("x", 1, when),
        lambda when: Transfer(None, "north", 1, when),
        lambda when: Charge("ada", "revit", when, 10),
        lambda when: ChargeWindow("ada", "revit", when, at(8)),
        lambda when: ChargeWindow("ada", "revit", at(8), when),
        lambda when: book(rate("revit", 10)).rate("revit", when),
    ],
)
def test_t1_a_naive_datetime_is_refused_everywhere_and_so_is_what_is_no_datetime(make):
    with pytest.raises(NaiveDatetimeError, match="2026-03-02T08:00:00 has no time zone: give an aware datetime") as caught:
        make(NAIVE)
    assert caught.value.value == NAIVE
    with pytest.raises(InvalidValueError, match="expected an aware datetime"):
        make("2026-03-02T08:00:00Z")


def test_t1_every_instant_is_held_in_utc():
    eight = datetime(2026, 3, 2, 8, tzinfo=ZoneInfo("America/New_York"))
    opened = Session("ada", "revit", eight, eight + timedelta(hours=1)).opened_at
    assert (opened, opened.tzinfo) == (at(13), UTC)
    assert Session("ada", "revit", datetime(2026, 3, 2, 13, tzinfo=timezone(timedelta()))).opened_at.tzinfo is UTC


@pytest.mark.parametrize(("fold", "hour"), [(0, 0), (1, 1)])
def test_t1_an_hour_that_the_clocks_show_twice_is_told_apart_by_its_fold(fold, hour):
    half_past_one = datetime(2026, 10, 25, 1, 30, fold=fold, tzinfo=ZoneInfo("Europe/London"))
    assert Session("ada", "revit", half_past_one).opened_at == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)


def test_t1_the_two_folds_of_an_hour_are_an_hour_apart_for_a_session_and_half_an_hour_on_lord_howe():
    london, howe = ZoneInfo("Europe/London"), ZoneInfo("Australia/Lord_Howe")
    one, two = (datetime(2026, 10, 25, 1, 30, fold=fold, tzinfo=london) for fold in (0, 1))
    assert session(one, two).closed_at - session(one, two).opened_at == timedelta(hours=1)
    one, two = (datetime(2026, 4, 5, 1, 45, fold=fold, tzinfo=howe) for fold in (0, 1))
    assert session(one, two).closed_at - session(one, two).opened_at == timedelta(minutes=30)


@pytest.mark.parametrize("name", ["", "  ", "\t\n", None, 7])
@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("user", lambda name: Session(name, "revit", at(8))),
        ("product", lambda name: Session("ada", name, at(8))),
        ("user", lambda name: ResultUse(name, "cfd", at(8))),
        ("product", lambda name: ResultUse("ada", name, at(8))),
        ("user", lambda name: ReportedUse(name, "revit", date(2026, 3, 2), 10)),
        ("product", lambda name: ReportedUse("ada", name, date(2026, 3, 2), 10)),
        ("user", lambda name: Seat(name, "revit", at(8))),
        ("user", lambda name: Charge(name, "revit", at(8), 10)),
        ("product", lambda name: Charge("ada", name, at(8), 10)),
        ("user", lambda name: ChargeWindow(name, "revit", at(8), at(9))),
        ("product", lambda name: ChargeWindow("ada", name, at(8), at(9))),
        ("code", lambda name: Product(name, "Revit")),
        ("name", lambda name: Product("revit", name)),
        ("provider", lambda name: Source(name, "page")),
        ("document", lambda name: Source("vendor", name)),
        ("product", lambda name: Rate(name, 10, effective_from=at(0))),
        ("id", lambda name: TokenPack(name, 10, at(0), at(1))),
        ("charge_id", lambda name: Refund(name, 10, at(0))),
    ],
)
def test_a_blank_name_is_refused_with_the_name_of_its_field(field, make, name):
    with pytest.raises(InvalidValueError, match=f"{field} is .*expected a name that is not blank") as caught:
        make(name)
    assert caught.value.field == field


@takes_tokens
@pytest.mark.parametrize(
    "tokens", [Decimal("0." + "3" * 200), Decimal("1E-999999"), Decimal("1E+999999")], ids=["200 digits", "tiny", "huge"]
)
def test_c10_amounts_far_beyond_any_bound_are_refused_by_name(take, tokens):
    with pytest.raises(InvalidTokensError, match="at most 15 digits before the point and 12 after it"):
        take(tokens)


@pytest.mark.parametrize("zero", [Decimal("-0"), Decimal("0E-20"), Decimal("0E+20"), Decimal("0.000")], ids=str)
def test_c11_zero_is_zero_however_it_is_written(zero):
    assert Charge("ada", "viewer", at(8), zero).tokens == 0
    assert Charge("ada", "viewer", at(8), zero).id == Charge("ada", "viewer", at(8), 0).id


def test_a_reading_of_nothing_is_zero_without_a_sign_and_of_something_exact():
    ledger = settle([Charge("ada", "revit", at(8), Decimal("0.1"))], [TokenPack("A-1", 1, at(0), at(0, day=1))])
    assert [str(ledger.drawn(at(7))), str(ledger.expired(at(8)))] == ["0", "0"]
    assert (ledger.drawn(at(8)), ledger.expired(at(0, day=1))) == (Decimal("0.1"), Decimal("0.9"))


def test_the_rates_of_all_sheets_may_be_none_at_all():
    assert RateBook([]).conflicts == ()
