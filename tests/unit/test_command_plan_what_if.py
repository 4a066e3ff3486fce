"""``flexlib plan what-if``: the same use under other facts."""

import pytest
from command import ACCOUNT, RATES, office, run, run_json
from plan_office import PRICE, YEAR, firm, used

NIGHTS = """user,product,opened_at,closed_at,machine
ada,AutoCAD,2026-03-02T08:00Z,2026-03-04T09:00Z,desk
ada,AutoCAD,2026-03-06T08:00Z,2026-03-06T09:00Z,laptop
ben,AutoCAD,2026-03-02T08:00Z,2026-03-02T17:00Z,desk
"""
SEATS = """
[[seat_offers]]
name = "annual"
products = ["AutoCAD"]
price = "2000"
[[seat_offers]]
name = "monthly"
products = ["autocad"]
price = "10"
months = 1
[[seat_offers]]
name = "both"
products = ["autocad", "revit"]
price = "3000"
"""
PACK = """
[[packs]]
id = "B-1"
tokens = 100
purchased_on = 2026-01-01
price = "300"
currency = "USD"
"""


def nights(folder, *, offers=PRICE + SEATS, **files):
    """An office with a session that stays open for two nights: 28 tokens of ada, 7 of ben."""
    office(folder, sessions=files.pop("sessions", NIGHTS), **files)
    if offers:
        (folder / "offers.toml").write_text(offers, "utf-8")
    return folder


def asked(folder, *options, **files):
    return run_json("plan", "what-if", nights(folder, **files), *options)


def tokens(made):
    return made["before"]["tokens"], made["after"]["tokens"], made["tokens"]


def test_the_difference_stands_first_and_users_that_differ_are_ranked(tmp_path):
    shown = run("plan", "what-if", nights(tmp_path), "--close-at", "20:00")
    assert shown.exit_code == 0
    assert shown.stdout.splitlines()[:2] == [
        "If: no session left open after 20:00 (UTC)",
        "-14 tokens: 21 in place of 35; -42 USD, with the seats bought.",
    ]
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert ["ada", "28", "14", "-14", "-42"] in rows
    assert ["lacking", "in", "the", "pool", "15", "1", "-14"] in rows
    assert "No difference for 1 user." in shown.stdout


def test_the_pool_and_the_money_are_told_before_and_after(tmp_path):
    made = asked(tmp_path, "--close-at", "20:00")
    assert made["changes"] == ["no session left open after 20:00 (UTC)"]
    assert made["before"] == {
        "tokens": "35",
        "drawn": "20",
        "expired": "0",
        "shortfall": "15",
        "balance": "0",
        "seats_cost": "0",
        "money": "105",
        "paid": None,
    }
    assert (made["after"]["shortfall"], made["money"], made["token_price"], made["currency"]) == ("1", "-42", "3", "USD")
    assert made["users"][0] == {"user": "ada", "before": "28", "after": "14", "tokens": "-14", "money": "-42"}
    assert made["products"] == [{"product": "autocad", "before": "35", "after": "21", "tokens": "-14", "money": "-42"}]


def test_sessions_that_are_opened_again_save_less(tmp_path):
    assert tokens(asked(tmp_path, "--close-at", "20:00", "--reopen-at", "07:00")) == ("35", "35", "0")


def test_the_hour_is_that_of_the_zone(tmp_path):
    made = asked(
        tmp_path, "--close-at", "03:00", "--zone", "America/New_York"
    )  # 08:00 UTC: ada's session opens then and lasts a day
    assert made["changes"] == ["no session left open after 03:00 (America/New_York)"]
    assert tokens(made) == ("35", "21", "-14")


def test_the_longest_time_of_a_session_and_an_hour_can_go_together(tmp_path):
    assert tokens(asked(tmp_path, "--at-most", "30")) == ("35", "28", "-7")
    made = asked(tmp_path, "--at-most", "30", "--close-at", "23:00")
    assert made["changes"] == ["no session left open after 23:00 (UTC)", "no session open for longer than 1 day, 6:00:00"]
    assert tokens(made) == ("35", "21", "-14")


def test_without_a_machine_its_sessions_are_left_out(tmp_path):
    assert tokens(asked(tmp_path, "--without-machine", "ada=desk")) == ("35", "14", "-21")
    both = asked(tmp_path, "--without-machine", "ada=desk", "--without-machine", "ada=laptop")
    assert tokens(both) == ("35", "7", "-28")


