"""Removes an instance of ftrace as soon as the process that made it is gone, also if that was killed.

The kernel stops tracing and frees the buffers by itself then; the folder that stands for the instance stays. A shell
holds the other end of a pipe, which closes with the process, and waits for nothing else.
"""

from __future__ import annotations

import subprocess
from contextlib import suppress

_TRIES = 50
"""A tenth of a second apart: the descriptors of a process that is killed close one after the other."""
_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
"""Where rmdir and sleep are, whatever PATH this process was given."""
_END_WITHIN = 0.2
"""Seconds for which the end of the program may wait for it."""
_SCRIPT = (
    'read -r _; at="/proc/self/fd/$1/instances/$2"; left=$3; '
    'while [ -d "$at" ] && ! rmdir "$at" && [ "$left" -gt 0 ]; do left=$((left - 1)); sleep 0.1; done'
)


class InstanceRemover:
    """Waits for the end of this process in another one."""

    def __init__(self, root: int, name: str) -> None:
        """Begin to wait.

        Args:
            root: The root folder of tracefs, open.
            name: The instance.

        Raises:
            OSError: There can be no other process.
        """
        # In a session of its own, because whoever kills this process from a terminal kills its whole group.
        self._shell = subprocess.Popen(  # noqa: S603 -- the words are ours
            ["/bin/sh", "-c", _SCRIPT, "sh", str(root), name, str(_TRIES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(root,),
            env={"PATH": _PATH},
            start_new_session=True,
        )

    def end(self) -> None:
        """Wait no more; the instance is removed by now, or goes on being tried while somebody else holds it open."""
        if self._shell.stdin is not None:
            with suppress(OSError):
                self._shell.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._shell.wait(_END_WITHIN)
