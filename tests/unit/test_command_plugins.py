"""The command beside plugins: rates from providers, sheets of other kinds, and broken plugins that are named."""

from command import C3_WEEK, office, run, run_json
from plugin_factory import PluginSite, provider, reader


def test_without_a_rate_sheet_the_installed_providers_are_asked(tmp_path, monkeypatch):
    PluginSite(tmp_path, monkeypatch).install("prices", provider("Vendor"))
    folder = office(tmp_path)
    (folder / "rates.toml").unlink()
    assert run_json("report", folder, "--at", "2026-04-01")["charged"] == "14"


def test_without_any_file_but_a_log_the_published_rates_and_the_vendors_names_are_used(tmp_path):
    folder = office(tmp_path, sessions=C3_WEEK + "bob,Civil 3D,2026-03-03T18:00Z,\n")
    result = run("report", folder / "sessions.csv", "--at", "2026-04-01")
    assert result.exit_code == 3
    assert "14 tokens were charged" in result.stdout
    assert "no product is known as 'Civil 3D'" in result.stdout


def test_r2_a_region_that_no_one_serves_is_said_with_the_nearest(tmp_path):
    result = run("report", office(tmp_path) / "sessions.csv", "--region", "gb")
    assert result.exit_code == 1
    assert "no one serves the region 'gb'; did you mean GB" in result.stderr


def test_a_file_of_a_kind_that_a_plugin_reads_can_be_named(tmp_path, monkeypatch):
    reading = 'return flexlib.read_rate_sheet(path.with_suffix(".toml"))'
    PluginSite(tmp_path, monkeypatch).install("foo", reader(reading))
    folder = office(tmp_path)
    (folder / "rates.foo").write_text("", "utf-8")
    report = run_json(
        "report", folder / "sessions.csv", folder / "account.toml", "--rates", folder / "rates.foo", "--at", "2026-04-01"
    )
    assert report["charged"] == "14"


def test_a_broken_plugin_is_named_and_the_report_goes_on(tmp_path, monkeypatch):
    PluginSite(tmp_path, monkeypatch).install("broken", "raise SystemExit(7)", version="2.0")
    result = run("report", office(tmp_path), "--at", "2026-04-01")
    assert result.exit_code == 0
    assert "Warning: plugin 'broken' of flexlib-broken 2.0 failed at import: SystemExit: 7" in result.stderr
