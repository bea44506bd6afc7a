"""Every key in one table: the bindings, the footer, the help, the palette and the configuration are made from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from textual.binding import Binding, BindingsMap, BindingType
from textual.dom import DOMNode

from netwatch_tui.ui.key_names import key_sign


class Key(NamedTuple):
    """One thing that keys do."""

    id: str
    """Stable name, by which a person can rebind it."""
    keys: str
    """Textual's key names, separated by commas; that which is told where there is room for one is the first."""
    action: str
    label: str
    """For the footer; a word or two."""
    meaning: str
    """For the help screen; what happens."""
    in_footer: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Textual's names of the keys."""
        return tuple(self.keys.split(","))

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
            key_display=key_sign(self.names[0]),
            id=self.id,
            priority=True,
        )


TABLE_KEYS = (
    Key("move.up", "up,k", "move(-1)", "Up", "one row up"),
    Key("move.down", "down,j", "move(1)", "Down", "one row down"),
    Key("move.page_up", "pageup,ctrl+b", "page(-1)", "Page up", "one page up"),
    Key("move.page_down", "pagedown,ctrl+f", "page(1)", "Page down", "one page down"),
    Key("move.first", "home,g", "first", "First", "first row"),
    Key("move.last", "end,G", "last", "Last", "last row"),
    Key("move.left", "left", "scroll_columns(-1)", "Left", "columns to the left"),
    Key("move.right", "right", "scroll_columns(1)", "Right", "columns hidden on the right"),
)

DETAILS_KEYS = (
    Key("details.up", "up,k", "move(-1)", "Up", "the value above"),
    Key("details.down", "down,j", "move(1)", "Down", "the value below"),
    Key("details.page_up", "pageup,ctrl+b", "page(-1)", "Page up", "one page up"),
    Key("details.page_down", "pagedown,ctrl+f", "page(1)", "Page down", "one page down"),
    Key("details.copy", "enter,y", "copy", "Copy", "copy the value"),
)
"""While the details have the keyboard."""

