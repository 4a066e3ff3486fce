"""``flexlib plan seats``: who should have a seat, and what stays on tokens."""

import json

import pytest
from command import STUDIO, run, run_json
from plan_office import PRICE, REVIT_SEAT, ROWS, SMALL_PACKS, YEAR, firm, run_without, used

MONTHLY = """
[[seat_offers]]
name = "Revit, monthly"
products = ["revit"]
price = "365"
months = 1
"""


def planned(folder, *options, **files):
    return run_json("plan", "seats", firm(folder, **files), *options)


def test_the_answer_stands_first_with_its_proof():
    shown = run("plan", "seats", YEAR)
    assert shown.exit_code == 0
    first, second, *_ = shown.stdout.splitlines()
    assert first.startswith("The use from 2025-11-01 to 2026-10-31 costs USD 42,545: USD 22,850 for seats, USD 19,695 for tokens. ")
    assert first.endswith(" All on tokens: USD 61,887. Saved: USD 19,342.")
    assert second == "Proven optimal: no plan of this kind costs less."


def test_the_tables_tell_what_to_buy_what_each_gets_and_how_much_each_was_charged():
    shown = run("plan", "seats", YEAR).stdout
    rows = [" ".join(line.split()) for line in shown.splitlines()]
    assert "AutoCAD, annual 2 USD 4,000 carmen@firm.example, gita@firm.example" in rows
    assert "6565 tokens at USD 3 each stay." in rows
    assert rows[rows.index("bruno@firm.example Revit, annual 6,429 3,509") + 1] == "203 tokens"
    assert "hana@firm.example revit 82 96 regular, seasonal" in rows
    assert "AutoCAD, monthly USD 250 1 autocad 7 11 11" in rows
    assert "  jana@firm.example keeps tokens: 80 days of maya cost USD 1,440 in tokens, " in shown


def test_of_an_annual_seat_a_plan_of_four_months_bears_a_third(tmp_path):
    made = planned(tmp_path, "--months", 4)
    assert made["seats"] == [
        {"offer": "Revit, annual", "products": ["revit"], "seats": 2, "price": "1666.66", "users": ["ada", "ben"]}
    ]
    assert (made["cost"], made["token_cost"], made["tokens"], made["saving"]) == ("1666.66", "0", "0", "2563.34")


def test_a_year_with_a_seat_for_one_of_two_users(tmp_path):
    made = planned(tmp_path)
    assert (made["cost"], made["lower_bound"], made["proven"], made["tokens_only_cost"]) == ("3730", "3730", True, "4230")
    assert made["seats"] == [{"offer": "Revit, annual", "products": ["revit"], "seats": 1, "price": "2500", "users": ["ada"]}]
    ada, ben = made["users"]
    assert (ada["cost"], ada["tokens"], ada["seats"][0]["starts_on"]) == ("2500", "0", "2026-01-01")
    assert ben["use"] == [
        {
            "product": "revit",
            "days": 41,
            "tokens": "410",
            "band": "occasional",
            "break_even_days": 83,
            "ratio": "0.492",
            "seasonal": True,
        }
    ]
    assert made["break_evens"] == [
        {
            "offer": "Revit, annual",
            "products": ["revit"],
            "tokens_a_day": "10",
            "months": 12,
            "price": "2500",
            "days": 83,
            "days_a_month": "6.92",
        }
    ]


def test_the_term_can_be_chosen_and_charges_outside_are_counted(tmp_path):
    made = planned(tmp_path, "--start", "2026-02-01", "--months", 1)
    assert (made["starts_on"], made["ends_on"]) == ("2026-02-01", "2026-03-01")
    assert made["outside_term"] == 141 - 28 - 14


def test_a_budget_below_the_price_of_a_seat_leaves_all_on_tokens(tmp_path):
    made = planned(tmp_path, "--seat-budget", "2499")
    assert (made["cost"], made["saving"], made["seats"]) == ("4230", "0", [])
    shown = run("plan", "seats", tmp_path, "--seat-budget", "2499").stdout
    assert "costs USD 4,230, all on tokens: no seat on offer costs less." in shown


