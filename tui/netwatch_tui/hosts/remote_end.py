"""The far end of a connection: ticks, and writes what it sees to standard output; `wire_format` says what else.

It is sent to the other machine, or started there by an installed program, and ends with the connection: when nobody
writes to it or reads from it any more, and when nothing was asked for so long that somebody would have.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, NoReturn

from netwatch_tui.collect.collector import Collector
from netwatch_tui.collect.event_feed import EventFeed
from netwatch_tui.fields.format import printable
from netwatch_tui.hosts.wire_format import (
    ACTS,
    FITS,
    MOST_ORDER,
    MOST_SILENCE,
    PROBES,
    PROTOCOL,
    TRACES,
    About,
    Ask,
    Follow,
    decode_order,
    encode_answer,
)
from netwatch_tui.kernel.limits import DESCRIPTORS_A_TICK
from netwatch_tui.kernel.namespaces import NamespaceError
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.kernel.source import PROC, LinuxSource, ProcessReader
from netwatch_tui.recording.writer import Writer
from netwatch_tui.sockets.capture_status import CaptureError, CaptureWhen
from netwatch_tui.sockets.snapshot import Problem
from netwatch_tui.sockets.socket import Socket

_FIRST_ORDER = 5.0
"""Seconds for which the first tick waits for what it is to tell, which is sent as soon as anybody reads it there."""
_NOWHERE = "-"
"""No namespace is called so: what stands for one that can't be shown."""


def main(words: Sequence[str] = ()) -> int:
    """Run it; returns the exit status."""
    if list(words) == [FITS]:
        print(PROTOCOL)  # noqa: T201 -- who asks is a shell
        return 0
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where it was started to outlive a terminal
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(MOST_SILENCE)
    try:
        RemoteEnd(LinuxSource(processes=_process_reader()), _write).run()
    except BrokenPipeError:
        return 0
    except CaptureError as error:
        _complain(f"--capture always: {error}")
        return 1
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is told in a line
        _complain(f"{type(error).__name__}: {error}")
        return 1


def _process_reader() -> ProcessReader:
    """By psutil where it is there, else by `/proc` alone."""
    try:
        from netwatch_tui.kernel.processes import Processes
    except ImportError:
        from netwatch_tui.kernel.process_metadata import ProcessMetadata

        return ProcessMetadata(PROC)
    return Processes(PROC)


def _events(when: CaptureWhen) -> EventFeed | None:
    """The kernel's events from now on.

    Raises:
        CaptureError: They are wanted, and can't be had.
    """
    if when is CaptureWhen.NEVER:
        return None
    from netwatch_tui.collect.capture_thread import CaptureThread
    from netwatch_tui.kernel.capture.open_capture import open_capture

    return CaptureThread(open_capture(when), _process_reader)


_Found = Callable[[Ask], Any]
"""Finds out what is told."""


class _Asked:
    """Questions that are answered one after the other by a thread of their own, which starts with the first."""

    def __init__(self, open_answers: Callable[[], _Found]) -> None:
        self._open_answers = open_answers
        self._asked: SimpleQueue[Ask] | None = None

    def put(self, ask: Ask, answer: Callable[[Ask, _Found], object]) -> None:
        """Have it answered; for one thread."""
        if self._asked is None:
            self._asked = SimpleQueue()
            threading.Thread(target=self._run, args=(self._asked, answer), daemon=True).start()
        self._asked.put(ask)

    def _run(self, asked: SimpleQueue[Ask], answer: Callable[[Ask, _Found], object]) -> NoReturn:
        found = self._open_answers()
        while True:
            answer(asked.get(), found)


