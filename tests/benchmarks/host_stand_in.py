"""Stands in for another machine: run by a program called `ssh`, it plays a recording as the far end would send it.

`python -I -S host_stand_in.py FILE` writes the lines of a recording to standard output, a frame a second with the time
of now, and the last one again when there are no more: nothing changes then. It answers what is asked for the clock.
Only the standard library's smallest parts are imported: a hundred of these are to cost next to nothing.
"""

from __future__ import annotations

import os
import re
import select
import sys
import time

_TIME = re.compile(rb'^\{"t":[0-9.]+')
_ASKED = re.compile(rb'\{"ask":([0-9]+),"about":"clock"')
_NOTHING = b',"cost":0.0}\n'
"""What follows the time in a frame in which nothing happened."""


def main(path: str) -> None:
    """Play until nobody listens."""
    with open(path, "rb") as file:
        os.write(1, file.readline())
        due = time.monotonic()
        while True:
            line = file.readline()
            now = b'{"t":%.6f' % time.time()
            _write(_TIME.sub(now, line) if line else now + _NOTHING)
            due += 1.0
            while (left := due - time.monotonic()) > 0:
                _answer(left)


def _answer(seconds: float) -> None:
    """Hear what is asked meanwhile."""
    if not select.select([0], [], [], seconds)[0]:
        return
    asked = os.read(0, 1 << 20)
    if not asked:
        raise SystemExit
    for number in _ASKED.findall(asked.replace(b" ", b"")):
        _write(b'{"answer":%s,"told":%.6f}\n' % (number, time.time()))


def _write(data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(1, rest) :]


if __name__ == "__main__":
    main(sys.argv[1])