def test_a_search_that_is_stopped_tells_how_far_it_may_be_from_the_cheapest():
    limits = ("--seat-budget", "10000", "--token-side", "packs", "--time-limit", "0.001")
    made = run_json("plan", "seats", YEAR, *limits)
    assert made["proven"] is (made["gap"] == "0")
    first = run("plan", "seats", YEAR, *limits).stdout.splitlines()[1]
    assert first.startswith("Proven optimal" if made["proven"] else "Not proven optimal: no plan of this kind costs less than USD ")


def test_seats_that_pass_from_day_to_day_are_nobodys_own_and_those_that_cannot_are_named(tmp_path):
    offers = PRICE + REVIT_SEAT + MONTHLY
    made = planned(tmp_path, "--reassign", "daily", offers=offers)
    assert made["reassign"] == "daily"
    assert made["seats"][0]["users"] == []
    assert made["notes"][0] == "Left out, as only seats for one product and 12 months can pass from day to day: Revit, monthly."
    assert "passed on each day" in run("plan", "seats", tmp_path, "--reassign", "daily").stdout


def test_without_a_seat_that_can_pass_from_day_to_day_that_is_said(tmp_path):
    shown = run("plan", "seats", firm(tmp_path, offers=PRICE + MONTHLY), "--reassign", "daily")
    assert shown.exit_code == 1
    assert shown.stderr.startswith("Error: --reassign daily needs seats for one product and 12 months, and ")


def test_packs_pay_for_the_tokens_where_that_is_asked_for(tmp_path):
    made = planned(tmp_path, "--token-side", "packs", offers=PRICE + REVIT_SEAT + SMALL_PACKS)
    assert made["token_price"] is None
    assert made["packs"] == [{"offer": "500 tokens", "count": 1, "price": "1500"}]
    assert made["cost"] == "4000"
    assert "Packs to buy, for 410 tokens" in run("plan", "seats", tmp_path, "--token-side", "packs").stdout


def test_without_a_price_packs_pay_and_there_are_no_bands(tmp_path):
    made = planned(tmp_path, offers=REVIT_SEAT + SMALL_PACKS)
    assert made["cost"] == "4000"
    assert (made["users"][0]["use"][0]["band"], made["break_evens"]) == (None, [])
    assert f"Without token_price in {tmp_path / 'offers.toml'} there are no bands and no break-evens." in made["notes"]


@pytest.mark.parametrize(
    ("offers", "options", "key"),
    [
        (REVIT_SEAT, [], "token_price"),
        (REVIT_SEAT + SMALL_PACKS, ["--token-side", "price"], "token_price"),
        (REVIT_SEAT + SMALL_PACKS, ["--chart", "{folder}/a.svg", "--chart-of", "users"], "token_price"),
        (PRICE + REVIT_SEAT, ["--token-side", "packs"], "pack_offers"),
        (PRICE, [], "seat_offers"),
    ],
)
def test_what_the_offers_file_lacks_is_named_with_the_file(tmp_path, offers, options, key):
    shown = run("plan", "seats", firm(tmp_path, offers=offers), *(option.format(folder=tmp_path) for option in options))
    assert shown.exit_code == 1
    assert shown.stderr.startswith(f"Error: {tmp_path / 'offers.toml'}: {key}: it is missing, and this plan needs it: write ")
    assert shown.stderr.count("\n") == 1


def test_without_an_offers_file_that_is_said(tmp_path):
    shown = run("plan", "seats", firm(tmp_path, offers=None))
    assert shown.exit_code == 1
    hint = "give a TOML file with token_price, [[seat_offers]] and [[pack_offers]]"
    assert shown.stderr == f"Error: there is no offers file in {tmp_path}: {hint}\n"


def test_offers_for_products_that_go_by_other_names_are_told(tmp_path):
    [note, *_] = planned(
        tmp_path, account='[[packs]]\nid = "A-1"\ntokens = 1\npurchased_on = 2026-01-01\n', offers=PRICE + MONTHLY
    )["notes"]
    assert note.startswith("No seat on offer covers anything that was charged: Revit (offers: revit); describe the products")


