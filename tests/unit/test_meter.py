"""The meter: charging as use happens."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from sample_values import NO_GRACE, PUBLISHED, at, book, rate, result, session

from flexlib import (
    Catalog,
    FormatError,
    InvalidValueError,
    LateUsageError,
    Meter,
    NaiveDatetimeError,
    Product,
    RateConflictError,
    RateNotFoundError,
    Seat,
    UnknownProductError,
    charge_usage,
)

MONDAY, TUESDAY = session(at(8), at(17)), session(at(7, day=1), at(17, day=1))


def instants(charges):
    return [charge.at for charge in charges]


def test_a_new_meter_has_no_charges():
    assert Meter(PUBLISHED).charges == []


def test_use_fed_in_time_order_adds_charges_and_withdraws_none():
    meter = Meter(PUBLISHED)
    for use, added in ((MONDAY, [at(8)]), (TUESDAY, [at(8, day=1)]), (result(at(9, day=1)), [at(9, day=1)])):
        change = meter.feed([use])
        assert instants(change.added) == added
        assert change.withdrawn == []
    assert meter.charges == charge_usage([MONDAY, TUESDAY, result(at(9, day=1))], PUBLISHED)


def test_late_use_moves_the_windows_and_both_sides_are_told():
    meter = Meter(PUBLISHED)
    meter.feed([TUESDAY])
    change = meter.feed([MONDAY])
    assert instants(change.added) == [at(8), at(8, day=1)]
    assert instants(change.withdrawn) == [at(7, day=1)]
    assert instants(meter.charges) == [at(8), at(8, day=1)]


def test_the_same_fact_fed_twice_changes_nothing():
    meter = Meter(PUBLISHED)
    meter.feed([MONDAY, result(at(8))])
    change = meter.feed([MONDAY, MONDAY, result(at(8))])
    assert (change.added, change.withdrawn) == ([], [])
    assert len(meter.charges) == 2


def test_a_feed_of_nothing_changes_nothing():
    change = Meter(PUBLISHED).feed([])
    assert (change.added, change.withdrawn) == ([], [])


def test_the_meter_charges_on_the_terms_that_it_was_given():
    rates = book(rate("autocad", 7), rate("autocad", 6, region="EU"))
    catalog = Catalog([Product("autocad", "AutoCAD", aliases=["ACD"])])
    usage = [session(at(8), at(8), product="ACD"), session(at(9), at(12), user="bo", product="AutoCAD 2026")]
    terms = {"region": "EU", "seats": [Seat("bo", "acd", at(0), at(10))], "policy": NO_GRACE, "catalog": catalog}
    meter = Meter(rates, **terms)
    meter.feed(usage)
    assert meter.charges == charge_usage(usage, rates, **terms)
    assert [(c.at, c.product, c.tokens) for c in meter.charges] == [(at(8), "autocad", 6), (at(10), "autocad", 6)]
    assert Meter.resume(meter.save(), rates, **terms).charges == meter.charges


def test_sealed_charges_are_returned_once_and_forgotten():
    meter = Meter(PUBLISHED)
    meter.feed([MONDAY, TUESDAY, result(at(9)), result(at(9, day=1))])
    assert instants(meter.seal(at(8, day=1))) == [at(8), at(9)]
    assert instants(meter.charges) == [at(8, day=1), at(9, day=1)]
    assert meter.seal(at(8, day=1)) == []
    assert meter.seal(at(0)) == []
    assert instants(meter.seal(at(0, day=9))) == [at(8, day=1), at(9, day=1)]
    assert meter.charges == []


def test_sealing_at_an_earlier_instant_changes_nothing():
    meter = Meter(PUBLISHED)
    meter.feed([MONDAY])
    meter.seal(at(12))
    meter.seal(at(0))
    with pytest.raises(LateUsageError):
        meter.feed([session(at(11), at(12))])


def test_sealing_again_at_the_same_instant_seals_nothing_more_also_where_a_resumed_meter_has_other_seats():
    meter = Meter(PUBLISHED, seats=[Seat("ada", "autocad", at(0))])
    meter.feed([session(at(8), at(9, day=1))])
    meter.seal(at(12))
    without_seats = Meter.resume(meter.save(), PUBLISHED)
    assert without_seats.seal(at(12)) == []
    assert instants(without_seats.charges) == [at(8), at(8, day=1)]


def test_use_after_a_seal_lies_in_the_sealed_window_while_it_runs():
    meter = Meter(PUBLISHED)
    meter.feed([MONDAY])
    meter.seal(at(18))
    assert meter.feed([session(at(18), at(19))]).added == []
    assert instants(meter.feed([TUESDAY]).added) == [at(8, day=1)]


def test_a_session_that_runs_across_a_seal_goes_on_being_charged():
    meter = Meter(PUBLISHED)
    long = session(at(8), at(9, day=3))
    meter.feed([long])
    assert instants(meter.seal(at(12, day=1))) == [at(8), at(8, day=1)]
    assert instants(meter.charges) == [at(8, day=2), at(8, day=3)]
    other = session(at(12, day=1), at(9, day=4))
    assert instants(meter.feed([other]).added) == [at(8, day=4)]


def test_a_sealed_meter_forgets_the_use_that_it_needs_no_more():
    meter = Meter(PUBLISHED)
    meter.feed([MONDAY, result(at(9)), session(at(8), at(12), user="bo"), session(at(10), user="cy")])
    meter.seal(at(12))
    tracks = {track["user"] + " " + track["product"]: track for track in json.loads(meter.save())["tracks"]}
    assert len(tracks["ada autocad"]["sessions"]) == 1
    assert tracks["ada cfd"]["results"] == []
    assert tracks["cy autocad"]["sessions"] == []
    assert tracks["cy autocad"]["sealed_end"] == at(10, day=1).isoformat()


def test_use_that_opens_exactly_at_the_seal_is_taken():
    meter = Meter(PUBLISHED)
    meter.seal(at(8))
    assert instants(meter.feed([MONDAY, result(at(8))]).added) == [at(8), at(8)]


def test_a_charge_exactly_at_the_seal_is_kept_through_later_feeds_and_resuming():
    meter = Meter(PUBLISHED)
    meter.feed([session(at(8), at(9)), session(at(8), user="bo"), result(at(8))])
    assert meter.seal(at(8)) == []
    meter.feed([session(at(10), at(11)), result(at(10))])
    meter = Meter.resume(meter.save(), PUBLISHED)
    assert instants(meter.charges) == [at(8), at(8), at(8), at(10)]


@pytest.mark.parametrize("late", [session(at(7), at(9), user="bo"), result(at(7), user="bo")])
def test_late_use_after_a_seal_is_refused_by_name_and_nothing_is_taken_in(late):
    meter = Meter(PUBLISHED)
    meter.feed([MONDAY])
    meter.seal(at(8))
    state = meter.save()
    with pytest.raises(LateUsageError, match=r"bo's use of .* from 2026-03-02T07:00:00\+00:00 came late") as caught:
        meter.feed([TUESDAY, late])
    assert (caught.value.user, caught.value.at, caught.value.sealed_until) == ("bo", at(7), at(8))
    assert meter.save() == state


def test_t1_a_seal_is_an_aware_instant_in_any_zone():
    meter = Meter(PUBLISHED)
    with pytest.raises(NaiveDatetimeError):
        meter.seal(datetime(2026, 3, 2))
    meter.feed([MONDAY])
    assert instants(meter.seal(datetime(2026, 3, 2, 10, 1, tzinfo=timezone(timedelta(hours=2))))) == [at(8)]


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (session(at(8), product="unheard of"), RateNotFoundError),
        (result(at(8), product="revit"), RateNotFoundError),
        ("no use at all", InvalidValueError),
    ],
)
def test_a_feed_that_fails_takes_nothing_in(bad, error):
    meter = Meter(PUBLISHED)
    meter.feed([MONDAY])
    state, charges = meter.save(), meter.charges
    with pytest.raises(error):
        meter.feed([TUESDAY, bad])
    assert (meter.save(), meter.charges) == (state, charges)
    meter.feed([TUESDAY])
    assert meter.charges == charge_usage([MONDAY, TUESDAY], PUBLISHED)


def test_a_product_that_the_catalogue_does_not_know_is_refused():
    meter = Meter(PUBLISHED, catalog=Catalog([Product("autocad", "AutoCAD")]))
    with pytest.raises(UnknownProductError):
        meter.feed([MONDAY, session(at(8), product="revit")])
    assert meter.charges == []


def test_r3_a_conflict_stops_the_feed():
    rates = type(PUBLISHED)([*PUBLISHED.sheets, type(PUBLISHED.sheets[0])("other", [rate("autocad", 5)])])
    with pytest.raises(RateConflictError):
        Meter(rates).feed([MONDAY])


def test_a_meter_resumed_after_a_seal_remembers_it():
    meter = Meter(PUBLISHED)
    meter.feed([MONDAY, result(at(20))])
    meter.seal(at(12))
    again = Meter.resume(meter.save(), PUBLISHED)
    assert again.save() == meter.save()
    assert again.charges == meter.charges
    assert instants(again.feed([TUESDAY]).added) == [at(8, day=1)]
    with pytest.raises(LateUsageError):
        again.feed([session(at(11), at(12))])


GOOD_STATE = (
    '{"sealed_until": null, "tracks": [{"user": "ada", "product": "autocad", "sealed_end": null, "sessions": [%s], "results": []}]}'
)


@pytest.mark.parametrize(
    "state",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        "{}",
        '{"sealed_until": null}',
        '{"sealed_until": null, "tracks": 3}',
        '{"sealed_until": null, "tracks": [], "more": 1}',
        '{"sealed_until": "tomorrow", "tracks": []}',
        '{"sealed_until": "2026-03-02T08:00:00", "tracks": []}',
        GOOD_STATE % '{"user": "ada", "product": "autocad", "opened_at": "2026-03-02T08:00:00"}',
        GOOD_STATE % '{"user": "", "product": "autocad", "opened_at": "2026-03-02T08:00:00+00:00"}',
        GOOD_STATE % '{"user": "ada", "opened_at": "2026-03-02T08:00:00+00:00"}',
        GOOD_STATE % "7",
        GOOD_STATE.replace(
            '"results": []', '"results": [{"user": "a", "product": "cfd", "at": "2026-03-02T08:00:00Z", "quantity": "x"}]'
        )
        % "",
    ],
)
def test_text_that_is_no_state_of_a_meter_is_refused_as_such(state):
    with pytest.raises(FormatError) as caught:
        Meter.resume(state, PUBLISHED)
    assert caught.value.file == "meter state"
    assert str(caught.value).startswith("meter state: ")
    assert caught.value.problem


def test_a_state_written_by_hand_is_read():
    state = GOOD_STATE % '{"user": "ada", "product": "autocad", "opened_at": "2026-03-02T08:00:00+00:00"}'
    assert instants(Meter.resume(state, PUBLISHED).charges) == [at(8)]