MAIN_KEYS = (
    Key("app.help", "question_mark,f1", "help", "Help", "help: keys, marks, filter language, columns", in_footer=True),
    Key("filter.edit", "slash", "edit_filter", "Filter", "filter the rows, live while you type", in_footer=True),
    Key(
        "filter.port",
        "p",
        "filter_port",
        "Port",
        "filter by port, starting with this row's; says why it can't be bound, or that it can",
        in_footer=True,
    ),
    Key(
        "filter.process",
        "P",
        "filter_process",
        "Process",
        "filter by process, starting with this row's",
        in_footer=True,
    ),
    Key("filter.like", "f", "filter_like", "Like this", "keep or exclude rows that share a value with this one"),
    Key("filter.undo", "backspace", "undo_filter", "Undo", "back to the groups, else undo the last filter step"),
    Key("filter.saved", "F", "manage", "Views", "views and filters: open, save, watch, rename, delete, restore"),
    Key("filter.clear", "escape", "back", "Back", "close the details, else back to the groups, else clear the filter"),
    Key(
        "details",
        "enter",
        "open",
        "Details",
        "all about this socket, beside the table; the sockets of a group",
        in_footer=True,
    ),
    Key(
        "act",
        "K,f9",
        "act",
        "Act",
        "end a process, close a connection, stop a listener: of the row, the group or all marked rows; it asks first",
        in_footer=True,
    ),
    Key("act.mark", "m", "mark", "Mark", "mark the row, or no more; actions then take all marked rows"),
    Key("details.enter", "tab", "enter_details", "Values", "into the details and back, to copy values"),
    *(
        Key(f"view.{digit}", digit, f"view({int(digit) - 1})", f"View {digit}", "open this view; again, as it came")
        for digit in "123456789"
    ),
    Key("view.problems", "exclamation_mark", "problems", "Problems", "what is wrong on this machine"),
    Key(
        "show.names",
        "n",
        "toggle_names",
        "Names",
        "names of services for ports; again, of hosts too, which asks the network; again, numbers",
    ),
    Key("sort.pick", "s", "pick_sort", "Sort", "choose the column that sorts the rows", in_footer=True),
    Key("sort.reverse", "S", "reverse_sort", "Reverse", "reverse the sort order"),
    Key("sort.left", "less_than_sign", "step_sort(-1)", "Sort left", "sort by the column to the left"),
    Key("sort.right", "greater_than_sign", "step_sort(1)", "Sort right", "sort by the column to the right"),
    Key(
        "columns.flows",
        "i",
        "toggle_flows",
        "Flows",
        "rates, totals, round-trip times and retransmits as columns, or no more",
        in_footer=True,
    ),
    Key(
        "group.pick",
        "b",
        "pick_group",
        "Group",
        "group by process, unit, user, port, peer, state or more",
        in_footer=True,
    ),
    Key("group.toggle", "B", "toggle_groups", "Groups", "all sockets in one table, or the groups again"),
    Key("show.tcp", "t", "toggle_kind('tcp')", "tcp", "TCP on or off"),
    Key("show.udp", "u", "toggle_kind('udp')", "udp", "UDP on or off"),
    Key("show.unix", "x", "toggle_kind('unix')", "unix", "unix sockets on or off"),
    Key("show.others", "o", "toggle_others", "others", "raw, packet, netlink and other kinds on or off"),
    Key("show.listening", "l", "only_listening", "Listening", "only listening sockets, or all again"),
    Key("show.established", "e", "only_established", "Established", "only established ones, or all again"),
    Key("show.all", "a", "show_all", "All", "all kinds and all states"),
    Key("show.namespaces", "N", "namespaces", "Namespaces", "all network namespaces, or this one only"),
    Key("hosts", "L", "hosts", "Hosts", "the machines that are shown, how each stands; the sockets of one alone"),
    Key("trace", "T", "trace", "Trace", "what the process does with its sockets, call by call, or with this one only"),
    Key("reach", "O", "probe", "Reachable", "which of the listeners shown answer, tried from this machine; asks first"),
    Key(
        "view.pause",
        "space",
        "pause",
        "Pause",
        "pause or resume the screen, or return to now; collecting continues",
        in_footer=True,
    ),
    Key("columns", "c", "pick_columns", "Columns", "show, hide and move columns", in_footer=True),
    Key("copy", "y", "copy", "Copy", "copy the row, a value, or a command: ss, lsof, tcpdump...", in_footer=True),
    Key("write", "w", "write", "Write", "write what is shown to a file: csv, json or text", in_footer=True),
    Key("pace.faster", "plus,equals_sign", "faster", "Faster", "tick more often, down to 50 ms; play faster"),
    Key("pace.slower", "minus", "slower", "Slower", "tick less often, up to once a minute; play slower"),
    Key(
        "history",
        "H",
        "history",
        "History",
        "what opened, closed, changed or was refused; again, the sockets",
        in_footer=True,
    ),
    Key("history.of", "h", "history_of", "History of", "the history of this row's process, peer or port"),
    Key("replay.back", "comma", "step_time(-1)", "Back", "one tick back in what was seen, or one frame of a recording"),
    Key("replay.step", "full_stop", "step_time(1)", "Forward", "one tick forward again, or one frame of a recording"),
    Key("replay.seek", "colon", "seek", "Go to", "go to a time of what was seen or recorded: 12:00:07, -5m, +30s"),
    Key("replay.next_change", "d", "next_change", "Next change", "forward to the next change in the rows shown"),
    Key(
        "compare",
        "D",
        "compare",
        "Compare",
        "what is different from now, from the moment that is shown or from a recording: + - ~; again, no more",
    ),
    Key("replay.restart", "R", "replay_restart", "Restart", "play a recording from its beginning"),
    Key("app.notices", "M", "notices", "Notices", "what was said so far, with the results of all actions"),
    Key("app.palette", "ctrl+p", "palette", "Palette", "every action, column and theme by name"),
    Key("app.quit", "q", "app.quit", "Quit", "quit at once", in_footer=True),
)