def test_a_term_that_goes_on_after_the_charges_is_told(tmp_path):
    told = (
        "The charges of the term end on 2026-04-14, and later days count as days without use: say --months if the files end there."
    )
    assert planned(tmp_path)["notes"] == [told]
    assert planned(tmp_path, "--months", 4)["notes"] == []
    assert f"To heed\n  {told}\n" in run("plan", "seats", tmp_path).stdout


def test_the_tokens_a_day_of_a_break_even_are_those_charged_most_often(tmp_path):
    rows = ROWS + used("cem", "Revit", "2026-01-05", 3, 11) + used("dea", "Revit", "2026-01-05", 200, 0)
    assert {line["tokens_a_day"] for line in planned(tmp_path, rows=rows)["break_evens"]} == {"10"}


def test_sessions_are_planned_for_as_exports_are(tmp_path):
    offers = tmp_path / "offers.toml"
    offers.write_text(PRICE + REVIT_SEAT.replace("2500", "100"), "utf-8")
    made = run_json("plan", "seats", STUDIO, offers, "--months", 3)
    assert "ada@studio.example" in made["seats"][0]["users"]
    assert {use["band"] for user in made["users"] for use in user["use"] if use["product"] == "autocad"} == {"uncovered"}


def test_rows_that_cannot_be_read_are_told_with_exit_code_3(tmp_path):
    shown = run("plan", "seats", firm(tmp_path, rows=ROWS + "someday,eva,,Revit,10\n"))
    assert shown.exit_code == 3
    assert "Set aside, and not in any figure" in shown.stdout
    assert "row 143" in shown.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--months", "0"], "--months"),
        (["--months", "121"], "--months"),
        (["--seat-budget", "-1"], "'-1' is no amount such as 1250.50"),
        (["--seat-budget", "much"], "'much' is no amount"),
        (["--start", "soon"], "--start"),
        (["--reassign", "hourly"], "--reassign"),
        (["--time-limit", "0"], "--time-limit"),
        (["--chart", "plan.pdf"], "plan.pdf is no file whose name ends in .svg or .png"),
        (["--chart", "no/such/plan.svg"], "there is no folder no/such"),
    ],
)
def test_a_wrong_option_is_told_before_the_work_begins(options, said):
    shown = run("plan", "seats", "no such folder", *options)
    assert shown.exit_code == 2
    assert said in shown.stderr


@pytest.mark.parametrize("kind", ["seat-mix", "users"])
def test_a_chart_is_written_in_the_chosen_colours(tmp_path, kind):
    firm(tmp_path)
    light, dark = tmp_path / "light.svg", tmp_path / "dark.svg"
    for file, theme in ((light, "light"), (dark, "dark")):
        assert run("plan", "seats", tmp_path, "--chart", file, "--theme", theme, "--chart-of", kind).exit_code == 0
    assert "#14181f" in dark.read_text("utf-8")
    assert "#14181f" not in light.read_text("utf-8")


def test_the_two_charts_differ(tmp_path):
    firm(tmp_path)
    for kind in ("seat-mix", "users"):
        run("plan", "seats", tmp_path, "--chart", tmp_path / f"{kind}.svg", "--chart-of", kind)
    assert (tmp_path / "seat-mix.svg").read_bytes() != (tmp_path / "users.svg").read_bytes()


def test_nothing_but_json_reaches_standard_output_also_where_a_solver_runs():
    done = run_without("", "plan", "seats", YEAR, "--seat-budget", "10000", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    made = json.loads(done.stdout)
    assert sum(float(line["price"]) for line in made["seats"]) <= 10000
    assert made["proven"]


def test_without_scipy_a_budget_says_what_to_install():
    done = run_without("scipy", "plan", "seats", YEAR, "--seat-budget", "10000")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert "flexlib[planning]" in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_a_budget_neither_numpy_nor_matplotlib_is_needed():
    done = run_without("numpy scipy matplotlib", "plan", "seats", YEAR, "--json")
    assert json.loads(done.stdout)["cost"] == "42545"


def test_without_matplotlib_a_chart_says_what_to_install(tmp_path):
    done = run_without("matplotlib", "plan", "seats", YEAR, "--chart", tmp_path / "plan.svg")
    assert (done.returncode, done.stdout) == (1, "")
    assert "flexlib[plot]" in done.stderr