def test_a_machine_that_a_user_does_not_have_is_told_with_those_that_there_are(tmp_path):
    shown = run("plan", "what-if", nights(tmp_path), "--without-machine", "ada=tower")
    assert shown.exit_code == 1
    assert shown.stderr == "Error: no session of ada was on a machine 'tower'; the machines of ada are: desk, laptop\n"


def test_the_seat_whose_terms_cost_least_over_the_use_is_taken(tmp_path):
    made = asked(tmp_path, "--move-to-seats", "AutoCAD")
    assert made["changes"] == ["autocad on seats (monthly)"]
    assert [(seat["user"], seat["cost"], seat["ends_at"]) for seat in made["seats"]] == [
        ("ada", "10", "2026-04-02T00:00:00+00:00"),
        ("ben", "10", "2026-04-02T00:00:00+00:00"),
    ]
    assert (made["after"]["tokens"], made["after"]["seats_cost"], made["money"]) == ("0", "20", "-85")
    shown = run("plan", "what-if", tmp_path, "--move-to-seats", "AutoCAD").stdout
    assert "Seats bought, for USD 20" in shown
    assert "cost of the seats bought (USD)" in shown


def test_over_a_year_the_annual_seat_costs_less_than_twelve_monthly_ones(tmp_path):
    offers = PRICE + SEATS.replace('"10"', '"200"')
    later = "ben,AutoCAD,2027-01-20T08:00Z,2027-01-20T17:00Z,desk\n"
    assert asked(tmp_path, "--move-to-seats", "autocad", offers=offers)["changes"] == ["autocad on seats (monthly)"]
    made = asked(tmp_path, "--move-to-seats", "autocad", offers=offers, sessions=NIGHTS + later)
    assert made["changes"] == ["autocad on seats (annual)"]


def test_a_seat_can_be_named_and_serves_all_products_that_it_covers_once():
    offer = "Building collection, annual"
    made = run_json("plan", "what-if", YEAR, "--move-to-seats", "revit", "--move-to-seats", "autocad", "--seat-offer", offer)
    assert made["changes"] == [f"autocad, navisworks-manage, revit on seats ({offer})"]
    others = run_json("plan", "what-if", YEAR, "--move-to-seats", "revit", "--move-to-seats", "maya", "--seat-offer", offer)
    assert [change.partition(" on seats ")[2] for change in others["changes"]] == [f"({offer})", "(Maya, annual)"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--move-to-seats", "revit"], "covers revit"),
        (["--move-to-seats", "sketchbook"], "sketchbook"),
        (["--move-to-seats", "autocad", "--seat-offer", "weekly"], "there is no seat 'weekly' in "),
        (
            ["--move-to-seats", "cfd", "--seat-offer", "annual"],
            "the seat 'annual' covers autocad, and none of the products to move",
        ),
    ],
)
def test_a_seat_that_cannot_be_is_told_in_one_line(tmp_path, options, said):
    offers = PRICE + SEATS.partition('[[seat_offers]]\nname = "both"')[0]
    account = ACCOUNT + '[[products]]\ncode = "revit"\nname = "Revit"\n'
    shown = run("plan", "what-if", nights(tmp_path, offers=offers, account=account), *options)
    assert (shown.exit_code, shown.stderr.count("\n")) == (1, 1)
    assert said in shown.stderr


def test_without_seats_on_offer_that_is_said(tmp_path):
    shown = run("plan", "what-if", nights(tmp_path, offers=None), "--move-to-seats", "autocad")
    assert shown.exit_code == 1
    assert "give an offers file (TOML) with [[seat_offers]]" in shown.stderr


def test_other_rates_rate_the_same_use(tmp_path):
    dearer = tmp_path / "other" / "dearer.toml"
    dearer.parent.mkdir()
    dearer.write_text(RATES.replace("tokens = 7", "tokens = 9").replace("test rates", "dearer"), "utf-8")
    made = asked(tmp_path, "--other-rates", dearer)
    assert (made["changes"], tokens(made)) == (["other rates (dearer)"], ("35", "45", "10"))


def test_a_precedence_of_the_rates_in_force_need_not_be_known_to_the_other_ones(tmp_path):
    dearer = tmp_path / "other" / "dearer.toml"
    dearer.parent.mkdir()
    dearer.write_text(RATES.replace("tokens = 7", "tokens = 9").replace("test rates", "dearer"), "utf-8")
    made = asked(tmp_path, "--other-rates", dearer, "--precedence", "test rates")
    assert tokens(made) == ("35", "45", "10")