class RemoteEnd:
    """Ticks on one thread, and hears orders on another one."""

    def __init__(self, source: LinuxSource, write: Callable[[bytes], object]) -> None:
        """Begin nothing yet; `write` writes all that it is given, or raises OSError."""
        self._source = source
        self._write_all = write
        self._writing = threading.Lock()
        self._orders: SimpleQueue[Follow] = SimpleQueue()
        self._slow = {
            ACTS: _Asked(self._open_acts),
            TRACES: _Asked(self._open_traces),
            PROBES: _Asked(self._open_probes),
        }
        """What is asked that may have to wait for the kernel, and has a thread of its own."""
        self._sockets: tuple[Socket, ...] = ()
        """Those of the last tick."""
        self._order = Follow()
        self._problem: tuple[Problem, ...] = ()
        self._told = ""

    def run(self) -> NoReturn:
        """Tick until nobody reads it.

        Raises:
            OSError: Nobody does.
        """
        started = time.time()
        writer = Writer(self._write, os.uname().nodename, started, self._order.interval)
        threading.Thread(target=self._hear, name="orders", daemon=True).start()
        self._heard(_FIRST_ORDER)
        collector = Collector(self._source, TABLES, budget=DESCRIPTORS_A_TICK, events=_events(self._order.capture))
        self._choose(collector)
        due = time.monotonic()
        while True:
            self._tick(collector, writer)
            due = max(due + self._order.interval, time.monotonic())
            while (left := due - time.monotonic()) > 0:
                if self._heard(left):
                    self._choose(collector)
                    due = time.monotonic()

    def _tick(self, collector: Collector, writer: Writer) -> None:
        """Write what is there now; a tick that fails is told on standard error, and costs no more than itself."""
        try:
            snapshot = collector.collect(time.time())
        except Exception as error:  # noqa: BLE001 -- must outlive any fault of a tick, and says it
            self._complain_once(f"collecting failed, retrying: {type(error).__name__}: {error}")
            return
        self._sockets = snapshot.sockets
        writer.add(snapshot._replace(problems=(*snapshot.problems, *self._problem)))

    def _heard(self, seconds: float) -> bool:
        """Wait for an order; whether the next tick is to come at once, because it tells other things."""
        try:
            order = self._orders.get(timeout=seconds)
        except Empty:
            return False
        with suppress(Empty):  # of several only the last one counts
            while True:
                order = self._orders.get_nowait()
        before, self._order = self._order, order
        return order != before

    def _choose(self, collector: Collector) -> None:
        """Have collected what the last order asks for."""
        collector.needs = self._order.needs
        try:
            collector.namespaces, self._problem = self._source.choose_namespace(self._order.namespaces), ()
        except NamespaceError as error:
            collector.namespaces, self._problem = _NOWHERE, (Problem(str(error), 1),)

    def _hear(self) -> NoReturn:
        """Take orders until there is nobody to give any: then it is over, whatever the other thread does."""
        try:
            while line := sys.stdin.buffer.readline(MOST_ORDER):
                signal.alarm(MOST_SILENCE)
                self._grant(line)
        except OSError as error:
            _complain(f"standard input: {error.strerror}")
        finally:
            os._exit(0)

    def _grant(self, line: bytes) -> None:
        try:
            order = decode_order(line)
        except ValueError as error:
            self._complain_once(f"an order that is none: {error}")
            return
        if isinstance(order, Follow):
            self._orders.put(order)
        elif asked := next((asked for about, asked in self._slow.items() if order.about in about), None):
            asked.put(order, self._answer)
        else:
            self._answer(order, self._found)

    # With the modules that most who look have no use for.

    def _open_acts(self) -> _Found:
        from netwatch_tui.actions.actor import Actor
        from netwatch_tui.hosts.act_answers import ActAnswers

        return ActAnswers(Actor(lambda: LinuxSource(processes=_process_reader())), lambda: self._sockets).answer

    def _open_traces(self) -> _Found:
        from netwatch_tui.actions.open_trace import open_trace
        from netwatch_tui.hosts.trace_answers import TraceAnswers

        return TraceAnswers(open_trace).answer

    def _open_probes(self) -> _Found:
        from netwatch_tui.actions.probes import plan_probe
        from netwatch_tui.hosts.probe_answers import ProbeAnswers

        return ProbeAnswers(plan_probe, lambda: self._sockets).answer

    def _answer(self, ask: Ask, found: _Found) -> None:
        """Tell what was found; null where finding it out failed, which is told on standard error."""
        try:
            told = found(ask)
        except Exception as error:  # noqa: BLE001 -- must outlive any fault of a question, and says it
            self._complain_once(f"{ask.about} of {ask.pid}: {type(error).__name__}: {error}")
            told = None
        with suppress(BrokenPipeError):  # which the thread that ticks finds out as well
            self._write(encode_answer(ask.number, told))

    def _found(self, ask: Ask) -> Any:
        match ask.about:
            case About.CLOCK:
                return time.time()
            case About.DETAILS:
                return self._source.process_details(ask.pid)
            case About.RESOURCES:
                return self._source.process_resources(ask.pid)

    def _write(self, data: bytes) -> None:
        with self._writing:
            self._write_all(data)

    def _complain_once(self, text: str) -> None:
        """Say something on standard error, unless it was said last."""
        if text != self._told:
            self._told = text
            _complain(text)


def _write(data: bytes) -> None:
    """Write to standard output, all of it, and at once."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(1, rest) :]


def _complain(text: str) -> None:
    with suppress(OSError):
        os.write(2, f"netwatch-tui: {printable(text)}\n".encode())
