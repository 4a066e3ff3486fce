"""``flexlib rates diff``: what changed between two rate sheets, and what the change would have cost."""

from decimal import Decimal

import pytest
from command import STUDIO, office, run, run_json
from plugin_factory import PluginSite, provider
from written_files import written

from flexlib import RateBook, charge_usage, read_rate_sheet
from flexlib.formats.accounts import read_account
from flexlib.formats.usage import read_usage
from flexlib.model.products import Catalog

HEAD = "product,tokens,effective_from,basis,provider,document\n"
OLD = """autocad,7,2021-12-21,day,vendor,list 1
revit,10,2021-12-21,day,vendor,list 1
maya,6,2021-12-21,day,vendor,list 1
cfd,5,2021-12-21,result,vendor,list 1
mudbox,1,2021-12-21,day,vendor,list 1
"""
NEW = """autocad,7.5,2026-01-01,day,vendor,list 2
revit,10,2026-01-01,day,vendor,list 2
cfd,5,2026-01-01,day,vendor,list 1
mudbox,1,2026-01-01,day,vendor,list 1
3ds-max,6,2026-01-01,day,vendor,list 2
civil-3d,9,2030-01-01,day,vendor,list 2
"""
AT = ["--at-a", "2026-06-01", "--at-b", "2026-06-01"]


@pytest.fixture
def old(tmp_path):
    return written(tmp_path, "old.csv", HEAD + OLD)


@pytest.fixture
def new(tmp_path):
    return written(tmp_path, "new.csv", HEAD + NEW)


def changes(diff):
    return {change["product"]: change for change in diff["changes"]}


def studio_sheet(folder, name, **tokens):
    """The studio's rates with other tokens for some products."""
    text = (STUDIO / "rates.toml").read_text("utf-8").replace("published rates of the studio's products", name)
    for product, amount in tokens.items():
        head, tail = text.split(f'product = "{product}"\n', 1)
        text = f'{head}product = "{product}"\ntokens = {amount}\n' + tail.split("\n", 1)[1]
    return written(folder, f"{name}.toml", text)


def studio_charges(book):
    account = read_account(STUDIO / "account.toml")
    usage = [use for file in ("sessions.csv", "results.csv") for use in read_usage(STUDIO / file).rows]
    return charge_usage(usage, book, seats=account.seats, catalog=Catalog(account.products))


def test_each_product_is_told_by_what_became_of_its_rate(old, new):
    diff = run_json("rates", "diff", old, new, *AT)
    assert {product: change["change"] for product, change in changes(diff).items()} == {
        "3ds-max": "added",
        "autocad": "tokens",
        "cfd": "basis",
        "civil-3d": "not_in_force",
        "maya": "removed",
        "revit": "source",
    }
    assert diff["unchanged"] == 1
    autocad = changes(diff)["autocad"]
    assert (autocad["a"]["tokens"], autocad["b"]["tokens"], autocad["notes"]) == ("7", "7.5", [])
    assert (changes(diff)["3ds-max"]["a"], changes(diff)["maya"]["b"]) == (None, None)
    assert changes(diff)["civil-3d"]["notes"] == ["B: the sheets hold it for everywhere from 2030-01-01"]


def test_the_table_shows_both_sides_and_the_sources_that_changed(old, new):
    shown = run("rates", "diff", old, new, *AT)
    assert shown.exit_code == 0
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert ["autocad", "other", "tokens", "7", "a", "day", "7.5", "a", "day", "+0.5"] in lines
    assert ["maya", "removed", "6", "a", "day", "-", "-"] in lines
    assert "revit: vendor, list 1 -> vendor, list 2" in shown.stdout
    assert "civil-3d: B: the sheets hold it for everywhere from 2030-01-01" in shown.stdout
    assert "Unchanged: 1 product." in shown.stdout
    assert f"A: {old}, as of 2026-06-01 00:00 UTC" in shown.stdout


def test_a_source_that_is_left_out_is_a_change_of_the_source(tmp_path, old):
    bare = written(tmp_path, "bare.csv", "product,tokens,effective_from\nmaya,6,2021-12-21\n")
    assert changes(run_json("rates", "diff", old, bare))["maya"]["change"] == "source"
    assert "maya: vendor, list 1 -> no source" in run("rates", "diff", old, bare).stdout


