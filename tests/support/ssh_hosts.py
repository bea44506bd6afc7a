"""Machines for tests of connections: network namespaces, each with an sshd of its own on its loopback device.

All that sshd and what it starts see of the file system is read-only, so that nothing that runs there can leave a file.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.kernel import Netns, new_netns, why_no_namespaces
from tests.support.program import wait_until

SSHD = "/usr/sbin/sshd"
PORT = 2222
"""On the loopback device of each."""
_RUN = Path("/run/sshd")
"""Where sshd shuts its unprivileged part in; a package makes it when the service starts."""

_READ_ONLY = """
while read -r _ place _; do mount -o remount,bind,ro "$place" 2>/dev/null; done </proc/self/mounts
! touch "$0/writable" 2>/dev/null && exec "$@"
"""

_SSHD_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
SetEnv PATH={path} HOME={folder}
"""

_SSH_CONFIG = """\
Host *
    HostName 127.0.0.1
    Port {port}
    User root
    IdentityFile {folder}/key
    IdentitiesOnly yes
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    GlobalKnownHostsFile /dev/null
    LogLevel ERROR
"""

#: The system's own ssh with a configuration of the tests, in the network of the host that it is to reach.
_SSH = """\
#!/bin/sh
for word; do
    test "$last" != -- || host=$word
    last=$word
done
exec nsenter --net="{folder}/$host/net" {ssh} -F {folder}/ssh_config "$@"
"""


def why_no_ssh() -> str:
    """Why there can be no such machines here; empty where they can."""
    missing = [name for name in ("ssh", "ssh-keygen", "nsenter", "unshare") if not shutil.which(name)]
    if not Path(SSHD).exists():
        missing.append("sshd")
    return f"not installed: {', '.join(missing)}" if missing else why_no_namespaces()


class SshHost:
    """One machine."""

    def __init__(self, name: str, netns: Netns, folder: Path) -> None:
        self.name = name
        self.netns = netns
        self.programs = folder / "bin"
        self.programs.mkdir(parents=True)
        (folder / "net").symlink_to(f"/run/netns/{netns.name}")
        (self.programs / "sh").symlink_to("/bin/sh")
        self._folder = folder
        self._sshd: subprocess.Popen[bytes] | None = None

    def has_python(self) -> None:
        """Have the Python of the tests there, and nothing that was installed for it."""
        (self.programs / "python3").symlink_to(Path(sys.executable).resolve())

    def has_program(self, name: str, script: str) -> None:
        """Have something there that a shell runs."""
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def start(self) -> None:
        """Let it take connections."""
        config = self._folder / "sshd_config"
        config.write_text(_SSHD_CONFIG.format(port=PORT, folder=self._folder.parent, path=self.programs))
        command = ["unshare", "--mount", "sh", "-c", _READ_ONLY, str(self._folder), SSHD, "-D", "-e", "-f", str(config)]
        log = self._folder / "log"
        with log.open("wb") as file:
            self._sshd = subprocess.Popen(self.netns.command(*command), stderr=file, start_new_session=True)
        wait_until(lambda: b"Server listening" in log.read_bytes() or self._has_ended())
        assert not self._has_ended(), log.read_text()

    def _has_ended(self) -> bool:
        return self._sshd is None or self._sshd.poll() is not None

    def processes(self) -> list[int]:
        """What runs there besides the sshd that takes connections."""
        listed = subprocess.run(["ip", "netns", "pids", self.netns.name], capture_output=True, text=True, check=True)
        own = self._sshd.pid if self._sshd else None
        # nsenter has become ssh, the near end, by the time anything runs here.
        return [pid for pid in map(int, listed.stdout.split()) if pid != own and not _is_near_end(pid)]

    def agents(self) -> list[int]:
        """The far ends of connections that run there."""
        return [pid for pid in self.processes() if b"sys.argv[1]" in _command(pid).partition(b"\0-c\0")[2][:40]]

    def signal(self, number: int) -> None:
        """Send it to all that runs there for connections."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def die(self) -> None:
        """End at once: sshd, its sessions and what they started."""
        if self._sshd:
            self._sshd.kill()
            self._sshd.wait()
            self._sshd = None
        self.signal(signal.SIGKILL)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _is_near_end(pid: int) -> bool:
    return os.path.basename(_command(pid).partition(b"\0")[0]) in (b"ssh", b"nsenter")


@contextmanager
def ssh_hosts(folder: Path, *names: str) -> Iterator[list[SshHost]]:
    """Machines of these names, which run nothing yet; for as long as the block lasts they are what `ssh` reaches."""
    _RUN.mkdir(mode=0o755, exist_ok=True)
    for name in ("key", "host_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    (folder / "ssh_config").write_text(_SSH_CONFIG.format(port=PORT, folder=folder))
    near = folder / "near"
    near.mkdir()
    ssh = near / "ssh"
    ssh.write_text(_SSH.format(folder=folder, ssh=shutil.which("ssh")))
    ssh.chmod(0o755)
    path = os.environ["PATH"]
    hosts: list[SshHost] = []
    try:
        os.environ["PATH"] = f"{near}:{path}"
        with _namespaces(names) as namespaces:
            hosts += [SshHost(name, netns, folder / name) for name, netns in zip(names, namespaces, strict=True)]
            try:
                yield hosts
            finally:
                for host in hosts:
                    host.die()
    finally:
        os.environ["PATH"] = path


@contextmanager
def _namespaces(names: tuple[str, ...]) -> Iterator[list[Netns]]:
    if not names:
        yield []
        return
    with new_netns(names[0]) as first, _namespaces(names[1:]) as rest:
        yield [first, *rest]
