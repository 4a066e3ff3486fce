"""Summaries: what was charged, grouped, with exact totals, and as CSV, JSON, Markdown and data frames."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import polars as pl
import pytest
from attrs import evolve
from pool_builders import charge, day, pack

from flexlib import Charge, InvalidValueError, ReportedUse, ResultUse, settle
from flexlib.charging.reported import charge_of
from flexlib.reports import ChargebackTags, TagAssignment, UnusedRule, allocate_prices, summarize

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
CHARGES = [
    charge(10, 0.5),
    charge(7, 0.6, product="autocad", team="lab"),
    charge(10, 1.5),
    charge(10, 32, user="ben", team="lab"),
]


def keys(summary):
    return [row.key for row in summary]


def on_monday(hours):
    return Charge("ada", "revit", MONDAY + timedelta(hours=hours), 10)


def test_a_row_has_the_tokens_charges_windows_users_and_days_of_its_charges():
    (autocad, revit) = summarize(CHARGES, "product")
    assert (autocad.key, autocad.tokens, autocad.charges, autocad.users, autocad.days) == (("autocad",), 7, 1, 1, 1)
    assert (revit.key, revit.tokens, revit.charges, revit.windows, revit.users, revit.days) == (("revit",), 30, 3, 3, 2, 3)


def test_several_names_make_a_row_for_each_combination_in_the_order_of_the_keys():
    assert keys(summarize(CHARGES, ("team", "user"))) == [(None, "ada"), ("lab", "ada"), ("lab", "ben")]


def test_unless_told_otherwise_it_is_by_product_user_day_month_and_team():
    summary = summarize(CHARGES)
    assert summary.by == ("product", "user", "day", "month", "team")
    assert keys(summary)[0] == ("autocad", "ada", date(2026, 1, 1), "2026-01", "lab")
    assert len(summary) == 4


def test_without_a_name_there_is_one_row_and_without_charges_none_of_any_other():
    assert [row.tokens for row in summarize(CHARGES, ())] == [37]
    assert keys(summarize([], "user")) == []
    assert summarize([], "user").total.tokens == 0


def test_the_day_week_month_and_hour_are_those_of_the_zone():
    late = on_monday(3)
    assert keys(summarize([late], ("day", "week", "month", "hour"))) == [(date(2026, 3, 2), date(2026, 3, 2), "2026-03", 3)]
    in_new_york = summarize([late], ("day", "week", "month", "hour"), zone=NEW_YORK)
    assert keys(in_new_york) == [(date(2026, 3, 1), date(2026, 2, 23), "2026-03", 6 * 24 + 22)]


def test_hours_are_sorted_as_numbers():
    assert keys(summarize([on_monday(10), on_monday(9), on_monday(100)], "hour")) == [(9,), (10,), (100,)]


def test_a_reported_charge_keeps_the_vendors_day_in_every_zone_and_has_no_hour_t3():
    reported = charge_of(ReportedUse("ada", "revit", date(2026, 3, 2), 10), "revit")
    assert keys(summarize([reported], ("day", "hour"), zone=NEW_YORK)) == [(date(2026, 3, 2), None)]


def test_results_are_charges_but_no_windows_c10():
    result = Charge("ada", "cfd", MONDAY, 5, result=ResultUse("ada", "cfd", MONDAY))
    assert [(row.charges, row.windows) for row in summarize([result, on_monday(1)], ())] == [(2, 1)]


def test_tags_such_as_a_project_are_grouped_by_like_anything_else():
    tags = ChargebackTags([TagAssignment("project", "tower", user="ben"), TagAssignment("group", "cad", product="autocad")])
    assert keys(summarize(CHARGES, ("project", "group"), tags=tags)) == [(None, None), (None, "cad"), ("tower", None)]


@pytest.mark.parametrize("by", ["colour", ("user", "user"), ("tokens",)])
def test_what_cannot_be_grouped_by_is_refused_with_what_can(by):
    tags = ChargebackTags([TagAssignment("tokens", "x"), TagAssignment("project", "tower")])
    with pytest.raises(InvalidValueError, match=r"by is '(colour|user|tokens)'"):
        summarize(CHARGES, by, tags=tags)


def test_money_is_what_the_tokens_drawn_cost_at_the_prices_of_their_packs():
    packs = [
        evolve(pack("A", 20, 0, 90), price=Decimal(60), currency="USD"),
        evolve(pack("B", 100, 0, 99), price=Decimal(200), currency="EUR"),
    ]
    ledger = settle(CHARGES, packs)
    summary = summarize(CHARGES, "user", prices=allocate_prices(ledger))
    assert [dict(row.costs) for row in summary] == [{"EUR": 14, "USD": 60}, {"EUR": 20}]
    assert summary.columns[-2:] == ("cost_eur", "cost_usd")
    assert [row["cost_usd"] for row in summary.as_rows()] == [60, 0]


def test_the_shares_of_unused_tokens_are_in_the_costs_where_the_rule_says_so():
    priced = evolve(pack("A", 100, 0, 90), price=Decimal(300), currency="USD")
    prices = allocate_prices(settle(CHARGES, [priced]), unused=UnusedRule.BY_TOKENS)
    assert dict(summarize(CHARGES, (), prices=prices).total.costs) == {"USD": 300}


def test_tokens_that_the_pool_lacked_cost_nothing():
    priced = evolve(pack("A", 5, 0, 90), price=Decimal(15), currency="USD")
    assert dict(summarize(CHARGES, (), prices=allocate_prices(settle(CHARGES, [priced]))).total.costs) == {"USD": 15}


def test_the_largest_rows_can_come_first():
    assert keys(summarize(CHARGES, "product").largest_first()) == [("revit",), ("autocad",)]


def test_csv_has_a_header_and_reads_back():
    rows = list(csv.DictReader(summarize(CHARGES, ("user", "day")).to_csv().splitlines()))
    assert rows[0] == {
        "user": "ada",
        "day": "2026-01-01",
        "tokens": "17",
        "charges": "2",
        "windows": "2",
        "users": "1",
        "days": "1",
    }


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_csv_cell_that_begins_like_a_formula_is_made_harmless(name):
    cells = next(csv.reader(summarize([charge(1, 0, user=name)], "user").to_csv().splitlines(keepends=True)[1:]))
    assert cells[0].startswith("'")


def test_json_keeps_tokens_exact_and_has_the_total():
    exact = [charge(Decimal("0.1"), 0), charge(Decimal("0.2"), 0)]
    made = json.loads(summarize(exact, "team").to_json())
    assert made["rows"] == [{"team": None, "tokens": "0.3", "charges": 2, "windows": 2, "users": 1, "days": 1}]
    assert made["total"] == {"tokens": "0.3", "charges": 2, "windows": 2, "users": 1, "days": 1}


def test_markdown_writes_out_what_would_be_markup_and_ends_with_the_total():
    lines = summarize([charge(7, 0, user="<b>|x"), charge(10, 0.4, user="ben")], ("user", "hour")).to_markdown().splitlines()
    assert lines[0] == "| user | hour | tokens | charges | windows | users | days |"
    assert lines[2].startswith(r"| \<b\>\|x | Thu 00:00 | 7 |")
    assert lines[3].startswith("| ben | Thu 09:00 | 10 |")
    assert lines[-1] == "|  |  | **17** | **2** | **2** | **2** | **1** |"


def test_every_data_frame_takes_it():
    summary = summarize(CHARGES, ("user", "day", "team"))
    table = summary.to_arrow()
    assert pl.DataFrame(summary)["tokens"].to_list() == [row.tokens for row in summary]
    assert pl.DataFrame(summary)["day"].to_list() == [row.key[1] for row in summary]
    assert isinstance(table.to_pandas(), pd.DataFrame)
    assert duckdb.from_arrow(table).aggregate("sum(tokens), count(team)").fetchall() == [(37, 2)]


def test_the_day_of_a_charge_is_that_of_its_zone():
    assert on_monday(3).day() == date(2026, 3, 2)
    assert on_monday(3).day(NEW_YORK) == date(2026, 3, 1)
    assert day(0).date() == charge(1, 0).day()
