"""Recording beside the collecting: whoever asks for snapshots gets them, and they are written down."""

from __future__ import annotations

from netwatch_tui.collect.collector import Collects
from netwatch_tui.recording.writer import Sink, Writer
from netwatch_tui.sockets.needs import EVERY_NEED, Needs
from netwatch_tui.sockets.snapshot import Problem, Snapshot


class Recorder:
    """A collector whose snapshots are written down as well. For the collector's thread, but for `end`."""

    def __init__(self, collector: Collects, path: str, host: str, now: float, interval: float) -> None:
        """Begin a recording; the arguments are those of `Sink` and `Writer`.

        Raises:
            OSError: It can't be written.
        """
        self.failure: OSError | None = None
        """Why nothing is written any more. The snapshots go on, with a problem that says so."""
        self._collector = collector
        self.needs = collector.needs
        self._path = path
        self._sink = Sink(path)
        self._writer = Writer(self._sink.write, host, now, interval)

    @property
    def namespaces(self) -> str:
        """Those that the collector looks at."""
        return self._collector.namespaces

    @namespaces.setter
    def namespaces(self, name: str) -> None:
        self._collector.namespaces = name

    @property
    def needs(self) -> Needs:
        """Everything: who replays a recording may ask for what nobody asked for when it was made."""
        return self._collector.needs

    @needs.setter
    def needs(self, needs: Needs) -> None:
        self._collector.needs = EVERY_NEED.union(needs)

    def collect(self, now: float) -> Snapshot:
        """Look at all sockets, and write down what is seen."""
        snapshot = self._collector.collect(now)
        if self.failure is None:
            try:
                self._writer.add(snapshot)
            except OSError as error:
                self.failure = error
        if self.failure is None or isinstance(self.failure, BrokenPipeError):  # who reads may stop when they like
            return snapshot
        problem = Problem(f"nothing is recorded any more: {self._path}: {self.failure.strerror}", 1)
        return snapshot._replace(problems=(*snapshot.problems, problem))

    def end(self, now: float) -> None:
        """End the recording so that its reader knows.

        Raises:
            OSError: That can't be written.
        """
        try:
            if self.failure is None:
                self._writer.end(now)
                self._sink.close()
        except OSError as error:
            self.failure = error
            raise
