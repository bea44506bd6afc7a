"""Processes that hold a few descriptors each and wait. Started by `growth.py`, by its path and without packages.

Each line on standard input asks for so many more of them; they end when this process does, however that happens.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Fork as many as are asked for."""
    end, open_while_this_lives = os.pipe()
    nothing = os.open(os.devnull, os.O_RDWR)
    for line in sys.stdin:
        answer = "ok"
        try:
            for _ in range(int(line)):
                if not os.fork():
                    os.close(open_while_this_lives)
                    for standard in range(3):
                        os.dup2(nothing, standard)
                    os.read(end, 1)  # ends with the file, when the last one that could write is gone
                    os._exit(0)
        except OSError as error:
            answer = f"error {error.strerror}"
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
