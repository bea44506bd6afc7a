"""System calls that Python has no function for."""

from __future__ import annotations

import ctypes
import os
from functools import cache

_Argument = int | bytes | None


def system_call(number: int, *arguments: _Argument) -> int:
    """Make one; every argument is as wide as a register.

    Raises:
        OSError: The kernel refused.
    """
    result = int(_libc().syscall(ctypes.c_long(number), *map(_wide, arguments)))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def _wide(argument: _Argument) -> ctypes.c_long | ctypes.c_char_p:
    """So that it reaches a function with variable arguments whole."""
    return ctypes.c_long(argument) if isinstance(argument, int) else ctypes.c_char_p(argument)


@cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc
