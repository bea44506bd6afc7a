"""Other programs that show sockets, and how each is run: to print once, and live."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from typing import NamedTuple

from tests.benchmarks.measure import PROGRAM

_PATIENCE = 10.0
_NUMBER = re.compile(r"\d+\.\d[\w.-]*")


class Peer(NamedTuple):
    """A program."""

    name: str
    version: Sequence[str]
    """Prints its version, somewhere."""
    once: Sequence[str] = ()
    """Prints TCP sockets with their processes, numbers only; empty where it can't."""
    live: Sequence[str] = ()
    """Shows them, anew every second where that can be said; empty where it can't."""
    about_once: str = ""
    """What makes its output another thing than that of the others."""
    about_live: str = ""
    """What makes it live another thing than the others."""

    @property
    def is_here(self) -> bool:
        """Whether it is installed."""
        return shutil.which(self.version[0]) is not None

    def version_number(self) -> str:
        """What it says of itself; empty if it does not say."""
        try:
            done = subprocess.run(
                self.version, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PATIENCE, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        found = _NUMBER.search(done.stdout + done.stderr)
        return found[0] if found else ""


SS = "ss"
_WATCHED = "by `watch -n1`"
_CAPTURES = "captures packets, of which there are none"
PEERS = (
    Peer(SS, ["ss", "-V"], ["ss", "-tanp"], ["watch", "-n1", "ss -tanp"], about_live=_WATCHED),
    Peer("netwatch-tui", [PROGRAM, "--version"], [PROGRAM, "--once", "-tan"], [PROGRAM, "--fresh", "--interval", "1"]),
    Peer(
        "netstat",
        ["netstat", "--version"],
        ["netstat", "-tanp"],
        ["watch", "-n1", "netstat -tanp"],
        about_live=_WATCHED,
    ),
    Peer("lsof", ["lsof", "-v"], ["lsof", "-nP", "-iTCP"], ["lsof", "-nP", "-iTCP", "-r1"], about_live="`-r1`"),
    Peer("snitch", ["snitch", "version"], ["snitch", "ls", "-p", "-n", "-t"], ["snitch", "-t", "-i", "1s"]),
    Peer("somo", ["somo", "--version"], ["somo", "--tcp", "--json", "--no-config"], about_once="JSON"),
    Peer("netls", ["netls", "--version"], ["netls", "--proto", "tcp"], ["netls", "--tui"], about_live="every 2 s"),
    Peer("prt", ["prt", "--version"], ["prt", "--export", "json"], ["prt"], "JSON, without TIME-WAIT", "every 2 s"),
    Peer(
        "rustnet",
        ["rustnet", "--version"],
        live=["rustnet", "-i", "lo", "--show-localhost", "--no-resolve-dns"],
        about_live=_CAPTURES,
    ),
    Peer("bandwhich", ["bandwhich", "--version"], live=["bandwhich", "-n", "-i", "lo"], about_live=_CAPTURES),
    Peer("nethogs", ["nethogs", "-V"], live=["nethogs", "-a", "lo"], about_live=_CAPTURES),
)
