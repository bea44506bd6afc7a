"""Commands of the person's own that are started when a socket begins to match a watched filter."""

from __future__ import annotations

import os
import signal

from netwatch_tui.kernel.inheritable_descriptors import inheritable_descriptors

MOST_RUNNING = 8
"""Commands that run at a time, of all rules together: one that never ends can't fill the machine."""


class AlertCommands:
    """Starts commands, and lets none that has ended stay as a zombie. For one thread.

    No shell reads the words. A command begins as a shell would start it: with default signals, and of descriptors with
    the standard ones alone. It has a session of its own, so that no key of this terminal reaches it; its output goes
    nowhere. It is the person's own, and does not end with this program: a message that is being sent is sent.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._running: list[int] = []
        """Pids."""

    @property
    def running(self) -> int:
        """How many have not ended yet, as far as `reap` knows."""
        return len(self._running)

    def start(self, command: tuple[str, ...], text: bytes) -> None:
        """Start a program with its arguments; it reads the text from its standard input.

        Raises:
            OSError, ValueError: It can't be started.
        """
        # A file in memory and not a pipe: nobody has to wait for a command that does not read.
        with open(os.memfd_create("netwatch-tui-alert"), "w+b") as file:  # noqa: PTH123 -- a descriptor
            file.write(text)
            file.seek(0)
            # Not Popen: what this program ignores, as SIGTTOU, it would ignore as well.
            pid = os.posix_spawnp(
                command[0],
                command,
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, file.fileno(), 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_DUP2, 1, 2),
                    *((os.POSIX_SPAWN_CLOSE, fd) for fd in inheritable_descriptors()),
                ],
                setsid=True,
                setsigmask=(),
                setsigdef=signal.valid_signals(),
            )
        self._running.append(pid)

    def reap(self) -> None:
        """Let those go that have ended."""
        self._running = [pid for pid in self._running if not _has_ended(pid)]


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:  # whoever started us ignores SIGCHLD, and the kernel lets them go by itself
        return True
