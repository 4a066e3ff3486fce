"""``flexlib rates`` and ``flexlib rates check``: rates in force, conflicts, and whether rate sheet files can be read."""

import pytest
from command import STUDIO, run, run_json
from openpyxl import Workbook
from plugin_factory import PluginSite, provider
from written_files import written

SHEET = """
name = "{name}"
[[rates]]
product = "autocad"
tokens = {tokens}
effective_from = 2021-12-21
source = {{ provider = "{name}", document = "price list", as_of = 2021-12-21 }}
"""
LATER = """
[[rates]]
product = "revit"
tokens = "10.50"
effective_from = 2026-05-01T05:30:00Z
effective_until = 2027-01-01
region = "GB"
basis = "result"
"""


def sheet(folder, name, tokens, rest=""):
    return written(folder, f"{name}.toml", SHEET.format(name=name, tokens=tokens) + rest)


def rates_of(listed):
    return [(rate["product"], rate["tokens"]) for rate in listed["rates"]]


def workbook(path, *rows):
    book = Workbook()
    for row in (("product", "tokens", "effective_from"), *rows):
        book.active.append(row)
    book.save(path)
    return path


def test_r1_the_rates_of_named_files_are_listed_as_of_a_date(tmp_path):
    path = sheet(tmp_path, "ours", 7, '[[rates]]\nproduct = "autocad"\ntokens = 8\neffective_from = 2026-01-01\n')
    assert rates_of(run_json("rates", "--rates", path, "--at", "2025-12-31")) == [("autocad", "7")]
    assert rates_of(run_json("rates", "--rates", path, "--at", "2026-01-01")) == [("autocad", "8")]


def test_a_rate_is_listed_with_all_that_the_sheet_says_of_it(tmp_path):
    listed = run_json("rates", "--rates", sheet(tmp_path, "ours", 7, LATER), "--at", "2026-06-01", "--region", "GB")
    assert listed["rates"] == [
        {
            "product": "autocad",
            "tokens": "7",
            "effective_from": "2021-12-21T00:00:00+00:00",
            "effective_until": None,
            "region": None,
            "basis": "day",
            "source": {"provider": "ours", "document": "price list", "as_of": "2021-12-21"},
            "sheet": "ours",
        },
        {
            "product": "revit",
            "tokens": "10.5",
            "effective_from": "2026-05-01T05:30:00+00:00",
            "effective_until": "2027-01-01T00:00:00+00:00",
            "region": "GB",
            "basis": "result",
            "source": None,
            "sheet": "ours",
        },
    ]


def test_the_table_shows_date_region_and_the_number_of_the_sheet_and_source(tmp_path):
    path = sheet(tmp_path, "ours", 7, LATER)
    shown = run("rates", "--rates", path, "--at", "2026-06-01", "--region", "GB", "--zone", "Europe/London")
    assert shown.exit_code == 0
    assert "Rates in force in GB at 2026-06-01 00:00 BST" in shown.stdout
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert ["autocad", "7", "day", "2021-12-21", "everywhere", "[1]"] in lines
    assert ["revit", "10.5", "result", "2026-05-01", "06:30", "BST", "GB", "[2]"] in lines
    assert "[1] ours: ours, price list (as of 2021-12-21)\n  [2] ours: no source" in shown.stdout


def test_without_files_the_installed_providers_are_asked():
    assert ("autocad", "7") in rates_of(run_json("rates", "--at", "2026-06-01"))


def test_without_at_the_rates_are_those_of_now(tmp_path):
    assert rates_of(run_json("rates", "--rates", sheet(tmp_path, "ours", 7))) == [("autocad", "7")]


def test_a_date_is_midnight_in_the_zone(tmp_path):
    listed = run_json("rates", "--rates", sheet(tmp_path, "ours", 7), "--at", "2026-06-01", "--zone", "Europe/London")
    assert listed["at"] == "2026-05-31T23:00:00+00:00"


def test_a_product_without_a_rate_then_is_named_with_what_is_known(tmp_path):
    path = sheet(tmp_path, "ours", 7, LATER)
    listed = run_json("rates", "--rates", path, "--at", "2026-04-01", "--region", "GB")
    assert listed["without"] == [{"product": "revit", "undecided": False, "reason": "the sheets hold it for GB from 2026-05-01"}]
    before = run("rates", "--rates", path, "--at", "2020-01-01")
    assert before.exit_code == 0
    assert "None." in before.stdout
    assert "revit: the sheets hold it for GB from 2026-05-01" in before.stdout


def test_a_product_may_be_named_by_its_code_or_the_vendors_name():
    arguments = ["rates", "--at", "2026-06-01", "--product", "revit", "--product", "AutoCAD"]
    assert rates_of(run_json(*arguments)) == [("revit", "10"), ("autocad", "7")]


def test_a_product_that_no_sheet_names_is_an_error_with_the_nearest():
    result = run("rates", "--product", "autocat")
    assert result.exit_code == 1
    assert "no product is known as 'autocat'; did you mean autocad?" in result.stderr


def test_a_folder_gives_its_rate_sheets_and_leaves_usage_and_accounts_alone():
    assert len(run_json("rates", "--rates", STUDIO, "--at", "2026-06-01")["rates"]) == 9


