"""One soak: the real program on a pseudo-terminal beside sockets that come and go."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.benchmarks.load import Load
from tests.benchmarks.measure import PROGRAM, MeasureError
from tests.benchmarks.probe import memory_of
from tests.benchmarks.screen_terminal import PlainTerminal
from tests.soak.samples import Sample, Verdict, judge
from tests.soak.script import HOME_SIZE, one_round

_ROW = b"127.80."
"""What only a row of the load has."""
_CALM = 5.0
"""Seconds without churn after which the screen may show what there is: a tick, and three in which closed rows stay."""
_PATIENCE = 30.0
"""Seconds in which it must, on a machine on which everything takes long."""

_LISTINGS = 20
"""Of open descriptors at once: in some of them is a file that is just being read."""


class Settings(NamedTuple):
    """How much."""

    minutes: float
    sockets: int
    churn: float
    """Sockets that open, and as many that close, each second."""
    processes: int


class Soaked(NamedTuple):
    """What came of it."""

    samples: list[Sample]
    replaced: int
    """Sockets that were closed and opened meanwhile."""
    verdicts: list[Verdict]


def soak(settings: Settings, say: Callable[[str], None]) -> Soaked:
    """Run the program for the time that is asked for.

    Raises:
        LoadError: The machine can't hold so many sockets.
        MeasureError: The program ended by itself, or did not answer.
    """
    samples: list[Sample] = []
    with (
        TemporaryDirectory() as folder,
        Load(settings.sockets, settings.processes) as load,
        _program(Path(folder)) as terminal,
    ):
        begin = time.monotonic()
        with load.churn(settings.churn / settings.sockets):
            while time.monotonic() - begin < settings.minutes * 60:
                samples.append(_round(terminal, begin))
                say(_told(samples[-1]))
        verdicts = [*judge(samples), _agreement(terminal, Path(folder))]
        replaced = load.churned
    return Soaked(samples, replaced, verdicts)


def _program(folder: Path) -> PlainTerminal:
    """The program with its first row on the screen; what it remembers lies in this folder."""
    command = ["env", f"XDG_STATE_HOME={folder}", f"XDG_CONFIG_HOME={folder}", PROGRAM, "--interval", "1", "-ta"]
    terminal = PlainTerminal(command, HOME_SIZE)
    terminal.wait_for(lambda output: _ROW in output, "a row of the load")
    return terminal


def _round(terminal: PlainTerminal, begin: float) -> Sample:
    """Go through the script once."""
    before, pid = terminal.processor, terminal.process.pid
    resident = []
    for step in one_round():
        if step.size is not None:
            terminal.resize(step.size)
        if step.keys:
            terminal.send(step.keys)
        terminal.listen(step.seconds)
        resident.append(memory_of(pid)[0])
    return Sample(
        seconds=time.monotonic() - begin,
        resident=round(median(resident)),  # which tick or search for garbage was the last one says nothing
        descriptors=min(len(os.listdir(f"/proc/{pid}/fd")) for _ in range(_LISTINGS)),
        threads=len(os.listdir(f"/proc/{pid}/task")),
        processor=terminal.processor - before,
    )


def _told(sample: Sample) -> str:
    return (
        f"{sample.seconds / 60:5.1f} min  {sample.resident / 1e6:6.1f} MB  {sample.descriptors} descriptors  "
        f"{sample.threads} threads  {sample.processor:5.2f} s of processor time"
    )


def _agreement(terminal: PlainTerminal, folder: Path) -> Verdict:
    """Whether the program shows the sockets that ss lists, and how long after the last one came or went."""
    begin = time.monotonic()
    terminal.listen(_CALM)
    while True:
        waited = time.monotonic() - begin
        ours, theirs = _of_program(terminal, folder / f"shown-{waited:.0f}.json"), Counter(_of_ss())
        missing, surplus = (theirs - ours).total(), (ours - theirs).total()
        agrees = bool(theirs) and not missing and not surplus
        if agrees or waited > _PATIENCE:
            figure = f"{ours.total():,} and {theirs.total():,}; {missing} missing, {surplus} too many"
            return Verdict("TCP sockets shown, and of ss", f"{figure}, {waited:.0f} s after the last change", agrees)


def _of_program(terminal: PlainTerminal, file: Path) -> Counter[tuple[str, str, str]]:
    """What the program writes when it is asked to write what it shows."""
    terminal.send(b"w")
    terminal.listen(1.0)
    terminal.send(b"\x05\x15" + os.fsencode(file) + b"\r")  # to the end of the proposed name, and all of it away
    sockets = _wait_for_document(terminal, file).get("sockets", ())
    return Counter((str(socket["state"]), _end(socket, "local"), _end(socket, "peer")) for socket in sockets)


def _wait_for_document(terminal: PlainTerminal, path: Path) -> dict[str, list[dict[str, object]]]:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        terminal.listen(0.2)
        with suppress(FileNotFoundError, json.JSONDecodeError):
            document: dict[str, list[dict[str, object]]] = json.loads(path.read_text())
            return document
    raise MeasureError("the program did not write what it shows")


def _end(socket: dict[str, object], side: str) -> str:
    port = socket[f"{side}_port"]
    return f"{socket[f'{side}_address']}:{port or '*'}"


def _of_ss() -> list[tuple[str, str, str]]:
    listed = subprocess.run(["ss", "-tanH"], capture_output=True, text=True, check=True).stdout
    return [(state, local, peer) for state, _, _, local, peer in map(str.split, listed.splitlines())]
