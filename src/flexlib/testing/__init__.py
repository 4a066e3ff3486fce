"""For others' test suites: whether a rate provider keeps its contract, and Hypothesis strategies for the values of flexlib.

The author of a provider writes one class and one fixture::

    import pytest
    from flexlib.testing import RateProviderSuite

    class TestAcmeRates(RateProviderSuite):
        @pytest.fixture
        def rate_provider(self):
            return AcmeRates()

Neither pytest nor Hypothesis is loaded by this module: the strategies are in `flexlib.testing.strategies`, the fixture of the
installed providers in `flexlib.testing.pytest_plugin`.
"""

from flexlib.testing.conformance import CHECKS, check_rate_provider, rate_provider_faults
from flexlib.testing.faults import ConformanceError, Fault
from flexlib.testing.readings import LOOKUP_WITHIN, SHEETS_WITHIN
from flexlib.testing.suite import RateProviderSuite

__all__ = [
    "CHECKS",
    "LOOKUP_WITHIN",
    "SHEETS_WITHIN",
    "ConformanceError",
    "Fault",
    "RateProviderSuite",
    "check_rate_provider",
    "rate_provider_faults",
]
