"""The made-up year: its export is what its script writes, its packs last it out, and it holds every kind of user."""

import runpy
from collections import defaultdict
from datetime import date

import pytest
from command import STUDIO, run_json

from flexlib import load_rates
from flexlib.cli.job import reported_charges
from flexlib.formats import read_export, read_offers
from flexlib.formats.accounts import read_account
from flexlib.model.products import Catalog

YEAR = STUDIO.parent / "year"
RATES = {"AutoCAD": 7, "Revit": 10, "3ds Max": 6, "Maya": 6, "Navisworks Manage": 9}
CODES = {"autocad", "revit", "3ds-max", "maya", "navisworks-manage"}


@pytest.fixture(scope="module")
def rows():
    export = read_export(YEAR / "usage.csv")
    assert export.problems == []
    return export.reported


def test_the_years_export_is_what_its_script_writes(tmp_path):
    runpy.run_path(str(STUDIO.parent / "make_year.py"))["main"](tmp_path)
    assert (tmp_path / "usage.csv").read_bytes() == (YEAR / "usage.csv").read_bytes()


def test_the_files_are_small_enough_to_keep():
    assert sum(path.stat().st_size for path in YEAR.iterdir()) < 250_000


def test_every_row_costs_a_sourced_rate_or_nothing_for_a_short_launch(rows):
    assert {(row.product, row.tokens) for row in rows} == {(name, tokens) for name, rate in RATES.items() for tokens in (0, rate)}
    catalog = Catalog(read_account(YEAR / "account.toml").products)
    book = load_rates(precedence=["published"])
    last = max(row.day for row in rows)
    at = reported_charges([row for row in rows if row.day == last], catalog)[0].at
    assert {name: book.rate(catalog.resolve(name).code, at).tokens for name in RATES} == RATES


def test_twenty_five_people_use_the_products_often_regularly_and_now_and_then_all_year(rows):
    days = defaultdict(set)
    for row in rows:
        days[row.user].add(row.day)
    assert len(days) == 25
    assert (min(row.day for row in rows) >= date(2025, 11, 1), max(row.day for row in rows)) == (True, date(2026, 10, 31))
    kinds = [sum(low <= len(own) < high for own in days.values()) for low, high in ((1, 30), (30, 150), (150, 366))]
    assert sum(kinds) == 25
    assert min(kinds) >= 6


def test_august_and_december_are_quieter_than_the_months_beside_them(rows):
    month = defaultdict(int)
    for row in rows:
        month[row.day.month] += row.tokens
    assert month[8] < min(month[7], month[9])
    assert month[12] < min(month[11], month[1])


def test_the_packs_last_the_year_and_some_tokens_are_left():
    report = run_json("report", YEAR, "--at", "2026-11-01")
    assert (report["shortfall"], report["expired"], report["set_aside"]) == ("0", "0", [])
    assert int(report["purchased"]) == int(report["drawn"]) + int(report["balance"])
    assert 1000 < int(report["balance"]) < 5000
    assert {line["name"] for line in report["by_product"]} == set(RATES)


def test_p7_small_packs_cost_three_dollars_a_token_as_the_offers_say():
    offers = read_offers(YEAR / "offers.toml")
    assert (offers.token_price, offers.currency) == (3, "USD")
    of_packs = [*offers.packs, *read_account(YEAR / "account.toml").packs]
    assert {pack.currency for pack in of_packs} == {"USD"}
    assert all(pack.price == 3 * pack.tokens for pack in of_packs if pack.tokens < 5000)
    assert all(pack.price < 3 * pack.tokens for pack in of_packs if pack.tokens >= 5000)


def test_there_is_an_annual_seat_for_every_product_and_one_for_several():
    seats = read_offers(YEAR / "offers.toml").seats
    assert {seat.products[0] for seat in seats if len(seat.products) == 1 and seat.months == 12} == CODES
    assert any(len(seat.products) > 1 for seat in seats)
    assert all("MADE UP" in (YEAR / name).read_text("utf-8").splitlines()[0] for name in ("account.toml", "offers.toml"))
