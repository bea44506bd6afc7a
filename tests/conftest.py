"""Every test sees the clocks of the same place."""

from __future__ import annotations

import os
import time

os.environ["TZ"] = "UTC"
time.tzset()
