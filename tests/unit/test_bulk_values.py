"""The windows and charges that charging makes are in every respect those that the public constructors make."""

import copy
import gc
import pickle

import attrs
import pytest
from attrs.exceptions import FrozenInstanceError
from sample_values import PUBLISHED, at, session

from flexlib import Charge, ChargeWindow, RateNotFoundError, Seat, WindowCause, charge_usage, charge_windows, explain_usage
from flexlib.charging.bulk import collector_paused

USE = session(at(8), at(9, day=1), idle=[(at(10), at(11))], team="north", machine="cad-1", version="2026")
MADE_WINDOW = charge_windows([USE])[1]
MADE_CHARGE = charge_usage([USE], PUBLISHED)[1]
WINDOW = ChargeWindow("ada", "autocad", at(8, day=1), at(8, day=2), opened_by=USE, cause=WindowCause.STILL_OPEN)
CHARGE = Charge("ada", "autocad", at(8, day=1), 7, team="north", window=WINDOW, rate=PUBLISHED.rate("autocad", at(8)))

pairs = pytest.mark.parametrize(("made", "built"), [(MADE_WINDOW, WINDOW), (MADE_CHARGE, CHARGE)], ids=["window", "charge"])


@pairs
def test_every_field_equals_that_of_the_constructed_value(made, built):
    assert type(made) is type(built)
    assert [getattr(made, f.name) for f in attrs.fields(type(built))] == [getattr(built, f.name) for f in attrs.fields(type(built))]
    assert [type(getattr(made, f.name)) for f in attrs.fields(type(built))] == [
        type(getattr(built, f.name)) for f in attrs.fields(type(built))
    ]
    assert attrs.asdict(made) == attrs.asdict(built)
    assert (made, hash(made), repr(made)) == (built, hash(built), repr(built))
    assert {made: "found"}[built] == "found"


@pairs
def test_they_survive_pickling_copying_and_evolving(made, built):
    for value in (made, built):
        again = pickle.loads(pickle.dumps(value))
        assert attrs.asdict(again) == attrs.asdict(built)
        assert type(again) is type(built)
        assert attrs.asdict(copy.deepcopy(value)) == attrs.asdict(built)
        assert attrs.evolve(value, user="bo") == attrs.evolve(built, user="bo")
        assert attrs.asdict(attrs.evolve(value)) == attrs.asdict(built)


@pairs
def test_they_are_frozen(made, built):
    for value in (made, built):
        for name in ("user", "unheard_of"):
            with pytest.raises((FrozenInstanceError, AttributeError)):
                setattr(value, name, "bo")
        with pytest.raises(FrozenInstanceError):
            del value.user


def test_the_window_of_a_charge_and_of_an_account_is_the_same_value():
    accounts = explain_usage([USE], PUBLISHED)
    for window in (MADE_CHARGE.window, accounts[0].windows[1], accounts[0].charges[1].window):
        assert attrs.asdict(window) == attrs.asdict(WINDOW)
    assert attrs.asdict(MADE_CHARGE.rate) == attrs.asdict(CHARGE.rate)
    assert MADE_CHARGE.id == CHARGE.id
    assert MADE_CHARGE.explain() == CHARGE.explain()


def test_windows_of_every_cause_equal_the_constructed_ones():
    use = session(at(8), at(9, day=4), idle=[(at(7, day=1), at(12, day=1))])
    seats = [Seat("ada", "autocad", at(11, day=2), at(13, day=2))]
    made = charge_windows([use], seats=seats)
    assert [window.cause for window in made] == [
        WindowCause.LAUNCH,
        WindowCause.RESUMED,
        WindowCause.SEAT_ENDED,
        WindowCause.STILL_OPEN,
    ]
    for window in made:
        built = ChargeWindow(window.user, window.product, window.start, window.end, opened_by=use, cause=window.cause)
        assert attrs.asdict(window) == attrs.asdict(built)


def test_the_garbage_collector_rests_while_a_single_charging_lasts():
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_garbage_collector_runs_again_after_charging_also_where_charging_fails():
    charge_usage([USE], PUBLISHED)
    assert gc.isenabled()
    with pytest.raises(RateNotFoundError):
        charge_usage([session(at(8), product="unheard of")], PUBLISHED)
    assert gc.isenabled()
