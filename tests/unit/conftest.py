from __future__ import annotations

from hypothesis import HealthCheck, settings

# No test is judged by its speed: the machine may be busy.
settings.register_profile("netwatch", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("netwatch")