def test_of_other_rates_that_disagree_the_precedence_decides(tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    for rate in (8, 9):
        sheet = RATES.replace("tokens = 7", f"tokens = {rate}").replace("test rates", f"of {rate}")
        (folder / f"{rate}.toml").write_text(sheet, "utf-8")
    shown = run("plan", "what-if", nights(tmp_path), "--other-rates", folder)
    assert shown.exit_code == 1
    made = run_json("plan", "what-if", tmp_path, folder / "9.toml", "--other-rates", folder, "--precedence", "of 9")
    assert made["after"]["tokens"] == "45"


def test_rows_of_an_export_are_rated_anew_by_the_rates_that_made_them(tmp_path):
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    for file, rate in ((old, 7), (new, 14)):
        file.write_text(RATES.replace("tokens = 7", f"tokens = {rate}"), "utf-8")
    folder = tmp_path / "firm"
    folder.mkdir()
    firm(folder, rows=used("ada", "AutoCAD", "2026-03-02", 10, 7), offers=PRICE)
    made = run_json("plan", "what-if", folder, "--rates", old, "--other-rates", new)
    assert tokens(made) == ("70", "140", "70")


def test_other_packs_leave_the_tokens_and_change_the_pool(tmp_path):
    packs = tmp_path / "other" / "packs.toml"
    packs.parent.mkdir()
    packs.write_text(PACK, "utf-8")
    made = asked(tmp_path, "--other-packs", packs)
    assert (tokens(made), made["before"]["shortfall"], made["after"]["shortfall"]) == (("35", "35", "0"), "15", "0")
    assert (made["before"]["paid"], made["after"]["paid"]) == (None, "300")


def test_without_a_price_of_tokens_they_alone_are_compared_and_it_is_said_what_to_give(tmp_path):
    made = asked(tmp_path, "--close-at", "20:00", offers=None)
    assert (made["tokens"], made["money"], made["users"][0]["money"]) == ("-14", None, None)
    assert made["notes"] == ["What the tokens are worth is not told: give an offers file (TOML) with token_price."]
    assert "money" not in run("plan", "what-if", tmp_path, "--close-at", "20:00").stdout
    made = asked(tmp_path, "--close-at", "20:00", offers=SEATS)
    assert made["notes"] == [f"What the tokens are worth is not told: give token_price in {tmp_path / 'offers.toml'}."]


def test_without_a_change_it_is_said_what_can_be_given(tmp_path):
    shown = run("plan", "what-if", nights(tmp_path))
    assert shown.exit_code == 2
    for option in ("--close-at", "--at-most", "--move-to-seats", "--other-rates", "--other-packs", "--without-machine"):
        assert option in shown.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--at-most", "5", "--reopen-at", "07:00"], "--reopen-at goes with --close-at."),
        (["--at-most", "5", "--seat-offer", "annual"], "--seat-offer goes with --move-to-seats."),
        (["--close-at", "25:00"], "'25:00' is no time of day such as 20:00"),
        (["--at-most", "0"], "--at-most"),
        (["--at-most", "1e300"], "--at-most"),
        (["--without-machine", "ada"], "'ada' is no user and machine such as ada@firm.example=laptop-7"),
    ],
)
def test_a_wrong_option_is_told_before_the_work_begins(options, said):
    shown = run("plan", "what-if", "no such folder", *options)
    assert shown.exit_code == 2
    assert said in shown.stderr


def test_a_change_of_sessions_asks_for_sessions_in_one_line():
    shown = run("plan", "what-if", YEAR, "--close-at", "20:00")
    assert (shown.exit_code, shown.stderr.count("\n")) == (1, 1)
    assert "this change is one of sessions" in shown.stderr


def test_uses_without_a_rate_are_in_neither_figure_and_told_with_exit_code_3(tmp_path):
    sessions = NIGHTS + "ada,Maya,2026-03-02T08:00Z,2026-03-02T17:00Z,desk\n"
    shown = run("plan", "what-if", nights(tmp_path, sessions=sessions), "--close-at", "20:00")
    assert shown.exit_code == 3
    assert "-14 tokens: 21 in place of 35" in shown.stdout
    assert "Set aside, and not in any figure\n  ada's Maya from 2026-03-02" in shown.stdout


def test_where_nothing_could_be_charged_that_is_said(tmp_path):
    sessions = "user,product,opened_at,closed_at\nada,Maya,2026-03-02T08:00Z,2026-03-02T17:00Z\n"
    shown = run("plan", "what-if", nights(tmp_path, sessions=sessions), "--close-at", "20:00")
    assert shown.exit_code == 1
    assert shown.stderr == f"Error: nothing could be charged of what is in {tmp_path}\n"
