"""Runs a fuzzer by its name: `python -m tests.fuzz keys --minutes 5 --seed 1`."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Callable

from tests.fuzz import keys

RUNNERS: dict[str, Callable[[int, float], keys.Counts]] = {"keys": keys.run}
"""By name: what takes a seed and a number of seconds."""


def main() -> int:
    """Run one; status 1 if it found something."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("name", choices=sorted(RUNNERS))
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    options = parser.parse_args()
    counts = RUNNERS[options.name](options.seed, options.minutes * 60)
    for fault in counts.faults:
        sys.stdout.write(f"{fault.name}: {fault.input[-500:]!a}\n{fault.what}\n")
    sys.stdout.write(f"{options.name}, seed {options.seed}: {counts.inputs:,} inputs, {len(counts.faults):,} faults\n")
    return int(bool(counts.faults))


if __name__ == "__main__":
    sys.exit(main())
