"""Charge windows (rules C1 to C8, T1 and T2)."""

import gc
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sample_values import NO_GRACE, at, session, starts

from flexlib import (
    FLEX,
    Catalog,
    ChargePolicy,
    InvalidValueError,
    Product,
    Seat,
    Session,
    UnknownProductError,
    WindowCause,
    charge_windows,
)

MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def causes(windows):
    return [window.cause for window in windows]


def test_c1_a_launch_opens_a_window_of_24_hours():
    (window,) = charge_windows([session(at(8), at(17))])
    assert (window.user, window.product, window.start, window.end) == ("ada", "autocad", at(8), at(8, day=1))
    assert (window.opened_by, window.cause) == (session(at(8), at(17)), WindowCause.LAUNCH)


def test_c1_each_user_and_each_product_has_windows_of_its_own():
    usage = [session(at(8), at(9)), session(at(9), at(10), user="bo"), session(at(10), at(11), product="revit")]
    assert [(w.start, w.user, w.product) for w in charge_windows(usage)] == [
        (at(8), "ada", "autocad"),
        (at(9), "bo", "autocad"),
        (at(10), "ada", "revit"),
    ]


def test_windows_that_start_together_are_sorted_by_user_and_product():
    usage = [session(at(8), at(9), user=user, product=product) for user in ("bo", "ada") for product in ("revit", "autocad")]
    windows = charge_windows([*usage, session(at(7), at(9), user="cy")])
    assert [w.user + " " + w.product for w in windows] == ["cy autocad", "ada autocad", "ada revit", "bo autocad", "bo revit"]


def test_no_use_opens_no_windows():
    assert charge_windows([]) == []


def test_c2_other_versions_other_machines_and_reopening_add_nothing_within_24_hours():
    usage = [
        session(at(8), at(9), version="2025", machine="cad-1"),
        session(at(8.5), at(10), version="2026", machine="cad-2", team="north"),
        session(at(20), at(21)),
        session(at(7, day=1), at(8, day=1)),
    ]
    assert starts(charge_windows(usage)) == [at(8)]


def test_c2_a_launch_at_the_windows_end_opens_the_next():
    assert starts(charge_windows([session(at(8), at(9)), session(at(8, day=1), at(9, day=1))])) == [at(8), at(8, day=1)]


def test_c3_use_beyond_the_windows_end_opens_the_next_window_there():
    windows = charge_windows([session(at(8), at(8, day=1) + MICROSECOND)])
    assert starts(windows) == [at(8), at(8, day=1)]
    assert causes(windows) == [WindowCause.LAUNCH, WindowCause.STILL_OPEN]


def test_c3_a_session_of_days_opens_a_window_every_24_hours():
    windows = charge_windows([session(at(8), at(9, day=3))])
    assert starts(windows) == [at(8, day=day) for day in range(4)]
    assert all(window.opened_by == session(at(8), at(9, day=3)) for window in windows)


def test_c3_overlapping_sessions_are_charged_as_one_use():
    usage = [session(at(8), at(20)), session(at(18), at(6, day=1)), session(at(5, day=1), at(9, day=1))]
    windows = charge_windows(usage)
    assert starts(windows) == [at(8), at(8, day=1)]
    assert windows[1].opened_by == usage[2]


def test_c4_use_that_ends_exactly_at_the_windows_end_is_not_charged_again():
    assert starts(charge_windows([session(at(8), at(8, day=1))])) == [at(8)]
    assert starts(charge_windows([session(at(8), at(8, day=2))])) == [at(8), at(8, day=1)]


def test_c5_a_launch_of_less_than_five_minutes_opens_no_window():
    assert charge_windows([session(at(8), at(8) + 5 * MINUTE - MICROSECOND), session(at(9), at(9))]) == []


def test_c5_a_launch_of_five_minutes_opens_one():
    assert starts(charge_windows([session(at(8), at(8) + 5 * MINUTE)])) == [at(8)]


def test_c5_a_short_launch_leaves_the_window_to_the_next_launch():
    assert starts(charge_windows([session(at(8), at(8) + MINUTE), session(at(9), at(10))])) == [at(9)]


def test_c5_a_short_launch_at_the_end_of_a_window_opens_none():
    assert starts(charge_windows([session(at(8), at(9)), session(at(8, day=1), at(8, day=1) + MINUTE)])) == [at(8)]


