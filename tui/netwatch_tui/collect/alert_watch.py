"""Which sockets begin to match watched filters: once each, for as long as they go on matching.

What is judged are the rows of the table at a tick: all sockets, and those that closed in it. A row rings that matches
and did not at the tick before. What was there when the watching began does not ring, also not when it takes until later
to find out about it; only when it is different from then on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from netwatch_tui.fields.moment import Moment
from netwatch_tui.query import Query
from netwatch_tui.query.regex import Effort
from netwatch_tui.sockets.needs import NOTHING_MORE, Needs
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.alert_rule import AlertRule
from netwatch_tui.view.row_choice import RowChoice, moment_of

_TICKS_FOR_RATES = 3
"""Ticks after which the rates of what was there are known: one before anybody asks for them, and two readings."""
_TICKS_FOR_DETAILS = 32
"""Ticks for which details of processes are waited for; of some they may not be read."""


class Ringing(NamedTuple):
    """What a tick brought for one rule."""

    rule: AlertRule
    sockets: tuple[Socket, ...]
    """Those that began to match."""
    unsearched: str
    """What could not be searched, in words; empty if all was. The next tick searches it."""


class AlertWatch:
    """Judges snapshot after snapshot by all rules. For one thread."""

    def __init__(self, rules: Iterable[AlertRule] = ()) -> None:
        """Watch by these rules, from the first snapshot on."""
        self._by_rule: list[_RuleWatch] = []
        self.needs: Needs = NOTHING_MORE
        """What must be known of sockets to judge them."""
        self.have(rules)

    def have(self, rules: Iterable[AlertRule]) -> None:
        """Watch by these rules from now on; those that were there already go on as they were."""
        before = list(self._by_rule)
        self._by_rule = [next((each for each in before if each.rule == rule), _RuleWatch(rule)) for rule in rules]
        self.needs = NOTHING_MORE.union(*(each.rule.needs for each in self._by_rule))

    def miss(self) -> None:
        """A tick failed: the next one's delta may not begin with what was judged last."""
        for each in self._by_rule:
            each.knows_all = False

    def look(self, snapshot: Snapshot) -> list[Ringing]:
        """What begins to match in this snapshot, by the rules to which that happened."""
        if not self._by_rule:
            return []
        moment = moment_of(snapshot)
        found = (each.look(snapshot, moment) for each in self._by_rule)
        return [ringing for ringing in found if ringing.sockets or ringing.unsearched]


class _Quiet(NamedTuple):
    """A socket that was there, and of which not all is known yet that is asked about."""

    socket: Socket
    since: int
    """The number of the tick at which it was seen first."""


