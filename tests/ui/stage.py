"""The full-screen program on a fake machine, driven step by step."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from textual.geometry import Region
from textual.pilot import Pilot
from textual.widget import Widget

from netwatch_tui.actions.aim import TakesAim
from netwatch_tui.actions.open_trace import OpenTrace
from netwatch_tui.actions.probes import Plan
from netwatch_tui.collect.host_name_cache import HostNameCache
from netwatch_tui.hosts.fleet import Fleet
from netwatch_tui.kernel.source import Source
from netwatch_tui.play.alerting import Watches
from netwatch_tui.settings.saved_views import SavedView, SavedViews
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.traced_call import TraceBatch
from netwatch_tui.ui.app import NetwatchApp
from netwatch_tui.ui.keymap import USUAL_KEYS, Keymap
from netwatch_tui.ui.remembered import Remembered
from netwatch_tui.ui.screens.arrangement_keeper import Keeps
from netwatch_tui.ui.setup import Setup
from netwatch_tui.ui.themes import load_themes, themes_folder
from netwatch_tui.ui.widgets.eager_input import EagerInput
from netwatch_tui.ui.widgets.socket_table import SocketTable
from netwatch_tui.view.named_views import VIEWS, NamedView
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View
from screenshots.feed import StepFeed, on_machine
from tests.support.build import tcp, udp
from tests.support.program import PATIENCE

WEB = tcp("10.0.0.5:443", inode=11)
CLIENT = tcp("10.0.0.5:443", "10.0.0.9:50001", inode=12)
OTHER = tcp("10.0.0.5:443", "10.0.0.10:50002", inode=13)
DNS = udp("127.0.0.53:53", inode=14)
"""A web server with two visitors, and a name server."""


def written(format: str, sockets: Iterable[Socket], view: View) -> list[str]:
    """A file that is easy to check."""
    return [f"{format} {view.spec.sort}", *(str(socket.inode) for socket in sockets)]


def calls_written(format: str, batch: TraceBatch, _: str) -> list[str]:
    """A file of a trace that is easy to check."""
    return [f"{format} {batch.lost} {batch.unknown}", *(call.name for call in batch.calls)]


class AtOnce:
    """Does errands while one waits."""

    def run(
        self, lane: str, what: str, errand: Callable[[], str], then: Callable[[str], object] = lambda _: None
    ) -> None:
        """Whoever asks for it hears of it before anything else."""
        assert lane
        assert what
        then(errand())


class Stage:
    """What a test sees and does."""

    def __init__(self, app: NetwatchApp, feed: StepFeed, pilot: Pilot[None]) -> None:
        self.app = app
        self.feed = feed
        self.pilot = pilot

    @property
    def table(self) -> SocketTable:
        return self.app.screen_stack[0].query_one(SocketTable)

    @property
    def view(self) -> View:
        """What the table shows."""
        view = self.table._view
        assert view is not None
        return view

    @property
    def screen(self) -> list[str]:
        """The lines of the screen as they were painted."""
        return [
            "".join(segment.text for segment in line).rstrip() for line in self.app.screen._compositor.render_strips()
        ]

    @property
    def said(self) -> str:
        """What the line above the keys says."""
        return self.screen[-2].strip()

    @property
    def heading(self) -> str:
        return self.table.render_line(0).text.rstrip()

    @property
    def rows(self) -> list[str]:
        """The table's visible rows."""
        lines = (self.table.render_line(y).text.rstrip() for y in range(1, self.table.size.height))
        return [line for line in lines if line]

    @property
    def cursor(self) -> int:
        """The id of the socket under the cursor."""
        socket = self.table.cursor_socket
        assert socket is not None
        return socket.id

    @property
    def cursor_line(self) -> int:
        """The line of the table on which the cursor is painted, 0 for the first row."""
        return next(y for y in range(self.table.size.height) if self._is_lit(y)) - 1

    def _is_lit(self, y: int) -> bool:
        background = self.table.render_line(y)._segments[0].style
        plain = self.table.rich_style
        return y > 0 and background is not None and background.bgcolor != plain.bgcolor

    def record_refreshes(self, kind: type[Widget] = SocketTable) -> list[Region]:
        """From now on, the parts of a widget that are painted again; of the table where nothing is said."""
        recorded: list[Region] = []
        widget = self.app.screen_stack[0].query_one(kind)
        refresh = widget.refresh

        def record(*regions: Region, **more: bool) -> object:
            recorded.extend(regions or [widget.region])
            return refresh(*regions, **more)

        widget.refresh = record  # type: ignore[assignment,method-assign]  # a spy for one test
        return recorded

    async def step(self, seconds: float = 1.0) -> None:
        """Let time go by, and one tick with it."""
        self.feed.step(seconds)
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys; letters for a line of text go straight to where the program would put them."""
        typed = False
        for key in keys:
            line = self.app.focused
            if len(key) == 1 and isinstance(line, EagerInput):
                await line.type_in(key)
                typed = True
                continue
            if typed:
                await self.pilot.pause()
            typed = False
            await self.pilot.press(key)
        await self.pilot.pause()
        await self.until(lambda: not self.app.errands.is_busy)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for what Textual does in its own time."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, "\n".join(self.screen)
            await self.pilot.pause(0.01)


def _saved(views: SavedViews) -> tuple[SavedView, ...]:
    """As the program reads them when it starts."""
    try:
        return views.read()
    except ValueError:
        return ()


@asynccontextmanager
async def on_stage(
    source: Source | Fleet,
    *,
    size: tuple[int, int] = (132, 24),
    spec: ViewSpec | None = None,
    now: float = 1_000_000.0,
    folder: Path | None = None,
    keymap: Keymap = USUAL_KEYS,
    arrangement: Keeps | None = None,
    views: tuple[NamedView, ...] = VIEWS,
    actor: TakesAim | None = None,
    plan_probe: Plan | None = None,
    open_trace: OpenTrace | None = None,
    names: HostNameCache | None = None,
    watches: Watches | None = None,
) -> AsyncIterator[Stage]:
    """The program after its first tick. It remembers filters in `folder`, or else only as long as it runs."""
    spec = spec or ViewSpec()
    if isinstance(source, Fleet):
        feed = StepFeed(source, spec, now, source.process_details, measure=source.process_resources)
    else:
        feed = on_machine(source, spec, now, names)
    themes, problems = load_themes(themes_folder())
    assert not problems
    with TemporaryDirectory() as passing:
        remembered = Remembered(folder or Path(passing))
        saved_views = SavedViews(folder or Path(passing))
        saved = () if folder is None else _saved(saved_views)
        setup = Setup(
            keymap, arrangement, views, saved, saved_views, plan_probe=plan_probe, actor=actor, watches=watches
        )
        setup = setup._replace(open_trace=open_trace, write_calls=calls_written)
        app = NetwatchApp(feed, spec, themes, "netwatch", written, remembered, (), setup)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Stage(app, feed, pilot)
            assert not app.failures.errors, f"what fails is said, and no test overlooks it: {list(app.failures.errors)}"
        assert app.errands.end() == []