def test_c5_the_policy_sets_the_grace():
    use = session(at(8), at(8) + MINUTE)
    assert starts(charge_windows([use], policy=NO_GRACE)) == [at(8)]
    assert charge_windows([session(at(8), at(9))], policy=ChargePolicy(grace=timedelta(hours=2))) == []
    assert starts(charge_windows([session(at(8), at(8))], policy=NO_GRACE)) == [at(8)]


def test_c6_an_idle_pause_holds_the_next_charge_until_use_comes_back():
    usage = [session(at(8), at(14, day=1), idle=[(at(7, day=1), at(12, day=1))])]
    windows = charge_windows(usage)
    assert starts(windows) == [at(8), at(12, day=1)]
    assert causes(windows) == [WindowCause.LAUNCH, WindowCause.RESUMED]


def test_c6_an_idle_pause_never_undoes_a_charge():
    assert starts(charge_windows([session(at(8), at(17), idle=[(at(8), at(17))])])) == [at(8)]


@pytest.mark.parametrize(("minutes", "expected"), [(-1, [at(8), at(8, day=1)]), (0, [at(8)]), (1, [at(8)])])
def test_c6_the_15_minutes_before_the_pause_still_count_as_use(minutes, expected):
    # Idle from so long before the window's end that 15 minutes of it reach just beyond the end, or only up to it.
    idle_from = at(8, day=1) - (15 + minutes) * MINUTE
    assert starts(charge_windows([session(at(8), at(20, day=1), idle=[(idle_from, at(20, day=1))])])) == expected


def test_c6_idle_spans_that_touch_are_one_pause():
    idle = [(at(7.5, day=1) + 10 * k * MINUTE, at(7.5, day=1) + 10 * (k + 1) * MINUTE) for k in range(6)]
    assert starts(charge_windows([session(at(8), at(10, day=1), idle=idle)])) == [at(8), at(8.5, day=1)]


def test_c6_idle_spans_of_up_to_15_minutes_are_no_pause():
    idle = [(at(8, day=1) - 15 * MINUTE, at(8, day=1)), (at(8, day=1) + MINUTE, at(8, day=1) + 10 * MINUTE)]
    windows = charge_windows([session(at(8), at(10, day=1), idle=idle)])
    assert starts(windows) == [at(8), at(8, day=1)]
    assert causes(windows) == [WindowCause.LAUNCH, WindowCause.STILL_OPEN]


def test_c6_the_policy_sets_the_pause():
    use = session(at(8), at(10, day=1), idle=[(at(7, day=1), at(9, day=1))])
    assert starts(charge_windows([use], policy=ChargePolicy(idle_after=timedelta(hours=1)))) == [at(8), at(9, day=1)]
    assert starts(charge_windows([use], policy=ChargePolicy(idle_after=timedelta(hours=1, microseconds=1)))) == [
        at(8),
        at(8, day=1),
    ]


def test_c6_a_product_that_is_not_idle_aware_is_charged_through_a_pause():
    catalog = Catalog([Product("autocad", "AutoCAD", idle_aware=False), Product("revit", "Revit")])
    idle = [(at(7, day=1), at(12, day=1))]
    usage = [session(at(8), at(14, day=1), product=product, idle=idle) for product in ("AutoCAD 2026", "Revit")]
    windows = charge_windows(usage, catalog=catalog)
    assert [(w.product, w.start) for w in windows[2:]] == [("autocad", at(8, day=1)), ("revit", at(12, day=1))]


def test_c7_a_session_whose_end_is_unknown_is_use_at_its_opening_only():
    assert starts(charge_windows([session(at(8))])) == [at(8)]
    assert starts(charge_windows([session(at(8)), session(at(9, day=1))])) == [at(8), at(9, day=1)]


def test_c8_a_seat_that_covers_user_and_product_saves_the_tokens():
    usage = [session(at(8), at(17))]
    assert charge_windows(usage, seats=[Seat("ada", ["revit", "autocad"], at(8), at(17))]) == []
    assert len(charge_windows(usage, seats=[Seat("ada", "revit", at(0)), Seat("bo", "autocad", at(0))])) == 1


