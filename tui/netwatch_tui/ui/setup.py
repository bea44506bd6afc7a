"""What the screen is set up with, besides what it shows."""

from __future__ import annotations

from typing import NamedTuple

from netwatch_tui.actions.aim import TakesAim
from netwatch_tui.actions.open_trace import OpenTrace
from netwatch_tui.actions.probes import Plan
from netwatch_tui.play.alerting import Watches
from netwatch_tui.settings.saved_views import SavedView, SavedViews
from netwatch_tui.ui.keymap import USUAL_KEYS, Keymap
from netwatch_tui.ui.screens.arrangement_keeper import Keeps
from netwatch_tui.ui.screens.trace_page import WriteCalls, write_no_calls
from netwatch_tui.view.named_views import VIEWS, NamedView


class Hands(NamedTuple):
    """What does something with the machines that are shown."""

    actor: TakesAim
    open_trace: OpenTrace
    plan_probe: Plan


class Setup(NamedTuple):
    """How a person wants the screen; what is left out is as it comes."""

    keymap: Keymap = USUAL_KEYS
    arrangement: Keeps | None = None
    """What remembers how the screen is arranged; None for nothing."""
    views: tuple[NamedView, ...] = VIEWS
    """Those that are shipped and configured, in the order of their number keys."""
    saved: tuple[SavedView, ...] = ()
    """Those that the person saved."""
    saved_views: SavedViews | None = None
    """What keeps them; None for nothing that outlives the program."""
    view: int = 0
    """Which of all is shown first."""
    plan_probe: Plan | None = None
    """Finds out how the listeners that are shown can be tried; None where there is no machine to try them on."""
    open_trace: OpenTrace | None = None
    """Begins to trace processes; None where there is no machine on which they run."""
    write_calls: WriteCalls = write_no_calls
    """Gives the lines of files of traced calls. The front door's: what writes files is no part of the screen."""
    actor: TakesAim | None = None
    """Acts on processes and sockets; None where what is shown is no machine as it is now."""
    watches: Watches | None = None
    """What watches filters; None where nothing new can happen, as in a recording."""


USUAL_SETUP = Setup()
