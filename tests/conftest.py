"""Every test sees the clocks of the same place, and no garbage collection walks through the 2,800 tests again."""

from __future__ import annotations

import gc
import os
import time

from hypothesis import HealthCheck, settings

os.environ["TZ"] = "UTC"
time.tzset()

# No test is judged by its speed: the machine may be busy. Where a change is judged, chance has no say either: what it
# finds elsewhere becomes an @example.
settings.register_profile(
    "netwatch", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("netwatch")


def pytest_collection_finish() -> None:
    """What is there now stays until the end."""
    gc.freeze()
