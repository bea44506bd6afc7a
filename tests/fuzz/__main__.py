"""Runs a fuzzer: `python -m tests.fuzz NAME --minutes N [--seed S]`."""

from __future__ import annotations

import argparse
import random
import sys

from tests.fuzz import proc_trees

RUNNERS = {"proc": proc_trees.run}


def main() -> int:
    """Run it; the status is 1 if it found a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("name", choices=RUNNERS)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options = parser.parse_args()
    found = RUNNERS[options.name](options.seed, options.minutes * 60)
    sys.stdout.write(f"seed {options.seed}: {found.inputs:,} inputs, {found.refused:,} refused\n")
    sys.stdout.writelines(f"{fault}\n" for fault in found.faults)
    return int(bool(found.faults))


if __name__ == "__main__":
    sys.exit(main())
