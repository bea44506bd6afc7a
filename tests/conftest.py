"""All tests share nothing with the rest of the machine, and every time the same place, hour and examples."""

from __future__ import annotations

import gc
import os
import shlex
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings

_ALONE = "NETWATCH_TESTS_ALONE"
"""Set in the environment of tests that run in namespaces of their own; to set it by hand keeps them on the machine."""

_UNSHARE = ("unshare", "--net", "--pid", "--mount", "--mount-proc", "--fork", "--kill-child")

_PREPARE = "ip link set lo up && mkdir -p /run/netns && mount -t tmpfs none /run/netns"

for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"):
    os.environ.pop(name, None)  # the hundreds of programs that tests start compile nothing twice, as for their users

os.environ["TZ"] = "UTC"
time.tzset()
os.environ["COLORTERM"] = "truecolor"  # themes are fitted to terminals with fewer colours

# No test is judged by its speed: the machine may be busy. Where a change is judged, chance has no say either: what it
# finds elsewhere becomes an @example.
settings.register_profile(
    "netwatch", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("netwatch")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Run everything in a network, a process and a mount namespace of its own, where the machine allows that.

    Sockets, processes and process numbers are then only those of the tests, whatever else the machine does. A shell is
    the first process in there, and reaps whom tests leave behind. All tests are shared out by file, each share in
    namespaces of its own, and one share more than there are processors: a third of the time they wait.
    """
    if _ALONE in os.environ or os.getuid() or not _may_unshare():
        return None
    alone = (*_UNSHARE, "sh", "-c", f'{_PREPARE} && "$@"; exit $?', "sh", sys.executable)
    if _is_everything(config):
        worker = shlex.join(("env", f"{_ALONE}=1", *alone))
        config.option.tx = [f"popen//python={worker}"] * (len(os.sched_getaffinity(0)) + 1)
        config.option.dist = "loadfile"
        return None
    again = (*alone, "-m", "pytest", *config.invocation_params.args)
    return subprocess.run(again, env={**os.environ, _ALONE: "1"}, check=False).returncode


def _is_everything(config: pytest.Config) -> bool:
    """Whether all tests are to be run, and not with something that works in one process only."""
    option = config.option
    chosen = option.keyword or option.markexpr or option.collectonly or option.usepdb or option.numprocesses is not None
    return not chosen and config.args == config.getini("testpaths")


def _may_unshare() -> bool:
    try:
        return subprocess.run((*_UNSHARE, "sh", "-c", _PREPARE), check=False, stderr=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        return False


def pytest_configure() -> None:
    """Let the programs that tests start be hung up on and interrupted, also where this one may not be.

    Under nohup, and behind `&` in a script, it then still survives that.
    """
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)  # unlike SIG_IGN no legacy: a program begins with the default


def pytest_collection_finish() -> None:
    """What is there now stays until the end: no garbage collection walks through the tests again."""
    gc.freeze()


_homes = TemporaryDirectory(prefix="netwatch-tests-")
_number = count()


def pytest_runtest_setup() -> None:
    """Programs that a test starts read nobody's configuration, and remember nothing but for each other."""
    home = Path(_homes.name, f"{next(_number)}")
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        os.environ[name] = str(home / name)
