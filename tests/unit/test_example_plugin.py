"""The example plugin keeps the contract, is found by its entry point, and is what the tutorial builds."""

import importlib
import importlib.util
import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flexlib import load_plugins
from flexlib.testing import check_rate_provider

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "flexlib-rates-example"
TUTORIAL = ROOT / "docs" / "tutorials" / "write-a-rate-provider.md"
PROJECT = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))["project"]
POINTS = PROJECT["entry-points"]["flexlib"]
FILES = re.compile(r"^```\{code-block\} \w+\n:caption: (\S+)\n\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def source(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLE / "src"))


def test_its_provider_keeps_the_contract():
    [module] = POINTS.values()
    for provider in importlib.import_module(module).flexlib_rate_providers():
        check_rate_provider(provider)


def test_its_provider_of_fetched_rates_keeps_the_contract(tmp_path):
    example = importlib.import_module("flexlib_rates_example")
    caching = importlib.import_module("flexlib_rates_example.caching")
    monday = datetime(2026, 3, 2, 8, tzinfo=UTC)
    regions, groups = example.ExampleRates.regions, example.ExampleRates.region_groups
    check_rate_provider(
        caching.FetchedRates("fetched", example.SHEET.read_bytes, tmp_path, timedelta(days=1), lambda: monday, regions, groups)
    )


def test_its_entry_point_is_found_under_its_distribution(tmp_path, monkeypatch):
    info = tmp_path / f"{PROJECT['name'].replace('-', '_')}-{PROJECT['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {PROJECT['name']}\nVersion: {PROJECT['version']}\n")
    (info / "entry_points.txt").write_text("\n".join(["[flexlib]", *(f"{name} = {value}" for name, value in POINTS.items())]))
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    registry = load_plugins(only=POINTS, strict=True)
    assert [(plugin.name, plugin.distribution, plugin.version) for plugin in registry.plugins] == [
        ("example", "flexlib-rates-example", PROJECT["version"])
    ]
    assert [provider.name for provider in registry.providers] == ["example"]


def test_its_rates_say_that_they_are_made_up():
    [provider] = importlib.import_module("flexlib_rates_example").flexlib_rate_providers()
    documents = {rate.source.document for sheet in provider.rate_sheets(None) for rate in sheet.rates}
    assert all(document.startswith("made-up figures") for document in documents)


def test_importing_it_loads_no_plugin_and_fetches_nothing():
    spec = importlib.util.find_spec("flexlib_rates_example")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.reader.cache_info().currsize == 0


def test_the_tutorial_ends_with_the_files_of_the_example():
    shown = dict(FILES.findall(TUTORIAL.read_text("utf-8")))  # of two versions of a file, the later
    assert {"pyproject.toml", "src/flexlib_rates_example/__init__.py", "tests/test_rates.py"} <= shown.keys()
    del shown["usage.csv"]  # the reader's, and no part of the plugin
    for name, text in shown.items():
        assert text == (EXAMPLE / name).read_text("utf-8"), f"{name} differs between the tutorial and the example"
