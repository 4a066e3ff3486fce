"""Charges against the vendor's report: what has no counterpart, what stays unexplained, and how a result is told."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext

import pytest
from attrs import evolve
from reconciled import ADA, BEN, CHARGES, CONTEXT, RATES, ROWS, USAGE, found, march, only, rows_of, session, told

from flexlib import Charge, InvalidValueError, LedgerError, NaiveDatetimeError, ReportedUse, ResultUse, charge_usage
from flexlib.reports import CauseTotal, DifferenceCause, reconcile

APRIL = [session(user, "revit", datetime(2026, 4, day, 9, tzinfo=UTC)) for user in (ADA, BEN) for day in (2, 9)]


@pytest.mark.parametrize("context", [{}, told([*USAGE, *APRIL])])
def test_days_after_the_end_of_the_report_are_not_yet_reported(context):
    assert found(charge_usage(APRIL, RATES), [], **context) == [
        ("NOT_YET_REPORTED", user, 10) for _ in (2, 9) for user in (ADA, BEN)
    ]


def test_the_month_in_which_the_report_was_fetched_may_lack_a_user_whose_rows_end_before():
    charges = charge_usage(APRIL, RATES)
    rows = rows_of([charge for charge in charges if charge.user == BEN])
    fetched = datetime(2026, 4, 20, tzinfo=UTC)
    assert found(charges, rows, as_of=fetched) == [("NOT_YET_REPORTED", ADA, 10)] * 2
    assert [cause for cause, _, _ in found(charges, rows)] == ["UNEXPLAINED"] * 2
    assert [cause for cause, _, _ in found(charges, rows, as_of=fetched.replace(month=5))] == ["UNEXPLAINED"] * 2
    assert [cause for cause, _, _ in found(charges, [*rows, *rows_of([charges[2]])], as_of=fetched)] == ["UNEXPLAINED"]


def test_charges_against_an_empty_report_are_unexplained_unless_they_are_of_the_month_in_which_it_was_fetched():
    assert only(CHARGES[:1], []).cause is DifferenceCause.UNEXPLAINED
    assert only(CHARGES[:1], [], as_of=march(20)).cause is DifferenceCause.NOT_YET_REPORTED


@pytest.mark.parametrize("context", [{}, CONTEXT])
def test_each_further_copy_of_a_row_is_a_duplicate(context):
    copies = [ROWS[0], evolve(ROWS[0], user=ROWS[0].user.title(), product=" AutoCAD"), ROWS[0]]
    assert found([], copies, **context) == [("DUPLICATE", ADA, -7)] * 3


def test_a_copy_of_a_row_of_zero_is_a_duplicate_too():
    row = ReportedUse(ADA, "mudbox", date(2026, 3, 20), 0)
    assert found([], [row, row]) == [("DUPLICATE", ADA, 0), ("SHORT_LAUNCH", ADA, 0)]


def test_rows_that_differ_in_team_or_feature_are_no_copies():
    rows = [
        ReportedUse(ADA, "cfd", date(2026, 3, 20), 5, team=team, feature=kind)
        for team, kind in (("N", "a"), ("N", "b"), ("S", "a"))
    ]
    charges = charge_usage([ResultUse(ADA, "cfd", march(20, hour), 1) for hour in (8, 9, 10)], RATES)
    assert found(charges, rows) == []


def test_c10_equal_rows_of_two_results_are_no_copies_where_both_were_charged():
    charges = charge_usage([ResultUse(ADA, "cfd", march(20, hour), 1) for hour in (8, 9)], RATES)
    assert found(charges, rows_of(charges)) == []


@pytest.mark.parametrize("context", [{}, CONTEXT])
def test_a_row_of_use_that_no_session_tells_of_is_a_missing_session(context):
    assert found([], [ReportedUse(ADA, "revit", date(2026, 3, 20), 10)], **context) == [("MISSING_SESSION", ADA, -10)]


def test_a_row_of_zero_on_a_day_without_use_is_a_missing_session_where_the_accounts_are_known():
    assert found([], [ReportedUse(ADA, "revit", date(2026, 3, 20), 0)], **CONTEXT) == [("MISSING_SESSION", ADA, 0)]


def test_where_the_accounts_are_known_a_missing_session_explains_the_charge_that_its_window_took_in():
    usage = [session(ADA, "autocad", march(20, 15)), session(BEN, "autocad", march(27))]
    charges = charge_usage(usage, RATES)
    rows = [ReportedUse(ADA, "autocad", date(2026, 3, 19), 8), *rows_of(charges[1:])]
    assert found(charges, rows, **told([*USAGE, *usage])) == [("MISSING_SESSION", ADA, -8), ("MISSING_SESSION", ADA, 7)]
    assert found(charges, rows) == [("MISSING_SESSION", ADA, -8), ("UNEXPLAINED", ADA, 7)]


def test_a_row_for_use_that_was_paid_for_the_day_before_is_unexplained():
    usage = [session(ADA, "revit", march(20, 20)), session(ADA, "revit", march(21, 8))]
    rows = [*rows_of(charge_usage(usage, RATES)), ReportedUse(ADA, "revit", date(2026, 3, 21), 10)]
    assert found(charge_usage(usage, RATES), rows, **told([*USAGE, *usage])) == [("UNEXPLAINED", ADA, -10)]


@pytest.mark.parametrize("context", [{}, CONTEXT])
def test_a_charge_that_the_report_lacks_is_unexplained(context):
    result = reconcile(CHARGES, ROWS[1:], **context)
    assert [(difference.user, difference.tokens, difference.charges) for difference in result.unexplained] == [
        (ADA, 7, (CHARGES[0],))
    ]
    assert result.unexplained_tokens == 7


@pytest.mark.parametrize("context", [{}, CONTEXT])
@pytest.mark.parametrize("tokens", [Decimal("7.5"), 9, 14])
def test_a_figure_that_is_no_rate_while_the_vendor_goes_on_with_ours_is_unexplained(tokens, context):
    result = reconcile(CHARGES, [evolve(ROWS[0], tokens=tokens), *ROWS[1:]], **context)
    assert [difference.tokens for difference in result.unexplained] == [7 - tokens]
    assert len(result.differences) == 1
    assert result.unexplained[0].reason.startswith(f"7 tokens charged, {tokens} reported")


def test_twice_the_tokens_are_no_rate_even_where_the_vendor_has_no_other_row_of_the_product():
    difference = only(CHARGES[:1], [evolve(ROWS[0], tokens=14)])
    assert difference.cause is DifferenceCause.UNEXPLAINED
    assert "2 times as many" in difference.reason
    assert only(CHARGES[:1], [evolve(ROWS[0], tokens=8)]).cause is DifferenceCause.RATE_CHANGE


def test_too_much_and_too_little_do_not_cancel_out_in_the_unexplained_tokens():
    wrong = [evolve(ROWS[0], tokens=9), evolve(ROWS[2], tokens=5), *ROWS[1:2], *ROWS[3:]]
    result = reconcile(CHARGES, wrong)
    assert (result.charged - result.reported, result.unexplained_tokens) == (0, 4)
    assert result.by_cause() == {DifferenceCause.UNEXPLAINED: CauseTotal(2, Decimal(14), Decimal(14))}
    assert result.by_cause()[DifferenceCause.UNEXPLAINED].tokens == 0


def test_what_agrees_is_taken_out_before_what_does_not():
    usage = [ResultUse(ADA, "cfd", march(20, 8), 1), ResultUse(ADA, "cfd", march(20, 9), 3)]
    rows = [ReportedUse(ADA, "cfd", date(2026, 3, 20), tokens, feature=str(tokens)) for tokens in (5, 40)]
    [difference] = reconcile(charge_usage(usage, RATES), rows).unexplained
    assert (difference.charged, difference.reported) == (15, (rows[1],))


def test_a_difference_explains_itself_in_words_and_as_data():
    seat_free = only([], [ReportedUse(ADA, "mudbox", date(2026, 3, 20), 0, feature="Viewer")])
    assert str(seat_free.explain()) == (
        "ada@studio.example, mudbox, 2026-03-20: zero by feature (0 charged, 0 reported)\n"
        "  the feature 'Viewer' costs nothing\n"
        "  rules: C11"
    )
    data = json.loads(json.dumps(dict(only(CHARGES[:1], []).explain().data)))
    assert (data["cause"], data["charged"], data["tokens"], data["charges"]) == ("unexplained", "7", "7", [CHARGES[0].id])


def test_a_cause_has_its_words_and_the_rules_that_it_stands_on():
    assert DifferenceCause.ANOTHER_DAY.value == "another day by zone"
    assert DifferenceCause.PERSONAL_DATA.rules == ()
    assert [cause.rules for cause in (DifferenceCause.IDLE_PAUSE, DifferenceCause.SEAT)] == [("C6",), ("C8",)]


def test_sums_are_exact_whatever_the_callers_context_says():
    charges = [Charge(ADA, "cfd", march(2, hour), tokens) for hour, tokens in ((8, Decimal(123456789012345)), (9, Decimal("0.1")))]
    with localcontext() as context:
        context.prec = 3
        result = reconcile(charges, [ReportedUse(ADA, "cfd", date(2026, 3, 2), Decimal(123456789012345))])
    assert (str(result.charged), str(result.unexplained_tokens)) == ("123456789012345.1", "0.1")


@pytest.mark.parametrize(
    ("charges", "rows", "field"), [([], ["row"], "reported"), ([], CHARGES, "reported"), (ROWS, [], "charges")]
)
def test_values_of_another_kind_are_refused(charges, rows, field):
    with pytest.raises(InvalidValueError) as caught:
        reconcile(charges, rows)
    assert caught.value.field == field


def test_charges_that_share_an_id_and_differ_are_refused():
    charges = [Charge(ADA, "cfd", march(2), tokens, id="one") for tokens in (5, 10)]
    with pytest.raises(LedgerError, match="give each an id of its own"):
        reconcile(charges, [])


def test_t1_a_naive_instant_of_the_report_is_refused():
    with pytest.raises(NaiveDatetimeError):
        reconcile([], [], as_of=datetime(2026, 3, 2))
