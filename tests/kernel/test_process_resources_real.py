"""What real processes have, as the details tell it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

from netwatch_tui.kernel.process_resources import read_process_resources

PROGRAM = """if True:
    import resource, socket, subprocess, sys, threading
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))
    kept = [socket.socket() for _ in range(20)]
    threading.Thread(target=lambda: kept.append(subprocess.Popen(["cat"])) or sys.stdin.read()).start()
    while len(kept) < 21:
        pass
    kept.append(subprocess.Popen(["cat"]))
    print("ready", flush=True)
"""


def test_threads_children_descriptors_and_limits_of_a_process() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == "ready\n"
        found = read_process_resources("/proc", process.pid)
        opened = len(os.listdir(f"/proc/{process.pid}/fd"))
        process.stdin.close()
    assert opened >= 23
    assert found == (2, 2, opened, 100, 200), "a thread's own child is one of the process"


def test_this_process_has_the_limits_that_it_may_ask_for_itself() -> None:
    found = read_process_resources("/proc", os.getpid())
    assert found is not None
    assert (found.descriptor_limit, found.hard_descriptor_limit) == resource.getrlimit(resource.RLIMIT_NOFILE)
