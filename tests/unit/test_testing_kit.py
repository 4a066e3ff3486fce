"""The conformance kit passes a sound rate provider and finds each planted fault by the check that is meant for it."""

import json
import pickle
import subprocess
import sys

import pytest
from mutant_providers import FOUND_BY, NoSource, Plain, RefusesStrangers, SoundRates, rate

import flexlib.testing
from flexlib import FlexError, InvalidValueError, RateSheet
from flexlib.model.regions import COUNTRIES
from flexlib.testing import CHECKS, ConformanceError, Fault, RateProviderSuite, check_rate_provider, rate_provider_faults

SUITE = [name for name in vars(RateProviderSuite) if name.startswith("test_")]


class Empty(Plain):
    def sheets(self):
        return []


class ServesAll(Plain):
    region_groups = {"World": COUNTRIES}  # noqa: RUF012  # as authors write it


class ManyWithoutSource(Plain):
    def sheets(self):
        return [RateSheet("acme", [rate(product=f"widget {number:02}", source=None) for number in range(15)])]


class LastsToTheEndOfTime(Plain):
    def sheets(self):
        from datetime import UTC, datetime

        return [RateSheet("acme", [rate(effective_until=datetime.max.replace(tzinfo=UTC))])]


class Interrupted(Plain):
    def sheets(self):
        raise KeyboardInterrupt


class InterruptedLater(Plain):
    calls = 0

    def sheets(self):
        self.calls += 1
        if self.calls > 1:
            raise KeyboardInterrupt
        return super().sheets()


class NameFails:
    regions = ()

    @property
    def name(self):
        raise LookupError("none")


@pytest.mark.parametrize("provider", [SoundRates, Plain, Empty, ServesAll, LastsToTheEndOfTime])
def test_a_sound_provider_has_no_faults(provider):
    assert rate_provider_faults(provider()) == []
    check_rate_provider(provider())


@pytest.mark.parametrize("provider", FOUND_BY, ids=lambda provider: provider.__name__)
def test_a_planted_fault_is_found_by_the_check_meant_for_it_and_by_no_other(provider):
    assert {fault.check for fault in rate_provider_faults(provider())} == {FOUND_BY[provider]}


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_every_check_finds_a_planted_fault_and_has_a_test_in_the_suite(check):
    assert check in FOUND_BY.values()
    assert f"test_{check}" in SUITE
    assert CHECKS[check].endswith(".")


@pytest.mark.parametrize("provider", [RefusesStrangers, NoSource], ids=lambda provider: provider.__name__)
def test_the_suites_test_of_that_name_fails_and_the_others_pass(provider):
    failed = []
    for name in SUITE:
        try:
            getattr(RateProviderSuite(), name)(provider())
        except ConformanceError:
            failed.append(name)
    assert failed == [f"test_{FOUND_BY[provider]}"]


def test_a_fault_of_the_contract_fails_that_test_of_the_suite_only():
    with pytest.raises(ConformanceError, match="of NameFails has 2 faults"):
        RateProviderSuite().test_contract(NameFails())
    RateProviderSuite().test_gaps(NameFails())


def test_the_error_holds_every_fault_and_says_them():
    with pytest.raises(ConformanceError) as caught:
        check_rate_provider(NoSource())
    error = caught.value
    assert isinstance(error, FlexError | AssertionError)
    assert (error.provider, [fault.check for fault in error.faults]) == ("'acme'", ["sources"])
    assert str(error).startswith("the rate provider 'acme' has a fault:\n- sources: the rate of 'widget' in every region from 2025")


def test_the_error_and_its_faults_pickle():
    error = ConformanceError("'acme'", [Fault("gaps", "one"), Fault("speed", "two")])
    back = pickle.loads(pickle.dumps(error))
    assert (back.provider, back.faults, str(back)) == (error.provider, error.faults, str(error))
    assert str(back) == "the rate provider 'acme' has 2 faults:\n- gaps: one\n- speed: two"


def test_of_many_faults_of_a_check_ten_are_told_and_the_others_counted():
    faults = rate_provider_faults(ManyWithoutSource())
    assert len(faults) == 11
    assert faults[-1] == Fault("sources", "and 5 more like these")


def test_what_is_allowed_is_no_fault():
    check_rate_provider(NoSource(), allow=["sources"])
    check_rate_provider(NoSource(), allow="sources")
    with pytest.raises(ConformanceError):
        check_rate_provider(NoSource(), allow=["gaps"])


def test_an_unknown_name_in_allow_is_an_error_that_lists_the_known_ones():
    with pytest.raises(InvalidValueError, match=r"allow is 'gap': expected the name of a check: contract, regions,"):
        check_rate_provider(SoundRates(), allow=["gap"])


@pytest.mark.parametrize("provider", [Interrupted, InterruptedLater])
def test_an_interrupt_is_no_fault_and_reaches_the_caller(provider):
    with pytest.raises(KeyboardInterrupt):
        rate_provider_faults(provider())


class TestSoundRates(RateProviderSuite):
    """The suite as authors use it."""

    @pytest.fixture
    def rate_provider(self):
        return SoundRates()


class TestAllowedFault(RateProviderSuite):
    """The suite where a fault is meant."""

    allow = ("sources",)

    @pytest.fixture
    def rate_provider(self):
        return NoSource()


def test_importing_the_kit_loads_neither_hypothesis_nor_pytest():
    probe = "import json, sys, flexlib.testing; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert "flexlib.testing.suite" in loaded
    assert not loaded & {"hypothesis", "pytest", "_pytest", "flexlib.testing.strategies", "flexlib.testing.pytest_plugin"}


def test_the_public_names_are_documented():
    for name in flexlib.testing.__all__:
        value = getattr(flexlib.testing, name)
        assert not callable(value) or ".. versionadded:: 0.1.0" in value.__doc__
