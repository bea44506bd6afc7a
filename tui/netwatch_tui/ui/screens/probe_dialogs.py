"""The question before listeners are tried, and the page of what came of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from textual import events, on
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from netwatch_tui.actions.probes import ProbeRefusedError, Probes
from netwatch_tui.fields.format import printable, wrap
from netwatch_tui.fields.moment import Moment
from netwatch_tui.fields.probe_fields import table_fields
from netwatch_tui.play.ticker import Stopped
from netwatch_tui.sockets.probe_results import Outcome, PortState, ProbeEnd, ProbeRow, remarks, rows_of
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.ui.beside import run_beside
from netwatch_tui.ui.keymap import DIALOG_KEYS, PROBE_KEYS, bindings
from netwatch_tui.ui.messages import Said
from netwatch_tui.ui.screens.dialog import Dialog
from netwatch_tui.view.probe_table import fitted

_FRAME = 6
"""Cells of the dialog beside its text, with the bar that scrolls it."""
_STYLES = {
    PortState.OPEN: "$netwatch-new",
    PortState.REFUSED: "$warning",
    PortState.FILTERED: "$warning",
    PortState.NO_ANSWER: "$error",
    PortState.UNTRIED: "$text-muted",
}


class ProbeQuestion(Dialog[bool]):
    """Says what would be tried; True for yes."""

    BINDINGS = bindings(DIALOG_KEYS)
    HINTS = (DIALOG_KEYS[0]._replace(label="Try"), DIALOG_KEYS[1])

    def __init__(self, attempts: int, listeners: int, others: int, host: str = "") -> None:
        """Ask about attempts.

        Args:
            attempts: How many.
            listeners: How many are tried.
            others: How many more are shown that can't be.
            host: The machine that does it; empty for this one.
        """
        super().__init__(f"Reachable on {printable(host)}" if host else "Reachable")
        tried = "one listener" if listeners == 1 else f"{listeners:,} listeners"
        made = "One connection" if attempts == 1 else f"{attempts:,} connections"
        self._text = (
            f"{made} to {tried}, from {printable(host) or 'this machine'} to its own addresses, each closed as soon as "
            "it is made. Servers see them, and may log them."
        )
        if others:
            self._text += f"\n{others:,} more shown {'is' if others == 1 else 'are'} not tried: UDP, or no own address."

    def content(self) -> Iterable[Widget]:
        """What Enter does."""
        yield Label(self._text, classes="probe-note", markup=False)

    def action_take(self) -> None:
        """Yes."""
        self.dismiss(True)


@dataclass
class Progressed(Message):
    """More attempts have come to their end."""

    def can_replace(self, message: Message) -> bool:
        """How many it are by now is all that counts."""
        return isinstance(message, Progressed)


class ProbePage(Dialog[None]):
    """Tries the listeners while it is open, and shows what came of it."""

    BINDINGS = bindings(PROBE_KEYS)
    HINTS = (*PROBE_KEYS[:3], PROBE_KEYS[-1])

    def __init__(self, probe: Probes, moment: Moment, now: Callable[[], Mapping[int, Socket]], host: str = "") -> None:
        """Begin when it is shown.

        Args:
            probe: What is to be tried; closed at the end.
            moment: What is known besides the listeners.
            now: Gives the sockets of the last tick by the ids of their rows.
            host: The machine where it is; empty for this one.
        """
        super().__init__(f"Reachable on {printable(host)}" if host else "Reachable")
        self._failure = ""
        """Why not everything was tried; empty where it was."""
        self._probe = probe
        self._moment = moment._replace(networks=probe.networks)
        self._now = now
        self._outcomes: dict[ProbeEnd, Outcome] = {}
        self._rows: list[ProbeRow] = []
        self._is_over = threading.Event()

    def content(self) -> Iterable[Widget]:
        """How far it is, and then the table."""
        yield Label(self._progress, id="probe-heading", markup=False)
        yield OptionList(id="probe-list", classes="dialog-scrolls", compact=True, markup=False)

    @property
    def _progress(self) -> str:
        progress = f"{len(self._outcomes):,} of {len(self._probe.ends):,} tried"
        return f"{progress}; {self._failure}" if self._failure else progress

    def on_mount(self) -> None:
        """Begin to try."""
        self.query_one(".dialog").add_class("-page")
        run_beside(self, self._try)

    def on_unmount(self) -> None:
        """End what is under way."""
        self._is_over.set()

    async def _try(self) -> None:
        await asyncio.to_thread(self._run)
        if self._failure:  # what could not be tried would look as if it had been left out
            self.query_one("#probe-heading", Label).update(self._progress)
            return
        self._rows = rows_of(self._probe.planned, self._outcomes, self._now())
        self._fill()

    def _run(self) -> None:
        """Try everything; on a thread of its own, which alone has the probe from now on."""
        try:
            for end, outcome in self._probe.run(self._check):
                self._outcomes[end] = outcome
                self.post_message(Progressed())
        except Stopped:
            pass  # nobody reads it any more
        except ProbeRefusedError as error:
            self._failure = printable(str(error))
        finally:
            self._probe.close()

    def _check(self) -> None:
        if self._is_over.is_set():
            raise Stopped

    @on(Progressed)
    def _progressed(self) -> None:
        if not self._rows:
            self.query_one("#probe-heading", Label).update(self._progress)

    def on_resize(self, event: events.Resize) -> None:
        """Choose the columns anew."""
        super().on_resize(event)
        self._fill()

    def _fill(self) -> None:
        """Show the table in the room that there is, and below it how far it can be relied on."""
        if not self._rows:
            return
        room = max(self.size.width * 9 // 10 - _FRAME, 1)
        table = fitted(self._rows, self._moment, room)
        states = [field.id == "state" for field in table.fields]
        self.query_one("#probe-heading", Label).update(" ".join(table.heading).rstrip())
        told = zip(table.rows, self._rows, strict=True)
        prompts = [_prompt(cells, states, _STYLES[row.state]) for cells, row in told]
        lines = [line for remark in remarks(self._rows) for line in ("", *wrap(_sentence(remark), room))]
        options = self.query_one(OptionList)
        at = options.highlighted
        options.clear_options()
        options.add_options([Option(prompt) for prompt in prompts])
        options.add_options([Option(line, disabled=True) for line in lines])
        options.highlighted = at or 0

    def action_move(self, how: str) -> None:
        """Move in the list."""
        options = self.query_one(OptionList)
        if options.option_count:
            getattr(options, f"action_{how}")()

    def action_copy(self) -> None:
        """Hand the row under the cursor to the terminal, with all its columns."""
        at = self.query_one(OptionList).highlighted
        if at is None or at >= len(self._rows):
            self.post_message(Said("No row to copy."))
            return
        cells = [field.text(self._rows[at], self._moment) for field in table_fields(self._rows)]
        self.app.copy_to_clipboard("\t".join(cells))
        self.post_message(Said(f"Sent to the terminal's clipboard: {' '.join(cells)}"))


def _sentence(remark: str) -> str:
    return f"{remark[:1].upper()}{remark[1:]}."


def _prompt(cells: Sequence[str], states: Sequence[bool], style: str) -> Content:
    parts = [(cell, style) if is_state else cell for cell, is_state in zip(cells, states, strict=True)]
    spaced = [piece for part in parts for piece in (part, " ")]
    return Content.assemble(*spaced[:-1])