def test_two_dates_of_one_sheet_are_compared(tmp_path):
    path = written(tmp_path, "s.csv", HEAD + OLD + "autocad,8,2026-01-01,day,vendor,list 1\n")
    diff = run_json("rates", "diff", path, path, "--at-a", "2025-12-31", "--at-b", "2026-01-01")
    assert [(change["product"], change["a"]["tokens"], change["b"]["tokens"]) for change in diff["changes"]] == [
        ("autocad", "7", "8")
    ]


def test_a_sheet_against_itself_changes_nothing(old):
    diff = run_json("rates", "diff", old, old)
    assert (diff["changes"], diff["unchanged"], diff["cost"]) == ([], 5, None)
    assert "Unchanged: 5 products." in run("rates", "diff", old, old).stdout


def test_without_dates_both_sides_are_of_the_same_now(old):
    diff = run_json("rates", "diff", old, old)
    assert diff["a"]["at"] == diff["b"]["at"]


def test_a_date_is_midnight_in_the_zone(old):
    diff = run_json("rates", "diff", old, old, "--at-a", "2026-06-01", "--zone", "Europe/London")
    assert diff["a"] == {"name": str(old), "at": "2026-05-31T23:00:00+00:00", "throughout": True}


def test_r2_a_regions_own_rate_is_compared_even_where_only_one_side_knows_the_region(tmp_path, old):
    regional = written(tmp_path, "r.csv", "product,tokens,effective_from,region\nmaya,9,2021-12-21,Atlantis\n")
    maya = changes(run_json("rates", "diff", old, regional, "--region", "Atlantis"))["maya"]
    assert (maya["a"]["tokens"], maya["b"]["tokens"]) == ("6", "9")
    assert "What changes in Atlantis from A to B" in run("rates", "diff", old, regional, "--region", "Atlantis").stdout
    wrong = run("rates", "diff", old, regional, "--region", "Atlantid")
    assert (wrong.exit_code, "no one serves the region 'Atlantid'" in wrong.stderr) == (1, True)


def test_the_installed_providers_may_be_a_side(tmp_path, monkeypatch, old):
    site = PluginSite(tmp_path, monkeypatch)
    site.install("prices", provider("Vendor", sheets="return [sheet(9, 'mudbox-pro')]"))
    site.install("broken", "raise SystemExit(7)")
    result = run("rates", "diff", "installed", old, "--at-a", "2026-06-01")
    assert "Warning: plugin 'broken'" in result.stderr
    diff = run_json("rates", "diff", "installed", old, "--at-a", "2026-06-01")
    assert changes(diff)["mudbox-pro"]["change"] == "removed"
    assert [failure["name"] for failure in diff["failures"]] == ["broken"]


def test_r3_a_rate_that_is_undecided_on_a_side_is_said_until_precedence_decides(tmp_path, old):
    folder = tmp_path / "two"
    folder.mkdir()
    written(folder, "a.csv", HEAD + "maya,6,2021-12-21,day,one,x\n")
    written(folder, "b.csv", HEAD + "maya,8,2021-12-21,day,two,x\n")
    result = run("rates", "diff", old, folder)
    assert result.exit_code == 3
    assert "maya: B: the rates for 'maya'" in result.stdout
    assert changes(run_json("rates", "diff", old, folder))["maya"]["change"] == "undecided"
    for trusted in ("two", "b", "two@GB"):
        diff = run_json("rates", "diff", old, folder, "--precedence", trusted)
        assert changes(diff)["maya"]["change"] == ("undecided" if "@" in trusted else "tokens")
    assert run("rates", "diff", old, folder, "--precedence", "two").exit_code == 0
    nobody = run("rates", "diff", old, folder, "--precedence", "nobody")
    assert (nobody.exit_code, "precedence is 'nobody'" in nobody.stderr) == (1, True)


