"""The one command: `.venv/bin/python -m tests.benchmarks`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks import report
from tests.benchmarks.measure import CHURN, plain_environment
from tests.benchmarks.options import positive, sizes_of
from tests.benchmarks.parts import PARTS
from tests.benchmarks.results import EXPECTED, Part, Results, Settings


def main() -> int:
    """Measure, and print tables, that of all bars last; returns 1 if something could not be measured."""
    options = _options()
    settings = Settings(options.sizes, options.processes, options.rounds, options.ticks, options.seconds)
    start = time.monotonic()
    machine = {**report.machine(), "started": time.strftime("%Y-%m-%d %H:%M"), "load_before": os.getloadavg()}
    _print(_about(machine, settings))
    with plain_environment():
        found = {part.name: _measured(part, settings) for part in options.parts}
    if verdicts := [verdict for results in found.values() for verdict in results.verdicts]:
        _print("### All bars", _about(machine, settings), report.bars_table(verdicts))
    problems = [f"{name}: {problem}" for name, results in found.items() for problem in results.problems]
    machine["load_after"] = os.getloadavg()
    _print(
        *(f"Not measured: {problem}" for problem in problems),
        f"It took {(time.monotonic() - start) / 60:.1f} min; load average after: {machine['load_after'][0]:.1f}.",
    )
    if options.json:
        options.json.write_text(json.dumps(_document(found, settings, machine), indent=1) + "\n")
    return 1 if problems else 0


def _about(machine: Mapping[str, Any], settings: Settings) -> str:
    """When and where it was measured, and on what."""
    return (
        f"{machine['started']}; {machine['cpus']} CPUs, {machine['model']}, Linux {machine['kernel']}, Python "
        f"{machine['python']}, as {machine['user']}; load average before: {machine['load_before'][0]:.1f}. TCP sockets "
        f"on loopback in {settings.processes} processes; {CHURN:.0%} churn means so many of them replaced before a "
        "tick, or a second."
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures netwatch-tui, and other programs beside it, on real sockets that it makes itself.",
        epilog="parts:\n" + "\n".join(f"  {part.name:10} {part.meaning}" for part in PARTS),
    )
    parser.add_argument("--parts", type=_parts, default=PARTS, metavar="NAME,...", help="default: all")
    parser.add_argument("--sizes", type=sizes_of, default=(1_000, 10_000, 100_000), help="default: 1000,10000,100000")
    parser.add_argument("--processes", type=positive, default=50, help="which hold the sockets (default: %(default)s)")
    parser.add_argument("--rounds", type=positive, default=5, help="default: %(default)s")
    parser.add_argument("--ticks", type=positive, default=25, help="default: %(default)s")
    parser.add_argument(
        "--seconds",
        type=positive,
        help="of whatever is measured for a fixed time (default: as each part should be, keys for 120, idle for 60)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything, each single sample, as JSON")
    return parser.parse_args()


def _parts(text: str) -> tuple[Part, ...]:
    by_name = {part.name: part for part in PARTS}
    if unknown := set(text.split(",")) - by_name.keys():
        raise argparse.ArgumentTypeError(f"there is no part {', '.join(sorted(unknown))}: {', '.join(by_name)}")
    return tuple(by_name[name] for name in dict.fromkeys(text.split(",")))


def _measured(part: Part, settings: Settings) -> Results:
    """Measure one part, and print what it tells at once: what was found stays, whatever happens to the next."""
    results = Results(_say)
    _say(part.name)
    try:
        part.measure(settings, results)
    except EXPECTED as error:
        results.fail(error)
    except Exception as error:  # noqa: BLE001 -- a fault of one part is told, and costs an unattended run no other one
        results.problems.append(f"{type(error).__name__}: {error}")
        traceback.print_exc()
    if results.paragraphs:
        _print(f"### {part.name}: {part.meaning}", *results.paragraphs)
    return results


def _document(found: Mapping[str, Results], settings: Settings, machine: Mapping[str, Any]) -> dict[str, Any]:
    """Everything, as JSON can hold it."""
    return {
        "version": 2,
        "machine": dict(machine),
        "settings": settings._asdict(),
        "parts": {
            name: {
                "samples": results.samples,
                "bars": [{**verdict._asdict(), "is_met": verdict.is_met} for verdict in results.verdicts],
                "not_measured": results.problems,
            }
            for name, results in found.items()
        },
    }


def _say(text: str) -> None:
    """Progress, beside the output."""
    sys.stderr.write(f"{text}\n")


def _print(*paragraphs: str) -> None:
    sys.stdout.write("\n\n".join(paragraphs) + "\n\n")
    sys.stdout.flush()


def _terminated(number: int, frame: object) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _terminated)  # as Ctrl+C: what was started ends too
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
