"""Plugins that break: each is reported with its name, distribution, version and stage, and the good one beside it serves on."""

import traceback

import pytest
from plugin_factory import PluginSite, provider, reader

from flexlib import (
    DuplicateProviderError,
    FormatError,
    PluginFailure,
    PluginInfo,
    PluginLoadError,
    PluginWarning,
    load_plugins,
    load_rates,
)

IMPORT, REGISTER, PROVIDERS = "import", "register", "flexlib_rate_providers"
HOOK = "import flexlib\n\n@flexlib.hookimpl\ndef "
BROKEN_ERROR = "class Broken(Exception):\n    def __str__(self):\n        raise ValueError\n"

LOADING = {
    "a missing import": ("import no_module_of_this_name", IMPORT, "ModuleNotFoundError: No module named 'no_module_of_this_name'"),
    "an error at import": ("1 / 0", IMPORT, "ZeroDivisionError: division by zero"),
    "SystemExit at import": ("raise SystemExit(3)", IMPORT, "SystemExit: 3"),
    "a syntax error": ("def (", IMPORT, "SyntaxError: "),
    "an error that breaks": (f"{BROKEN_ERROR}\nraise Broken", IMPORT, "Broken, which cannot say what is wrong"),
    "an error of flexlib": ("import flexlib\nraise flexlib.FormatError('f', None, None, 'odd')", IMPORT, "f: odd"),
    "a misspelt hook": (f"{HOOK}flexlib_rate_provider():\n    return []", REGISTER, "unknown hook 'flexlib_rate_provider'"),
    "a wrong signature": (f"{HOOK}flexlib_load_rate_sheet(file):\n    return None", REGISTER, "PluginValidationError: "),
    "no mark": (
        "def flexlib_rate_providers():\n    return []",
        REGISTER,
        "it implements no hook: mark its functions with flexlib.hookimpl",
    ),
    "an empty module": ("", REGISTER, "TypeError: it implements no hook"),
    "one hook of two": (
        provider("X") + HOOK + "flexlib_rate_provider():\n    return []",
        REGISTER,
        "unknown hook 'flexlib_rate_provider'",
    ),
    "a raising hook": (provider("X", providers="raise ValueError('boom')"), PROVIDERS, "ValueError: boom"),
    "SystemExit in a hook": (provider("X", providers="raise SystemExit(3)"), PROVIDERS, "SystemExit: 3"),
    "FormatError in a hook": (provider("X", providers="raise flexlib.FormatError('f', None, None, 'odd')"), PROVIDERS, "f: odd"),
    "a raising iterator": (provider("X", providers="yield Provider(); raise ValueError('boom')"), PROVIDERS, "ValueError: boom"),
    "no iterable": (provider("X", providers="return 5"), PROVIDERS, "TypeError: it returned 5"),
    "None": (provider("X", providers="return None"), PROVIDERS, "TypeError: it returned None"),
    "a lone provider": (provider("X", providers="return Provider()"), PROVIDERS, "which cannot be iterated over"),
    "wrong items": (provider("X", providers="return [5]"), PROVIDERS, "TypeError: it returned 5, no RateProvider"),
    "one wrong item": (provider("X", providers="return [Provider(), None]"), PROVIDERS, "it returned None, no RateProvider"),
    "no name": (provider("X", providers="del Provider.name; return [Provider()]"), PROVIDERS, "no RateProvider: one has a name"),
    "a blank name": (provider(" "), PROVIDERS, "TypeError: its provider's name is ' ', not text"),
    "a name that is no text": (provider("X", providers="Provider.name = 5; return [Provider()]"), PROVIDERS, "name is 5, not text"),
    "a name that raises": (
        provider("X", providers="Provider.name = property(lambda self: 1 / 0); return [Provider()]"),
        PROVIDERS,
        "ZeroDivisionError: division by zero",
    ),
    "regions as one text": (
        provider("X", providers="Provider.regions = 'EMEA'; return [Provider()]"),
        PROVIDERS,
        "the regions of its provider 'X' are no collection of texts",
    ),
    "regions of numbers": (
        provider("X", providers="Provider.regions = [1]; return [Provider()]"),
        PROVIDERS,
        "the regions of its provider 'X' are no collection of texts",
    ),
    "regions that are none": (provider("X", providers="Provider.regions = None; return [Provider()]"), PROVIDERS, "TypeError: "),
    "endless providers": (
        provider("X", providers="while True: yield Provider()"),
        PROVIDERS,
        "it yields more than 1000 items and may never stop",
    ),
    "endless regions": (
        provider("X", providers="import itertools; Provider.regions = itertools.repeat('EMEA'); return [Provider()]"),
        PROVIDERS,
        "it yields more than 1000 items and may never stop",
    ),
    "one name twice": (provider("X", providers="return [Provider(), Provider()]"), PROVIDERS, "the name 'X' is taken twice"),
}

