"""What the parts of the benchmark are told, and what they find."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.benchmarks.helper import HelperError
from tests.benchmarks.load import LoadError
from tests.benchmarks.measure import MeasureError
from tests.benchmarks.report import Verdict

EXPECTED = (LoadError, MeasureError, HelperError, OSError, subprocess.SubprocessError, AssertionError)
"""What is raised where something can't be measured."""


class Settings(NamedTuple):
    """How much is measured."""

    sizes: tuple[int, ...]
    """Numbers of sockets, ascending."""
    processes: int
    """Which hold them."""
    rounds: int
    ticks: int
    seconds: int | None
    """How long whatever takes a fixed time is measured; None for as long as each should be."""

    @property
    def largest(self) -> int:
        """The most sockets."""
        return self.sizes[-1]

    def lasting(self, usual: int) -> int:
        """How many seconds to take for what should be measured over so many."""
        return self.seconds or usual


class Results:
    """What one part finds, which is kept when it fails later."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Know nothing.

        Args:
            say: Gets a word about what is done now.
        """
        self.say = say
        self.paragraphs: list[str] = []
        """What to print, in Markdown."""
        self.verdicts: list[Verdict] = []
        self.samples: dict[str, Any] = {}
        """Every single sample, as JSON can hold it, by a name."""
        self.problems: list[str] = []
        """What could not be measured, and why."""

    def tell(self, paragraph: object) -> None:
        """Have something printed."""
        self.paragraphs.append(str(paragraph))

    def judge(self, title: str, value: float, unit: str, bar: float | None) -> None:
        """Hold a number against its bar, if it has one."""
        if bar is not None:
            self.verdicts.append(Verdict(title, value, unit, bar))

    def keep(self, name: str, samples: Iterable[Any]) -> None:
        """Keep what was measured."""
        self.samples.setdefault(name, []).extend(samples)

    @contextmanager
    def attempt(self, what: str) -> Iterator[None]:
        """Say what is done now, and note it if that does not work: whatever follows is measured nevertheless."""
        self.say(f"  {what}")
        try:
            yield
        except EXPECTED as error:
            self.fail(error, what)

    def fail(self, error: Exception, what: str = "") -> None:
        """Note that something could not be measured; the first line says why."""
        first = (str(error) or type(error).__name__).splitlines()[0]
        self.problems.append(f"{what}: {first}" if what else first)
        self.say(f"  not measured: {first}")


class Part(NamedTuple):
    """A part of the benchmark, which can be chosen."""

    name: str
    meaning: str
    measure: Callable[[Settings, Results], None]
