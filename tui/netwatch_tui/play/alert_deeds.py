"""What happens when sockets begin to match watched filters: bell, notice, a line in a file, a command.

A flood is counted and not repeated: each rule has one notice, one bell and one command a second, and says for how many
sockets that stands. A file gets every socket.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto
from pathlib import Path
from typing import NamedTuple, Protocol

from netwatch_tui.collect.alert_watch import Ringing
from netwatch_tui.fields.format import clip, local_text, peer_text, printable
from netwatch_tui.fields.holders import process_text
from netwatch_tui.files.private_writer import append_file
from netwatch_tui.play.alert_commands import MOST_RUNNING, AlertCommands
from netwatch_tui.play.news import AlertsRang, Post
from netwatch_tui.play.throttle import Throttle
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.alert_rule import AlertRule

REAP_EVERY = 0.5
"""Seconds after which commands that run are looked at: so long at most is one a zombie."""

MOST_CELLS = 400
"""Of a notice: a socket may have thousands of holders."""


class AlertsOfTick(NamedTuple):
    """What a tick brought."""

    snapshot: Snapshot
    ringing: Sequence[Ringing]
    lost: Mapping[str, int] = {}
    """How many sockets rang before and were not told, by the name of the rule."""


class AlertObjects(Protocol):
    """Tells sockets as JSON; see `#/$defs/event` and `#/$defs/socket` of the schema."""

    def events(self, rule: str, sockets: Sequence[Socket], snapshot: Snapshot) -> Iterable[str]:
        """A line for each of these sockets of a snapshot, which ring by the rule of this name."""

    def socket(self, socket: Socket, snapshot: Snapshot) -> str:
        """A line for one."""


class _First(NamedTuple):
    """The socket that stands for those which ring by one rule in a tick."""

    rule: AlertRule
    socket: Socket
    snapshot: Snapshot


class _Trouble(Enum):
    """What can go wrong with a rule; of each kind there is one word a second."""

    SEARCH = auto()
    FILE = auto()
    FULL = auto()
    START = auto()
    LOST = auto()
    FAULT = auto()


class AlertDeeds:
    """Does what the rules say, and knows when there is more to do. For one thread."""

    def __init__(self, objects: AlertObjects, post: Post) -> None:
        """Begin with nothing to do.

        Args:
            objects: Tells sockets as JSON.
            post: Takes what is to be said and rung on the screen.
        """
        self._objects = objects
        self._post = post
        self._commands = AlertCommands()
        self._rings = defaultdict[str, Throttle[_First]](Throttle)
        """By the name of the rule, as the others."""
        self._troubles = defaultdict[tuple[str, _Trouble], Throttle[str]](Throttle)
        self._rang = 0
        """Sockets so far."""

    def take(self, found: AlertsOfTick) -> None:
        """Write what belongs into files, and keep the rest for `do_due`."""
        for name, count in found.lost.items():
            self._rang += count
            self._troubles[name, _Trouble.LOST].offer("not told, as a file or a command takes too long", count)
        for ringing in found.ringing:
            try:
                self._ring(ringing, found.snapshot)
            except Exception as error:  # noqa: BLE001 -- no fault costs more than what it is in, and each is told
                text = f"failed: {type(error).__name__}: {error}"
                self._troubles[ringing.rule.name, _Trouble.FAULT].offer(text, len(ringing.sockets))

    def _ring(self, ringing: Ringing, snapshot: Snapshot) -> None:
        rule, sockets, unsearched = ringing
        if unsearched:
            self._troubles[rule.name, _Trouble.SEARCH].offer(unsearched, 0)
        if not sockets:
            return
        self._rang += len(sockets)
        self._rings[rule.name].offer(_First(rule, sockets[0], snapshot), len(sockets))
        if rule.file:
            self._write(rule, sockets, snapshot)

    def do_due(self, now: float) -> None:
        """Start the commands and say the words for which it is time."""
        self._commands.reap()
        texts, bell, is_news = list[str](), False, False
        for rings in self._rings.values():
            if ring := rings.take(now):
                rule = ring.first.rule
                bell, is_news = bell or rule.bell, True
                texts += _words(rule, ring.first.socket, ring.times - 1)
                if rule.command:
                    self._start(ring.first)
        for (name, _), troubles in self._troubles.items():
            if trouble := troubles.take(now):
                which = f"Alert {name}, {_sockets(trouble.times)}" if trouble.times else f"Alert {name}"
                texts.append(f"{which}: {trouble.first}.")
        if texts or is_news:
            self._post(AlertsRang(self._rang, tuple(clip(printable(text), MOST_CELLS) for text in texts), bell))

    def next_due(self, now: float) -> float | None:
        """When there is something to do; None for never."""
        dues = (*(each.due for each in self._rings.values()), *(each.due for each in self._troubles.values()))
        moments = [due for due in dues if due is not None]
        return min([*moments, now + REAP_EVERY] if self._commands.running else moments, default=None)

    def _start(self, one: _First) -> None:
        """Start the command of a rule."""
        name, command = one.rule.name, one.rule.command
        if self._commands.running >= MOST_RUNNING:
            self._troubles[name, _Trouble.FULL].offer(f"no command, as {MOST_RUNNING} are still running")
            return
        try:
            self._commands.start(command, f"{self._objects.socket(one.socket, one.snapshot)}\n".encode())
        except Exception as error:  # noqa: BLE001 -- whatever it is, a command that is not started is told
            self._troubles[name, _Trouble.START].offer(f"{command[0]} can't be started: {_reason(error)}")

    def _write(self, rule: AlertRule, sockets: Sequence[Socket], snapshot: Snapshot) -> None:
        lines = self._objects.events(rule.name, sockets, snapshot)
        try:
            append_file(Path(rule.file).expanduser(), "".join(f"{line}\n" for line in lines).encode())
        except (OSError, RuntimeError) as error:  # the latter where there is no home
            text = f"{rule.file} can't be written: {_reason(error)}"
            self._troubles[rule.name, _Trouble.FILE].offer(text, len(sockets))


def _words(rule: AlertRule, socket: Socket, others: int) -> Iterator[str]:
    """What is said of the first of some sockets that ring, and of how many the others are."""
    if rule.notice:
        to = f" → {peer_text(socket)}" if socket.peer_port else ""
        more = f", and {others:,} more{', which start no command' if rule.command else ''}" if others else ""
        yield f"Alert {rule.name}: {socket.netid} {socket.state} {local_text(socket)}{to} {process_text(socket)}{more}"
    elif rule.command and others:
        yield f"Alert {rule.name}, {_sockets(others)}: no command, as one a second is the most."


def _sockets(count: int) -> str:
    return f"{count:,} socket{'' if count == 1 else 's'}"


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