SHEETS = {
    "an error": ("raise ValueError('boom')", "ValueError: boom"),
    "SystemExit": ("raise SystemExit(3)", "SystemExit: 3"),
    "FormatError": ("raise flexlib.FormatError('f', 'row 2', None, 'odd')", "f: row 2: odd"),
    "None": ("return None", "TypeError: it returned None"),
    "a lone sheet": ("return sheet(5)", "which cannot be iterated over"),
    "wrong items": ("return [sheet(5), 5]", "TypeError: it returned 5, no RateSheet"),
    "a text": ("return 'sheet'", "TypeError: it returned 's', no RateSheet"),
    "an endless iterator": ("while True: yield sheet(5)", "it yields more than 1000 items and may never stop"),
    "a name that changes": ("self.name = None; raise ValueError('boom')", "ValueError: boom"),
}

READERS = {
    "an error": ("raise ValueError('boom')", "ValueError: boom"),
    "SystemExit": ("raise SystemExit(3)", "SystemExit: 3"),
    "rubbish": ("return 5", "TypeError: it returned 5, no RateSheet"),
    "False": ("return False", "TypeError: it returned False, no RateSheet"),
}


@pytest.fixture
def site(tmp_path, monkeypatch):
    site = PluginSite(tmp_path, monkeypatch)
    site.install("good", provider("Good"))
    return site


def the_one(failures):
    """Return the one failure."""
    [failure] = failures
    assert isinstance(failure, PluginFailure)
    return failure


@pytest.mark.parametrize("name", ["a_broken", "z_broken"], ids=["before", "after"])
@pytest.mark.parametrize(("source", "stage", "said"), LOADING.values(), ids=LOADING)
def test_a_plugin_that_breaks_at_loading_is_reported_and_the_good_one_before_or_after_it_serves_on(site, name, source, stage, said):
    site.install(name, source, version="0.9")
    registry = load_plugins(only=site.names)
    failure = the_one(registry.failures)
    assert (failure.name, failure.distribution, failure.version, failure.stage) == (name, f"flexlib-{name}", "0.9", stage)
    assert said in failure.error
    assert str(failure) == f"plugin {name!r} of flexlib-{name} 0.9 failed at {stage}: {failure.error}"
    assert "Good" in [found.name for found in registry.providers]
    assert "Good sheet" in [sheet.name for sheet in registry.rate_sheets()[0]]


@pytest.mark.parametrize("kind", [kind for kind in LOADING if kind != "one name twice"])
def test_a_plugin_that_breaks_at_loading_raises_under_strict_with_all_that_is_known_of_it(site, kind):
    source, stage, said = LOADING[kind]
    site.install("broken", source, version="0.9")
    with pytest.raises(PluginLoadError) as caught:
        load_plugins(only=site.names, strict=True)
    error = caught.value
    assert (error.plugin, error.distribution, error.version, error.stage) == ("broken", "flexlib-broken", "0.9", stage)
    assert said in error.error
    assert error.__cause__ is not None


