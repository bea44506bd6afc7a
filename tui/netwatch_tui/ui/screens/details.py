"""Everything about one socket, kept up to date while it is open."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from netwatch_tui.model.describe import Fact, describe
from netwatch_tui.model.marks import Mark
from netwatch_tui.model.socket import ProcessDetails, Socket
from netwatch_tui.model.view import View

_INDENT = 14


class DetailsScreen(ModalScreen[None]):
    """Follows the socket, not the row."""

    BINDINGS = [
        Binding("escape,q,enter", "dismiss", "Close", key_display="Esc"),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
    ]

    def __init__(self, socket: Socket, view: View) -> None:
        super().__init__()
        self._socket = socket
        self._view = view
        self._gone = False
        self._details: Mapping[int, ProcessDetails] = {}

    def compose(self) -> ComposeResult:
        """One page that scrolls."""
        with VerticalScroll(id="details"):
            yield Static(self._page())

    def show(self, view: View) -> None:
        """The socket as it is in this view; if it is gone, as it was."""
        index = view.position.get(self._socket.id)
        marked = view.moment.marked.get(self._socket.id)
        # Hidden by a filter or a toggle is not gone: what was closed was marked so before it left the rows.
        self._gone = self._gone or (marked is not None and marked.mark is Mark.CLOSED)
        if index is not None:
            self._socket = view.rows[index]
        self._view = view
        self._update()

    def tell(self, details: Mapping[int, ProcessDetails]) -> None:
        """What was found out about the owners."""
        self._details = details
        self._update()

    def action_scroll(self, lines: int) -> None:
        """Move the page."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def _update(self) -> None:
        if self.is_mounted:  # answers can come before the screen is up
            self.query_one(Static).update(self._page())

    def _page(self) -> Content:
        moment = self._view.moment
        facts = describe(self._socket, moment.namespaces, self._details, moment.now)
        if self._gone:
            facts.insert(0, Fact("Closed", "this is the last that was seen of it"))
        lines = (
            Content.assemble(
                (fact.label.ljust(_INDENT), "$text-muted"), (fact.value, "bold $error" * (fact.label == "Closed"))
            )
            for fact in facts
        )
        return Content("\n").join(lines)