APP_KEYS = (
    Key("app.interrupt", "ctrl+c,ctrl+q", "quit", "Quit", "quit at once, even while typing"),
    Key("app.suspend", "ctrl+z", "suspend_process", "Suspend", "back to the shell; fg comes back"),
)
"""Wherever one is."""

FILTER_KEYS = (
    Key("typing.keep", "enter", "screen.keep_filter", "Keep", "keep the filter", in_footer=True),
    Key("typing.cancel", "escape", "screen.cancel_filter", "Cancel", "cancel the change", in_footer=True),
    Key("typing.complete", "tab", "screen.complete_filter", "Complete", "complete a key or a name; again for the next",
        in_footer=True),
    Key("typing.earlier", "up", "screen.recall_filter(-1)", "Earlier", "the earlier filter", in_footer=True),
    Key("typing.later", "down", "screen.recall_filter(1)", "Later", "the later filter", in_footer=True),
    Key("typing.page_up", "pageup", "screen.move_in_table('page', -1)", "Table", "one page up in the table",
        in_footer=True),
    Key("typing.page_down", "pagedown", "screen.move_in_table('page', 1)", "Page down", "one page down in the table"),
    Key("typing.row_up", "ctrl+up,shift+up", "screen.move_in_table('move', -1)", "Row up", "one row up in the table"),
    Key("typing.row_down", "ctrl+down,shift+down", "screen.move_in_table('move', 1)", "Row down",
        "one row down in the table"),
    Key("typing.language", "f1", "screen.help_on_filter", "Language", "all that a filter can say", in_footer=True),
)  # fmt: skip
"""While a filter is typed."""

DIALOG_KEYS = (
    Key("dialog.accept", "enter", "take", "Select", "select what is chosen or typed"),
    Key("dialog.cancel", "escape", "dismiss", "Cancel", "close, and change nothing"),
)
"""In dialogs with a line of text."""

LIST_KEYS = (
    Key("list.up", "up", "move('cursor_up')", "Up", "one line up"),
    Key("list.down", "down", "move('cursor_down')", "Down", "one line down"),
    Key("list.page_up", "pageup", "move('page_up')", "Page up", "one page up"),
    Key("list.page_down", "pagedown", "move('page_down')", "Page down", "one page down"),
)
"""In dialogs with a list as well."""

COLUMNS_KEYS = (
    Key("columns.toggle", "space", "toggle_column", "Show", "show or hide the column"),
    Key("columns.left", "less_than_sign,left,K", "shift(-1)", "Left", "move the column to the left"),
    Key("columns.right", "greater_than_sign,right,J", "shift(1)", "Right", "move the column to the right"),
    Key("columns.reset", "r", "reset", "Reset", "the default columns"),
    Key("columns.up", "up,k", "move_cursor(-1)", "Up", "the column above"),
    Key("columns.down", "down,j", "move_cursor(1)", "Down", "the column below"),
    Key("columns.close", "escape,q,c,enter", "dismiss", "Close", "back to the table"),
)
"""In the list of columns."""

ACT_KEYS = (
    Key("acting.choose", "enter", "take", "Choose", "choose what is done; it is asked once more"),
    Key("acting.up", "up,k", "move('cursor_up')", "Up", "the line above"),
    Key("acting.down", "down,j", "move('cursor_down')", "Down", "the line below"),
    Key("acting.page_up", "pageup", "move('page_up')", "Page up", "one page up"),
    Key("acting.page_down", "pagedown", "move('page_down')", "Page down", "one page down"),
    Key("acting.cancel", "escape,q", "back", "Cancel", "back, and do nothing"),
)
"""Where an action is chosen."""

