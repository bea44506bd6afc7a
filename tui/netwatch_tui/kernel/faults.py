"""What can go wrong where a process, a descriptor or a line is read: any error number, and content that makes no sense.

All of it goes one way. Who reads one of many things catches `FAULTS`, leaves that one blank and takes note of the error
number; who shows it counts the numbers and says them in words. `GONE` and PermissionError are no faults: that something
has ended, or belongs to others, is a fact with words of its own.
"""

from __future__ import annotations

import errno
import os

GONE = (FileNotFoundError, ProcessLookupError)
"""What is raised about a process that has ended."""

FAULTS = (OSError, ValueError, LookupError)
"""What reading raises, and what understanding raises about content that is not what the kernel writes."""

NONSENSE = errno.EBADMSG
"""Stands for content that makes no sense; the kernel never says it of a file of `/proc`."""


def error_number(fault: Exception) -> int:
    """The error number of one of `FAULTS`."""
    if isinstance(fault, OSError):
        return fault.errno or (errno.EACCES if isinstance(fault, PermissionError) else errno.EIO)
    return NONSENSE


def reason(number: int) -> str:
    """An error number in words that follow a colon: `input/output error`."""
    if number == NONSENSE:
        return "content that makes no sense"
    text = os.strerror(number)
    return text[:1].lower() + text[1:]
