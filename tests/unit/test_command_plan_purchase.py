"""``flexlib plan purchase``: which packs to buy and when."""

from decimal import Decimal

import pytest
from command import run, run_json
from plan_office import PRICE, REVIT_SEAT, SMALL_PACKS, YEAR, firm, run_without, used

AT, FEW = ("--at", "2026-04-15"), ("--paths", "50")
LARGE = """
[[pack_offers]]
name = "5,000 tokens"
tokens = 5000
price = "10000"
"""
EVERY_DAY = used("ada", "Revit", "2026-01-05", 100, 10)
OFFERS = PRICE + SMALL_PACKS + LARGE


def office(folder, *, offers=OFFERS, rows=EVERY_DAY, **files):
    return firm(folder, offers=offers, rows=rows, **files)


def planned(folder, *options, **files):
    return run_json("plan", "purchase", office(folder, **files), *AT, *FEW, *options)


def test_what_to_buy_and_when_stands_first(tmp_path):
    shown = run("plan", "purchase", office(tmp_path), *AT, *FEW)
    assert shown.exit_code == 0
    first, second, *_ = shown.stdout.splitlines()
    assert first.startswith("Order on 2026-11-01: 1 × 5,000 tokens, 5000 tokens for USD 10,000. ")  # noqa: RUF001  # the sign is meant
    assert first.endswith(" Expected cost until 2027-11-01, with top-ups: USD 10,000.")
    assert second == "The pool holds 2000 tokens at 2026-04-15 00:00 UTC."
    assert "  Cheapest on average: 1 × 5,000 tokens, at USD 10,000" in shown.stdout  # noqa: RUF001  # likewise


def test_demand_that_is_the_same_each_day_is_planned_to_the_token(tmp_path):
    made = planned(tmp_path)
    assert made["balance"] == "2000"  # for 200 days; then 3650 tokens last a year: 10000 for a large pack, 10950 as top-ups
    pack = {"offer": "5,000 tokens", "count": 1, "tokens": "5000", "price": "10000"}
    assert made["orders"] == [{"on": "2026-11-01", "arrives": "2026-11-01", "packs": [pack], "tokens": "5000", "price": "10000"}]
    assert (made["expected_cost"], made["quantile"], made["until"], made["currency"]) == ("10000", "3650", "2027-11-01", "USD")
    best, alone = made["options"]
    assert (best["expected_cost"], best["expiring_tokens"], best["expiring_probability"]) == ("10000", "1350", "1")
    assert (alone["packs"], alone["expected_cost"], alone["top_up_tokens"]) == ([], "10950", "3650")
    assert made["critical_ratio"] == "0.3333"


def test_the_chances_to_run_out_are_those_of_the_plan_beside_what_is_in_hand(tmp_path):
    chances = {line["before"]: (line["with_plan"], line["in_hand_alone"]) for line in planned(tmp_path)["runs_out"]}
    first, *_, last = chances
    assert (first, last) == ("2026-05-01", "2027-11-01")
    assert chances["2026-11-01"] == ("0", "0")
    assert chances["2026-12-01"] == ("0", "1")


def test_where_nothing_is_worth_buying_that_is_said_and_what_is_in_hand_runs_out(tmp_path):
    dear = OFFERS.replace('"10000"', '"12000"')
    made = planned(tmp_path, offers=dear)
    assert (made["orders"], made["expected_cost"]) == ([], "10950")
    assert {(line["with_plan"], line["in_hand_alone"]) for line in made["runs_out"]} == {("0", "0"), ("1", "1")}
    shown = run("plan", "purchase", tmp_path, *AT, *FEW).stdout
    assert shown.startswith("Buy nothing in bulk now; top up by 500 tokens as needed.")


def test_a_lead_time_makes_the_order_earlier_and_tells_of_blocked_days(tmp_path):
    made = planned(tmp_path, "--lead-time", "10")
    assert (made["orders"][0]["on"], made["orders"][0]["arrives"]) == ("2026-10-22", "2026-11-01")
    assert (made["lead_time_days"], made["reorder_point"]) == (10, "110")
    shown = run("plan", "purchase", tmp_path, *AT, *FEW, "--lead-time", "10").stdout
    assert "days blocked" in shown
    assert "days blocked" not in run("plan", "purchase", tmp_path, *AT, *FEW).stdout