def test_a_folder_may_hold_sheets_of_every_kind(tmp_path):
    sheet(tmp_path, "a", 7)
    written(tmp_path, "b.csv", "product,tokens,effective_from\nrevit,10,2021-12-21\n")
    workbook(tmp_path / "c.xlsx", ("maya", 6, "2021-12-21"))
    written(tmp_path, "notes.txt", "none of it")
    assert rates_of(run_json("rates", "--rates", tmp_path)) == [("autocad", "7"), ("maya", "6"), ("revit", "10")]


def test_an_xlsx_file_is_read(tmp_path):
    path = workbook(tmp_path / "ours.xlsx", ("autocad", 7, "2021-12-21"), ("cfd", 0.5, "2021-12-21"))
    listed = run_json("rates", "--rates", path)
    assert rates_of(listed) == [("autocad", "7"), ("cfd", "0.5")]
    assert listed["rates"][0]["sheet"] == "ours"


def test_r3_the_articles_figures_are_a_conflict_with_each_side_and_its_source():
    listed = run_json("rates", "--only", "article", "--only", "published", "--at", "2026-11-02")
    [conflict] = [conflict for conflict in listed["conflicts"] if conflict["product"] == "autocad"]
    sides = {(side["sheet"], side["tokens"], side["source"]["provider"]) for side in conflict["sides"]}
    assert {("article-one", "5", "article"), ("article-two", "7", "article")} < sides
    assert (conflict["in_force"], conflict["winner"], conflict["losers"]) == (True, None, [])
    assert conflict["reason"].startswith("undecided")
    assert ("autocad", True) in [(product["product"], product["undecided"]) for product in listed["without"]]


def test_r3_an_undecided_rate_shows_in_the_exit_code_and_both_sides_beside_each_other():
    shown = run("rates", "--only", "article", "--only", "published", "--product", "autocad", "--at", "2026-11-02")
    assert shown.exit_code == 3
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert ["sheet", "article-one", "article-two", "published"] in lines
    assert "5 a day" in next(line for line in shown.stdout.splitlines() if "7 a day" in line)
    assert "name the sheet or provider to trust with --precedence" in shown.stdout


def test_r3_precedence_decides_and_the_losers_are_listed_with_the_reason():
    arguments = ["rates", "--only", "article", "--only", "published", "--product", "autocad", "--at", "2026-11-02"]
    listed = run_json(*arguments, "--precedence", "article-one")
    assert rates_of(listed) == [("autocad", "5")]
    [conflict] = listed["conflicts"]
    assert conflict["winner"]["sheet"] == "article-one"
    assert {side["sheet"] for side in conflict["losers"]} == {"article-two", "published"}
    assert conflict["reason"].startswith("the precedence trusts sheet article-one most")
    shown = run(*arguments, "--precedence", "published")
    assert shown.exit_code == 0
    verdicts = next(line.split() for line in shown.stdout.splitlines() if line.split()[:1] == ["precedence"])
    assert verdicts == ["precedence", "wins", "loses", "agrees"]


def test_r3_a_rate_of_another_basis_loses_even_at_the_same_tokens(tmp_path):
    other = SHEET.format(name="other", tokens=7) + 'basis = "result"\n'
    paths = ["--rates", sheet(tmp_path, "ours", 7), "--rates", written(tmp_path, "other.toml", other)]
    [conflict] = run_json("rates", *paths, "--precedence", "ours")["conflicts"]
    assert [(side["sheet"], side["basis"]) for side in conflict["losers"]] == [("other", "result")]


def test_r3_a_conflict_at_another_time_is_listed_apart_and_leaves_the_rate(tmp_path):
    other = 'name = "other"\n[[rates]]\nproduct = "autocad"\ntokens = 5\neffective_from = 2026-05-01T12:00:00Z\n'
    other += "effective_until = 2026-06-01\n"
    arguments = ["rates", "--rates", sheet(tmp_path, "ours", 7), "--rates", written(tmp_path, "other.toml", other)]
    for at in ("2026-04-01", "2026-06-01"):
        listed = run_json(*arguments, "--at", at)
        assert (rates_of(listed), listed["conflicts"][0]["in_force"]) == ([("autocad", "7")], False)
    shown = run(*arguments, "--at", "2026-04-01")
    assert shown.exit_code == 0
    assert "Conflicts at other times\n  autocad everywhere from 2026-05-01 12:00 UTC until 2026-06-01" in shown.stdout
    assert "no source" in shown.stdout


def test_r2_of_a_region_only_the_conflicts_that_it_may_meet_are_listed(tmp_path):
    def regional(name, tokens):
        rate = '[[rates]]\nproduct = "revit"\ntokens = {}\nregion = "{}"\neffective_from = 2021-12-21\n'
        return written(tmp_path, f"{name}.toml", f'name = "{name}"\n' + rate.format(tokens, "GB") + rate.format(tokens + 1, "DE"))

    arguments = ["rates", "--rates", regional("a", 10), "--rates", regional("b", 20), "--at", "2026-06-01"]
    assert [conflict["region"] for conflict in run_json(*arguments, "--region", "GB")["conflicts"]] == ["GB"]
    assert [conflict["region"] for conflict in run_json(*arguments)["conflicts"]] == ["DE", "GB"]
    assert "revit GB from 2021-12-21" in run(*arguments, "--region", "GB").stdout


