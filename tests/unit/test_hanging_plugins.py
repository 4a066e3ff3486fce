"""Plugins that never come back, and distributions that cannot be read or are there twice: the others serve on."""

import time

import pytest
from plugin_factory import PluginSite, provider

from flexlib import PluginLoadError, load_plugins

HANG = "import threading; threading.Event().wait()"


@pytest.fixture
def site(tmp_path, monkeypatch):
    site = PluginSite(tmp_path, monkeypatch)
    site.install("good", provider("Good"))
    return site


@pytest.mark.parametrize(
    ("source", "stage"),
    [
        (HANG, "import"),
        (provider("Slow", providers=HANG), "flexlib_rate_providers"),
        ("import flexlib\n\n@flexlib.hookimpl\ndef flexlib_load_rate_sheet(path):\n    " + HANG, "flexlib_load_rate_sheet"),
        (provider("Slow", sheets=HANG), "rate_sheets"),
    ],
)
def test_a_plugin_that_hangs_is_a_failure_after_the_stated_time_and_the_good_one_serves(site, tmp_path, source, stage):
    site.install("a_slow_one", source)
    began = time.monotonic()
    registry = load_plugins(only=[*site.names, "files"], patience=0.5)
    (tmp_path / "s.csv").write_text("product,tokens,effective_from\nmaya,6,2021-09-24\n", "utf-8")
    assert registry.read_rate_sheet(tmp_path / "s.csv").name == "s"
    sheets, failures = registry.rate_sheets()
    assert [sheet.name for sheet in sheets] == ["Good sheet"]
    if stage != "flexlib_load_rate_sheet":
        [failure] = [*registry.failures, *failures]
        assert (failure.name, failure.stage, failure.error) == (
            "a_slow_one",
            stage,
            "TimeoutError: it did not finish within 0.5 seconds",
        )
    assert time.monotonic() - began < 30


def test_a_reader_that_hangs_is_named_where_no_other_reads_the_file(site, tmp_path):
    site.install("slow", "import flexlib\n\n@flexlib.hookimpl\ndef flexlib_load_rate_sheet(path):\n    " + HANG)
    with pytest.raises(PluginLoadError, match=r"'slow'.*did not finish within 0.5 seconds"):
        load_plugins(only=site.names, patience=0.5, strict=True).read_rate_sheet(tmp_path / "x.foo")


def test_a_distribution_whose_entry_points_cannot_be_read_is_a_failure_of_its_own(site):
    info = site.folder / "flexlib_odd-3.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: flexlib-odd\nVersion: 3.0\n", "utf-8")
    (info / "entry_points.txt").write_text("[flexlib]\nthis is no entry point\n", "utf-8")
    registry = load_plugins()
    [failure] = [failure for failure in registry.failures if failure.distribution == "flexlib-odd"]
    assert (failure.stage, failure.version) == ("metadata", "3.0")
    assert "good" in [plugin.name for plugin in registry.plugins]


def test_a_distribution_that_is_installed_twice_counts_as_the_path_finds_it_first(site, tmp_path, monkeypatch):
    (tmp_path / "first").mkdir()
    first = PluginSite(tmp_path / "first", monkeypatch)
    first.install("good", provider("First"), version="2.0")
    registry = load_plugins(only=["good"])
    assert [(plugin.name, plugin.version) for plugin in registry.plugins] == [("good", "2.0")]
    assert registry.failures == ()
    assert [owner.version for owner in registry.owners] == ["2.0"]


@pytest.mark.parametrize("stage", ["import", "flexlib_rate_providers"])
def test_a_plugin_that_loads_all_plugins_while_it_is_loaded_is_a_failure_and_not_a_circle(site, stage):
    load = "flexlib.load_rates()"
    site.install("circle", provider("C", providers=load) if stage != "import" else f"import flexlib\n{load}\n")
    [failure] = load_plugins(only=site.names).failures
    assert (failure.name, failure.stage) == ("circle", stage)
    assert "a plugin loads all plugins while it is loaded itself" in failure.error


def test_a_plugin_may_load_named_plugins_at_any_time(site):
    site.install("nested", provider("N", providers='flexlib.load_plugins(only=["files"]); return [Provider()]'))
    assert load_plugins(only=site.names).failures == ()


def test_an_implementation_takes_those_of_the_hooks_arguments_that_it_names(site, tmp_path):
    site.install(
        "bare", "import flexlib\n\n@flexlib.hookimpl\ndef flexlib_load_rate_sheet():\n    return flexlib.RateSheet('bare', [])\n"
    )
    assert load_plugins(only=site.names).read_rate_sheet(tmp_path / "x.foo").name == "bare"


def test_entry_points_that_are_no_text_are_a_failure_of_their_distribution(tmp_path, monkeypatch):
    info = PluginSite(tmp_path, monkeypatch).folder / "flexlib_bytes-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: flexlib-bytes\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_bytes(b"[flexlib]\n\xff = x\n")
    [failure] = [failure for failure in load_plugins().failures if failure.distribution == "flexlib-bytes"]
    assert failure.stage == "metadata"
