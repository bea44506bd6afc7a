"""What a test holds in memory."""

from __future__ import annotations

import gc
import sys


def allocated() -> int:
    """Blocks of memory that are in use."""
    gc.collect()
    return sys.getallocatedblocks()
