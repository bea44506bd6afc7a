"""Many real sockets, held by many processes, of which some are replaced when asked.

    .venv/bin/python -m tests.benchmarks.load --sockets 10000 --churn 0.01

holds them until Ctrl+C.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from tests.benchmarks.helper import Helper, HelperError

_HOLDER = Path(__file__).with_name("holder.py")

_SETUP_TIMEOUT = 60.0
_REPLACE_TIMEOUT = 30.0

_SPARE_DESCRIPTORS = 32
"""Descriptors of a process beside the sockets, with room to spare."""

_FULL = 0.5
"""The share of the ephemeral ports that connections to one listener may take: finding a free one gets slow after."""


class LoadError(RuntimeError):
    """The load can't be held; the text says what forbids it."""


class Part(NamedTuple):
    """What one process holds."""

    listeners: int
    pairs: int

    @property
    def sockets(self) -> int:
        """All its sockets: both ends of each connection, and what they were accepted from."""
        return self.listeners + 2 * self.pairs


class Limits(NamedTuple):
    """What the machine allows."""

    descriptors: int
    """Open files of one process (the hard RLIMIT_NOFILE)."""
    own_descriptors: int
    """Open files of this very process (the soft RLIMIT_NOFILE)."""
    system_files: int
    """Open files that the whole machine has left."""
    ports: int
    """Ephemeral ports: connections from one address to one listener."""

    @classmethod
    def of_machine(cls) -> Self:
        """Those of the machine that this runs on."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        used, _, most = map(int, Path("/proc/sys/fs/file-nr").read_text().split())
        first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
        return cls(hard, soft, most - used, last - first + 1)


def plan(sockets: int, processes: int, limits: Limits) -> list[Part]:
    """Share the sockets out evenly, to the exact number.

    Raises:
        LoadError: That can't be held here.
    """
    if processes < 1 or sockets < 3 * processes:
        raise LoadError(f"{sockets} sockets are too few for {processes} processes, which hold at least 3 each")
    least, more = divmod(sockets, processes)
    most = least + bool(more)
    if most + _SPARE_DESCRIPTORS > limits.descriptors:
        raise LoadError(
            f"{sockets} sockets in {processes} processes are {most} in each, and a process may open "
            f"{limits.descriptors} files (RLIMIT_NOFILE): take more processes"
        )
    if 2 * processes + _SPARE_DESCRIPTORS > limits.own_descriptors:
        raise LoadError(
            f"{processes} processes need 2 pipes each, and this one may open {limits.own_descriptors} files "
            "(RLIMIT_NOFILE): take fewer processes"
        )
    if sockets + processes * _SPARE_DESCRIPTORS > limits.system_files:
        raise LoadError(f"{sockets} sockets are more than the {limits.system_files} files left (fs.file-max)")
    return [_part(least + (index < more), limits.ports) for index in range(processes)]


def _part(sockets: int, ports: int) -> Part:
    listeners = -(-sockets // 2 // max(int(ports * _FULL), 1)) or 1
    if (sockets - listeners) % 2:
        listeners += 1
    return Part(listeners, (sockets - listeners) // 2)


class Load:
    """Holds sockets while the `with` block runs.

    They are TCP on loopback, and both ends of a connection are in the same process. One or two of each process's
    sockets listen, so that the number is exact. Whoever ends, parent or child, nothing is left behind, not even in
    TIME-WAIT.
    """

    def __init__(self, sockets: int, processes: int = 50, *, seed: int = 0) -> None:
        """Plan the load.

        Raises:
            LoadError: The machine's limits forbid it.
        """
        self.sockets = sockets
        self._parts = plan(sockets, processes, Limits.of_machine())
        self._random = random.Random(seed)
        self._helpers: list[Helper] = []
        self._cleanup = ExitStack()
        self._churning = False
        self.churned = 0
        """Sockets that were replaced by `churn`."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._helpers = []
            try:
                for number in range(len(self._parts)):
                    # -I and -S: it starts fast and imports nothing but the standard library.
                    command = [sys.executable, "-I", "-S", str(_HOLDER)]
                    helper = Helper(f"process {number} of the load", command)
                    stack.callback(helper.end)
                    self._helpers.append(helper)
                # Runs before the callbacks above: all of them end at the same time.
                stack.callback(self._hang_up)
                self._ask_all(
                    {
                        number: f"open 127.80.{number // 250}.{number % 250 + 1} {part.listeners} {part.pairs}"
                        for number, part in enumerate(self._parts)
                    },
                    _SETUP_TIMEOUT,
                )
            except HelperError as error:
                raise LoadError(f"can't open {self.sockets} sockets: {error}{_conntrack()}") from error
            self._cleanup = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cleanup.close()

    @property
    def pids(self) -> list[int]:
        """The processes that hold the sockets."""
        return [helper.pid for helper in self._helpers]

    @property
    def pairs(self) -> int:
        """Connections, each of two sockets; these are what is replaced."""
        return sum(part.pairs for part in self._parts)

    def replace(self, share: float) -> int:
        """Close a share of the sockets, chosen at random, and open as many others; returns when that is done.

        Args:
            share: From 0 to 1, of all sockets. Listeners stay.

        Returns:
            How many sockets were replaced: the share rounded to whole connections, and at least one of them.

        Raises:
            LoadError: A process of the load has failed.
        """
        if self._churning:
            raise LoadError("it churns already")
        chosen = self._random.sample(range(self.pairs), self._connections(share))
        by_process: dict[int, list[int]] = defaultdict(list)
        firsts = [0]
        for part in self._parts:
            firsts.append(firsts[-1] + part.pairs)
        number = 0
        for pair in sorted(chosen):
            while pair >= firsts[number + 1]:
                number += 1
            by_process[number].append(pair - firsts[number])
        requests = {number: f"replace {' '.join(map(str, indices))}" for number, indices in by_process.items()}
        try:
            self._ask_all(requests, _REPLACE_TIMEOUT)
        except HelperError as error:
            raise LoadError(str(error)) from error
        return 2 * len(chosen)

    def pad(self, descriptors: int) -> None:
        """Let each process hold so many more descriptors, which are no sockets.

        Raises:
            LoadError: It may not.
        """
        try:
            self._ask_all(dict.fromkeys(range(len(self._parts)), f"pad {descriptors}"), _SETUP_TIMEOUT)
        except HelperError as error:
            raise LoadError(f"can't hold {descriptors} descriptors more: {error}") from error

    @contextmanager
    def churn(self, share_per_second: float) -> Iterator[None]:
        """Replace sockets all the time while the block runs, evenly spread; `churned` then says how many.

        Args:
            share_per_second: Of all sockets; 1.5 replaces each of them three times in two seconds.

        Raises:
            LoadError: A process of the load has failed.
        """
        if self._churning:
            raise LoadError("it churns already")
        try:
            self._churning = True
            self._ask_all(
                {
                    number: f"churn {share_per_second * part.sockets / 2} {number / len(self._parts)}"
                    for number, part in enumerate(self._parts)
                },
                _REPLACE_TIMEOUT,
            )
            yield
            answers = self._ask_all(dict.fromkeys(range(len(self._parts)), "stop"), _REPLACE_TIMEOUT)
            self.churned += 2 * sum(map(int, answers.values()))
        except HelperError as error:
            raise LoadError(str(error)) from error
        finally:
            self._churning = False

    def _connections(self, share: float) -> int:
        return min(max(round(share * self.sockets / 2), 1), self.pairs) if share > 0 else 0

    def _ask_all(self, requests: dict[int, str], timeout: float) -> dict[int, str]:
        """Ask processes by their number, all at once."""
        deadline = time.monotonic() + timeout
        for number, request in requests.items():
            self._helpers[number].send(request)
        return {number: self._helpers[number].receive(deadline) for number in requests}

    def _hang_up(self) -> None:
        for helper in self._helpers:
            helper.hang_up()


def _conntrack() -> str:
    """A word about the one limit that does not make opening fail, but wait for ever."""
    folder = Path("/proc/sys/net/netfilter")
    with suppress(OSError, ValueError):
        count = int((folder / "nf_conntrack_count").read_text())
        most = int((folder / "nf_conntrack_max").read_text())
        if count >= most * 0.95:
            return f" (connection tracking is full: {count} of {most}, nf_conntrack_max)"
    return ""


def main() -> int:
    """Hold a load until Ctrl+C."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.load", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sockets", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=50)
    parser.add_argument("--churn", type=float, default=0.0, metavar="SHARE", help="replaced a second, from 0 to 1")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="end after this time")
    options = parser.parse_args()
    try:
        with Load(options.sockets, options.processes) as load, load.churn(options.churn):
            sys.stdout.write(f"{load.sockets} sockets in {len(load.pids)} processes: {' '.join(map(str, load.pids))}\n")
            sys.stdout.flush()
            end = time.monotonic() + options.seconds
            with suppress(KeyboardInterrupt):
                while time.monotonic() < end:
                    time.sleep(min(end - time.monotonic(), 60.0))
    except LoadError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{load.churned} sockets were replaced\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
