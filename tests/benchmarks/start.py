"""From the start to the first row of the screen, in turns with Python importing `textual.app`.

From before the program is started until an address of the load has arrived; the import from start to end. Each is run
once before, so that all modules are compiled.
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

from tests.benchmarks.load import Load
from tests.benchmarks.measure import TIMEOUT
from tests.benchmarks.report import duration, ratio, so_many
from tests.benchmarks.results import Part, Results, Settings
from tests.benchmarks.screen_programs import FEW, program

BAR = 1.5
"""How many times as long as the import the start may take."""

_IMPORT = [sys.executable, "-c", "import textual.app"]


def _measure(settings: Settings, results: Results) -> None:
    with results.attempt(so_many(FEW)), Load(FEW, settings.processes):
        starts, imports = [], []
        for number in range(settings.rounds + 1):
            start, imported = _started(), _imported()
            if number:  # after the first, all modules are compiled
                starts.append(start)
                imports.append(imported)
        results.keep("start", starts)
        results.keep("import", imports)
        results.tell(
            f"At {so_many(FEW)} the first row stands {duration(median(starts))} after the start; "
            f'`python -c "import textual.app"` takes {duration(median(imports))} (medians of {settings.rounds}).'
        )
        results.judge('start to first row against `python -c "import textual.app"`', ratio(starts, imports), "x", BAR)


def _started() -> float:
    with program() as terminal:
        return terminal.last_read - terminal.started


def _imported() -> float:
    start = time.perf_counter()
    subprocess.run(_IMPORT, stdin=subprocess.DEVNULL, check=True, timeout=TIMEOUT)
    return time.perf_counter() - start


START = Part("start", "the first row of the screen, against importing Textual", _measure)
