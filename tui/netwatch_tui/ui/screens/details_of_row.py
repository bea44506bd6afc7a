"""The details beside or below the table: whose they are, and when they are there."""

from __future__ import annotations

from typing import Protocol

from netwatch_tui.fields.moment import Moment
from netwatch_tui.ui.screens.viewer import TableCursor, Viewer
from netwatch_tui.view.socket_details import SocketDetails
from netwatch_tui.view.view import View


class Panel(Protocol):
    """Where details are shown."""

    display: bool

    @property
    def has_focus(self) -> bool:
        """Whether it has the keyboard."""

    def show(self, socket_details: SocketDetails, moment: Moment) -> None:
        """Tell about this socket."""

    def take_keyboard(self) -> None:
        """Have the keys from now on."""


class DetailsOfRow:
    """Opens and closes the details, and lets them tell about the row to which the person goes."""

    def __init__(self, viewer: Viewer, table: TableCursor, panel: Panel) -> None:
        """Begin without details."""
        self._viewer = viewer
        self._table = table
        self._panel = panel

    def show(self, view: View) -> None:
        """Keep the details true."""
        details = view.socket_details
        if details is not None and details.socket.id == self._viewer.spec.subject:
            self._panel.show(details, view.moment)

    def open_or_close(self) -> None:
        """Show all about the socket under the cursor, or no more."""
        if self._viewer.spec.subject is not None:
            self.close()
        elif self._table.cursor_row is None:
            self._viewer.say("No row to show details of.")
        else:
            self._panel.display = True
            self.tell_about_cursor()

    def tell_about_cursor(self) -> None:
        """Let the details show the row to which the person went; what else moves the cursor leaves them alone."""
        socket, view, spec = self._table.cursor_socket, self._viewer.view, self._viewer.spec
        if not self._panel.display or socket is None or view is None:
            return
        if socket.id != spec.subject:
            self._viewer.choose(spec._replace(subject=socket.id))
            self._panel.show(SocketDetails(socket), view.moment)

    def close(self) -> None:
        """Give their place back to the table."""
        self._panel.display = False
        self._table.take_keyboard()
        self._viewer.choose(self._viewer.spec._replace(subject=None))

    def action_enter_details(self) -> None:
        """Give the keyboard to the details, or back to the table."""
        if not self._panel.display:
            self._viewer.say("The details are not open; Enter opens them.")
        elif self._panel.has_focus:
            self._table.take_keyboard()
        else:
            self._panel.take_keyboard()
