"""What a program that is started would get of this one's descriptors besides the standard ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

_STANDARD = 3
"""Standard input, output and error come before this descriptor."""


def inheritable_descriptors() -> Iterator[int]:
    """What this program was itself started with, and its own none: whoever starts another one closes them there."""
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # the list's own
            if int(name) >= _STANDARD and os.get_inheritable(int(name)):
                yield int(name)
