"""What can be done, and what it does to both ends."""

from __future__ import annotations

import signal
from enum import StrEnum
from typing import NamedTuple


class ActKind(StrEnum):
    """What is done; the value is what JSON says."""

    SIGNAL = "signal"
    CLOSE = "close"
    CLOSE_ACCEPTED = "close-accepted"
    """Close the connections that came in through a listener, which goes on listening."""
    STOP_LISTENING = "stop-listening"


class Way(StrEnum):
    """How a socket is closed; the value is what JSON says."""

    DESTROY = "sock-destroy"
    """By the kernel, from outside; see `socket_closer`."""
    SHUTDOWN = "shutdown"
    """By shutdown(2) on a duplicate of a holder's descriptor, pidfd_getfd(2)."""


class Act(NamedTuple):
    """One thing to do to what is aimed at."""

    kind: ActKind
    signal: int = 0
    """For SIGNAL its number."""

    @property
    def is_final(self) -> bool:
        """Whether a process that gets it is expected to end."""
        return self.kind is ActKind.SIGNAL and self.signal in _ENDING


_ENDING = frozenset({signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT})

KILL = int(signal.SIGKILL)

USUAL_SIGNALS = (
    signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGINT, signal.SIGSTOP, signal.SIGCONT,
)  # fmt: skip
"""Those that are offered without being looked for."""

_MEANINGS = {
    signal.SIGTERM: "asks it to end: it may finish and clean up; then the kernel closes its sockets",
    signal.SIGKILL: "ends it at once: nothing is saved, the kernel closes its sockets, peers see FIN or RST",
    signal.SIGHUP: "many daemons reload their configuration; other programs end",
    signal.SIGINT: "as Ctrl+C in its terminal",
    signal.SIGSTOP: "halts it: its connections stay open, and what arrives waits in queues",
    signal.SIGCONT: "lets it go on after STOP",
    signal.SIGQUIT: "as Ctrl+\\ in its terminal: many programs end with a core dump",
    signal.SIGABRT: "ends it, with a core dump where those are kept",
    signal.SIGUSR1: "whatever its manual says; ends a program that does not expect it",
    signal.SIGUSR2: "whatever its manual says; ends a program that does not expect it",
    signal.SIGWINCH: "nothing, unless it asked to hear of it",
}


def signal_name(number: int) -> str:
    """`TERM`, `KILL`, `RTMIN+3`: as kill(1) lists it."""
    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:
        return f"RTMIN+{number - signal.SIGRTMIN}"


def signal_named(text: str) -> int | None:
    """The number of a signal by its name, with or without `SIG`, in upper or lower case; None if there is none."""
    wanted = text.upper().removeprefix("SIG")
    return next((number for number in every_signal() if signal_name(number) == wanted), None)


def every_signal() -> list[int]:
    """The numbers of all signals, in their order; see signal(7)."""
    return sorted(map(int, signal.valid_signals()))


def signal_meaning(number: int) -> str:
    """What a signal does to a process, in words."""
    known = _MEANINGS.get(signal.Signals(number)) if number in _NAMED else None
    return known or (signal.strsignal(number) or "real-time signal").lower()


_NAMED = frozenset(map(int, signal.Signals))
