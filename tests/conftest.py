"""Hypothesis profiles: ``quick`` by default, ``thorough`` where HYPOTHESIS_PROFILE says so."""

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("quick", max_examples=100, deadline=None, print_blob=True, suppress_health_check=_SLOW)
settings.register_profile("thorough", max_examples=400, deadline=None, print_blob=True, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