@pytest.mark.parametrize("kind", LOADING)
def test_a_plugin_that_breaks_before_it_is_registered_serves_in_nothing(site, kind):
    source, stage, _ = LOADING[kind]
    site.install("broken", source)
    served = [plugin.name for plugin in load_plugins(only=site.names).plugins]
    assert ("broken" in served) == (stage == PROVIDERS)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (":missing", "AttributeError: "),
        (":NOTHING", "TypeError: its entry point names None"),
        (":)(", "Error: "),
    ],
)
def test_an_entry_point_that_names_nothing_is_reported(site, entry, said):
    site.install("broken", "NOTHING = None", entry=entry)
    failure = the_one(load_plugins(only=site.names).failures)
    assert (failure.name, failure.stage) == ("broken", IMPORT)
    assert said in failure.error


def test_two_entry_points_that_name_one_module_are_reported_as_the_second_fails_to_register(site):
    module = site.install("first", provider("First"))
    site.register("second", module)
    registry = load_plugins(only=site.names)
    failure = the_one(registry.failures)
    assert (failure.name, failure.stage) == ("second", REGISTER)
    assert [found.name for found in registry.providers] == ["First", "Good"]


def test_two_providers_of_one_name_are_reported_with_both_plugins_and_the_first_serves(site):
    site.install("better", provider("Good", sheets="return [sheet(8)]"))
    registry = load_plugins(only=site.names)
    failure = the_one(registry.failures)
    assert (failure.name, failure.stage) == ("good", PROVIDERS)
    assert failure.error == "the name 'Good' is taken twice, by better and by good: block one of them"
    assert registry.rate_sheets()[0][0].rates[0].tokens == 8


def test_two_providers_of_one_name_raise_under_strict(site):
    site.install("better", provider("Good"))
    with pytest.raises(DuplicateProviderError) as caught:
        load_plugins(only=site.names, strict=True)
    assert (caught.value.name, caught.value.plugins) == ("Good", ("better", "good"))
    assert "taken twice" in "".join(traceback.format_exception(caught.value))


def test_two_providers_of_one_name_are_told_apart_by_blocking_one(site):
    site.install("better", provider("Good"))
    assert load_plugins(only=site.names, block=["better"], strict=True).failures == ()


def test_two_entry_points_of_one_name_are_reported_with_both_distributions_and_the_first_serves(site):
    site.install("good", provider("Other"), distribution="flexlib-also", version="3.0")
    registry = load_plugins(only=site.names)
    failure = the_one(registry.failures)
    assert (failure.name, failure.distribution, failure.version, failure.stage) == ("good", "flexlib-good", "1.0", REGISTER)
    assert failure.error == "the name 'good' is taken twice, by flexlib-also and by flexlib-good: block one of them"
    assert registry.plugins == (PluginInfo("good", "flexlib-also", "3.0"),)
    with pytest.raises(DuplicateProviderError, match="flexlib-also and by flexlib-good"):
        load_plugins(only=site.names, strict=True)


def test_an_entry_point_named_as_the_built_in_plugin_is_reported(site, tmp_path):
    site.install("files", reader())
    registry = load_plugins(only=site.names)
    assert the_one(registry.failures).error.startswith("the name 'files' is taken twice, by flexlib and by flexlib-files")
    (tmp_path / "s.csv").write_text("product,tokens,effective_from\n")
    assert registry.read_rate_sheet(tmp_path / "s.csv").name == "s"


def test_ten_broken_plugins_beside_a_good_one_are_all_named(site):
    kinds = list(LOADING)[::3]
    for number, kind in enumerate(kinds):
        site.install(f"broken{number}", LOADING[kind][0].replace("'X'", f"'X{number}'"))
    registry = load_plugins(only=site.names)
    assert len(kinds) == 10
    assert [failure.name for failure in registry.failures if failure.stage != PROVIDERS] == sorted(
        f"broken{number}" for number, kind in enumerate(kinds) if LOADING[kind][1] != PROVIDERS
    )
    assert sorted(failure.name for failure in registry.failures) == [f"broken{number}" for number in range(10)]
    with pytest.warns(PluginWarning) as warned:
        book = load_rates(only=site.names)
    assert sorted(str(warning.message) for warning in warned) == sorted(str(failure) for failure in registry.failures)
    assert "Good sheet" in [sheet.name for sheet in book.sheets]


