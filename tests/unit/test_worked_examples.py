"""The worked examples of the rules, to the token."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sample_values import PUBLISHED, at, session

from flexlib import TokenPack, charge_usage, explain_usage

REVIT_DAY = {"product": "revit"}


def told(charges):
    return [(charge.at, charge.tokens) for charge in charges]


def test_c3_autocad_monday_8_to_17_and_tuesday_7_to_17_costs_7_on_monday_at_8_and_7_on_tuesday_at_8():
    usage = [session(at(8), at(17)), session(at(7, day=1), at(17, day=1))]
    assert told(charge_usage(usage, PUBLISHED)) == [(at(8), 7), (at(8, day=1), 7)]


def test_c3_the_second_charge_is_explained_by_tuesdays_session_still_open_at_the_end_of_mondays_window():
    tuesday = session(at(7, day=1), at(17, day=1))
    second = explain_usage([session(at(8), at(17)), tuesday], PUBLISHED)[1]
    assert second.use == tuesday
    assert second.explain().rules == ("T3", "C1", "C3", "R1")


def test_t3_a_launch_on_monday_at_19_closed_on_tuesday_at_17_is_one_day_on_monday():
    (charge,) = charge_usage([session(at(19), at(17, day=1))], PUBLISHED)
    assert charge.at.date() == date(2026, 3, 2)
    assert f"{charge.at:%A}" == "Monday"


def test_c9_autocad_and_revit_open_at_once_cost_17():
    usage = [session(at(8), at(17)), session(at(9), at(12), **REVIT_DAY)]
    assert sum(charge.tokens for charge in charge_usage(usage, PUBLISHED)) == 17


def test_the_sprint_of_three_users_and_three_days_of_revit_costs_90():
    usage = [session(at(9, day=day), at(17, day=day), user=user, **REVIT_DAY) for user in ("ada", "bo", "cy") for day in range(3)]
    charges = charge_usage(usage, PUBLISHED)
    assert sum(charge.tokens for charge in charges) == 90
    assert len(charges) == 9


@pytest.mark.parametrize("hours", [2, 8])
def test_2_or_8_hours_of_revit_cost_10_tokens_which_is_30_dollars_at_3_dollars_a_token(hours):
    (charge,) = charge_usage([session(at(9), at(9) + timedelta(hours=hours), **REVIT_DAY)], PUBLISHED)
    assert charge.tokens == 10
    assert charge.tokens * 3 == 30


def test_c4_revit_for_exactly_24_hours_costs_10_and_a_moment_longer_20():
    day = at(9) + timedelta(hours=24)
    assert [charge.tokens for charge in charge_usage([session(at(9), day, **REVIT_DAY)], PUBLISHED)] == [10]
    longer = session(at(9), day + timedelta(microseconds=1), **REVIT_DAY)
    assert [charge.tokens for charge in charge_usage([longer], PUBLISHED)] == [10, 10]


def test_p1_a_pack_bought_on_29_february_2024_ends_on_28_february_2025():
    assert TokenPack.purchase("A-1", 500, date(2024, 2, 29)).expires_at == datetime(2025, 2, 28, tzinfo=UTC)