def test_the_totals_are_what_charge_usage_gives_under_each_sheet(tmp_path):
    a, b = studio_sheet(tmp_path, "a"), studio_sheet(tmp_path, "b", autocad=8, revit=9, **{"cfd-simple": 6})
    result = run("rates", "diff", a, b, "--usage", STUDIO)
    assert result.exit_code == 0
    cost = run_json("rates", "diff", a, b, "--usage", STUDIO)["cost"]
    charged = [studio_charges(RateBook([read_rate_sheet(path)])) for path in (a, b)]
    totals = [sum(charge.tokens for charge in charges) for charges in charged]
    assert (Decimal(cost["a"]), Decimal(cost["b"]), Decimal(cost["difference"])) == (*totals, totals[1] - totals[0])
    for key, lines in (("product", cost["by_product"]), ("user", cost["by_user"])):
        for side, charges in zip("ab", charged, strict=True):
            assert {line["name"]: Decimal(line[side]) for line in lines} == {
                name: sum(charge.tokens for charge in charges if getattr(charge, key) == name)
                for name in {getattr(charge, key) for charge in charges}
            }
        sizes = [abs(Decimal(line["difference"])) for line in lines]
        assert sizes == sorted(sizes, reverse=True)
    assert cost["set_aside"] == []


def test_the_cost_is_shown_by_product_and_user(tmp_path):
    a, b = studio_sheet(tmp_path, "a"), studio_sheet(tmp_path, "b", autocad=8)
    shown = run("rates", "diff", a, b, "--usage", STUDIO / "sessions.csv", "--usage", STUDIO / "account.toml").stdout
    assert "tokens under A, each use at the rate of its own time" in shown
    assert "+76 tokens from A to B" in shown
    lines = [line.split() for line in shown.splitlines()]
    assert ["autocad", "532", "608", "+76"] in lines
    assert ["grace@studio.example", "280", "320", "+40"] in lines


def test_by_default_each_use_is_charged_at_the_rate_of_its_own_time_and_at_a_date_at_that_dates(tmp_path):
    folder = office(tmp_path)  # two charges of AutoCAD in March 2026
    path = written(tmp_path, "s.csv", HEAD + "autocad,7,2021-12-21,day,v,d\nautocad,9,2026-03-03,day,v,d\n")
    usage = ["--usage", folder / "sessions.csv", "--usage", folder / "account.toml"]
    dated = run_json("rates", "diff", path, path, *usage)["cost"]
    assert (dated["a"], dated["b"], dated["difference"]) == ("16", "16", "0")
    fixed = run_json("rates", "diff", path, path, *usage, "--at-a", "2026-03-02", "--at-b", "2026-03-03")["cost"]
    assert (fixed["a"], fixed["b"], fixed["difference"]) == ("14", "18", "4")
    shown = run("rates", "diff", path, path, *usage, "--at-a", "2026-03-03").stdout
    assert "18 tokens under A, at its rates of 2026-03-03 00:00 UTC throughout" in shown
    assert "-2 tokens from A to B" in shown


def test_a_sheet_that_begins_later_can_be_charged_as_if_it_held(tmp_path):
    folder = office(tmp_path)
    later = written(tmp_path, "later.csv", HEAD + "autocad,9,2030-01-01,day,v,d\ncfd,1,2030-01-01,result,v,d\n")
    arguments = ["rates", "diff", folder / "rates.toml", later, "--usage", folder]
    assert run_json(*arguments)["cost"]["uses"] == 0
    (folder / "later.csv").rename(folder / "later.foo")
    moved = ["rates", "diff", folder / "rates.toml", tmp_path / "elsewhere.csv", "--usage", folder, "--at-b", "2030-01-01"]
    written(tmp_path, "elsewhere.csv", (folder / "later.foo").read_text("utf-8"))
    assert run_json(*moved)["cost"]["b"] == "18"
    assert "Not read:" in run(*moved).stderr


def test_use_that_one_side_cannot_rate_is_in_neither_total_and_set_aside_with_the_reason(tmp_path, old, new):
    usage = written(
        tmp_path,
        "log.csv",
        "user,product,opened_at\nada,maya,2026-03-02T08:00Z\nada,maya,2026-03-04T08:00Z\nada,autocad,2026-03-02T08:00Z\n"
        "bob,3ds-max,2026-03-02T08:00Z\nbob,sketchup,2026-03-02T08:00Z\nbob,autocad,then\n",
    )
    result = run("rates", "diff", old, new, "--usage", usage)
    assert result.exit_code == 3
    assert "ada's maya from 2026-03-02T08:00:00+00:00 and 1 more: no rate for 'maya' (no sheet names that product" in result.stdout
    cost = run_json("rates", "diff", old, new, "--usage", usage)["cost"]
    assert (cost["a"], cost["b"], cost["uses"]) == ("7", "7.5", 1)
    reasons = {item["where"]: item["reason"] for item in cost["set_aside"]}
    assert reasons[f"{usage}: row 7: opened_at"].startswith("'then' is not")
    assert reasons["ada's maya from 2026-03-02T08:00:00+00:00"].endswith("under B")
    assert reasons["bob's 3ds-max from 2026-03-02T08:00:00+00:00"].endswith("under A")
    both = reasons["bob's sketchup from 2026-03-02T08:00:00+00:00"]
    assert "under A; no rate" in both


