"""Plugins that work: what is loaded, in which order, and what the registry holds."""

import pytest
from plugin_factory import PluginSite, provider, reader

from flexlib import FormatError, InvalidValueError, PluginInfo, RateProvider, RateSheet, hookimpl, load_plugins, read_rate_sheet

BUILT_IN = PluginInfo("files", "flexlib", "built in")


@pytest.fixture
def site(tmp_path, monkeypatch):
    return PluginSite(tmp_path, monkeypatch)


def names(registry):
    """Return the names of the plugins that serve."""
    return [plugin.name for plugin in registry.plugins]


def test_an_installed_plugin_is_found_with_its_distribution_and_version(site):
    site.install("prices", provider("Autodesk"), version="2.5")
    registry = load_plugins(only=site.names)
    assert registry.plugins == (PluginInfo("prices", "flexlib-prices", "2.5"),)
    assert [found.name for found in registry.providers] == ["Autodesk"]
    assert registry.failures == ()


def test_the_built_in_readers_are_a_plugin_that_is_loaded_first(site):
    site.install("a_first_name", provider("A"))
    assert load_plugins(only=["files", *site.names]).plugins[0] == BUILT_IN


def test_plugins_and_their_providers_stand_in_order_of_the_names(site):
    for name in ("zinc", "alum", "iron"):
        site.install(name, provider(name.title()))
    registry = load_plugins(only=site.names)
    assert names(registry) == ["alum", "iron", "zinc"]
    assert [found.name for found in registry.providers] == ["Alum", "Iron", "Zinc"]


def test_only_leaves_all_others_unloaded(site):
    site.install("wanted", provider("Wanted"))
    site.install("other", "raise RuntimeError('it was loaded')")
    registry = load_plugins(only=["wanted"])
    assert names(registry) == ["wanted"]
    assert registry.failures == ()


def test_a_lone_name_may_be_given_as_a_text(site):
    site.install("wanted", provider("Wanted"))
    site.install("other", "raise RuntimeError('it was loaded')")
    assert names(load_plugins(only="wanted")) == ["wanted"]
    assert "other" not in names(load_plugins(block="other"))


def test_only_nothing_loads_nothing(site):
    site.install("other", "raise RuntimeError('it was loaded')")
    registry = load_plugins(only=())
    assert (registry.plugins, registry.providers, registry.failures) == ((), (), ())


def test_block_leaves_a_plugin_unloaded_even_one_that_is_wanted(site):
    site.install("wanted", provider("Wanted"))
    site.install("broken", "raise RuntimeError('it was loaded')")
    registry = load_plugins(only=site.names, block=["broken"], strict=True)
    assert names(registry) == ["wanted"]


def test_the_built_in_plugin_can_be_blocked_like_any_other(tmp_path):
    (tmp_path / "s.csv").write_text("product,tokens,effective_from\n")
    with pytest.raises(FormatError, match="no plugin reads rate sheets of this kind"):
        load_plugins(only=["files"], block=["files"]).read_rate_sheet(tmp_path / "s.csv")


def test_a_plugin_may_be_an_object_with_hooks_as_methods(site):
    source = (
        provider("Autodesk")
        + "\nclass Plugin:\n    flexlib_rate_providers = staticmethod(flexlib_rate_providers)\nplugin = Plugin()\n"
    )
    site.install("prices", source, entry=":plugin")
    assert [found.name for found in load_plugins(only=site.names).providers] == ["Autodesk"]


def test_a_plugin_may_bring_several_providers_or_none(site):
    site.install("many", provider("One", providers="two = Provider(); two.name = 'Two'; yield Provider(); yield two"))
    site.install("none", provider("None", providers="return []"))
    registry = load_plugins(only=site.names)
    assert [found.name for found in registry.providers] == ["One", "Two"]
    assert names(registry) == ["many", "none"]
    assert registry.failures == ()


