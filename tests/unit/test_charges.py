"""Charges: their amounts, their rates, their order, their ids and their explanations (rules C9 to C11, R1 and R2)."""

import json
import pickle
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError
from sample_values import PUBLISHED, at, book, per_result, rate, result, session

from flexlib import (
    Catalog,
    Charge,
    ChargeBasis,
    ChargeWindow,
    InvalidValueError,
    Product,
    RateBook,
    RateConflictError,
    RateNotFoundError,
    RateSheet,
    ReportedUse,
    Seat,
    UnknownProductError,
    WindowCause,
    charge_usage,
)

MONDAY_USE = session(at(8), at(17), team="north")


def one(usage, rates=PUBLISHED, **terms):
    (charge,) = charge_usage([usage], rates, **terms)
    return charge


def test_c1_a_window_is_charged_at_its_start_at_the_rate_a_day():
    charge = one(MONDAY_USE)
    assert (charge.user, charge.product, charge.at, charge.tokens, charge.team) == ("ada", "autocad", at(8), 7, "north")
    assert charge.window == ChargeWindow("ada", "autocad", at(8), at(8, day=1))
    assert charge.rate == PUBLISHED.rate("autocad", at(8))
    assert charge.opened_by is MONDAY_USE


def test_c10_results_are_charged_at_their_quantity_times_the_rate():
    charge = one(result(at(8), 3, team="north"))
    assert (charge.at, charge.tokens, charge.team, charge.window) == (at(8), 15, "north", None)
    assert charge.opened_by == charge.result == result(at(8), 3, team="north")


def test_c10_each_kind_of_result_has_a_rate_of_its_own_and_rates_may_be_fractions():
    rates = book(per_result("simple", Decimal("0.1")), per_result("complex", Decimal("0.5")), per_result("cfd-complex", 35))
    usage = [result(at(8), 3, product=kind) for kind in ("simple", "complex", "cfd-complex")]
    assert {c.product: c.tokens for c in charge_usage(usage, rates)} == {
        "simple": Decimal("0.3"),
        "complex": Decimal("1.5"),
        "cfd-complex": 105,
    }


def test_c10_results_open_no_window_and_are_charged_again_within_24_hours():
    assert [c.tokens for c in charge_usage([result(at(8)), result(at(9))], PUBLISHED)] == [5, 5]


def test_c10_an_equal_result_counts_once_and_one_with_another_id_counts_too():
    usage = [result(at(8)), result(at(8)), result(at(8), id="second")]
    charges = charge_usage(usage, PUBLISHED)
    assert len(charges) == len({charge.id for charge in charges}) == 2


def test_c10_one_result_under_two_names_of_its_product_counts_once():
    catalog = Catalog([Product("cfd", "CFD solve", basis=ChargeBasis.PER_RESULT)])
    charges = charge_usage([result(at(8)), result(at(8), product="CFD solve")], PUBLISHED, catalog=catalog)
    assert [(charge.product, charge.tokens) for charge in charges] == [("cfd", 5)]


def test_c8_a_seat_covers_no_results_of_another_basis_than_a_day():
    assert one(result(at(8)), seats=[Seat("ada", "cfd", at(0))]).tokens == 5


def test_c11_a_rate_of_zero_gives_a_charge_of_zero_tokens():
    charge = one(session(at(8), at(9), product="viewer"))
    assert charge.tokens == 0
    assert charge.window is not None
    assert "C11" in charge.explain().rules


def test_r1_the_rate_is_the_one_in_force_when_the_window_opens():
    noon = at(12)
    rates = book(rate("autocad", 7), rate("autocad", 8, noon))
    usage = [session(at(11), at(13, day=1)), session(at(12), at(13), user="bo")]
    assert [(c.user, c.at, c.tokens) for c in charge_usage(usage, rates)] == [
        ("ada", at(11), 7),  # the change inside the window changes nothing
        ("bo", at(12), 8),
        ("ada", at(11, day=1), 8),
    ]


def test_r1_a_rate_holds_until_the_instant_of_the_next_and_not_at_it_also_for_launches_in_a_row():
    rates = book(rate("autocad", 7), rate("autocad", 8, at(12)))
    launches = [(at(11), "ada"), (at(12) - timedelta(microseconds=1), "bo"), (at(12), "cy")]
    charges = charge_usage([session(opened, opened + timedelta(hours=1), user=user) for opened, user in launches], rates)
    assert [(c.user, c.tokens) for c in charges] == [("ada", 7), ("bo", 7), ("cy", 8)]


def test_r1_windows_met_out_of_order_are_each_charged_at_their_own_rate():
    rates = book(rate("autocad", 7), rate("autocad", 8, at(0, day=1)), rate("autocad", 9, at(0, day=2)))
    usage = [session(at(8), at(9, day=2)), session(at(9), at(10), user="bo"), session(at(9, day=1), at(10, day=1), user="bo")]
    assert [(c.user, c.tokens) for c in charge_usage(usage, rates)] == [("ada", 7), ("bo", 7), ("ada", 8), ("bo", 8), ("ada", 9)]


