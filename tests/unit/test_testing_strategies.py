"""The strategies give valid values of every kind, and shrink to what they say."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from flexlib import (
    FLEX,
    Assignment,
    Catalog,
    Charge,
    ChargeBasis,
    ChargePolicy,
    ChargeWindow,
    Directory,
    InvalidValueError,
    NaiveDatetimeError,
    Product,
    Rate,
    RateBook,
    RateSheet,
    Refund,
    ReportedSummary,
    ReportedTotal,
    ReportedUse,
    ResultUse,
    Seat,
    Session,
    Source,
    TeamDefault,
    TokenPack,
    Transfer,
    User,
    WindowCause,
    charge_usage,
    settle,
)
from flexlib.testing import strategies as own
from flexlib.testing.hypothesis_entry import STRATEGIES, register

START = own.MIN_INSTANT
HOUR = timedelta(hours=1)
FREE = [Rate(code, 0, effective_from=START) for code in own.PRODUCTS]
FREE_RESULTS = [Rate(code, 0, effective_from=START, basis=ChargeBasis.PER_RESULT) for code in own.RESULTS]
PAID = [Charge("ada", "revit", START + HOUR, 0), Charge("ada", "revit", START, Decimal("0.5"))]

TARGETS = {
    "instants": START,
    "tokens": Decimal(0),
    "sources": Source("vendor", "price list"),
    "products": Product("autocad", "autocad"),
    "catalogs": Catalog([]),
    "rates": Rate("autocad", 0, effective_from=START),
    "rate_sheets": RateSheet("sheet", []),
    "rate_books": RateBook([RateSheet("sheet", FREE + FREE_RESULTS)]),
    "sessions": Session("ada", "autocad", START),
    "result_uses": ResultUse("ada", "solve", START),
    "reported_uses": ReportedUse("ada", "autocad", START.date(), 0),
    "reported_summaries": ReportedSummary("ada", "autocad"),
    "reported_totals": ReportedTotal(0),
    "users": User("ada@studio.example"),
    "assignments": Assignment("ada@studio.example", ()),
    "team_defaults": TeamDefault("north", ()),
    "directories": Directory([]),
    "seats": Seat("ada", "autocad", START),
    "refunds": Refund("charge 1", 1, START),
    "transfers": Transfer(None, "north", 1, START),
    "charges": Charge("ada", "autocad", START, 0),
    "charge_windows": ChargeWindow("ada", "autocad", START, START + FLEX.window),
    "charge_policies": FLEX,
}


QUICKLY = settings(database=None, max_examples=1000, phases=[Phase.generate, Phase.shrink])


def anything(_value):
    return True


def shrunk(strategy, condition=anything):
    return find(strategy, condition, settings=QUICKLY)


@pytest.mark.parametrize("name", TARGETS)
def test_a_strategy_shrinks_to_what_its_docstring_says(name):
    strategy = getattr(own, name)
    assert shrunk(strategy()) == TARGETS[name]
    assert "shrinks to" in strategy.__doc__
    assert ".. versionadded:: 0.1.0" in strategy.__doc__


def test_packs_shrink_to_one_token_for_an_hour_and_have_ids_of_their_own():
    pack = shrunk(own.token_packs())
    assert pack == TokenPack(pack.id, 1, START, START + HOUR)
    two = shrunk(st.lists(own.token_packs(), min_size=2, max_size=2))
    assert two[0].id != two[1].id


def test_every_strategy_is_tested_here():
    made = {name for name in own.__all__ if name.islower()}
    assert made == {*TARGETS, "token_packs"}
    assert set(STRATEGIES.values()) == made - {"instants", "tokens"}


@pytest.mark.parametrize(("kind", "name"), STRATEGIES.items(), ids=STRATEGIES.values())
def test_a_type_is_registered_with_its_strategy(kind, name):
    register()

    @settings(max_examples=30)
    @given(st.from_type(kind))
    def is_of_its_kind(value):
        assert isinstance(value, kind)
        hash(value)

    is_of_its_kind()
    assert name in own.__all__


def test_hypothesis_registers_the_types_by_itself_and_loads_the_strategies_at_their_first_use():
    probe = (
        "import sys, flexlib\n"
        "assert 'hypothesis' not in sys.modules\n"
        "from hypothesis import find, strategies as st\n"
        "assert 'flexlib.testing.strategies' not in sys.modules\n"
        "print(find(st.from_type(flexlib.Session), lambda value: True))\n"
        "print(find(st.builds(dict, pack=st.from_type(flexlib.TokenPack)), lambda value: True)['pack'].tokens)\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", probe], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [repr(Session("ada", "autocad", START)), "1"]


@given(own.instants(min_value=START - HOUR, max_value=START))
def test_instants_lie_within_their_bounds_in_utc(instant):
    assert START - HOUR <= instant <= START
    assert instant.tzinfo is UTC


def test_instants_may_be_one_and_their_bounds_are_aware_and_in_order():
    assert shrunk(own.instants(min_value=START, max_value=START)) == START
    with pytest.raises(InvalidValueError, match="max_value"):
        own.instants(min_value=START, max_value=START - HOUR)
    with pytest.raises(NaiveDatetimeError):
        own.instants(min_value=datetime(2026, 1, 1))


@given(own.tokens(min_value=Decimal("0.25"), max_value=Decimal("0.5")))
def test_tokens_lie_within_their_bounds_and_are_what_rates_take(amount):
    assert Decimal("0.25") <= amount <= Decimal("0.5")
    assert Rate("revit", amount, effective_from=START).tokens == amount


def test_tokens_have_up_to_twelve_places_and_fifteen_digits():
    assert shrunk(own.tokens(), lambda amount: amount.as_tuple().exponent == -12).as_tuple().exponent == -12
    most = Decimal("999999999999999.999999999999")
    assert shrunk(own.tokens(min_value=most, max_value=most)) == most
    with pytest.raises(InvalidValueError, match="max_value"):
        own.tokens(min_value=2, max_value=1)


@given(own.sessions(users=["eve"], products=st.just("revit"), teams=["ops"], longest=4 * HOUR))
def test_sessions_are_of_the_names_and_lengths_that_were_asked_for(session):
    assert (session.user, session.product, session.team) == ("eve", "revit", "ops")
    assert session.closed_at is None or session.closed_at - session.opened_at <= 4 * HOUR


@pytest.mark.parametrize(
    "condition",
    [
        lambda session: session.closed_at == session.opened_at,
        lambda session: session.closed_at and session.closed_at - session.opened_at == 24 * HOUR,
        lambda session: len(session.idle) > 1,
    ],
    ids=["empty", "a window long", "idle twice"],
)
def test_sessions_come_to_the_edges_of_the_rules(condition):
    assert condition(shrunk(own.sessions(), condition))


@given(
    st.lists(st.one_of(own.sessions(), own.result_uses()), max_size=5),
    own.rate_books(),
    st.lists(own.seats(), max_size=2),
    own.charge_policies(),
)
def test_usage_can_be_charged_with_any_of_the_books_seats_and_policies(usage, rates, seats, policy):
    for region in (None, "DE", "JP"):
        for charge in charge_usage(usage, rates, region=region, seats=seats, policy=policy):
            assert charge.tokens >= 0
    assert rates.conflicts == ()


def test_books_may_change_and_may_hold_nothing():
    assert shrunk(own.rate_books(), lambda book: len(book.sheets[0].rates) > 5)
    assert shrunk(own.rate_books(products=[], results=[])) == RateBook([RateSheet("sheet", [])])


@given(st.lists(own.charges(), max_size=6, unique_by=lambda charge: charge.id), st.lists(own.token_packs(), max_size=4), st.data())
def test_charges_packs_refunds_and_transfers_can_be_settled(charges, packs, data):
    paid = [charge for charge in charges if charge.tokens]
    refunds = [data.draw(own.refunds(charges=charges))] if paid else []
    ledger = settle(charges, packs, refunds=refunds, transfers=data.draw(st.lists(own.transfers(), max_size=2)))
    assert ledger.balance(own.MAX_INSTANT) >= 0


def test_refunds_are_of_a_charge_that_cost_something_and_of_no_more():
    assert shrunk(own.refunds(charges=PAID)) == Refund(PAID[1].id, Decimal("0.5"), START)
    late = Charge("ada", "revit", own.MAX_INSTANT + HOUR, 3)
    assert shrunk(own.refunds(charges=[late])) == Refund(late.id, 1, late.at)


@given(own.catalogs(codes=["a", "A", "a studio", "b"]))
def test_catalogues_find_each_product_by_each_name(catalog):
    for product in catalog:
        for name in (product.code, product.name, *product.aliases):
            assert catalog.resolve(name) == product


@given(own.reported_uses(min_value=date(2026, 3, 1), max_value=date(2026, 3, 2)))
def test_rows_of_a_report_lie_within_their_days(row):
    assert date(2026, 3, 1) <= row.day <= date(2026, 3, 2)


@given(own.charge_windows(length=HOUR), own.charges())
def test_windows_are_as_long_as_asked_and_a_charges_window_begins_with_it(window, charge):
    assert window.end - window.start == HOUR
    assert isinstance(window.cause, WindowCause)
    assert charge.window is None or (charge.window.start, charge.rate.tokens) == (charge.at, charge.tokens)


@given(own.charge_policies())
def test_policies_are_of_their_kind(policy):
    assert isinstance(policy, ChargePolicy)


@pytest.mark.parametrize("ended", [True, False])
def test_sheets_have_rates_with_ends_and_without(ended):
    sheets = own.rate_sheets(products=["revit"], regions=[None])
    sheet = shrunk(sheets, lambda sheet: any((rate.effective_until is not None) is ended for rate in sheet.rates))
    assert {rate.product for rate in sheet.rates} == {"revit"}


@given(own.rate_sheets(products=["revit", "maya"], regions=[None, "DE"]))
def test_sheets_do_not_contradict_themselves(sheet):
    assert RateBook([sheet]).conflicts == ()
