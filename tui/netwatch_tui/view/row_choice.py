"""Which sockets are wanted: the one judge for the screen and for every other way out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeGuard, TypeVar

from netwatch_tui.sockets.kinds import KINDS, LETTERS
from netwatch_tui.sockets.needs import NOTHING_MORE, Needs
from netwatch_tui.sockets.selection import Selection
from netwatch_tui.sockets.slices import giving_way
from netwatch_tui.sockets.socket import Socket

if TYPE_CHECKING:  # --once has no use for it without a filter
    from netwatch_tui.fields.moment import Moment
    from netwatch_tui.query import Query
    from netwatch_tui.query.regex import Effort
    from netwatch_tui.sockets.snapshot import Snapshot
    from netwatch_tui.view.groupings import OneGroup

_T = TypeVar("_T")


class AskedInVain(NamedTuple):
    """What a filter asks for, and nothing of it is on."""

    values: tuple[str, ...]
    """Names of kinds, families or states."""
    letters: tuple[str, ...] = ()
    """The options that list them; empty where an option leaves them out."""


def _is_vain(asked: frozenset[_T] | None, on: frozenset[_T]) -> TypeGuard[frozenset[_T]]:
    return bool(asked) and asked is not None and asked.isdisjoint(on)


class RowChoice(NamedTuple):
    """Kinds, families and states that are on, filters of which all must match, and the group in which they must be.

    It judges sockets of which all is known that `needs` says.
    """

    selection: Selection = Selection()
    queries: tuple[Query, ...] = ()
    group: OneGroup | None = None

    @property
    def needs(self) -> Needs:
        """What must be known of sockets before they are judged."""
        return NOTHING_MORE.union(*(query.needs for query in self.queries))

    @property
    def depends_on_time(self) -> bool:
        """Whether the same socket may be chosen at one moment and not at another."""
        return any(query.depends_on_time for query in self.queries)

    def asked_in_vain(self) -> Iterator[AskedInVain]:
        """What a filter asks for where none of it is on, so that nothing can match."""
        chosen = self.selection
        for asked in (query.asked for query in self.queries):
            if _is_vain(asked.netids, chosen.netids):
                kinds = [kind for kind in KINDS if not asked.netids.isdisjoint(KINDS[kind])]
                yield AskedInVain(tuple(kinds), tuple(LETTERS.get(kind, f"-A {kind}") for kind in kinds))
            for values, on in ((asked.families, chosen.families), (asked.states, chosen.states)):
                if _is_vain(values, on):
                    yield AskedInVain(tuple(sorted(values)))

    def of(self, sockets: Iterable[Socket], moment: Moment, effort: Effort | None = None) -> list[Socket]:
        """Those that are wanted, in the order given.

        Args:
            sockets: Any.
            moment: What is known besides them: the time, what is lit, names of namespaces.
            effort: What regular expressions may cost, and what they left out for that.
        """
        found = self.selection.choose(sockets)
        queries = [query for query in self.queries if not query.is_everything]
        if queries:
            from netwatch_tui.query.regex import limited

            with limited(effort):
                for query in queries:
                    found = list(filter(query.compile(moment), giving_way(found)))
        return found if self.group is None else self.group.of(found, moment)

    def in_snapshot(
        self, snapshot: Snapshot, sockets: Iterable[Socket] | None = None, effort: Effort | None = None
    ) -> list[Socket]:
        """The same where nobody watches a screen: what happened in a tick is new at that tick.

        Args:
            snapshot: What there is, and the moment.
            sockets: Some that belong to it, such as those that closed; all that it holds where nothing is said.
            effort: As in `of`.
        """
        if not self.queries and self.group is None:
            return self.selection.choose(snapshot.sockets if sockets is None else sockets)
        return self.of(snapshot.sockets if sockets is None else sockets, moment_of(snapshot), effort)


def moment_of(snapshot: Snapshot) -> Moment:
    """What a filter may ask for besides the socket, of a snapshot by itself: lit is what its delta brought."""
    from netwatch_tui.fields.moment import Moment
    from netwatch_tui.sockets.marks import Marks

    marks = Marks().advance(snapshot.delta, until=None)
    return Moment(
        snapshot.taken_at, marks.by_id, snapshot.namespaces.names, snapshot.findings, snapshot.flows,
        snapshot.networks,
        process_details=snapshot.process_details,
        events={event.socket.id: event for event in snapshot.events or ()},
        hosts=snapshot.hosts,
    )  # fmt: skip
