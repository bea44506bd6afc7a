"""What can be done to what is aimed at: only what applies, each with what it hits and does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netwatch_tui.actions.act import USUAL_SIGNALS, Act, ActKind, every_signal
from netwatch_tui.actions.aim import Aim, Target
from netwatch_tui.actions.wording import act_effect, act_title

_CLOSING = (ActKind.CLOSE, ActKind.CLOSE_ACCEPTED, ActKind.STOP_LISTENING)


class Offer(NamedTuple):
    """One act, and what it would hit."""

    act: Act
    targets: tuple[Target, ...]
    host: str = ""
    """As `Aim.host`."""

    @property
    def title(self) -> str:
        """Its name in a list."""
        count = len(self.targets)
        of = f" {count:,}" if self.act.kind is not ActKind.SIGNAL and count > 1 else ""
        return act_title(self.act) + of

    @property
    def effect(self) -> str:
        """What it does at both ends."""
        return act_effect(self.act, self.targets)

    @property
    def is_guarded(self) -> bool:
        """Whether it hits what should not be hit by accident."""
        return any(target.guard for target in self.targets)


def offers(aim: Aim) -> Iterator[Offer]:
    """The usual ones, signals first."""
    yield from _that_apply(aim, [Act(ActKind.SIGNAL, number) for number in USUAL_SIGNALS])
    yield from _that_apply(aim, [Act(kind) for kind in _CLOSING])


def every_signal_offer(aim: Aim) -> Iterator[Offer]:
    """Every signal that there is."""
    yield from _that_apply(aim, [Act(ActKind.SIGNAL, number) for number in every_signal()])


def _that_apply(aim: Aim, acts: list[Act]) -> Iterator[Offer]:
    for act in acts:
        if targets := aim.targets_of(act):
            yield Offer(act, targets, aim.host)
