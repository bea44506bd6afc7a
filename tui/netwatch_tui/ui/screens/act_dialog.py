"""The one dialog for all that is done to processes and sockets: what is hit, what can be done, and what came of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from textual import on
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from netwatch_tui.actions.act import KILL, Act
from netwatch_tui.actions.aim import Aim, HeldProcess, Hit, NotHeldError, TakesAim
from netwatch_tui.actions.offers import Offer, every_signal_offer, offers
from netwatch_tui.actions.subject import Subject
from netwatch_tui.actions.wording import (
    act_question,
    end_unknown_sentence,
    ended_sentence,
    hits_sentence,
    nothing_can_be_done,
    process_title,
    subject_lines,
    waiting_sentence,
)
from netwatch_tui.fields.format import printable
from netwatch_tui.sockets.ownership import Process
from netwatch_tui.ui.beside import run_beside
from netwatch_tui.ui.errands import RunsErrands
from netwatch_tui.ui.failures import reason
from netwatch_tui.ui.keymap import ACT_KEYS, bindings
from netwatch_tui.ui.screens.confirm_dialog import ConfirmByWordScreen, ConfirmScreen
from netwatch_tui.ui.screens.dialog import Dialog
from netwatch_tui.ui.screens.picker import Choice, prompt

_MOST_OTHERS = 8
"""Further holders that are offered one by one."""

_LOOK_EVERY = 0.1
PATIENCE = 2.0
"""Seconds that a process has to end before KILL is offered."""


class Done(NamedTuple):
    """What came of an action."""

    sentence: str
    hits: Sequence[Hit]


class _Line(NamedTuple):
    """A line of the list, and what it does."""

    title: str
    hint: str
    run: Callable[[], object]


def _wait() -> None:
    """Esc does nothing for a moment."""


class ActScreen(Dialog[Done | None]):
    """Holds what it is about until it closes, and asks once more before anything is done."""

    BINDINGS = bindings(ACT_KEYS)
    HINTS = (ACT_KEYS[0], ACT_KEYS[5])

    def __init__(self, subject: Subject, actor: TakesAim, errands: RunsErrands, now: float) -> None:
        """Act on this.

        Args:
            subject: What the person points at.
            actor: Acts on the machine where it is.
            errands: Does what is confirmed.
            now: Seconds since the epoch, of what is shown.
        """
        super().__init__("Act")
        self._now = now
        self._subject = subject
        self._actor = actor
        self._errands = errands
        self._aim: Aim | None = None
        self._lines: list[_Line] = []
        self._back: Callable[[], object] | None = None
        """What Esc does, where that is not to close."""
        self._is_busy = True
        self._watch: Timer | None = None

    def content(self) -> Iterable[Widget]:
        """What is hit, what can be done, what that does, and what comes of it."""
        yield Label("Looking...", id="act-subject", markup=False)
        yield OptionList(id="act-list", classes="dialog-scrolls", compact=True, markup=False)
        yield Label("", id="act-effect", markup=False)
        yield Label("", id="act-note", markup=False)

    def on_mount(self) -> None:
        """Take hold of what is meant, beside everything else."""
        self._options.can_focus = False
        run_beside(self, partial(self._take_aim, self._subject))

    def on_unmount(self) -> None:
        """Let go."""
        self._let_go()

    def _let_go(self) -> None:
        if self._aim is not None:
            self._aim.release()
            self._aim = None

    @property
    def _options(self) -> OptionList:
        return self.query_one(OptionList)

    async def _take_aim(self, subject: Subject) -> None:
        self._is_busy = True
        self._show([])
        try:
            aim = await asyncio.to_thread(self._actor.take_aim, subject)
        except (NotHeldError, OSError) as error:
            text = str(error) if isinstance(error, NotHeldError) else reason(error)
            self._text("subject", f"{text[:1].upper()}{text[1:]}.")
            return
        if not self.is_attached:
            aim.release()
            return
        self._let_go()
        self._aim, self._subject, self._is_busy = aim, subject, False
        self._offer()

    # What can be done

    def _offer(self) -> None:
        aim = self._aim
        if aim is None:
            return
        self._back = None
        self._text("subject", "\n".join(map(printable, subject_lines(aim, self._subject.label, self._now))))
        lines = [_Line(offer.title, offer.effect, partial(self._ask, offer)) for offer in offers(aim)]
        if any(not each.denied for each in aim.processes):
            lines.append(_Line("Another signal...", "any of signal(7)", self._offer_signals))
        why = [f"{process_title(each.process)}: {each.denied}." for each in aim.processes if each.denied][:1]
        why += nothing_can_be_done((*aim.listeners, *aim.connections))
        self._show([*lines, *self._other_aims()], "\n".join(why))

    def _other_aims(self) -> list[_Line]:
        """The further holders of a socket, to aim at instead."""
        subject = self._subject
        if not subject.others:
            return []
        every = (*subject.processes, *subject.others)
        all_of_them = _Line(f"All {len(every)} processes", "aim at all that hold it", partial(self._aim_at, every))
        hint, others = "aim at this one, which holds it as well", subject.others[:_MOST_OTHERS]
        return [all_of_them, *(_Line(process_title(each), hint, partial(self._aim_at, (each,))) for each in others)]

    def _aim_at(self, processes: Sequence[Process]) -> None:
        run_beside(self, partial(self._take_aim, self._subject.aimed_at(processes)))

    def _offer_signals(self) -> None:
        if self._aim is not None:
            self._back = self._offer
            lines = [_Line(each.title, each.effect, partial(self._ask, each)) for each in every_signal_offer(self._aim)]
            self._show(lines)

    def _ask(self, offer: Offer) -> None:
        """Ask once more; what may end the session, by a word that is typed."""
        dialog = (ConfirmByWordScreen if offer.is_guarded else ConfirmScreen)(offer)
        dialog.obey(self.keymap)

        def answered(is_sure: bool | None) -> None:
            if is_sure:
                self._is_busy, self._back = True, _wait  # what is under way can't be taken back, and its result is told
                self._perform(offer)

        self.app.push_screen(dialog, answered)

    # What is done

    def _perform(self, offer: Offer) -> None:
        """Do what was confirmed, though the program be left meanwhile; what is held is let go after it only."""
        aim, self._aim = self._aim, None
        if aim is None:
            return
        self._stop_watching()
        hits: list[Hit] = []

        def perform() -> str:
            hits.extend(aim.perform(offer.act, offer.targets))
            failed = [hit for hit in hits if hit.failure]
            return hits_sentence(failed, aim.host) if failed else ""

        def then(failure: str) -> None:
            if self.is_attached:
                self._aim = aim
                self._performed(offer, hits, aim.host, failure)
            else:
                aim.release()

        question = printable(act_question(offer.act, offer.targets, offer.host))
        self._errands.run(f"act {id(self)}", f'"{question}"', perform, then)

    def _performed(self, offer: Offer, hits: Sequence[Hit], host: str, failure: str) -> None:
        awaited = [hit.target for hit in hits if not hit.failure and isinstance(hit.target, HeldProcess)]
        if offer.act.is_final and awaited:
            self._await_end(offer, hits, awaited)
        else:
            self.dismiss(Done(hits_sentence(hits, host) if hits else failure, hits))

    def _await_end(self, offer: Offer, hits: Sequence[Hit], awaited: Sequence[HeldProcess]) -> None:
        """Wait until these have ended; of those that have not after a while, offer to end them at once."""
        began, self._is_busy = time.monotonic(), False
        sentence = hits_sentence(hits, offer.host)

        def those_left() -> list[HeldProcess] | None:
            """Which still run; None, and the end of it, where that can't be known any more."""
            try:
                return [each for each in awaited if not each.handle.has_ended()]
            except NotHeldError as error:
                self._stop_watching()
                self.dismiss(Done(f"{sentence} {end_unknown_sentence(awaited, str(error))}", hits))
                return None

        def leave() -> None:
            self._stop_watching()
            left = those_left()
            if left is not None:
                self.dismiss(Done(f"{sentence} {ended_sentence(awaited, left, time.monotonic() - began)}", hits))

        def look() -> None:
            if not self.is_current:
                return  # until the question above it is answered
            passed = time.monotonic() - began
            left = those_left()
            if left is None:
                return
            if not left:
                leave()
                return
            self._text("subject", printable(f"{sentence} {waiting_sentence(left, passed)}"))
            if passed >= PATIENCE and offer.act.signal != KILL and not self._lines:
                kill = Offer(Act(offer.act.kind, KILL), tuple(left), offer.host)
                self._show([_Line(kill.title, kill.effect, partial(self._ask, kill))])

        self._back = leave
        self._show([])
        self._watch = self.set_interval(_LOOK_EVERY, look)
        look()

    def _stop_watching(self) -> None:
        if self._watch is not None:
            self._watch.stop()
            self._watch = None

    # The list

    def _show(self, lines: Sequence[_Line], note: str = "") -> None:
        self._lines = list(lines)
        options = self._options
        options.clear_options()
        options.add_options([Option(prompt(Choice("", line.title, line.hint))) for line in lines])
        options.display = bool(lines)
        self._text("note", note)
        self._text("effect", "")
        if lines:
            options.highlighted = 0

    def _text(self, which: str, text: str) -> None:
        label = self.query_one(f"#act-{which}", Label)
        label.update(text)
        label.display = bool(text)

    def action_move(self, how: str) -> None:
        """Move in the list."""
        if self._lines:
            getattr(self._options, f"action_{how}")()

    def action_take(self) -> None:
        """Go on with the highlighted line."""
        at = self._options.highlighted
        if not self._is_busy and at is not None and at < len(self._lines):
            self._lines[at].run()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say in full what the line does, for which a narrow list has no room."""
        event.stop()
        if event.option_index < len(self._lines):
            hint = self._lines[event.option_index].hint
            self._text("effect", f"{hint[:1].upper()}{hint[1:]}.")

    @on(OptionList.OptionSelected)
    def _clicked(self) -> None:
        self.action_take()

    def action_back(self) -> None:
        """Back to the list before, or close."""
        if self._back is not None:
            self._back()
        else:
            self.dismiss(None)
