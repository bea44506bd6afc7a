"""What the screen costs: `.venv/bin/python -m tests.benchmarks.screen`. How it is measured: see `screen_measure.py`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

from tests.benchmarks import report, screen_report
from tests.benchmarks.load import LoadError
from tests.benchmarks.measure import plain_environment
from tests.benchmarks.options import positive, sizes_of
from tests.benchmarks.screen_measure import MOST_TICKS, ScreenMeasurer, Settings


def main() -> int:
    """Measure, and print the table; returns 1 if something could not be measured."""
    options = _options()
    settings = Settings(
        options.processes, options.rounds, options.frames, options.presses, options.ticks, options.seconds
    )
    machine, load_before, measured, problems = report.machine(), os.getloadavg(), [], []
    started = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    for size in options.sizes:
        try:
            with plain_environment():
                measured.append(ScreenMeasurer(size, settings, _say).measure())
        except LoadError as error:
            problems.append(f"{size:,} sockets: {error}")
            _say(problems[-1])
    problems += [note for each in measured for note in each.notes]
    if measured:
        _print(
            f"{machine['cpus']} CPUs, {machine['model']}, Linux {machine['kernel']}, Python {machine['python']}, "
            f"as {machine['user']}; TCP sockets on loopback in {options.processes} processes; "
            f"load average before: {load_before[0]:.1f}.",
            f"Medians of {options.rounds} rounds of {options.frames} frames, of {options.rounds} starts, and of "
            f"{options.ticks} ticks; latency of {options.presses} keys; processor over {options.seconds:g} s.",
            screen_report.table(measured),
        )
        if options.json:
            about = {**machine, "started": started, "load_before": load_before, "load_after": os.getloadavg()}
            options.json.write_text(
                json.dumps(screen_report.as_json(measured, about, settings._asdict()), indent=1) + "\n"
            )
    for problem in problems:
        _print(f"Not measured: {problem}")
    return 1 if problems else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.screen",
        description="Measures the full-screen program in a pseudo-terminal on real sockets that it makes itself: "
        "frames, latency of keys, bytes a tick, start, processor time and memory.",
    )
    parser.add_argument("--sizes", type=sizes_of, default=[1_000, 10_000, 100_000], help="default: 1000,10000,100000")
    parser.add_argument("--processes", type=positive, default=50, help="which hold the sockets (default: %(default)s)")
    parser.add_argument("--rounds", type=positive, default=7, help="of frames and starts (default: %(default)s)")
    parser.add_argument("--frames", type=positive, default=100, help="of a round (default: %(default)s)")
    parser.add_argument("--presses", type=positive, default=400, help="keys for the latency (default: %(default)s)")
    parser.add_argument("--ticks", type=positive, default=15, help="whose bytes are counted (default: %(default)s)")
    parser.add_argument("--seconds", type=positive, default=60, help="of processor time (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything, each single sample, as JSON")
    options = parser.parse_args()
    if options.ticks > MOST_TICKS:
        parser.error(f"--ticks: at most {MOST_TICKS}")
    return options


def _say(text: str) -> None:
    """Progress, beside the output."""
    sys.stderr.write(f"{text}\n")


def _print(*paragraphs: str) -> None:
    sys.stdout.write("\n\n".join(paragraphs) + "\n")


def _terminated(number: int, frame: object) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _terminated)  # as Ctrl+C: what was started ends too
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
