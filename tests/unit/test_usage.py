"""Sessions, results and reported use."""

import pickle
from datetime import date, datetime
from decimal import Decimal

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError
from sample_values import at, result, session

from flexlib import InvalidValueError, ReportedUse, ResultUse, Session


def test_a_session_may_close_as_it_opens_but_not_before():
    assert session(at(8), at(8)).closed_at == at(8)
    with pytest.raises(InvalidValueError, match=r"closed_at is .*07:59.*: expected 2026-03-02T08:00:00\+00:00 or later"):
        session(at(8), at(7 + 59 / 60))


def test_c7_a_session_whose_close_is_unknown_has_none():
    assert session(at(8)).closed_at is None


def test_c6_idle_spans_are_held_in_time_order():
    pauses = [(at(10), at(11)), (at(8), at(9)), (at(9), at(10))]
    assert session(at(8), at(12), idle=iter(pauses)).idle == ((at(8), at(9)), (at(9), at(10)), (at(10), at(11)))
    assert session(at(8), at(12), idle=[]).idle == session(at(8), at(12), idle=iter([])).idle == ()


@pytest.mark.parametrize(
    "idle",
    [
        [(at(7), at(9))],
        [(at(11), at(13))],
        [(at(9), at(9))],
        [(at(10), at(9))],
    ],
    ids=["before", "after", "empty", "backwards"],
)
def test_c6_an_idle_span_outside_the_session_or_empty_is_refused(idle):
    with pytest.raises(InvalidValueError, match="expected spans inside the session, none empty") as caught:
        session(at(8), at(12), idle=idle)
    assert caught.value.field == "idle"


def test_c6_a_session_whose_close_is_unknown_has_no_idle_spans():
    with pytest.raises(InvalidValueError, match="idle"):
        session(at(8), idle=[(at(9), at(10))])


def test_a_result_is_one_unless_said_otherwise_and_may_be_a_fraction():
    assert ResultUse("ada", "cfd", at(8)).quantity == 1
    assert isinstance(ResultUse("ada", "cfd", at(8)).quantity, Decimal)
    assert result(at(8), Decimal("0.02")).quantity == Decimal("0.02")


def test_two_equal_results_are_told_apart_by_their_ids_only():
    assert result(at(8)) == result(at(8), Decimal("1.0"))
    assert result(at(8), id="a") != result(at(8), id="b")


def test_t3_reported_use_is_of_a_date_and_not_of_an_instant():
    assert ReportedUse("ada", "revit", date(2026, 3, 2), 10, team="north").day == date(2026, 3, 2)
    for wrong in (at(8), datetime(2026, 3, 2), "2026-03-02", 20260302):
        with pytest.raises(InvalidValueError, match=r"day is .*: expected a date without a time of day"):
            ReportedUse("ada", "revit", wrong, 10)


@pytest.mark.parametrize(
    "value",
    [
        session(at(8), at(12), idle=[(at(9), at(10))], team="north", machine="cad-1", version="2026"),
        result(at(8), Decimal("0.5"), team="north", id="7"),
        ReportedUse("ada", "revit", date(2026, 3, 2), 10, team="north"),
    ],
)
def test_usage_is_frozen_hashable_and_survives_pickling(value):
    again = pickle.loads(pickle.dumps(value))
    assert again == value
    assert hash(again) == hash(value)
    assert evolve(value, team="south") != value
    with pytest.raises(FrozenInstanceError):
        value.user = "bo"


def test_labels_are_given_by_name():
    with pytest.raises(TypeError):
        Session("ada", "revit", at(8), at(9), ())