CONFIRM_KEYS = (
    Key("confirm.yes", "y", "confirm", "Yes", "do it"),
    Key("confirm.no", "escape,n,q", "dismiss", "No", "back, and do nothing"),
)
"""Where an action is confirmed."""
PROBE_KEYS = (
    Key("probe.copy", "y", "copy", "Copy", "copy the row"),
    Key("probe.up", "up,k", "move('cursor_up')", "Up", "one line up"),
    Key("probe.down", "down,j", "move('cursor_down')", "Down", "one line down"),
    Key("probe.page_up", "pageup,ctrl+b", "move('page_up')", "Page up", "one page up"),
    Key("probe.page_down", "pagedown,ctrl+f", "move('page_down')", "Page down", "one page down"),
    Key("probe.close", "escape,q,O,enter", "dismiss", "Close", "back to the table; what still runs ends"),
)
"""On the page of what is reachable."""

TRACE_KEYS = (
    Key("trace.copy", "y", "copy", "Copy", "copy the call"),
    Key("trace.write", "w", "write", "Write", "write the calls to a file"),
    Key("trace.up", "up,k", "move(-1)", "Up", "one call up; the page stays there"),
    Key("trace.down", "down,j", "move(1)", "Down", "one call down"),
    Key("trace.page_up", "pageup,ctrl+b", "page(-1)", "Page up", "one page up"),
    Key("trace.page_down", "pagedown,ctrl+f", "page(1)", "Page down", "one page down"),
    Key("trace.first", "home,g", "first", "First", "the first call that is kept"),
    Key("trace.last", "end,G", "last", "Last", "the last call, and follow what comes"),
    Key("trace.close", "escape,q,T,enter", "dismiss", "Stop", "end the trace, and back to the table"),
)
"""On the page of a trace."""

PAGE_KEYS = (
    Key("page.close", "escape,q,question_mark,f1", "dismiss", "Close", "back to the table"),
    Key("page.down", "j", "scroll(1)", "Down", "one line down"),
    Key("page.up", "k", "scroll(-1)", "Up", "one line up"),
)
"""On pages of help."""


class Job(NamedTuple):
    """What a person wants to do, for which some keys are."""

    title: str
    families: tuple[str, ...]
    """How the ids of its keys begin, up to a dot, or whole ids."""


JOBS = (
    Job("Find", ("filter", "view", "show")),
    Job("Look closer", ("move", "details", "hosts", "reach", "trace")),
    Job("Arrange", ("sort", "columns", "group")),
    Job("Act", ("act",)),
    Job("Take away", ("copy", "write")),
    Job("Time", ("view.pause", "pace", "history", "replay", "compare")),
    Job("The program", ("app",)),
)
"""Of the keys of the main screen, in the order of the help page."""


def job_of(key: Key) -> Job:
    """Where the help page tells of a key: by its whole id, else by its family, else with the program's own."""
    for name in (key.id, key.id.partition(".")[0]):
        for job in JOBS:
            if name in job.families:
                return job
    return JOBS[-1]


REWOUND_LABELS = {
    "view.pause": "Now",
    "replay.back": "Back",
    "replay.step": "Forward",
    "replay.next_change": "Next change",
    "replay.seek": "Go to",
}
"""What comes first in the footer while another moment than now is shown, by the ids of keys."""

COMPARED_LABELS = {"compare": "End compare"}
"""The same while the table is compared."""

REPLAY_LABELS = {**REWOUND_LABELS, "view.pause": "Pause", "pace.faster": "Faster", "pace.slower": "Slower"}
"""The same while a recording is shown."""

READ_ONLY_LACKS = frozenset({"act", "act.mark"})
"""What can't be done where nothing may be ended or closed; rows are marked to act on them."""


class Context(NamedTuple):
    """A place in which some keys work at the same time, so that each may do one thing only."""

    title: str
    keys: tuple[Key, ...]
    is_typing: bool = False
    """Whether letters are text there."""


