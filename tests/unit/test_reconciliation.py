"""Charges against the vendor's report: each cause planted once in data that are otherwise equal."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from reconciled import ADA, BEN, CHARGES, CONTEXT, RATES, ROWS, SINCE, USAGE, found, march, only, rows_of, session, told

from flexlib import (
    Catalog,
    Charge,
    ChargeBasis,
    Product,
    Rate,
    RateBook,
    RateSheet,
    ReportedUse,
    ResultUse,
    Seat,
    Session,
    charge_reported,
    charge_usage,
)
from flexlib.reports import DifferenceCause, Match, reconcile

HASH = "5f2b9c1d77aa"
LONDON, TOKYO, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")
CATALOG = Catalog([Product("autocad", "AutoCAD", aliases=["ACD"]), Product("revit", "Revit")])


@pytest.mark.parametrize("context", [{}, CONTEXT])
def test_equal_data_match_wholly_each_charge_with_its_row(context):
    result = reconcile(reversed(CHARGES), ROWS, **context)
    assert (result.differences, result.by_cause(), result.unexplained_tokens) == ((), {}, 0)
    assert (result.charged, result.reported) == (136, 136)
    assert len(result.matched) == 16
    assert result.matched[0] == Match((CHARGES[0],), (ROWS[0],))
    assert result.matched[0].tokens == 7


def test_nothing_matches_nothing():
    assert reconcile([], []).matched == ()


def test_users_are_met_in_any_case_and_products_under_any_of_their_names():
    rows = [evolve(row, user=row.user.upper(), product={"autocad": "ACD"}.get(row.product, "Revit 2026")) for row in ROWS]
    assert reconcile(CHARGES, rows, catalog=CATALOG).differences == ()


def test_a_product_that_the_catalogue_does_not_know_is_a_difference_and_no_error():
    assert only([], [ReportedUse(ADA, "New Thing", date(2026, 3, 2), 3)], catalog=CATALOG).product == "New Thing"


def test_hashed_users_are_met_through_their_identities():
    rows = [evolve(row, user=HASH) if row.user == ADA else row for row in ROWS]
    assert reconcile(CHARGES, rows, identities={HASH.upper(): ADA.upper()}).differences == ()


def test_c10_several_results_of_a_day_match_the_row_that_sums_them_up():
    charges = charge_usage([ResultUse(ADA, "cfd", march(2, hour), 1) for hour in (8, 12, 15)], RATES)
    result = reconcile(charges, [ReportedUse(ADA, "cfd", date(2026, 3, 2), 15)])
    assert (result.differences, [len(match.charges) for match in result.matched]) == ((), [3])


def test_the_same_charge_twice_counts_once():
    assert reconcile([*CHARGES, *CHARGES], ROWS).charged == 136


def test_charges_read_from_a_report_match_it_in_any_zone():
    assert reconcile(charge_reported(ROWS), ROWS, zone=NEW_YORK).differences == ()


@pytest.mark.parametrize("context", [{}, told([*USAGE, session(BEN, "revit", march(20, 22))])])
def test_t3_another_day_by_zone(context):
    charges = charge_usage([session(BEN, "revit", march(20, 22))], RATES)
    rows = [ReportedUse(BEN, "revit", date(2026, 3, 21), 10)]
    assert found(charges, rows, **context) == [("ANOTHER_DAY", BEN, 0)]
    assert "at UTC+02:00 or more that is on 2026-03-21" in only(charges, rows).reason


def test_t3_the_day_before_by_zone():
    charges = charge_usage([session(BEN, "revit", march(20, 3))], RATES)
    assert (
        "at less than UTC-03:00 that is on 2026-03-19" in only(charges, [ReportedUse(BEN, "revit", date(2026, 3, 19), 10)]).reason
    )


def test_t3_no_zone_of_the_world_moves_a_charge_at_nine_to_the_next_day():
    charges = charge_usage([session(BEN, "revit", march(20, 9))], RATES)
    rows = [ReportedUse(BEN, "revit", date(2026, 3, 21), 10)]
    assert found(charges, rows) == [("UNEXPLAINED", BEN, 10), ("MISSING_SESSION", BEN, -10)]


@pytest.mark.parametrize(
    ("hour", "to", "cause"), [(10, 1, "ANOTHER_DAY"), (9, 1, "UNEXPLAINED"), (11, -1, "ANOTHER_DAY"), (12, -1, "UNEXPLAINED")]
)
def test_t3_zones_reach_from_twelve_hours_behind_utc_to_fourteen_before_it(hour, to, cause):
    charges = charge_usage([session(BEN, "revit", march(20, hour))], RATES)
    rows = [evolve(rows_of(charges)[0], day=date(2026, 3, 20 + to)), ReportedUse(ADA, "revit", date(2026, 3, 30), 10)]
    assert cause in [name for name, _, _ in found(charges, rows)]


def test_t3_days_in_a_row_all_move_by_one_zone_though_most_of_them_have_a_row_of_their_own():
    charges = charge_usage([session(BEN, "autocad", march(day, 22)) for day in range(14, 21)], RATES)
    rows = [ReportedUse(BEN, "autocad", charge.at.astimezone(LONDON).date() + timedelta(days=1), 7) for charge in charges]
    assert found(charges, rows) == [("ANOTHER_DAY", BEN, 0)] * 7


def test_t3_a_result_that_moves_is_found_in_the_sum_of_another_day():
    charges = charge_usage([ResultUse(BEN, "cfd", at, 1) for at in (march(20, 9), march(20, 22), march(21, 10))], RATES)
    rows = [ReportedUse(BEN, "cfd", date(2026, 3, 20), 5), ReportedUse(BEN, "cfd", date(2026, 3, 21), 10)]
    assert found(charges, rows) == [("ANOTHER_DAY", BEN, 0)]
    assert only(charges, rows).charges == tuple(charges[1:])


def test_t3_results_that_cost_nothing_move_together():
    free = [Charge(ADA, "study", march(20, hour), 0) for hour in (22, 23)]
    difference = only(free, [ReportedUse(ADA, "study", date(2026, 3, 21), 0)])
    assert (difference.cause, difference.charges) == (DifferenceCause.ANOTHER_DAY, tuple(free))


def test_t3_the_zone_in_which_the_vendor_dates_its_rows_leaves_no_difference():
    charges = charge_usage([session(BEN, "revit", march(20, 22))], RATES)
    assert found(charges, [ReportedUse(BEN, "revit", date(2026, 3, 21), 10)], zone=TOKYO) == []


SHORT = Session(ADA, "mudbox", march(20, 9), march(20, 9, 3))


@pytest.mark.parametrize("context", [{}, told([*USAGE, SHORT])])
def test_c5_a_row_of_zero_for_a_launch_under_five_minutes(context):
    assert found([], [ReportedUse(ADA, "mudbox", date(2026, 3, 20), 0)], **context) == [("SHORT_LAUNCH", ADA, 0)]


@pytest.mark.parametrize("context", [{}, told([*USAGE, SHORT])])
def test_c5_a_launch_under_five_minutes_that_was_charged(context):
    window = charge_usage([session(ADA, "revit", march(20))], RATES)[0].window
    charge = Charge(ADA, "revit", march(20), 10, window=evolve(window, opened_by=evolve(SHORT, product="revit")))
    assert found([charge], [ReportedUse(ADA, "revit", date(2026, 3, 20), 0)], **context) == [("SHORT_LAUNCH", ADA, 10)]


@pytest.mark.parametrize("context", [{}, CONTEXT])
def test_c11_a_row_of_zero_for_a_feature(context):
    rows = [ReportedUse(ADA, "revit", date(2026, 3, 2), 0, feature="Cloud rendering")]
    assert found([], rows, **context) == [("ZERO_FEATURE", ADA, 0)]


@pytest.mark.parametrize("context", [{}, told([*USAGE, session(ADA, "revit", march(20))])])
def test_c11_a_charge_where_the_vendor_asks_nothing_for_the_feature(context):
    charges = charge_usage([session(ADA, "revit", march(20))], RATES)
    rows = [ReportedUse(ADA, "revit", date(2026, 3, 20), 0, feature="Viewer")]
    assert found(charges, rows, **context) == [("ZERO_FEATURE", ADA, 10)]


def test_c11_charges_at_a_rate_of_zero_match_rows_of_zero_and_need_none():
    charges = charge_usage([session(ADA, "mudbox", march(day)) for day in (5, 20)], RATES)
    later = ReportedUse(BEN, "revit", date(2026, 3, 30), 10)
    rows = [ReportedUse(ADA, "mudbox", date(2026, 3, 5), 0), later]
    assert found(charges, rows) == [("ZERO_FEATURE", ADA, 0), ("MISSING_SESSION", BEN, -10)]


def test_use_inside_a_window_matches_a_row_of_zero():
    usage = [session(ADA, "revit", march(20, 20)), session(ADA, "revit", march(21, 8))]
    rows = [*rows_of(charge_usage(usage, RATES)), ReportedUse(ADA, "revit", date(2026, 3, 21), 0)]
    result = reconcile(charge_usage(usage, RATES), rows, **told(usage))
    assert (result.differences, result.matched[-1].charges) == ((), ())


def test_a_long_session_is_use_of_each_of_its_days_and_a_short_launch_of_its_own_alone():
    usage = [session(ADA, "revit", march(14), hours=100), Session(ADA, "revit", march(15), march(15, 9, 2))]
    rows = [*rows_of(charge_usage(usage, RATES)), ReportedUse(ADA, "revit", date(2026, 3, 16), 0)]
    assert reconcile(charge_usage(usage, RATES), rows, **told(usage)).differences == ()


@pytest.mark.parametrize("with_context", [False, True])
def test_c6_a_charge_for_use_past_its_window_that_the_vendor_saw_idle(with_context):
    usage = [session(ADA, "revit", march(20), hours=30), session(ADA, "revit", march(24))]
    charges = charge_usage(usage, RATES)
    context = told([*USAGE, *usage]) if with_context else {}
    assert found(charges, rows_of([charges[0], charges[2]]), **context) == [("IDLE_PAUSE", ADA, 10)]


def test_c6_of_two_windows_on_a_day_of_25_hours_the_later_is_the_one_that_the_vendor_saw_idle():
    opened = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    charges = charge_usage([session(ADA, "revit", opened, hours=25), session(ADA, "revit", opened + timedelta(days=9))], RATES)
    difference = only(
        charges, [ReportedUse(ADA, "revit", date(2026, month, day), 10) for month, day in ((10, 25), (11, 2))], zone=LONDON
    )
    assert (difference.cause, difference.charges) == (DifferenceCause.IDLE_PAUSE, (charges[1],))


def test_c6_a_row_for_use_that_the_sessions_tell_was_idle():
    usage = [session(ADA, "revit", march(20), hours=30, idle=[(march(20, 18), march(21, 15))])]
    rows = [ReportedUse(ADA, "revit", date(2026, 3, day), 10) for day in (20, 21)]
    assert found(charge_usage(usage, RATES), rows, **told(usage)) == [("IDLE_PAUSE", ADA, -10)]


@pytest.mark.parametrize("context", [{}, CONTEXT])
def test_r1_a_rate_that_is_out_of_date_is_told_by_the_vendors_rows(context):
    charges = charge_usage([session(user, "autocad", march(day)) for user in (ADA, BEN) for day in (20, 23)], RATES)
    rows = [evolve(row, tokens=6) for row in rows_of(charges)]
    assert {cause for cause, _, _ in found(charges, rows, **context)} == {"RATE_CHANGE"}


def test_r1_another_rate_of_the_book_is_named_with_its_sheet():
    [charge] = charge_usage([session(ADA, "autocad", march(20))], RATES)
    rows = [ReportedUse(ADA, "autocad", date(2026, 3, 20), 8), *rows_of(charge_usage([session(BEN, "autocad", march(27))], RATES))]
    difference = only([charge, *charge_usage([session(BEN, "autocad", march(27))], RATES)], rows, rates=RATES)
    assert difference.cause is DifferenceCause.RATE_CHANGE
    said = "7 tokens charged, 8 reported, which is the rate of 8 tokens a day from 2026-07-01 (sheet made up; no source)"
    assert difference.reason == said


def test_r1_another_rate_of_a_charge_is_known_without_a_book_and_counts_results():
    rate = Rate("cfd", 6, effective_from=SINCE, basis=ChargeBasis.PER_RESULT)
    charges = charge_usage([ResultUse(ADA, "cfd", march(20, hour), 2) for hour in (8, 9)], RATES)
    charges += [Charge(BEN, "cfd", march(2), 6, rate=rate), Charge(BEN, "cfd", march(21), 5, rate=charges[0].rate)]
    rows = [ReportedUse(ADA, "cfd", date(2026, 3, 20), 24), *rows_of(charges[2:])]
    assert found(charges, rows) == [("RATE_CHANGE", ADA, -4)]


def test_r2_a_rate_of_the_callers_region_is_named_before_another():
    sheet = RateSheet("by region", [Rate("autocad", 9, effective_from=SINCE, region=where) for where in ("DE", "JP")])
    [charge] = charge_usage([session(ADA, "autocad", march(20))], RATES)
    for region in ("DE", "JP"):
        difference = only([charge], [evolve(rows_of([charge])[0], tokens=9)], rates=RateBook([sheet]), region=region)
        assert difference.reason.endswith(f"in {region}")


SEAT = Seat(ADA.upper(), ["revit"], march(15), march(25))


def test_c8_a_charge_under_a_seat():
    charges = charge_usage([session(ADA, "revit", march(20))], RATES)
    later = rows_of(charge_usage([session(ADA, "revit", march(27))], RATES))
    assert found([*charges, *charge_usage([session(ADA, "revit", march(27))], RATES)], later, seats=[SEAT]) == [("SEAT", ADA, 10)]


@pytest.mark.parametrize("tokens", [0, 10])
def test_c8_a_row_under_a_seat(tokens):
    seat = evolve(SEAT, user=ADA)
    rows = [ReportedUse(ADA, "revit", date(2026, 3, 20), tokens)]
    assert found([], rows, seats=[seat]) == [("SEAT", ADA, -tokens)]
    assert found([], rows, **told([*USAGE, session(ADA, "revit", march(20))], seats=[seat])) == [("SEAT", ADA, -tokens)]
    assert found([], [evolve(rows[0], day=date(2026, 3, 26))], seats=[seat]) != [("SEAT", ADA, -tokens)]


@pytest.mark.parametrize("context", [{}, CONTEXT])
def test_personal_data_off_with_one_hash_a_user(context):
    rows = [evolve(row, user={ADA: HASH, BEN: "00c1"}[row.user]) for row in ROWS]
    result = reconcile(CHARGES, rows, **context)
    assert [(cause.name, total.count, total.tokens) for cause, total in result.by_cause().items()] == [("PERSONAL_DATA", 16, 0)]
    assert {difference.charges[0].user for difference in result.differences} == {ADA, BEN}


def test_a_hidden_user_is_the_one_whose_days_fit_best_and_other_causes_go_on_under_that_name():
    usage = [session(ADA, "autocad", march(day)) for day in (20, 23, 25)] + [session(BEN, "autocad", march(20))]
    rows = [ReportedUse(HASH, "autocad", date(2026, 3, day), tokens) for day, tokens in ((20, 7), (23, 7), (25, 8))]
    rows += [ReportedUse("00c1", "autocad", date(2026, 3, 20), 7)]
    causes = [("PERSONAL_DATA", ADA, 0), ("PERSONAL_DATA", BEN, 0), ("PERSONAL_DATA", ADA, 0), ("RATE_CHANGE", ADA, -1)]
    assert found(charge_usage(usage, RATES), rows, rates=RATES) == causes


def test_hidden_users_with_the_most_days_in_common_get_their_names_first():
    usage = [session(ADA, "autocad", march(day)) for day in (20, 23, 25)] + [
        session(BEN, "autocad", march(day)) for day in (20, 26)
    ]
    rows = [ReportedUse(user, "autocad", date(2026, 3, day), 7) for user, day in (("00", 20), ("zz", 20), ("zz", 23))]
    result = reconcile(charge_usage(usage, RATES), rows)
    own = [(difference.user, difference.reported[0].user) for difference in result.differences if difference.reported]
    assert own == [(ADA, "zz"), (BEN, "00"), (ADA, "zz")]


def test_a_hidden_user_whose_use_was_all_free_is_known_by_it_unless_the_report_names_that_user():
    short = [Session(user, "mudbox", march(day), march(day, 9, 2)) for user, day in ((ADA, 20), ("cy@studio.example", 21))]
    rows = [ReportedUse(user, "mudbox", date(2026, 3, day), 0) for user, day in (("0a", 20), ("0c", 21))]
    assert found([], rows, **told([*USAGE, *short])) == [("MISSING_SESSION", "0a", 0), ("SHORT_LAUNCH", "cy@studio.example", 0)]


def test_personal_data_off_behind_stars():
    rows = [evolve(row, user="*****") for row in ROWS]
    assert {cause.name: total.count for cause, total in reconcile(CHARGES, rows).by_cause().items()} == {"PERSONAL_DATA": 16}


@pytest.mark.parametrize("context", [{}, told([*USAGE, session(ADA, "revit", march(20), team="North")])])
def test_p5_tokens_paid_by_another_team(context):
    charges = charge_usage([session(ADA, "revit", march(20), team="North")], RATES)
    rows = [evolve(rows_of(charges)[0], team="South")]
    assert found(charges, rows, **context) == [("TEAM_MOVE", ADA, 0)]
    assert only(charges, rows).reason == "10 tokens charged to team North are reported under team South"


def test_a_side_that_does_not_say_the_team_agrees_and_so_do_teams_in_another_case():
    charges = charge_usage([session(ADA, "revit", march(20), team="North")], RATES)
    for team in (None, "*****", "NORTH"):
        assert found(charges, [evolve(rows_of(charges)[0], team=team)]) == []
    assert found([evolve(charges[0], team=None)], rows_of(charges)) == []


def test_p5_only_the_results_of_the_team_that_changed_are_a_difference():
    usage = [ResultUse(ADA, "cfd", march(20, 8 + place), place + 1, team=team) for place, team in enumerate(("N", "S"))]
    rows = [ReportedUse(ADA, "cfd", date(2026, 3, 20), 5, team="N"), ReportedUse(ADA, "cfd", date(2026, 3, 20), 10, team="W")]
    result = reconcile(charge_usage(usage, RATES), rows)
    assert [difference.reported for difference in result.differences] == [(rows[1],)]
    assert [match.reported for match in result.matched] == [(rows[0],)]