def test_c10_results_under_a_rate_of_another_basis_are_set_aside(tmp_path, old, new):
    usage = written(tmp_path, "results.csv", "user,product,at,quantity\nada,cfd,2026-03-02T08:00Z,2\n")
    cost = run_json("rates", "diff", old, new, "--usage", usage)["cost"]
    assert (cost["a"], cost["by_user"]) == ("0", [])
    assert "its rate is a day rate, and this is use charged a result" in cost["set_aside"][0]["reason"]
    assert "By user" not in run("rates", "diff", old, new, "--usage", usage).stdout


def test_r3_use_whose_rate_is_undecided_is_set_aside(tmp_path, old):
    folder = tmp_path / "two"
    folder.mkdir()
    written(folder, "a.csv", HEAD + "maya,6,2021-12-21,day,one,x\n")
    written(folder, "b.csv", HEAD + "maya,8,2021-12-21,day,two,x\n")
    usage = written(tmp_path, "log.csv", "user,product,opened_at\nada,maya,2026-03-02T08:00Z\n")
    cost = run_json("rates", "diff", old, folder, "--usage", usage)["cost"]
    assert cost["set_aside"][0]["reason"] == "sheets disagree on the rate for 'maya' under B"
    decided = run_json("rates", "diff", old, folder, "--usage", usage, "--precedence", "two", "--at-b", "2026-01-01")["cost"]
    assert (decided["a"], decided["b"], decided["set_aside"]) == ("6", "8", [])


def test_beside_the_installed_providers_products_are_known_by_the_vendors_names(tmp_path, old):
    usage = written(
        tmp_path, "log.csv", "user,product,opened_at\nada,AutoCAD 2026,2026-03-02T08:00Z\nbob,Sketchy,2026-03-02T08:00Z\n"
    )
    cost = run_json("rates", "diff", old, "installed", "--usage", usage)["cost"]
    assert (cost["a"], cost["b"]) == ("7", "7")
    assert cost["set_aside"][0]["reason"] == "no product is known as 'Sketchy'"


def test_the_times_in_usage_without_a_zone_are_read_in_the_one_that_is_named(tmp_path, old, new):
    usage = written(tmp_path, "log.csv", "user,product,opened_at\nada,autocad,2026-03-02T08:00\n")
    assert run("rates", "diff", old, new, "--usage", usage).exit_code == 3
    assert run("rates", "diff", old, new, "--usage", usage, "--times-in", "Europe/London").exit_code == 0


def test_the_json_schema_has_just_these_fields(tmp_path):
    a = studio_sheet(tmp_path, "a")
    diff = run_json("rates", "diff", a, studio_sheet(tmp_path, "b", autocad=8), "--usage", STUDIO)
    assert diff["schema"] == "flexlib-rates-diff/1"
    assert list(diff) == ["schema", "a", "b", "region", "changes", "unchanged", "cost", "failures"]
    assert list(diff["changes"][0]) == ["product", "change", "a", "b", "notes"]
    assert list(diff["cost"]) == ["a", "b", "difference", "uses", "by_product", "by_user", "set_aside"]
    assert list(diff["cost"]["by_user"][0]) == ["name", "a", "b", "difference"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.toml", "{old}"], 1, "nowhere.toml: there is no such file or folder"),
        (["{old}"], 2, "Missing argument 'B'"),
        (["{old}", "{old}", "--usage", "{old}"], 1, "no sessions or results in"),
        (["{old}", "{old}", "--usage", "nowhere.csv"], 1, "nowhere.csv: there is no such file or folder"),
        (["{old}", "{old}", "--at-b", "2026-02-30"], 2, "'2026-02-30' is not a date"),
        (["{old}", "{old}", "--at-a", "sometime"], 2, "'sometime' is not an ISO 8601 instant"),
    ],
)
def test_what_is_wrong_is_said_in_one_message_without_a_traceback(old, arguments, code, message):
    result = run("rates", "diff", *(argument.format(old=old) for argument in arguments))
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.output