@pytest.mark.parametrize(
    ("seats", "expected", "why"),
    [
        ([Seat("ada", "autocad", at(9))], [at(8)], [WindowCause.LAUNCH]),
        ([Seat("ada", "autocad", at(0), at(9))], [at(9)], [WindowCause.SEAT_ENDED]),
        ([Seat("ada", "autocad", at(0), at(9)), Seat("ada", "autocad", at(8.5), at(10))], [at(10)], [WindowCause.SEAT_ENDED]),
        ([Seat("ada", "autocad", at(0), at(12)), Seat("ada", "autocad", at(8.5), at(10))], [at(12)], [WindowCause.SEAT_ENDED]),
        ([Seat("ada", "autocad", at(9), at(10))], [at(8)], [WindowCause.LAUNCH]),
        ([Seat("ada", "autocad", at(0), at(8))], [at(8)], [WindowCause.LAUNCH]),
        ([Seat("ada", "autocad", at(17))], [at(8)], [WindowCause.LAUNCH]),
        ([Seat("ada", "autocad", at(8), at(17))], [], []),
    ],
)
def test_c8_a_seat_that_begins_or_ends_within_a_session_covers_exactly_its_own_span(seats, expected, why):
    windows = charge_windows([session(at(8), at(17))], seats=seats)
    assert starts(windows) == expected
    assert causes(windows) == why


@pytest.mark.parametrize(
    ("seat", "expected"),
    [
        (Seat("ada", "autocad", at(8), at(9)), []),
        (Seat("ada", "autocad", at(7), at(8)), [at(8)]),
        (Seat("ada", "autocad", at(9)), [at(8)]),
    ],
)
def test_c8_a_seat_covers_the_instant_of_a_session_without_an_end(seat, expected):
    assert starts(charge_windows([session(at(8))], seats=[seat])) == expected


def test_c8_a_seat_in_the_middle_of_a_long_session_holds_the_next_window_until_it_ends():
    seat = Seat("ada", "autocad", at(6, day=1), at(12, day=1))
    windows = charge_windows([session(at(8), at(14, day=1))], seats=[seat])
    assert [(w.start, w.cause) for w in windows] == [(at(8), WindowCause.LAUNCH), (at(12, day=1), WindowCause.SEAT_ENDED)]


def test_c8_use_under_a_seat_and_in_a_pause_is_free_until_both_are_over():
    use = session(at(8), at(20), idle=[(at(9), at(12))])
    assert starts(charge_windows([use], seats=[Seat("ada", "autocad", at(0), at(10))])) == [at(12)]


def test_t2_a_window_is_24_elapsed_hours_when_the_clocks_go_forward_and_back():
    for zone, changes in {
        "Europe/London": (datetime(2026, 3, 28, 8), datetime(2026, 10, 24, 8)),
        "America/New_York": (datetime(2026, 3, 7, 8), datetime(2026, 10, 31, 8)),
        "Australia/Lord_Howe": (datetime(2026, 4, 4, 8), datetime(2026, 10, 3, 8)),
    }.items():
        for eight in changes:
            opened = eight.replace(tzinfo=ZoneInfo(zone))
            elapsed = opened.astimezone(UTC) + timedelta(hours=24)
            # On the wall it is another hour: a local sum of 24 hours would miss it.
            assert elapsed != (opened + timedelta(hours=24)).astimezone(UTC)
            windows = charge_windows([session(opened, elapsed + MICROSECOND)])
            assert starts(windows) == [opened, elapsed]
            assert len(charge_windows([session(opened, elapsed)])) == 1


def test_products_are_met_under_any_of_their_names_with_a_catalogue_and_windows_carry_the_code():
    catalog = Catalog([Product("autocad", "AutoCAD", aliases=["ACD"])])
    usage = [session(at(8), at(9), product="ACD"), session(at(10), at(11), product="AutoCAD 2026")]
    assert [(w.product, w.start) for w in charge_windows(usage, catalog=catalog)] == [("autocad", at(8))]
    assert len(charge_windows(usage)) == 2
    assert charge_windows(usage, catalog=catalog, seats=[Seat("ada", "AutoCAD", at(0))]) == []


def test_a_product_that_the_catalogue_does_not_know_is_refused_in_sessions_and_seats():
    catalog = Catalog([Product("autocad", "AutoCAD")])
    with pytest.raises(UnknownProductError, match="Revit"):
        charge_windows([session(at(8), product="Revit")], catalog=catalog)
    with pytest.raises(UnknownProductError, match="Maya"):
        charge_windows([session(at(8))], catalog=catalog, seats=[Seat("ada", "Maya", at(0))])