def test_a_hook_may_name_what_it_implements_by_specname(site):
    source = provider("Autodesk").replace(
        "hookimpl\ndef flexlib_rate_providers", "hookimpl(specname='flexlib_rate_providers')\ndef mine"
    )
    site.install("prices", source)
    assert [found.name for found in load_plugins(only=site.names).providers] == ["Autodesk"]


def test_a_registry_is_a_value_and_loading_leaves_nothing_behind(site):
    site.install("good", provider("Good"))
    site.install("broken", "raise RuntimeError('boom')")
    first = load_plugins(only=["files", *site.names])
    blocked = load_plugins(only=["files", *site.names], block=["good"])
    again = load_plugins(only=["files", *site.names])
    assert (again.plugins, again.failures) == (first.plugins, first.failures)
    assert names(first) == ["files", "good"]
    assert names(blocked) == ["files"]
    assert [found.name for found in first.providers] == ["Good"]
    assert first.rate_sheets() == again.rate_sheets()


def test_a_plugin_installed_later_is_found_at_the_next_load(site):
    assert "late" not in names(load_plugins())
    site.install("late", provider("Late"))
    assert names(load_plugins(only=["late"])) == ["late"]


def test_rate_sheets_passes_the_region_to_each_provider(site):
    site.install("prices", provider("P", sheets="return [sheet(7, region=region)] if region == 'EMEA' else [sheet(9)]"))
    registry = load_plugins(only=site.names)
    [of_emea], failures = registry.rate_sheets("EMEA")
    [of_all], _ = registry.rate_sheets()
    assert (of_emea.rates[0].region, of_all.rates[0].region) == ("EMEA", None)
    assert failures == []


def test_a_plugin_reads_rate_sheets_of_a_kind_of_its_own(site, tmp_path):
    site.install("foo", reader())
    path = tmp_path / "prices.foo"
    assert load_plugins(only=["files", *site.names]).read_rate_sheet(path).name == "prices"
    assert read_rate_sheet(str(path)).name == "prices"


def test_the_first_plugin_whose_kind_a_file_is_reads_it(site, tmp_path):
    site.install("b_foo", reader("return RateSheet('from b', [])"))
    site.install("a_foo", reader("return RateSheet('from a', [])"))
    assert load_plugins(only=site.names).read_rate_sheet(tmp_path / "x.foo").name == "from a"


def test_a_format_error_of_a_plugins_reader_reaches_the_caller_and_ends_the_look_up(site, tmp_path):
    site.install("a_foo", reader("raise FormatError(str(path), 'row 9', 'tokens', 'it is odd')"))
    site.install("b_foo", reader())
    for strict in (False, True):
        with pytest.raises(FormatError, match=r"x\.foo: row 9: tokens: it is odd"):
            load_plugins(only=site.names, strict=strict).read_rate_sheet(tmp_path / "x.foo")


def test_a_plugin_may_use_the_protocol_and_the_mark_from_flexlib_itself():
    class Mine:
        name, regions = "Mine", ()

        def rate_sheets(self, region):
            return [RateSheet(region or "everywhere", [])]

    @hookimpl
    def flexlib_rate_providers():
        return [Mine()]

    assert isinstance(flexlib_rate_providers()[0], RateProvider)
    assert not isinstance(object(), RateProvider)


def test_a_plugin_that_is_asked_for_and_not_there_is_an_error_that_names_those_that_are():
    with pytest.raises(InvalidValueError, match=r"only is 'filez': expected the name of a plugin: .*files"):
        load_plugins(only=["filez"])


def test_a_distribution_that_comes_first_on_the_path_hides_a_later_one_of_its_name_also_where_it_brings_no_plugin(
    site, tmp_path, monkeypatch
):
    site.install("ours", provider("Ours"))
    assert "ours" in [plugin.name for plugin in load_plugins().plugins]
    first = tmp_path / "first" / "flexlib_ours-2.0.dist-info"
    first.mkdir(parents=True)
    (first / "METADATA").write_text("Metadata-Version: 2.1\nName: flexlib-ours\nVersion: 2.0\n")
    monkeypatch.syspath_prepend(str(first.parent))
    assert "ours" not in [plugin.name for plugin in load_plugins().plugins]
