"""The test class that authors of rate providers derive theirs from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from flexlib.providers.hookspecs import RateProvider
from flexlib.testing.conformance import check_one


class RateProviderSuite:
    """A test for each check of a rate provider, so that a failure names what is wrong.

    Derive a class from it, give it a fixture ``rate_provider``, and let pytest collect it; nothing else is to be installed or
    named. Where ``contract`` fails, the other tests have nothing to judge and pass.

    Attributes:
        allow: The names of checks whose faults are meant; their tests pass.

    .. versionadded:: 0.1.0
    """

    allow: ClassVar[Iterable[str]] = ()

    def test_contract(self, rate_provider: RateProvider) -> None:
        """It has a name, regions and rate sheets."""
        check_one(rate_provider, "contract", allow=self.allow)

    def test_regions(self, rate_provider: RateProvider) -> None:
        """Its regions are countries or groups that it declares."""
        check_one(rate_provider, "regions", allow=self.allow)

    def test_determinism(self, rate_provider: RateProvider) -> None:
        """Asked again, it gives equal sheets."""
        check_one(rate_provider, "determinism", allow=self.allow)

    def test_mutation(self, rate_provider: RateProvider) -> None:
        """What it gave stays as it was given."""
        check_one(rate_provider, "mutation", allow=self.allow)

    def test_exactness(self, rate_provider: RateProvider) -> None:
        """Its tokens are exact decimals."""
        check_one(rate_provider, "exactness", allow=self.allow)

    def test_sources(self, rate_provider: RateProvider) -> None:
        """Its rates say where they were read."""
        check_one(rate_provider, "sources", allow=self.allow)

    def test_pickling(self, rate_provider: RateProvider) -> None:
        """Its sheets can be pickled."""
        check_one(rate_provider, "pickling", allow=self.allow)

    def test_fallback(self, rate_provider: RateProvider) -> None:
        """A region gets its own, its groups' and everywhere's rates."""
        check_one(rate_provider, "fallback", allow=self.allow)

    def test_stability(self, rate_provider: RateProvider) -> None:
        """Later facts change no earlier reading."""
        check_one(rate_provider, "stability", allow=self.allow)

    def test_gaps(self, rate_provider: RateProvider) -> None:
        """Its rates leave no gaps."""
        check_one(rate_provider, "gaps", allow=self.allow)

    def test_overlaps(self, rate_provider: RateProvider) -> None:
        """Its sheets do not contradict each other."""
        check_one(rate_provider, "overlaps", allow=self.allow)

    def test_speed(self, rate_provider: RateProvider) -> None:
        """Its sheets come soon."""
        check_one(rate_provider, "speed", allow=self.allow)
