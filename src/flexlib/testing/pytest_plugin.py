"""A pytest plugin with one fixture, the installed rate providers.

Name it in the ``conftest.py`` at the root of a test suite::

    pytest_plugins = ["flexlib.testing.pytest_plugin"]

`flexlib.testing.RateProviderSuite` works without it. It is no entry point of pytest, since those are imported before coverage is
measured and in every run of pytest where flexlib happens to be installed.
"""

from __future__ import annotations

import pytest

from flexlib.providers.hookspecs import RateProvider
from flexlib.providers.registry import load_plugins


@pytest.fixture(scope="session")
def installed_rate_providers() -> tuple[RateProvider, ...]:
    """Return the rate providers of all installed plugins; one that fails to load is an error.

    .. versionadded:: 0.1.0
    """
    return load_plugins(strict=True).providers