class _RuleWatch:
    """Judges by one rule.

    By conditions on the socket itself only what a tick's delta brought is judged. The answer to the others, on ages,
    lights, problems and what flows, can change without a word in the delta: every tick judges by these, but only those
    that meet the first. `age:>1h state:close-wait` costs as much as there are sockets in CLOSE-WAIT.
    """

    def __init__(self, rule: AlertRule) -> None:
        self.rule = rule
        self.knows_all = False
        """Whether the next delta begins with what was judged last."""
        selection, queries = rule.choice.selection, [part for query in rule.choice.queries for part in query.parts]
        self._steady = RowChoice(selection, tuple(query for query in queries if not _is_momentary(query)))
        self._momentary = RowChoice(selection, tuple(filter(_is_momentary, queries)))
        self._needs = rule.choice.needs
        self._ticks = 0
        self._last_at = float("-inf")
        self._places: tuple[object, ...] = ()
        self._matching: set[int] = set()
        """Ids of the rows that matched at the last tick."""
        self._candidates: dict[int, Socket] = {}
        """By id, those that met the steady conditions then; only where there are momentary ones."""
        self._quiet: dict[int, _Quiet] = {}
        """By id, what does not ring yet."""
        self._again: dict[int, Socket] = {}
        """By id, what was not searched to the end."""

    def look(self, snapshot: Snapshot, moment: Moment) -> Ringing:
        """What begins to match now."""
        self._ticks += 1
        fresh = self._fresh(snapshot, moment)
        effort = Effort()
        hits = self._hits(fresh, moment, effort)
        begun = [socket for socket in hits if socket.id not in self._matching]
        ringing = [socket for socket in begun if socket.id not in self._quiet and not self._was_there(socket)]
        self._matching = self._matched(fresh, hits, is_sure=not effort.unread)
        self._again = fresh if effort.unread else {}
        self._quiet = self._still_quiet(fresh, moment)
        delta = snapshot.delta
        self._forget({socket.id for socket in (*delta.closed, *delta.passed, *delta.dropped)})
        self._last_at, self.knows_all = snapshot.taken_at, True
        return Ringing(self.rule, tuple(ringing), effort.text)

    def _fresh(self, snapshot: Snapshot, moment: Moment) -> dict[int, Socket]:
        """By id, the rows that have to be judged by what they are themselves."""
        delta, before = snapshot.delta, self._places
        self._places = (
            moment.namespaces,
            moment.networks if self._needs.of_networks else None,
            moment.process_details if self._needs.of_process_details else None,
        )
        closed = {socket.id: socket for socket in (*delta.closed, *delta.passed)}
        if self.knows_all and before == self._places:
            changes = (*delta.changed, *delta.updated)
            fresh = {**self._again, **{change.after.id: change.after for change in changes}}
            for socket in delta.dropped:
                fresh.pop(socket.id, None)
            return {**fresh, **closed, **{socket.id: socket for socket in delta.opened}}
        every = {**{socket.id: socket for socket in snapshot.sockets}, **closed}
        self._forget((self._matching | self._candidates.keys() | self._quiet.keys()) - every.keys())
        return every

    def _hits(self, fresh: dict[int, Socket], moment: Moment, effort: Effort) -> list[Socket]:
        """Those that match: of the fresh ones, or of all where the moment has a say."""
        met = self._steady.of(fresh.values(), moment, effort)
        if not self._momentary.queries:
            return met
        for id in fresh:
            self._candidates.pop(id, None)
        self._candidates.update((socket.id, socket) for socket in met)
        return self._momentary.of(self._candidates.values(), moment, effort)

    def _matched(self, fresh: dict[int, Socket], hits: list[Socket], *, is_sure: bool) -> set[int]:
        """Ids of those that match now. What could not be searched matches as long as it did."""
        judged = self._matching if self._momentary.queries else fresh.keys()
        others = self._matching - judged if is_sure else self._matching
        return others | {socket.id for socket in hits}

    def _was_there(self, socket: Socket) -> bool:
        """Whether a socket was there before this rule looked at it, or at its kind."""
        return self._ticks == 1 or (socket.was_there and socket.seen_at > self._last_at)

    def _still_quiet(self, fresh: dict[int, Socket], moment: Moment) -> dict[int, _Quiet]:
        """By id, what was there and can't ring before more is known of it."""
        quiet = {}
        for id, (known, since) in self._quiet.items():
            if not self._is_known(socket := fresh.get(id, known), since, moment):
                quiet[id] = _Quiet(socket, since)
        for id, socket in fresh.items():
            if id not in self._quiet and self._was_there(socket) and not self._is_known(socket, self._ticks, moment):
                quiet[id] = _Quiet(socket, self._ticks)
        return quiet

    def _is_known(self, socket: Socket, since: int, moment: Moment) -> bool:
        """Whether all is known that the rule may ask for, of a socket that was first seen at this tick."""
        owners, ticks = socket.owners, self._ticks - since
        if socket.owner_reason is OwnerReason.NOT_YET or socket.id in self._again:
            return False
        if self._needs.flows_of_all and ticks < _TICKS_FOR_RATES:
            return False
        if self._needs.of_process_details and owners and ticks < _TICKS_FOR_DETAILS:
            return any(owner.pid in moment.process_details for owner in owners)
        return True

    def _forget(self, gone: Iterable[int]) -> None:
        for id in gone:
            self._matching.discard(id)
            for known in (self._candidates, self._quiet, self._again):
                known.pop(id, None)


def _is_momentary(query: Query) -> bool:
    """Whether another moment may give another answer about the same socket."""
    return query.depends_on_time or query.needs.flows_of_all