@pytest.mark.parametrize(
    ("this", "that"),
    [
        (session(at(8), at(8)), session(at(8))),
        (session(at(8), at(9)), session(at(8), at(9), idle=[(at(8.5), at(9))])),
        (session(at(8), at(9), team=""), session(at(8), at(9))),
        (session(at(8), at(9), machine="cad-1"), session(at(8), at(9), machine="cad-2")),
        (session(at(8), at(9), version="2025"), session(at(8), at(9), version="2026")),
    ],
    ids=["unknown end", "idle", "team", "machine", "version"],
)
def test_the_opener_of_two_sessions_at_one_instant_does_not_depend_on_their_order(this, that):
    one, two = (charge_windows(usage, policy=NO_GRACE) for usage in ([this, that], [that, this]))
    assert one[0].opened_by == two[0].opened_by


def test_a_seat_of_another_user_does_not_change_which_session_opens_a_window():
    usage = [session(at(8), at(10), idle=[(at(8), at(9))], team="north"), session(at(8), at(11), team="south")]
    (alone,), (beside,) = charge_windows(usage), charge_windows(usage, seats=[Seat("zoe", "autocad", at(0))])
    assert alone.opened_by == beside.opened_by


def test_the_garbage_collector_is_left_as_it_was():
    assert gc.isenabled()
    charge_windows([session(at(8), at(9))])
    assert gc.isenabled()
    gc.disable()
    try:
        charge_windows([session(at(8), at(9))])
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_policy_of_flex_is_that_of_the_rules():
    assert ChargePolicy() == FLEX
    assert (FLEX.window, FLEX.grace, FLEX.idle_after) == (timedelta(hours=24), 5 * MINUTE, 15 * MINUTE)


def test_another_length_of_window_is_kept_to():
    windows = charge_windows([session(at(8), at(11))], policy=ChargePolicy(window=timedelta(hours=2)))
    assert [(w.start, w.end) for w in windows] == [(at(8), at(10)), (at(10), at(12))]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"window": timedelta()}, "window is datetime.timedelta(0): expected a span of time above zero"),
        ({"grace": -MINUTE}, f"grace is {-MINUTE!r}: expected a span of time, zero or more"),
        ({"idle_after": -MINUTE}, f"idle_after is {-MINUTE!r}: expected a span of time, zero or more"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(policy, expected):
    with pytest.raises(InvalidValueError) as caught:
        ChargePolicy(**policy)
    assert str(caught.value) == expected


@pytest.mark.parametrize(("opened", "closed", "named"), [(at(8), END_OF_TIME, "closed_at"), (END_OF_TIME, None, "opened_at")])
def test_a_session_at_the_end_of_time_is_refused_and_opens_no_millions_of_windows(opened, closed, named):
    with pytest.raises(InvalidValueError, match=rf"^{named} is '9999-12-31 23:59:59.999999\+00:00'"):
        charge_windows([Session("ada", "autocad", opened, closed)])


def test_a_session_of_which_the_last_window_ends_with_time_itself_is_charged():
    last = END_OF_TIME - FLEX.window
    assert [w.end for w in charge_windows([session(last)])] == [END_OF_TIME]
    assert starts(charge_windows([session(last - 24 * 60 * MINUTE, last)])) == [last - 24 * 60 * MINUTE]


def test_c6_idle_spans_that_touch_or_overlap_are_one_pause():
    apart = [(at(9), at(9.2)), (at(9.1), at(9.3)), (at(9.05), at(9.1)), (at(9.3), at(10, day=3))]
    together = [(at(9), at(10, day=3))]
    for idle in (apart, together):
        assert starts(charge_windows([session(at(8), at(12, day=3), idle=idle)])) == [at(8), at(10, day=3)]


@pytest.mark.parametrize(
    ("pieces", "end"), [([(7.5, 7.7), (7.7, 7.9), (7.9, 8.1), (8.1, 8.3)], 8.3), ([(7.5, 8.5), (7.6, 7.7)], 8.5)]
)
def test_c6_a_pause_of_several_idle_spans_is_one_of_its_own_also_after_another_pause(pieces, end):
    idle = [(at(9), at(10)), *((at(one, day=2), at(two, day=2)) for one, two in pieces)]
    assert starts(charge_windows([session(at(8), at(12, day=2), idle=idle)])) == [at(8), at(8, day=1), at(end, day=2)]
