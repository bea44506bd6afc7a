"""The command that starts the program's own end on another machine, and what that machine says before it runs.

The machine gets one line for its shell, which looks for an installed netwatch-tui that fits, else for a Python that
does, and says what it found in a line of its own:

- `netwatch-tui archive`: a Python waits for the bytes of `agent_input`, and runs them.
- `netwatch-tui python 3.9`: only that is there; without a number, none.

After the bytes, and from an installed program at once, comes what `wire_format` tells. What a shell's own start-up
files print before all that is passed over.
"""

from __future__ import annotations

from netwatch_tui.fields.format import printable
from netwatch_tui.hosts.agent_archive import agent_archive
from netwatch_tui.hosts.targets import Target, Transport
from netwatch_tui.hosts.wire_format import FITS, PROTOCOL, REMOTE_END

LEAST_PYTHON = "3.11"
_FITTING = "3.1[1-9]|3.[2-9][0-9]"
"""The versions that will do, as a pattern of the shell."""
_NAMES = ("python3", *(f"python3.{minor}" for minor in range(15, 10, -1)), "python")
"""Looked for in each folder of the PATH: one that is broken or too old hides none that stands in a later one."""

_MOST_VERSION = 20
"""Letters of a version that are shown."""

PREFIX = b"netwatch-tui "
"""Begins the line that says what was found."""
WAITS = PREFIX + b"archive"
FOUND = PREFIX + b"python"

_BOOT = b"""\
import os, runpy, sys
archive = sys.stdin.buffer.read(int(sys.stdin.buffer.readline(20)))
sys.argv[1:] = []
fd = os.memfd_create("netwatch-tui")
with open(fd, "wb", closefd=False) as file:
    file.write(archive)
runpy.run_path(f"/proc/self/fd/{fd}", run_name="__main__")
"""
"""Takes the archive in and runs it. A file in memory has no name, and is gone with the process, however that ends."""


def remote_command(target: Target, *, sudo: bool) -> tuple[str, ...]:
    """The command to start here, whose standard input and output are those of the program's end there.

    No shell reads it here. How long is waited for what is one rule for all of them, `remote_stream.Patience`: a
    ConnectTimeout or ServerAliveInterval of the person's own configuration of ssh is left as it is.
    """
    script = remote_script(sudo=sudo)
    match target.transport:
        case Transport.SSH:
            # ssh hands its words to the login shell in one line. No forwarding that the configuration has for the
            # person's own connections is made a second time, and nobody can type a password.
            options = ("-T", "-a", "-x", "-o", "BatchMode=yes", "-o", "ClearAllForwardings=yes")
            return ("ssh", *options, "-o", "RemoteCommand=none", "--", target.name, f"sh -c '{script}'")
        case Transport.KUBECTL:
            return ("kubectl", "exec", "-i", "-n", target.namespace, target.name, "--", "sh", "-c", script)
        case Transport.DOCKER | Transport.PODMAN:
            return (target.transport.value, "exec", "-i", target.name, "sh", "-c", script)


def remote_script(*, sudo: bool) -> str:
    """What a POSIX shell runs there.

    For the login shell, whatever it is, it stands between single quotes: without such a quote in it, without a
    newline or `!`, which mean something to csh there, and without a backslash, which does to fish.
    """
    root = "sudo -n " if sudo else ""
    ask = "import sys;sys.stdout.write(str(sys.version_info[0])+chr(46)+str(sys.version_info[1]))"
    start = "import sys;print(sys.argv[1],flush=True);exec(sys.stdin.buffer.read(int(sys.argv[2])))"
    return (
        "old=; if own=$(command -v netwatch-tui) && "
        f'test "$("$own" {REMOTE_END} {FITS} 2>/dev/null </dev/null)" = {PROTOCOL}; '
        f'then exec {root}"$own" {REMOTE_END}; fi; '
        f'IFS=:; for folder in $PATH; do for name in {" ".join(_NAMES)}; do found="$folder/$name"; '
        'if test -x "$found"; then '
        f'version=$("$found" -E -S -c "{ask}" 2>/dev/null </dev/null); case "$version" in '
        f'{_FITTING}) exec {root}"$found" -I -c "{start}" "{WAITS.decode()}" {len(_BOOT)};; '
        '?*) test "$old" || old=" $version";; esac; fi; done; done; '
        f'echo "{FOUND.decode()}$old"'
    )


def refusal(line: bytes, transport: Transport) -> str:
    """Why nothing of ours runs there, in words, from the line that begins with `FOUND`."""
    version = printable(line.removeprefix(FOUND).decode("utf-8", "replace").strip())[:_MOST_VERSION]
    found = f"Python {version} is there" if version else "no Python there"
    # A container is mostly one of this machine, whose sockets can be had without anything inside.
    instead = "" if transport is Transport.SSH else "; -N shows the sockets of a container of this machine"
    return f"{found}; {LEAST_PYTHON} or later is needed{instead}"


def agent_input() -> bytes:
    """What a Python that waits for it reads: first what takes in the rest."""
    archive = agent_archive()
    return b"%s%d\n%s" % (_BOOT, len(archive), archive)
