"""``flexlib plan forecast``: the burn to come, when the pool runs out, and how the model did."""

import json
from decimal import Decimal

import pytest
from command import STUDIO, office, run, run_json
from plan_office import PACKS, YEAR, firm, run_without, used

FEW = ("--paths", "50")
EVERY_DAY = used("ada", "Revit", "2026-01-05", 100, 10)
AT = ("--at", "2026-04-15")


def forecast(folder, *options, **files):
    return run_json("plan", "forecast", firm(folder, offers=None, **files), *AT, *FEW, *options)


def test_when_the_pool_runs_out_stands_first():
    shown = run("plan", "forecast", YEAR, "--at", "2026-11-01")
    assert shown.exit_code == 0
    first, second, third, *_ = shown.stdout.splitlines()
    assert first.startswith("The pool holds 2371 tokens at 2026-11-01 00:00 UTC. It runs out: 10% by 2026-12-")
    assert second.startswith("Burn until 2027-10-31: ")
    assert second.endswith(" with a chance of 80%.")
    assert third == "bootstrap, 1000 paths, seed 0, 363 days of history."


def test_burn_that_is_the_same_each_day_is_forecast_to_the_token(tmp_path):
    made = forecast(tmp_path, "--days", "365", rows=EVERY_DAY)
    assert (made["balance"], made["history"], made["until"]) == ("2000", 100, "2027-04-15")
    assert {line["on"] for line in made["runs_out"]} == {"2026-11-01"}  # on the 201st day: 2000 tokens are those of 200 days
    assert (made["mean"], made["quantiles"]) == ("3650", ["3650", "3650", "3650"])
    assert made["never"] == "0"
    april, may, *_ = made["months"]
    assert april == {"month": "2026-04", "days": 16, "mean": "160", "quantiles": ["160"] * 3, "run_out": "0"}
    assert (may["days"], may["mean"]) == (31, "310")
    assert [line["run_out"] for line in made["months"]] == ["0"] * 7 + ["1"] * 6
    assert [(pack["pack"], pack["left"], pack["mean"], pack["probability"]) for pack in made["expiring"]] == [
        ("A-1", "2000", "0", "0")
    ]
    assert made["backtest"] == {
        "origins": 9,
        "horizon": 28,
        "mase": None,
        "pinball": ["0", "0", "0"],
        "nominal": "0.8",
        "coverage": "1",
        "total_coverage": "1",
    }


def test_the_intervals_of_the_months_are_those_of_whole_months_and_not_sums_of_days():
    made = run_json("plan", "forecast", YEAR, "--at", "2026-11-01", "--days", "61")
    low, high = (sum(Decimal(line["quantiles"][place]) for line in made["months"]) for place in (0, -1))
    assert low < Decimal(made["quantiles"][0]) < Decimal(made["quantiles"][-1]) < high
    means = [Decimal(line["mean"]) for line in made["months"]]
    assert abs(sum(means) - Decimal(made["mean"])) < Decimal("0.001")


def test_what_expires_unused_is_told_by_pack(tmp_path):
    made = forecast(tmp_path, rows=EVERY_DAY, account=PACKS.replace("3000", "9000"))
    [pack] = made["expiring"]
    assert (pack["pack"], pack["left"], pack["mean"], pack["probability"]) == ("A-1", "8000", "5390", "1")  # 261 days until it ends
    rows = [line.split() for line in run("plan", "forecast", tmp_path, *AT, *FEW).stdout.splitlines()]
    assert ["A-1", "2027-01-01", "8000", "5,390", "5,390", "100%"] in rows


def test_the_same_seed_gives_the_same_and_another_seed_another():
    def made(seed):
        return run("plan", "forecast", YEAR, "--at", "2026-11-01", *FEW, "--seed", seed, "--json").stdout

    assert made(1) == made(1)
    assert json.loads(made(1))["mean"] != json.loads(made(2))["mean"]


@pytest.mark.parametrize("model", ["bootstrap", "seasonal-naive", "ets"])
def test_each_model_forecasts(tmp_path, model):
    rows = "".join(used("ada", "Revit", f"2026-03-{day:02}", 1, 10 + day % 7) for day in range(1, 32))
    made = forecast(tmp_path, "--days", "28", "--model", model, rows=rows + used("ada", "Revit", "2026-04-01", 14, 13))
    assert (made["model"], made["history"]) == (model, 45)
    assert 250 < Decimal(made["mean"]) < 450


def test_without_packs_the_burn_alone_is_forecast(tmp_path):
    made = forecast(tmp_path, account=PACKS[PACKS.index("[[products]]") :])
    assert (made["balance"], made["runs_out"], made["never"], made["unmet"]) == (None, [], None, None)
    assert "No packs were given, so when the pool runs out is not told." in made["notes"]
    assert {line["run_out"] for line in made["months"]} == {None}
    assert run("plan", "forecast", tmp_path, *AT, *FEW).stdout.startswith("Burn until 2027-04-14: ")


def test_a_short_history_is_warned_of(tmp_path):
    made = forecast(tmp_path, rows=used("ada", "Revit", "2026-03-20", 26, 10))
    assert made["notes"] == ["Only 26 days of history: the intervals are too narrow, and the model knows no season."]
    assert made["backtest"] is None
    assert made["no_backtest"].startswith("no backtest: 28 days ahead it needs ")
    assert made["no_backtest"] in run("plan", "forecast", tmp_path, *AT, *FEW).stdout