@pytest.mark.parametrize(("sheets", "said"), SHEETS.values(), ids=SHEETS)
def test_a_provider_that_breaks_at_its_sheets_is_reported_and_the_good_one_serves_on(site, sheets, said):
    site.install("broken", provider("X", sheets=sheets))
    registry = load_plugins(only=site.names)
    assert registry.failures == ()
    found, failures = registry.rate_sheets()
    failure = the_one(failures)
    assert (failure.name, failure.distribution, failure.version, failure.stage) == (
        "broken",
        "flexlib-broken",
        "1.0",
        "rate_sheets",
    )
    assert said in failure.error
    assert [sheet.name for sheet in found] == ["Good sheet"]


@pytest.mark.parametrize(("sheets", "said"), SHEETS.values(), ids=SHEETS)
def test_a_provider_that_breaks_at_its_sheets_raises_under_strict(site, sheets, said):
    site.install("broken", provider("X", sheets=sheets))
    registry = load_plugins(only=site.names, strict=True)
    with pytest.raises(PluginLoadError) as caught:
        registry.rate_sheets()
    assert (caught.value.plugin, caught.value.stage) == ("broken", "rate_sheets")
    assert said in caught.value.error


@pytest.mark.parametrize(("reading", "said"), READERS.values(), ids=READERS)
def test_a_reader_that_breaks_on_a_file_is_passed_over_for_the_next(site, tmp_path, reading, said):
    site.install("a_broken", reader(reading))
    site.install("z_foo", reader())
    assert load_plugins(only=site.names).read_rate_sheet(tmp_path / "prices.foo").name == "prices"


@pytest.mark.parametrize(("reading", "said"), READERS.values(), ids=READERS)
def test_a_reader_that_breaks_is_named_where_no_other_reads_the_file(site, tmp_path, reading, said):
    site.install("broken", reader(reading))
    with pytest.raises(FormatError) as caught:
        load_plugins(only=site.names).read_rate_sheet(tmp_path / "prices.foo")
    assert caught.value.problem.startswith("no plugin reads rate sheets of this kind: give TOML, JSON or CSV; ")
    assert f"plugin 'broken' of flexlib-broken 1.0 failed at flexlib_load_rate_sheet: {said}" in caught.value.problem


@pytest.mark.parametrize(("reading", "said"), READERS.values(), ids=READERS)
def test_a_reader_that_breaks_raises_under_strict(site, tmp_path, reading, said):
    site.install("broken", reader(reading))
    with pytest.raises(PluginLoadError, match="failed at flexlib_load_rate_sheet") as caught:
        load_plugins(only=site.names, strict=True).read_rate_sheet(tmp_path / "prices.foo")
    assert said in caught.value.error


def test_a_plugin_that_failed_to_load_is_named_where_no_other_reads_the_file(site, tmp_path):
    site.install("broken", "import no_module_of_this_name")
    with pytest.raises(FormatError, match=r"plugin 'broken' of flexlib-broken 1\.0 failed at import"):
        load_plugins(only=site.names).read_rate_sheet(tmp_path / "prices.foo")


def test_ctrl_c_while_a_plugin_loads_reaches_the_caller(site):
    site.install("slow", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load_plugins(only=site.names)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # later versions of Python warn of such metadata
def test_a_distribution_whose_metadata_is_lost_is_unknown_and_its_plugin_serves(site):
    site.install("lost", provider("Lost"), distribution="flexlib-lost")
    (site.folder / "flexlib_lost-1.0.dist-info" / "METADATA").write_text("")
    assert PluginInfo("lost", "unknown", "unknown") in load_plugins(only=site.names).plugins