def test_r2_the_rate_of_the_region_is_charged_and_explained():
    rates = book(rate("autocad", 7), rate("autocad", 6, region="EU"))
    assert one(MONDAY_USE, rates).tokens == 7
    charge = one(MONDAY_USE, rates, region="EU")
    assert charge.tokens == 6
    assert "R2" in charge.explain().rules
    assert charge.explain().data["region"] == "EU"


@pytest.mark.parametrize(
    ("usage", "hint"),
    [
        (session(at(8), product="cfd"), "its rate is a result rate, and this is use charged a day"),
        (result(at(8), product="revit"), "its rate is a day rate, and this is use charged a result"),
    ],
)
def test_r1_a_rate_of_the_other_basis_is_no_rate(usage, hint):
    with pytest.raises(RateNotFoundError, match=hint):
        charge_usage([usage], PUBLISHED)


def test_r1_a_product_without_a_rate_stops_the_charging_with_its_name():
    with pytest.raises(RateNotFoundError, match="'maya'"):
        charge_usage([MONDAY_USE, session(at(8), product="maya")], PUBLISHED)


def test_r3_a_conflict_stops_the_charging_only_where_its_rate_is_needed():
    rates = RateBook([RateSheet("a", [rate("autocad", 5), rate("revit", 10)]), RateSheet("b", [rate("autocad", 7)])])
    assert one(session(at(8), product="revit"), rates).tokens == 10
    with pytest.raises(RateConflictError):
        charge_usage([MONDAY_USE], rates)


def test_a_product_that_the_catalogue_does_not_know_stops_the_charging():
    with pytest.raises(UnknownProductError):
        charge_usage([result(at(8))], PUBLISHED, catalog=Catalog([]))


@pytest.mark.parametrize("stranger", ["ada", None, ("ada", "autocad"), Seat("ada", "autocad", at(0))])
def test_what_is_no_session_and_no_result_is_refused(stranger):
    with pytest.raises(InvalidValueError, match="expected sessions and results"):
        charge_usage([MONDAY_USE, stranger], PUBLISHED)


def test_the_team_that_pays_does_not_depend_on_the_spelling_of_the_product():
    catalog = Catalog([Product("autocad", "AutoCAD", aliases=["ACD"])])
    for spelling in ("autocad", "AutoCAD", "ACD"):
        usage = [session(at(8), at(9), team="north", product=spelling), session(at(8), at(9), team="south", product="AutoCAD 2026")]
        assert [charge.team for charge in charge_usage(usage, PUBLISHED, catalog=catalog)] == ["north"]


def test_charges_are_in_time_order_then_by_user_product_and_id():
    usage = [
        session(at(9), at(10)),
        result(at(8), user="bo"),
        session(at(8), at(9), user="bo", product="revit"),
        session(at(8), at(9), user="bo"),
        *(result(at(8), id=str(number)) for number in range(5)),
    ]
    charges = charge_usage(usage, PUBLISHED)
    assert [(c.at, c.user, c.product) for c in charges] == [(at(8), "ada", "cfd")] * 5 + [
        (at(8), "bo", "autocad"),
        (at(8), "bo", "cfd"),
        (at(8), "bo", "revit"),
        (at(9), "ada", "autocad"),
    ]
    assert [c.id for c in charges[:5]] == sorted(c.id for c in charges[:5])


def test_the_id_is_the_given_one_or_made_of_the_content():
    charge = Charge("ada", "revit", at(8), 10)
    assert Charge("ada", "revit", at(8), 10, id="row-7").id == "row-7"
    assert len(charge.id) == 20
    assert charge.id == Charge("ada", "revit", at(8), Decimal("10.00")).id
    assert charge.id == evolve(charge, rate=rate("revit", 10), window=ChargeWindow("ada", "revit", at(8), at(9))).id


@pytest.mark.parametrize(
    "change",
    [
        {"user": "bo"},
        {"product": "maya"},
        {"at": at(9)},
        {"tokens": 11},
        {"team": "north"},
        {"team": ""},
        {"result": result(at(8))},
        {"result": result(at(8), id="a")},
        {"result": result(at(8), 2)},
    ],
)
def test_another_content_is_another_id(change):
    charge = Charge("ada", "revit", at(8), 10)
    others = [evolve(charge, result=result(at(8), id="b")).id, charge.id]
    assert evolve(charge, **change).id not in others


def test_a_window_that_ends_before_or_as_it_starts_is_refused():
    for end in (at(8), at(7)):
        with pytest.raises(InvalidValueError, match=r"expected an instant after 2026-03-02T08:00:00\+00:00"):
            ChargeWindow("ada", "autocad", at(8), end)