def test_a_history_that_is_too_short_is_an_error_of_one_line(tmp_path):
    shown = run("plan", "forecast", firm(tmp_path, rows=used("ada", "Revit", "2026-04-10", 5, 10)), *AT)
    assert shown.exit_code == 1
    assert "at least 14 whole days of history" in shown.stderr
    assert shown.stderr.count("\n") == 1


def test_charges_that_end_well_before_the_forecast_are_warned_of_before_the_figures(tmp_path):
    firm(tmp_path, rows=EVERY_DAY)
    told = "The last charge is of 2026-04-14, 17 days before this plan begins, and they count as days without use."
    shown = run("plan", "forecast", tmp_path, "--at", "2026-05-01", *FEW).stdout
    assert f"{told} If the files end there, say --at 2026-04-15." in shown.partition("Burn by month")[0]


def test_intervals_that_held_too_little_in_the_past_are_warned_of(tmp_path):
    growing = "".join(
        used("ada", "Revit", f"2026-{month:02}-{day:02}", 1, 3**month) for month in range(1, 5) for day in range(1, 29)
    )
    made = forecast(tmp_path, rows=growing)
    assert Decimal(made["backtest"]["total_coverage"]) < Decimal("0.6")
    assert any(note.startswith("In the past only ") and "meant for 80%" in note for note in made["notes"])
    assert not any(note.startswith("In the past") for note in forecast(tmp_path, rows=EVERY_DAY)["notes"])


TEAMS = """
[[packs]]
id = "D-1"
tokens = 5000
purchased_on = 2026-01-01
team = "design"
[[packs]]
id = "S-1"
tokens = 1000
purchased_on = 2026-01-01
team = "site"
"""
OF_TEAMS = used("ada", "Revit", "2026-01-05", 100, 10, "design") + used("ben", "Revit", "2026-01-05", 100, 1, "site")


def test_the_pool_of_one_team_is_forecast_with_its_own_charges(tmp_path):
    made = forecast(tmp_path, "--team", "site", rows=OF_TEAMS, account=TEAMS)
    assert (made["team"], made["balance"], made["mean"]) == ("site", "900", "365")
    assert run("plan", "forecast", tmp_path, *AT, *FEW, "--team", "site").stdout.startswith("The pool of site holds 900 tokens ")


def test_packs_of_several_teams_ask_for_a_team_and_an_unknown_one_is_told(tmp_path):
    firm(tmp_path, rows=OF_TEAMS, account=TEAMS)
    shown = run("plan", "forecast", tmp_path, *AT)
    assert shown.exit_code == 1
    assert shown.stderr == "Error: the packs are those of several teams (design, site), each a pool of its own: say --team NAME\n"
    shown = run("plan", "forecast", tmp_path, *AT, "--team", "sight")
    assert shown.stderr == "Error: nothing was charged to a team 'sight'; the teams are: design, site\n"


def test_transfers_between_teams_are_refused_as_no_forecast_follows_them(tmp_path):
    transfer = '[[transfers]]\nfrom_team = "design"\nto_team = "site"\ntokens = 5\nat = 2026-02-01T00:00:00Z\n'
    shown = run("plan", "forecast", firm(tmp_path, rows=OF_TEAMS, account=TEAMS + transfer), *AT, "--team", "site")
    assert shown.exit_code == 1
    assert "tokens were transferred between teams" in shown.stderr


def test_sessions_are_forecast_and_uses_without_a_rate_are_told_with_exit_code_3(tmp_path):
    assert run("plan", "forecast", STUDIO, "--at", "2026-04-01", *FEW).exit_code == 0
    days = "".join(f"ada,autocad,2026-03-{day:02}T08:00Z,2026-03-{day:02}T09:00Z\n" for day in range(2, 22))
    office(tmp_path, sessions=f"user,product,opened_at,closed_at\n{days}ada,cfd,2026-03-02T08:00Z,2026-03-02T09:00Z\n")
    shown = run("plan", "forecast", tmp_path, "--at", "2026-03-22", *FEW)
    assert shown.exit_code == 3
    assert "Set aside, and not in any figure\n  ada's cfd from 2026-03-02" in shown.stdout


@pytest.mark.parametrize(
    "options",
    [["--days", "0"], ["--paths", "0"], ["--paths", "30000"], ["--seed", "-1"], ["--model", "magic"], ["--chart", "a.gif"]],
)
def test_a_wrong_option_is_told_before_the_work_begins(options):
    shown = run("plan", "forecast", "no such folder", *options)
    assert shown.exit_code == 2
    assert options[0] in shown.stderr


def test_a_chart_is_written(tmp_path):
    chart = tmp_path / "forecast.png"
    assert run("plan", "forecast", YEAR, "--at", "2026-11-01", *FEW, "--chart", chart).exit_code == 0
    assert chart.read_bytes().startswith(b"\x89PNG")


def test_without_numpy_it_says_what_to_install():
    done = run_without("numpy", "plan", "forecast", YEAR, "--at", "2026-11-01")
    assert (done.returncode, done.stdout) == (1, "")
    assert "flexlib[planning]" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_instant_at_the_end_of_the_calendar_is_refused(tmp_path):
    shown = run("plan", "forecast", firm(tmp_path, rows=EVERY_DAY), "--at", "9999-11-02")
    assert shown.exit_code == 2
    assert "'--at': 9999-11-02 lies beyond the year 9900" in shown.stderr
