"""``flexlib plugins``: the plugins, what they bring, and those that failed."""

from command import run, run_json
from plugin_factory import PluginSite, provider, reader


def plugin(listed, name):
    [found] = [plugin for plugin in listed["plugins"] if plugin["name"] == name]
    return found


def test_the_built_in_plugins_are_listed_with_their_providers_and_sheets():
    listed = run_json("plugins")
    assert listed["schema"] == "flexlib-plugins/1"
    [published] = plugin(listed, "published")["providers"]
    assert (published["name"], published["regions"], published["groups"]) == ("published", [], {})
    assert [sheet["name"] for sheet in published["sheets"]] == ["published"]
    assert published["sheets"][0]["rates"] > 20
    assert plugin(listed, "files")["providers"] == []


def test_an_installed_plugin_is_listed_with_its_distribution_version_regions_groups_and_sheets(tmp_path, monkeypatch):
    source = provider("Vendor", sheets="return [sheet(7), RateSheet('none yet', [])]")
    source += "\nProvider.region_groups = {'EMEA': ['GB', 'DE']}\n"
    PluginSite(tmp_path, monkeypatch).install("prices", source, version="2.3")
    found = plugin(run_json("plugins"), "prices")
    assert found == {
        "name": "prices",
        "distribution": "flexlib-prices",
        "version": "2.3",
        "providers": [
            {
                "name": "Vendor",
                "regions": ["EMEA"],
                "groups": {"EMEA": ["DE", "GB"]},
                "sheets": [{"name": "Vendor sheet", "rates": 1}, {"name": "none yet", "rates": 0}],
            }
        ],
    }
    shown = run("plugins")
    assert shown.exit_code == 0
    assert "EMEA of Vendor: DE, GB" in shown.stdout
    assert "flexlib-prices" in shown.stdout


def test_a_plugin_that_only_reads_files_is_listed_without_providers(tmp_path, monkeypatch):
    PluginSite(tmp_path, monkeypatch).install("foo", reader())
    assert plugin(run_json("plugins"), "foo")["providers"] == []


def test_a_provider_without_sheets_is_listed(tmp_path, monkeypatch):
    PluginSite(tmp_path, monkeypatch).install("prices", provider("Vendor", sheets="return []"))
    assert plugin(run_json("plugins"), "prices")["providers"][0]["sheets"] == []
    assert run("plugins").exit_code == 0


def test_two_providers_of_one_plugin_are_both_its_own(tmp_path, monkeypatch):
    providers = "two = Provider(); two.name = 'Two'; return [Provider(), two]"
    PluginSite(tmp_path, monkeypatch).install("many", provider("One", providers=providers))
    assert [found["name"] for found in plugin(run_json("plugins"), "many")["providers"]] == ["One", "Two"]


def test_broken_plugins_are_listed_with_the_stage_and_the_error_and_the_exit_code_says_so(tmp_path, monkeypatch):
    site = PluginSite(tmp_path, monkeypatch)
    site.install("broken", "raise SystemExit(7)", version="2.0")
    site.install("empty", provider("Empty", sheets="raise ValueError('the price service is away')"))
    result = run("plugins", "--json")
    assert result.exit_code == 3
    listed = run_json("plugins")
    assert listed["failures"] == [
        {"name": "broken", "distribution": "flexlib-broken", "version": "2.0", "stage": "import", "error": "SystemExit: 7"},
        {
            "name": "empty",
            "distribution": "flexlib-empty",
            "version": "1.0",
            "stage": "rate_sheets",
            "error": "ValueError: the price service is away",
        },
    ]
    assert plugin(listed, "empty")["providers"][0]["sheets"] == []
    shown = run("plugins")
    assert shown.exit_code == 3
    assert "plugin 'broken' of flexlib-broken 2.0 failed at import: SystemExit: 7" in shown.stdout


def test_the_json_schema_has_just_these_fields():
    listed = run_json("plugins")
    assert list(listed) == ["schema", "plugins", "failures"]
    assert list(plugin(listed, "published")) == ["name", "distribution", "version", "providers"]
    assert list(plugin(listed, "published")["providers"][0]) == ["name", "regions", "groups", "sheets"]
