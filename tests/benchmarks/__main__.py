"""The one command: `.venv/bin/python -m tests.benchmarks`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from tests.benchmarks import report
from tests.benchmarks.load import LoadError
from tests.benchmarks.measure import CHURN, MeasureError, measure, plain_environment
from tests.benchmarks.options import positive, sizes_of


def main() -> int:
    """Measure, and print the tables; returns 1 if something could not be measured."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Compares netwatch-tui with ss, netstat, lsof and psutil on real sockets that it makes itself.",
        epilog="What the screen costs: python -m tests.benchmarks.screen",
    )
    parser.add_argument("--sizes", type=sizes_of, default=[1_000, 10_000, 100_000], help="default: 1000,10000,100000")
    parser.add_argument("--processes", type=int, default=50, help="which hold the sockets (default: %(default)s)")
    parser.add_argument("--rounds", type=positive, default=7, help="default: %(default)s")
    parser.add_argument("--ticks", type=positive, default=25, help="steady ticks (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything, each single sample, as JSON")
    options = parser.parse_args()

    machine, load_before, sizes, problems = report.machine(), os.getloadavg(), [], []
    started = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    for size in options.sizes:
        try:
            with plain_environment():
                sizes.append(measure(size, options.processes, options.rounds, options.ticks, _say))
        except (LoadError, MeasureError) as error:
            problems.append(f"{size:,} sockets: {error}")
            _say(problems[-1])
    if sizes:
        rounds, ticks = options.rounds, options.ticks
        notes = dict.fromkeys(note for measured in sizes for note in measured.notes)
        _print(
            f"{machine['cpus']} CPUs, {machine['model']}, Linux {machine['kernel']}, Python {machine['python']}, "
            f"as {machine['user']}; TCP sockets on loopback in {options.processes} processes; "
            f"load average before: {load_before[0]:.1f}.",
            f"Medians of {rounds} rounds and of {ticks} ticks with {CHURN:.0%} of the sockets replaced before each. "
            "In brackets: times what reading the files took just before.",
            report.times_table(sizes),
            report.bars_table(sizes),
            *(f"Left out: {note}." for note in notes),
        )
        if options.json:
            document = report.as_json(sizes, {**machine, "started": started, "load_before": load_before})
            options.json.write_text(json.dumps(document, indent=1) + "\n")
    for problem in problems:
        _print(f"Not measured: {problem}")
    return 1 if problems else 0


def _say(text: str) -> None:
    """Progress, beside the output."""
    sys.stderr.write(f"{text}\n")


def _print(*paragraphs: str) -> None:
    sys.stdout.write("\n\n".join(paragraphs) + "\n")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