def test_r2_a_provider_with_groups_of_countries_gives_their_rate_to_each_country(tmp_path, monkeypatch):
    source = provider("Vendor", sheets="return [sheet(9, 'made-up', region='EMEA')]")
    PluginSite(tmp_path, monkeypatch).install("prices", source + "\nProvider.region_groups = {'EMEA': ['GB', 'DE']}\n")
    arguments = ["rates", "--only", "prices", "--at", "2026-06-01"]
    listed = run_json(*arguments, "--region", "GB")
    assert [(rate["product"], rate["tokens"], rate["region"]) for rate in listed["rates"]] == [("made-up", "9", "EMEA")]
    assert run_json(*arguments)["rates"] == []
    assert "no one serves the region 'US'" in run(*arguments, "--region", "US").stderr


def test_r2_a_region_that_files_do_not_serve_is_said(tmp_path):
    result = run("rates", "--rates", sheet(tmp_path, "ours", 7), "--region", "gb")
    assert result.exit_code == 1
    assert "no one serves the region 'gb'; did you mean GB" in result.stderr


def test_a_broken_plugin_is_named_and_the_list_goes_on(tmp_path, monkeypatch):
    site = PluginSite(tmp_path, monkeypatch)
    site.install("broken", "raise SystemExit(7)")
    site.install("empty", provider("Empty", sheets="raise ValueError('away')"))
    result = run("rates", "--json")
    assert result.exit_code == 0
    assert "Warning: plugin 'broken' of flexlib-broken 1.0 failed at import: SystemExit: 7" in result.stderr
    assert [failure["name"] for failure in run_json("rates")["failures"]] == ["broken", "empty"]


def test_the_json_schema_has_just_these_fields():
    listed = run_json("rates", "--only", "article", "--at", "2026-11-02")
    assert listed["schema"] == "flexlib-rates/1"
    assert list(listed) == ["schema", "at", "region", "rates", "without", "conflicts", "failures"]
    assert list(listed["conflicts"][0]) == [
        "product", "region", "start", "end", "in_force", "sides", "winner", "losers", "reason",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--rates", "nowhere.toml"], 1, "nowhere.toml: there is no such file or folder"),
        (["--rates", "{folder}"], 1, "there is no rate sheet in this folder"),
        (["--rates", "{folder}/x.txt"], 1, "no plugin reads rate sheets of this kind"),
        (["--precedence", "nobody"], 1, "precedence is 'nobody'"),
        (["--only", "nobody"], 1, "only is 'nobody'"),
        (["--only", "article", "--rates", "x.toml"], 2, "--only chooses among the installed providers"),
        (["--at", "sometime"], 2, "'sometime' is not an ISO 8601 instant"),
        (["--zone", "Mars"], 2, "'Mars' is no time zone"),
        (["--at", "2026-01-01", "check", "x.toml"], 2, "--at is no option of `rates check`, or stands before its name"),
        (["neither"], 2, "No such command 'neither'"),
    ],
)
def test_what_is_wrong_is_said_in_one_message_without_a_traceback(tmp_path, arguments, code, message):
    written(tmp_path, "x.txt", "")
    result = run("rates", *(argument.format(folder=tmp_path) for argument in arguments))
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_check_says_how_many_rates_and_products_a_file_holds(tmp_path):
    one = sheet(tmp_path, "one", 7, '[[rates]]\nproduct = "autocad"\ntokens = 8\neffective_from = 2026-01-01\n')
    other = sheet(tmp_path, "other", 7)
    result = run("rates", "check", one, other)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{one}: ok, 2 rates of 1 product",
        f"{one}: warning: rates without a source: autocad (R3)",
        f"{other}: ok, 1 rate of 1 product",
    ]


def test_check_says_of_each_wrong_file_what_is_wrong_and_reads_on(tmp_path):
    wrong = written(tmp_path, "wrong.csv", "product,tokens,effective_from\nautocad,seven,2021-12-21\n")
    good = workbook(tmp_path / "good.xlsx", ("autocad", 7, "2021-12-21"))
    result = run("rates", "check", wrong, "nowhere.toml", good)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{wrong}: row 2: tokens: 'seven' is not a number such as 10 or 0.5",
        "nowhere.toml: it cannot be read: No such file or directory",
        f"{good}: ok, 1 rate of 1 product",
        f"{good}: warning: rates without a source: autocad (R3)",
    ]


def test_check_names_broken_plugins_and_needs_a_file(tmp_path, monkeypatch):
    PluginSite(tmp_path, monkeypatch).install("broken", "raise SystemExit(7)")
    result = run("rates", "check", sheet(tmp_path, "one", 7))
    assert (result.exit_code, result.stdout.count(": ok, 1 rate of 1 product")) == (0, 1)
    assert "plugin 'broken'" in result.stderr
    assert run("rates", "check").exit_code == 2
