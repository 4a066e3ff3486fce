"""Accounts of use: the outcome of every session and result, and the reasons."""

import json
from datetime import timedelta

import pytest
from sample_values import PUBLISHED, at, book, per_result, rate, result, session

from flexlib import (
    Catalog,
    ChargeBasis,
    ChargePolicy,
    InvalidValueError,
    Outcome,
    Product,
    RateBook,
    RateConflictError,
    RateNotFoundError,
    RateSheet,
    Seat,
    UnknownProductError,
    charge_usage,
    explain_usage,
)


def account(usage, rates=PUBLISHED, *, beside=(), **terms):
    """The account of one use among others."""
    (one,) = (each for each in explain_usage([*beside, usage], rates, **terms) if each.use == usage)
    return one


def test_c1_a_session_that_opened_a_window_was_charged():
    monday = session(at(8), at(17))
    told = account(monday)
    assert (told.outcome, told.at, told.error) == (Outcome.CHARGED, at(8), None)
    assert list(told.charges) == charge_usage([monday], PUBLISHED)
    assert [window.start for window in told.windows] == [at(8)]
    assert "it lies in the window 2026-03-02T08:00:00+00:00 to 2026-03-03T08:00:00+00:00" in told.explain().lines
    assert told.explain().rules == ("T3", "C1", "R1")


def test_c2_a_session_in_a_window_that_another_opened_was_free_and_names_it():
    opener, later = session(at(8), at(9), machine="cad-1"), session(at(10), at(11))
    told = account(later, beside=[opener])
    assert (told.outcome, told.charges) == (Outcome.WITHIN_WINDOW, ())
    assert told.windows[0].opened_by == opener
    assert told.explain().lines[-1].endswith(", which the session from 2026-03-02T08:00:00+00:00 on cad-1 opened")
    assert told.explain().rules == ("C2",)
    unnamed = account(later, beside=[session(at(8), at(9))])
    assert unnamed.explain().lines[-1].endswith(", which the session from 2026-03-02T08:00:00+00:00 opened")


def test_c3_a_session_into_the_next_window_lies_in_both_and_was_charged_for_what_it_opened():
    opener, later = session(at(8), at(9)), session(at(10), at(9, day=1))
    told = account(later, beside=[opener])
    assert told.outcome is Outcome.CHARGED
    assert [charge.at for charge in told.charges] == [at(8, day=1)]
    assert [window.start for window in told.windows] == [at(8), at(8, day=1)]


def test_c4_a_session_that_ends_as_the_next_window_starts_does_not_lie_in_it():
    first, second, third = session(at(8), at(9)), session(at(7, day=1), at(8, day=1)), session(at(8, day=1), at(9, day=1))
    assert [window.start for window in account(second, beside=[first, third]).windows] == [at(8)]
    assert [window.start for window in account(third, beside=[first, second]).windows] == [at(8, day=1)]


def test_c5_a_short_launch_is_told_as_one_also_within_a_window():
    short = session(at(10), at(10) + timedelta(minutes=4))
    for beside in ([], [session(at(8), at(12))]):
        told = account(short, beside=beside)
        assert (told.outcome, told.charges, told.windows) == (Outcome.SHORT_LAUNCH, (), ())
        assert told.explain().rules == ("C5",)


def test_c6_use_before_and_after_a_pause_lies_in_the_windows_that_it_touches_only():
    long = session(at(8), at(14, day=3), idle=[(at(9), at(12, day=2))])
    told = account(long)
    assert [window.start for window in told.windows] == [at(8), at(12, day=2), at(12, day=3)]
    assert len(told.charges) == 3


ALL_PAUSE = {"policy": ChargePolicy(idle_after=timedelta())}


@pytest.mark.parametrize(
    "seats",
    [
        [],
        [Seat("ada", "autocad", at(10))],
        [Seat("ada", "autocad", at(0), at(8))],
        [Seat("bo", "autocad", at(0))],
        [Seat("ada", "revit", at(0))],
    ],
    ids=["none", "from its close", "until its launch", "of another", "for another product"],
)
def test_c6_a_session_that_is_all_pause_was_free_for_being_idle(seats):
    told = account(session(at(8), at(10), idle=[(at(8), at(10))]), seats=seats, **ALL_PAUSE)
    assert (told.outcome, told.charges, told.windows) == (Outcome.IDLE, (), ())
    assert told.explain().rules == ("C6",)


def test_c8_a_session_that_is_pause_where_no_seat_covers_it_was_free_for_the_seat():
    told = account(session(at(8), at(10), idle=[(at(9), at(10))]), seats=[Seat("ada", "autocad", at(0), at(9))], **ALL_PAUSE)
    assert told.outcome is Outcome.SEAT
    instant = account(session(at(8)), seats=[Seat("ada", "autocad", at(8), at(9))])
    assert instant.outcome is Outcome.SEAT


def test_c7_the_instant_of_a_session_without_an_end_lies_in_its_window():
    assert [window.start for window in account(session(at(8))).windows] == [at(8)]
    told = account(session(at(10)), beside=[session(at(8))])
    assert (told.outcome, [window.start for window in told.windows]) == (Outcome.WITHIN_WINDOW, [at(8)])
    told = account(session(at(8, day=1)), beside=[session(at(8))])
    assert (told.outcome, [window.start for window in told.windows]) == (Outcome.CHARGED, [at(8, day=1)])


def test_c8_a_session_under_a_seat_was_free():
    told = account(session(at(8), at(17)), seats=[Seat("ada", "autocad", at(0))])
    assert (told.outcome, told.charges, told.windows) == (Outcome.SEAT, (), ())
    assert told.explain().rules == ("C8",)


