"""The pytest suite and fixture, in the project of a plugin's author."""

import pytest

from flexlib import load_plugins

pytest_plugins = ["pytester", "flexlib.testing.pytest_plugin"]

PLUGIN = """
from datetime import date

from flexlib import Rate, RateSheet, Source


class AcmeRates:
    name = "acme"
    regions = ()

    def rate_sheets(self, region):
        source = Source("acme", "Made-up price list")
        return [RateSheet("acme", [Rate("widget", 3, effective_from=date(2026, 1, 1), source=source)])]


class GuessedRates(AcmeRates):
    def rate_sheets(self, region):
        return [RateSheet("acme", [Rate("widget", 3, effective_from=date(2026, 1, 1))])]
"""
TESTS = """
import pytest

from flexlib.testing import RateProviderSuite
from flexlib_acme import {provider}


class TestAcmeRates(RateProviderSuite):
    @pytest.fixture
    def rate_provider(self):
        return {provider}()
"""
FIXTURE_TEST = """
from flexlib.testing import check_rate_provider


def test_each(installed_rate_providers):
    assert "acme" in [provider.name for provider in installed_rate_providers]
    check_rate_provider(next(provider for provider in installed_rate_providers if provider.name == "acme"))
"""
HOOK = """

import flexlib

@flexlib.hookimpl
def flexlib_rate_providers():
    return [AcmeRates()]
"""


@pytest.fixture
def project(pytester, monkeypatch):
    """Return the folder of a plugin's project, as pytest finds it."""
    pytester.makepyfile(flexlib_acme=PLUGIN + HOOK)
    info = pytester.mkdir("flexlib_acme-1.0.dist-info")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: flexlib-acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[flexlib]\nacme = flexlib_acme\n")
    monkeypatch.setenv("PYTHONPATH", str(pytester.path))
    return pytester


def run(project):
    return project.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:xdist", "-W", "error")


def test_the_suite_passes_for_a_good_provider(project):
    project.makepyfile(test_acme=TESTS.format(provider="AcmeRates"))
    run(project).assert_outcomes(passed=12)


def test_the_suite_fails_for_a_bad_provider_by_the_name_of_the_check(project):
    project.makepyfile(test_acme=TESTS.format(provider="GuessedRates"))
    done = run(project)
    done.assert_outcomes(passed=11, failed=1)
    done.stdout.fnmatch_lines(["FAILED test_acme.py::TestAcmeRates::test_sources*"])


def test_the_fixture_gives_the_installed_providers_to_those_who_name_the_plugin(project):
    project.makeconftest('pytest_plugins = ["flexlib.testing.pytest_plugin"]')
    project.makepyfile(test_acme=FIXTURE_TEST)
    run(project).assert_outcomes(passed=1)


def test_the_fixture_gives_what_load_plugins_gives(installed_rate_providers):
    names = [provider.name for provider in installed_rate_providers]
    assert names == [provider.name for provider in load_plugins(strict=True).providers]
