"""Every key in one table: the bindings, the footer and the help screen are made from it."""

from __future__ import annotations

from typing import NamedTuple

from textual.binding import Binding, BindingType

from netwatch_tui.view.named_views import PROBLEMS


class Key(NamedTuple):
    """One thing that keys do."""

    id: str
    """Stable name, by which a person can rebind it."""
    keys: str
    """Textual's key names, separated by commas."""
    action: str
    label: str
    """For the footer; a word or two."""
    meaning: str
    """For the help screen; what happens."""
    shown_as: str
    """The keys as a person knows them."""
    in_footer: bool = False

    def binding(self) -> Binding:
        """As Textual wants it.

        All have priority, which makes Textual act on a key when it is read. Other bindings wait until the key has
        travelled through the focused widget, and a key typed after them could overtake.
        """
        return Binding(
            self.keys,
            self.action,
            self.label,
            show=self.in_footer,
            key_display=self.shown_as.split()[0],
            id=self.id,
            priority=True,
        )


TABLE_KEYS = (
    Key("move.up", "up,k", "move(-1)", "Up", "one row up", "↑ k"),
    Key("move.down", "down,j", "move(1)", "Down", "one row down", "↓ j"),
    Key("move.page_up", "pageup,ctrl+b", "page(-1)", "Page up", "one page up", "PgUp"),
    Key("move.page_down", "pagedown,ctrl+f", "page(1)", "Page down", "one page down", "PgDn"),
    Key("move.first", "home,g", "first", "First", "first row", "g Home"),
    Key("move.last", "end,G", "last", "Last", "last row", "G End"),
    Key("move.left", "left", "scroll_columns(-1)", "Left", "columns to the left", "←"),
    Key("move.right", "right", "scroll_columns(1)", "Right", "columns hidden on the right", "→"),
)

DETAILS_KEYS = (
    Key("details.up", "up,k", "move(-1)", "Up", "the value above", "↑ k"),
    Key("details.down", "down,j", "move(1)", "Down", "the value below", "↓ j"),
    Key("details.page_up", "pageup,ctrl+b", "page(-1)", "Page up", "one page up", "PgUp"),
    Key("details.page_down", "pagedown,ctrl+f", "page(1)", "Page down", "one page down", "PgDn"),
    Key("details.copy", "enter,y", "copy", "Copy", "copy the value", "y Enter"),
)
"""While the details have the keyboard."""

MAIN_KEYS = (
    Key("app.help", "question_mark,f1", "help", "Help", "this page", "? F1", True),
    Key("app.quit", "q", "app.quit", "Quit", "quit at once", "q", True),
    Key("filter.edit", "slash", "edit_filter", "Filter", "filter the rows, live while you type", "/", True),
    Key("filter.port", "p", "filter_port", "Port", "filter by port, starting with this row's", "p", True),
    Key("filter.process", "P", "filter_process", "Process", "filter by process, starting with this row's", "P", True),
    Key("filter.like", "f", "filter_like", "Like this", "keep or exclude rows that share a value with this one", "f"),
    Key("filter.undo", "backspace", "undo_filter", "Undo", "undo the last filter step", "Backspace"),
    Key("filter.saved", "F", "pick_filter", "Filters", "choose, save or delete named filters", "F"),
    Key("filter.clear", "escape", "back", "Back", "close the details, else clear the filter", "Esc"),
    Key(
        "details",
        "enter",
        "open",
        "Details",
        "all about this socket, beside the table; expand or collapse a group",
        "Enter",
        True,
    ),
    Key("details.enter", "tab", "enter_details", "Values", "into the details and back, to copy values", "Tab"),
    *(
        Key(f"view.{digit}", digit, f"view({int(digit) - 1})", f"View {digit}", f"open view {digit}", digit)
        for digit in "123456789"
    ),
    Key("view.problems", "exclamation_mark", f"view({PROBLEMS})", "Problems", "what is wrong on this machine", "!"),
    Key("sort.pick", "s", "pick_sort", "Sort", "choose the column that sorts the rows", "s", True),
    Key("sort.reverse", "S", "reverse_sort", "Reverse", "reverse the sort order", "S"),
    Key("sort.left", "less_than_sign", "step_sort(-1)", "Sort left", "sort by the column to the left", "<"),
    Key("sort.right", "greater_than_sign", "step_sort(1)", "Sort right", "sort by the column to the right", ">"),
    Key("columns", "c", "pick_columns", "Columns", "show, hide and move columns", "c", True),
    Key(
        "columns.flows",
        "i",
        "toggle_flows",
        "Flows",
        "rates, totals, round-trip times and retransmits as columns, or no more",
        "i",
        True,
    ),
    Key("group.pick", "b", "pick_group", "Group", "group by process, peer address, state or user", "b", True),
    Key("group.fold", "B", "fold_groups", "Collapse", "expand or collapse all groups", "B"),
    Key("show.tcp", "t", "toggle_kind('tcp')", "tcp", "TCP on or off", "t"),
    Key("show.udp", "u", "toggle_kind('udp')", "udp", "UDP on or off", "u"),
    Key("show.unix", "x", "toggle_kind('unix')", "unix", "unix sockets on or off", "x"),
    Key("show.others", "o", "toggle_others", "others", "raw, packet, netlink and other kinds on or off", "o"),
    Key("show.listening", "l", "only_listening", "Listening", "only listening sockets, or all again", "l"),
    Key("show.established", "e", "only_established", "Established", "only established ones, or all again", "e"),
    Key("show.all", "a", "show_all", "All", "all kinds and all states", "a"),
    Key("show.namespaces", "N", "namespaces", "Namespaces", "all network namespaces, or this one only", "N"),
    Key("copy", "y", "copy", "Copy", "copy the row, a value, or the ss command that shows it", "y", True),
    Key("write", "w", "write", "Write", "write what is shown to a file: csv, json or text", "w", True),
    Key("view.pause", "space", "pause", "Pause", "pause or resume the screen; collecting continues", "Space", True),
    Key("pace.faster", "plus,equals_sign", "faster", "Faster", "tick more often, down to 50 ms; play faster", "+"),
    Key("pace.slower", "minus", "slower", "Slower", "tick less often, up to once a minute; play slower", "-"),
    Key("replay.step", "full_stop", "replay_step", "Step", "next frame of a recording, then pause", "."),
    Key("replay.restart", "R", "replay_restart", "Restart", "play a recording from its beginning", "R"),
    Key("app.palette", "ctrl+p", "app.command_palette", "Palette", "every action, column and theme by name", "Ctrl+P"),
)

APP_KEYS = (
    Key("app.interrupt", "ctrl+c", "quit", "Quit", "quit at once, even while typing", "Ctrl+C"),
    Key("app.suspend", "ctrl+z", "suspend_process", "Suspend", "back to the shell; fg comes back", "Ctrl+Z"),
)


def bindings(keys: tuple[Key, ...]) -> list[BindingType]:
    """The keys as Textual's bindings."""
    return [key.binding() for key in keys]