def test_c8_a_session_partly_under_a_seat_was_charged_or_lies_in_a_window():
    seats = [Seat("ada", "autocad", at(9))]
    assert account(session(at(8), at(17)), seats=seats).outcome is Outcome.CHARGED
    assert account(session(at(8.5), at(17)), beside=[session(at(8), at(9))], seats=seats).outcome is Outcome.WITHIN_WINDOW


def test_c11_a_charge_of_zero_tokens_is_told_apart():
    viewed = account(session(at(8), at(9), product="viewer"))
    solved = account(result(at(8)), book(per_result("cfd", 0)))
    for told in (viewed, solved):
        assert told.outcome is Outcome.ZERO_RATE
        assert len(told.charges) == 1
        assert "C11" in told.explain().rules


def test_c10_a_result_was_charged():
    told = account(result(at(8), 2))
    assert (told.outcome, [charge.tokens for charge in told.charges], told.windows) == (Outcome.CHARGED, [10], ())
    assert told.explain().lines[0] == "ada's result of cfd from 2026-03-02T08:00:00+00:00: it was charged"


@pytest.mark.parametrize(
    ("usage", "error"),
    [
        (session(at(8), product="maya"), RateNotFoundError),
        (result(at(8), product="maya"), RateNotFoundError),
        (session(at(8), product="disputed"), RateConflictError),
        (result(at(8), product="disputed"), RateConflictError),
        (session(at(8), product="Nobody knows it"), UnknownProductError),
        (result(at(8), product="Nobody knows it"), UnknownProductError),
    ],
)
def test_r1_r3_what_cannot_be_charged_is_set_aside_with_its_error_and_the_rest_goes_on(usage, error):
    rates = RateBook([*PUBLISHED.sheets, *(RateSheet(name, [rate("disputed", tokens)]) for name, tokens in (("a", 5), ("b", 7)))])
    catalog = Catalog([Product(code, code) for code in ("autocad", "maya", "disputed")])
    told = explain_usage([usage, session(at(9), at(10))], rates, catalog=catalog)
    assert [each.outcome for each in told] == [Outcome.UNRATED, Outcome.CHARGED]
    assert isinstance(told[0].error, error)
    why = told[0].explain()
    assert str(told[0].error) in why.lines
    assert why.data["error"] == str(told[0].error)
    assert why.rules == ("R1", "R3")
    with pytest.raises(error):
        charge_usage([usage, session(at(9), at(10))], rates, catalog=catalog)


def test_r1_a_session_with_one_window_that_has_no_rate_keeps_the_charges_that_have_one():
    rates = book(rate("autocad", 7, effective_until=at(0, day=1)))
    told = account(session(at(8), at(9, day=1)), rates)
    assert told.outcome is Outcome.UNRATED
    assert [charge.at for charge in told.charges] == [at(8)]
    assert [window.start for window in told.windows] == [at(8), at(8, day=1)]


def test_a_seat_of_a_product_that_the_catalogue_does_not_know_is_refused():
    with pytest.raises(UnknownProductError):
        explain_usage([], PUBLISHED, catalog=Catalog([]), seats=[Seat("ada", "autocad", at(0))])


def test_what_is_no_use_is_refused():
    with pytest.raises(InvalidValueError, match="expected sessions and results"):
        explain_usage(["ada"], PUBLISHED)


def test_accounts_come_in_time_order_and_the_same_fact_once():
    first, second, third = result(at(7)), session(at(8), at(9)), session(at(8), at(9), user="bo")
    told = explain_usage([third, second, first, second, first], PUBLISHED)
    assert [each.use for each in told] == [first, second, third]


def test_accounts_of_one_instant_have_one_order_whatever_that_of_the_use():
    labels = [{}, {"id": ""}, {"id": "a"}, {"id": "b"}, {"team": ""}, {"team": "north"}]
    sessions = [session(at(8), closed_at, product="cfd") for closed_at in (at(8), None, at(9))]
    ordered = [*sessions, *(result(at(8), **own) for own in labels), result(at(8), 2)]
    for usage in (ordered, ordered[::-1]):
        assert [each.use for each in explain_usage(usage, PUBLISHED)] == ordered


def test_an_account_is_data_that_json_can_hold():
    data = account(session(at(8), at(9, day=1), product="revit")).explain().data
    assert json.loads(json.dumps(data)) == data
    assert (data["outcome"], data["tokens"], data["error"]) == ("charged", "20", None)
    assert [charge["at"] for charge in data["charges"]] == ["2026-03-02T08:00:00+00:00", "2026-03-03T08:00:00+00:00"]
    assert data["windows"][0] == {"start": "2026-03-02T08:00:00+00:00", "end": "2026-03-03T08:00:00+00:00"}
    assert (data["user"], data["product"], data["at"]) == ("ada", "revit", "2026-03-02T08:00:00+00:00")


def test_r2_accounts_are_of_the_region_and_the_policy_that_are_given():
    rates = book(rate("autocad", 7), rate("autocad", 6, region="EU"))
    short = session(at(8), at(8) + timedelta(minutes=1))
    told = account(short, rates, region="EU", policy=ChargePolicy(grace=timedelta()))
    assert [charge.tokens for charge in told.charges] == [6]


def test_sessions_under_several_names_of_a_product_share_its_windows():
    catalog = Catalog([Product("autocad", "AutoCAD"), Product("cfd", "CFD", basis=ChargeBasis.PER_RESULT)])
    told = account(session(at(10), at(11), product="AutoCAD 2026"), beside=[session(at(8), at(9))], catalog=catalog)
    assert told.outcome is Outcome.WITHIN_WINDOW