CONTEXTS = (
    Context("in the table", (*MAIN_KEYS, *TABLE_KEYS, *APP_KEYS)),
    Context(
        "in the details",
        (*(key for key in MAIN_KEYS if key.id not in ("copy", "details")), *DETAILS_KEYS, *APP_KEYS),
    ),
    Context("while a filter is typed", (*FILTER_KEYS, *APP_KEYS), is_typing=True),
    Context("in a dialog", (*DIALOG_KEYS, *LIST_KEYS, *APP_KEYS), is_typing=True),
    Context("in the list of columns", (*COLUMNS_KEYS, *APP_KEYS)),
    Context("on the page of what is reachable", (*PROBE_KEYS, *APP_KEYS)),
    Context("on the page of a trace", (*TRACE_KEYS, *APP_KEYS)),
    Context("on a page of help", (*PAGE_KEYS, *APP_KEYS)),
    Context("where an action is chosen", (*ACT_KEYS, *APP_KEYS)),
    Context("where an action is confirmed", (*CONFIRM_KEYS, *APP_KEYS)),
)

ALL_KEYS = tuple({key.id: key for context in CONTEXTS for key in context.keys}.values())
"""Every thing that keys do, once."""


class Keymap:
    """Which keys do what: those of the tables, but for what a person wants otherwise."""

    def __init__(
        self, wanted: Mapping[str, tuple[str, ...]] | None = None, absent: Collection[str] = frozenset()
    ) -> None:
        """Differ from the tables.

        Args:
            wanted: Textual's names of keys by the ids of what they do, where they are not those of the tables.
            absent: The ids of what can't be done at all, so that it is spoken of nowhere.
        """
        self._absent = frozenset(absent)
        self._wanted = {**(wanted or {}), **dict.fromkeys(self._absent, ())}

    def without(self, absent: Collection[str]) -> Keymap:
        """The same where these things can't be done, by their ids."""
        return Keymap(self._wanted, self._absent.union(absent))

    def offered(self, keys: Iterable[Key]) -> list[Key]:
        """Those of these things that can be done, by a key or from the palette."""
        return [key for key in keys if key.id not in self._absent]

    def names(self, key: Key) -> tuple[str, ...]:
        """Textual's names of the keys that do this."""
        return self._wanted.get(key.id, key.names)

    def shown(self, key: Key) -> str:
        """All of them as a person knows them; `no key` where there is none."""
        return " ".join(map(key_sign, self.names(key))) or "no key"

    def first(self, id: str) -> str:
        """The key that a message names."""
        names = self.names(KEY_BY_ID[id])
        return key_sign(names[0]) if names else f"{KEY_BY_ID[id].label} (Ctrl+P)"

    def hints(self, keys: Iterable[Key]) -> list[tuple[str, str]]:
        """The first key of each that has one, with its label."""
        return [(key_sign(names[0]), key.label) for key in keys if (names := self.names(key))]

    def put_on(self, *nodes: DOMNode) -> None:
        """Have parts of the screen obey these keys from now on.

        Textual's own `set_keymap` can neither take a key away from what it does nor tell the footer what is bound.
        """
        if self._wanted:
            for node in nodes:
                node._bindings = self._rebound(node._bindings)  # noqa: SLF001 -- see above; each node has its own copy

    def _rebound(self, bindings: BindingsMap) -> BindingsMap:
        ids = dict.fromkeys(each.id for _, each in bindings if each.id in self._wanted)
        keys = (KEY_BY_ID[id]._replace(keys=",".join(self._wanted[id])) for id in ids if id and self._wanted[id])
        made = BindingsMap(key.binding() for key in keys)
        for name, binding in bindings:
            if binding.id not in self._wanted:
                made.key_to_bindings.setdefault(name, []).append(binding)
        return made


KEY_BY_ID = {key.id: key for key in ALL_KEYS}

USUAL_KEYS = Keymap()
"""The keys of the tables."""


def bindings(keys: Iterable[Key]) -> list[BindingType]:
    """The keys as Textual's bindings."""
    return [key.binding() for key in keys]
