"""Hypothesis profiles, by how many examples each property tries: ``quick`` unless HYPOTHESIS_PROFILE says ``brief`` or ``thorough``;
``mutation`` is for tests/mutation."""

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
for _name, _examples in (("brief", 20), ("quick", 40), ("thorough", 50)):
    settings.register_profile(_name, max_examples=_examples, deadline=None, print_blob=True, suppress_health_check=_SLOW)
# The same examples for every mutant, so that none is killed by chance and none survives by it.
settings.register_profile(
    "mutation",
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=_SLOW,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