def test_windows_are_equal_whatever_opened_them_and_charges_are_frozen_and_survive_pickling():
    window = ChargeWindow("ada", "autocad", at(8), at(9))
    assert window == evolve(window, opened_by=MONDAY_USE, cause=WindowCause.RESUMED)
    assert hash(window) == hash(evolve(window, opened_by=MONDAY_USE))
    charge = one(MONDAY_USE)
    again = pickle.loads(pickle.dumps(charge))
    assert (again, again.id, again.explain(), hash(again)) == (charge, charge.id, charge.explain(), hash(charge))
    with pytest.raises(FrozenInstanceError):
        charge.tokens = Decimal(0)


def test_a_charge_and_a_window_show_what_counts_and_leave_out_what_they_were_made_of():
    window = ChargeWindow("ada", "revit", at(8), at(9), opened_by=MONDAY_USE, cause=WindowCause.RESUMED)
    made_of = {"window": window, "rate": rate("revit", 10), "result": result(at(8))}
    reported = ReportedUse("ada", "revit", date(2026, 3, 2), 10)
    charge = Charge("ada", "revit", at(8), 10, id="row-7", team="north", reported=reported, **made_of)
    assert repr(window) == f"ChargeWindow(user='ada', product='revit', start={at(8)!r}, end={at(9)!r})"
    assert repr(charge) == f"Charge(user='ada', product='revit', at={at(8)!r}, tokens=Decimal('10'), team='north')"


@pytest.mark.parametrize(
    ("usage", "terms", "rule", "reason"),
    [
        (session(at(8), at(9)), {}, "C1", "the user launched the product and no window was running"),
        (session(at(7, day=-1), at(9)), {}, "C3", "the product was still in use when the window before it ended"),
        (session(at(7, day=-1), at(9), idle=[(at(6), at(8))]), {}, "C6", "meaningful use came back after an idle pause"),
        (session(at(7), at(9)), {"seats": [Seat("ada", "autocad", at(0), at(8))]}, "C8", "the seat that covered the use ended"),
        (session(at(8)), {}, "C7", "to an unknown instant"),
    ],
)
def test_t3_a_charge_explains_its_rules_in_words(usage, terms, rule, reason):
    why = charge_usage([usage], PUBLISHED, **terms)[-1].explain()
    assert {"T3", "C1", "R1", rule} == set(why.rules)
    assert reason in str(why)
    assert str(why).splitlines()[-1] == f"  rules: {', '.join(why.rules)}"


def test_a_charge_explains_itself_as_data_that_json_can_hold():
    rates = book(rate("autocad", 7, provider="Autodesk"))
    why = one(MONDAY_USE, rates).explain()
    assert json.loads(json.dumps(why.data)) == {
        "id": one(MONDAY_USE, rates).id,
        "user": "ada",
        "product": "autocad",
        "team": "north",
        "at": "2026-03-02T08:00:00+00:00",
        "tokens": "7",
        "window_end": "2026-03-03T08:00:00+00:00",
        "cause": "launch",
        "opened_at": "2026-03-02T08:00:00+00:00",
        "closed_at": "2026-03-02T17:00:00+00:00",
        "quantity": None,
        "rate": "7",
        "basis": "day",
        "effective_from": "2021-12-21T00:00:00+00:00",
        "region": None,
        "sheet": "rates",
        "source": "Autodesk, price list",
    }
    assert why.lines[0] == "ada was charged 7 tokens for autocad at 2026-03-02T08:00:00+00:00"
    assert why.lines[-1] == "the rate was 7 tokens a day from 2021-12-21 (sheet rates; Autodesk, price list)"


def test_c10_a_charge_for_results_explains_their_number():
    why = one(result(at(8), Decimal("2.50"))).explain()
    assert "it paid for 2.5 results" in why.lines
    assert {"T3", "C10", "R1"} == set(why.rules)
    assert (why.data["quantity"], why.data["basis"], why.data["cause"]) == ("2.5", "result", None)


def test_a_charge_without_a_rate_or_a_window_says_so():
    why = Charge("ada", "revit", at(8), 10).explain()
    assert why.lines[-1] == "no rate is recorded with it"
    assert why.rules == ("T3",)
    assert (why.data["rate"], why.data["source"], why.data["basis"], why.data["window_end"]) == (None, None, "day", None)


def test_r1_a_long_list_of_use_over_a_change_of_rates_is_charged_by_the_day():
    usage = [session(at(8, day=day), at(9, day=day)) for day in range(-5, 5)]
    rates = book(rate("autocad", 7, effective_until=date(2026, 3, 1)), rate("autocad", 8, date(2026, 3, 1)))
    assert [c.tokens for c in charge_usage(usage, rates)] == [7] * 4 + [8] * 6
    assert charge_usage(usage, rates)[3].at == datetime(2026, 2, 28, 8, tzinfo=UTC)
    assert charge_usage(usage, rates)[4].at - charge_usage(usage, rates)[3].at == timedelta(days=1)