def test_the_cost_of_a_blocked_day_is_in_the_expected_cost():
    def costs(*options):
        made = run_json("plan", "purchase", YEAR, "--at", "2026-11-01", *FEW, "--lead-time", "20", *options)
        return {str(option["packs"]): Decimal(option["expected_cost"]) for option in made["options"]}, made

    plain, _ = costs()
    priced, made = costs("--blocked-day-cost", "1000.50")
    assert made["blocked_day_cost"] == "1000.5"
    [option] = [option for option in made["options"] if not option["packs"]]
    assert Decimal(option["blocked_days"]) > 0
    assert priced["[]"] - plain["[]"] == pytest.approx(Decimal("1000.5") * Decimal(option["blocked_days"]), abs=6)


def test_a_surer_service_is_ordered_for_earlier():
    def order(service):
        return run_json("plan", "purchase", YEAR, "--at", "2026-11-01", *FEW, "--service", service)["orders"][0]["on"]

    assert order("0.99") < order("0.5")


def test_the_pack_for_top_ups_can_be_named_and_one_that_is_not_there_is_told(tmp_path):
    made = planned(tmp_path, "--top-up", "5,000 tokens")
    assert (made["top_up"], made["orders"]) == ("5,000 tokens", [])
    shown = run("plan", "purchase", tmp_path, *AT, *FEW, "--top-up", "6,000 tokens")
    assert shown.exit_code == 1
    assert f"there is no pack '6,000 tokens' in {tmp_path / 'offers.toml'}; it has: '500 tokens', '5,000 tokens'" in shown.stderr


def test_without_packs_on_offer_the_key_and_the_file_are_named(tmp_path):
    shown = run("plan", "purchase", office(tmp_path, offers=PRICE + REVIT_SEAT), *AT)
    assert shown.exit_code == 1
    assert shown.stderr.startswith(f"Error: {tmp_path / 'offers.toml'}: pack_offers: it is missing")


def test_packs_that_last_longer_than_others_are_looked_at_to_their_end(tmp_path):
    made = planned(tmp_path, offers=OFFERS.replace('price = "10000"', 'price = "10000"\nmonths = 36'))
    assert made["until"] == "2029-11-01"


def test_one_teams_pool_is_planned_with_its_own_charges(tmp_path):
    rows = used("ada", "Revit", "2026-01-05", 100, 10, "design") + used("ben", "Revit", "2026-01-05", 100, 1, "site")
    account = '[[packs]]\nid = "S-1"\ntokens = 1000\npurchased_on = 2026-01-01\nteam = "site"\n'
    made = planned(tmp_path, "--team", "site", rows=rows, account=account)
    assert (made["team"], made["balance"], made["orders"]) == ("site", "900", [])


def test_rows_that_cannot_be_read_are_told_with_exit_code_3_and_old_charges_are_warned_of(tmp_path):
    office(tmp_path, rows=EVERY_DAY + "someday,eva,,Revit,10\n")
    shown = run("plan", "purchase", tmp_path, "--at", "2026-05-01", *FEW)
    assert shown.exit_code == 3
    assert "Set aside, and not in any figure" in shown.stdout
    assert "If the files end there, say --at 2026-04-15." in shown.stdout.partition("Why")[0]


@pytest.mark.parametrize(
    "options",
    [
        ["--service", "1"],
        ["--service", "nan"],
        ["--service", "often"],
        ["--lead-time", "-1"],
        ["--lead-time", "999999999"],
        ["--blocked-day-cost", "-1"],
        ["--model", "magic"],
        ["--chart", "a.gif"],
    ],
)
def test_a_wrong_option_is_told_before_the_work_begins(options):
    shown = run("plan", "purchase", "no such folder", *options)
    assert shown.exit_code == 2
    assert options[0] in shown.stderr


def test_a_chart_is_written(tmp_path):
    chart = tmp_path / "purchase.svg"
    assert run("plan", "purchase", YEAR, "--at", "2026-11-01", *FEW, "--chart", chart).exit_code == 0
    assert "<svg" in chart.read_text("utf-8")


def test_without_numpy_it_says_what_to_install():
    done = run_without("numpy", "plan", "purchase", YEAR, "--at", "2026-11-01")
    assert (done.returncode, done.stdout) == (1, "")
    assert "flexlib[planning]" in done.stderr
    assert done.stderr.count("\n") == 1


def test_packs_that_outlast_the_calendar_are_named(tmp_path):
    shown = run("plan", "purchase", office(tmp_path, offers=OFFERS.replace('"10000"', '"10000"\nmonths = 120000')), *AT, *FEW)
    assert shown.exit_code == 1
    assert "packs of '5,000 tokens' last beyond the end of the calendar" in shown.stderr


def test_an_instant_at_the_end_of_the_calendar_is_refused(tmp_path):
    shown = run("plan", "purchase", office(tmp_path), "--at", "9999-11-02")
    assert shown.exit_code == 2
    assert "'--at': 9999-11-02 lies beyond the year 9900" in shown.stderr
