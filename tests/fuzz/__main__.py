"""Fuzz one kind of input: `.venv/bin/python -m tests.fuzz NAME --minutes N [--seed S]`; every kind for `all`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from tests.fuzz import (
    configurations,
    filters,
    host_answers,
    hosts,
    keys,
    proc_trees,
    recordings,
    screens,
    snapshots,
    state_files,
)
from tests.fuzz.runner import Counts

RUNNERS: dict[str, Callable[[int, float], Counts]] = {
    "configurations": configurations.run,
    "filters": filters.run,
    "host-answers": host_answers.run,
    "hosts": hosts.run,
    "keys": keys.run,
    "proc": proc_trees.run,
    "recordings": recordings.run,
    "screens": screens.run,
    "snapshots": snapshots.run,
    "state-files": state_files.run,
}
"""By name: what takes a seed and a number of seconds."""

_MOST_SHOWN = 2000
"""Letters of an input that are printed."""


def main() -> int:
    """Fuzz; returns 1 if there is anything to mend."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("name", choices=("all", *RUNNERS))
    parser.add_argument("--minutes", type=float, default=1.0, help="of each kind (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="default: another each time")
    options = parser.parse_args()
    names = RUNNERS if options.name == "all" else (options.name,)
    return int(sum(_run(name, options.seed, 60 * options.minutes) for name in names) > 0)


def _run(name: str, seed: int, seconds: float) -> bool:
    """Fuzz one kind and say what came of it; whether there were faults."""
    inputs, refused, faults = RUNNERS[name](seed, seconds)
    by_end = {fault.what.strip().rpartition("\n")[2]: fault for fault in reversed(faults)}
    for fault in by_end.values():
        sys.stdout.write(f"{name} {fault.name}: {fault.input[:_MOST_SHOWN]!a}\n{_in_ascii(fault.what)}\n")
    sys.stdout.write(
        f"{name}, seed {seed}: {inputs:,} inputs, {refused:,} refused, {len(faults):,} faults of {len(by_end)} kinds\n"
    )
    return bool(faults)


def _in_ascii(text: str) -> str:
    """What a terminal can print."""
    return text.encode("ascii", "backslashreplace").decode()


if __name__ == "__main__":
    sys.exit(main())
