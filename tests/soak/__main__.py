"""Runs the program for long, beside sockets that come and go and a script that uses it, and says whether it grew.

    .venv/bin/python -m tests.soak --minutes 30

It takes place in a network and a pid namespace of its own, which it makes by `unshare`: what else runs on the machine
is neither seen nor counted.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import NoReturn

from tests.benchmarks.load import LoadError
from tests.benchmarks.measure import MeasureError, plain_environment
from tests.benchmarks.options import positive
from tests.soak.run import Settings, soak

_INSIDE = "--inside"
_LOOPBACK_UP = 'ip link set lo up && "$@"'


def main() -> int:
    """Soak; returns 1 if something grew, 2 if it could not be done."""
    options = _options()
    if not options.inside:
        _go_inside()
    settings = Settings(options.minutes, options.sockets, options.churn, options.processes)
    started = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    try:
        with plain_environment():
            soaked = soak(settings, _say)
    except (LoadError, MeasureError) as error:
        _say(str(error))
        return 2
    _print(
        f"{settings.minutes:g} minutes, {settings.sockets:,} sockets in {settings.processes} processes, "
        f"{soaked.replaced:,} of them replaced; {len(soaked.samples)} rounds of the script."
    )
    for verdict in soaked.verdicts:
        _print(f"  {verdict.what}: {verdict.figure}" + ("" if verdict.holds else "  NOT MET"))
    if options.json:
        samples = [sample._asdict() for sample in soaked.samples]
        verdicts = [verdict._asdict() for verdict in soaked.verdicts]
        report = {"started": started, "settings": settings._asdict(), "samples": samples, "verdicts": verdicts}
        Path(options.json).write_text(json.dumps(report, indent=1) + "\n")
    return int(not all(verdict.holds for verdict in soaked.verdicts))


def _go_inside() -> NoReturn:
    """Begin anew in a network namespace with nothing in it but loopback."""
    missing = [program for program in ("unshare", "ip", "ss") if not shutil.which(program)]
    if missing:
        _say(f"not installed: {', '.join(missing)}")
        raise SystemExit(2)
    own = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = [sys.executable, "-m", "tests.soak", _INSIDE, *sys.argv[1:]]
    alone = ["--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    os.execvp("unshare", ["unshare", *own, *alone, "sh", "-c", _LOOPBACK_UP, "soak", *command])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--sockets", type=positive, default=5_000)
    parser.add_argument("--churn", type=float, default=500.0, help="sockets that open, and that close, a second")
    parser.add_argument("--processes", type=positive, default=50)
    parser.add_argument("--json", metavar="FILE", help="also write every sample to FILE")
    parser.add_argument(_INSIDE, action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
