"""The columns of the table while it shows groups, and the order of groups by each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.format import BLANK, clip, clip_amount
from netwatch_tui.fields.moment import Moment
from netwatch_tui.fields.quantities import amount
from netwatch_tui.view.groupings import GROUPINGS
from netwatch_tui.view.groups import Group, Sum
from netwatch_tui.view.order import sorted_in_slices

NAME = "name"
USUAL_SORT = "sockets"
"""The column that orders groups unless another one is chosen."""


class GroupColumn(NamedTuple):
    """One thing that is counted of a group; laid out like the columns of sockets, and named as those are."""

    id: str
    title: str
    meaning: str
    text: Callable[[Group, Moment], str]
    key: Callable[[Group], Any]
    """Orders groups. None stands for what is not known, which is last in both directions."""
    rank: int
    width: int
    enough: int = 20
    most: int = 20
    label: str = ""
    descends: bool = True
    right_aligned: bool = True
    is_endpoint: bool = False
    is_pinned: bool = False
    clip: Callable[[str, int], str] = clip


def clip_sum(text: str, width: int) -> str:
    """A sum in at most `width` cells: `≥1,234,567`, `≥1234567`, `≥1.2M`."""
    if len(text) <= width:
        return text
    bound = "≥" if text.startswith("≥") else ""
    return bound + clip_amount(text.removeprefix(bound).replace(",", ""), width - len(bound))


def _count(id: str, title: str, meaning: str, read: Callable[[Group], int], **others: Any) -> GroupColumn:
    return GroupColumn(id, title, meaning, lambda group, _: f"{read(group):,}", read, clip=clip_sum, **others)


def _sum(id: str, title: str, meaning: str, read: Callable[[Group], Sum], **others: Any) -> GroupColumn:
    return GroupColumn(
        id, title, meaning, lambda group, _: read(group).text, lambda group: read(group).known, clip=clip_sum, **others
    )


_NAME = GroupColumn(
    NAME, "Name", "what the sockets of a group have in common", lambda group, _: group.id, lambda group: group.key,
    rank=0, width=12, enough=24, most=48, descends=False, right_aligned=False, is_pinned=True,
)  # fmt: skip

_COUNTS = (
    _sum("pids", "PIDs", "processes that hold any of the sockets", lambda group: group.pids, rank=5, width=5),
    _count("sockets", "Sockets", "sockets in the group", lambda group: group.sockets, rank=0, width=8),
    _count("listen", "LISTEN", "sockets that wait for connections", lambda group: group.listen, rank=3, width=6),
    _count("estab", "ESTAB", "established connections", lambda group: group.estab, rank=1, width=6),
    _count(
        "close_wait", "CLOSE-WAIT", "closed by the peer, not by the application yet", lambda group: group.close_wait,
        rank=2, width=10,
    ),
    _count("others", "Others", "sockets in all other states", lambda group: group.others, rank=6, width=6),
    _sum("recv_q", "Recv-Q", "bytes not read yet, without listeners", lambda group: group.recv_q, rank=7, width=7),
    _sum(
        "send_q", "Send-Q", "bytes that peers have not acknowledged yet, without listeners",
        lambda group: group.send_q, rank=8, width=7,
    ),
)  # fmt: skip


def _flow(id: str, rank: int) -> GroupColumn:
    """What flows through all connections of a group together; `field` is that of one of them."""
    field = FIELD_BY_ID[id]

    def text(group: Group, _: Moment) -> str:
        total = group.flows.get(id)
        if total is None or total.known is None:
            return BLANK
        return f"{'' if total.is_whole else '≥'}{amount(total.known)}"

    def key(group: Group) -> float | None:
        return group.flows[id].known if id in group.flows else None

    return GroupColumn(id, field.title, field.meaning, text, key, rank=rank, width=6)


_FLOWS = (_flow("rate_in", 2), _flow("rate_out", 2), _flow("bytes_in", 4), _flow("bytes_out", 4))


def _per_minute(group: Group, _: Moment) -> str:
    return BLANK if group.per_minute is None else f"{group.per_minute:.1f}".removesuffix(".0")


_HISTORY = (
    GroupColumn(
        "per_minute", "A minute", "connections made or tried a minute, since the first event that is remembered",
        _per_minute, lambda group: group.per_minute, rank=1, width=8,
    ),
    _COUNTS[0],
    _COUNTS[1]._replace(title="Events", meaning="events in the group"),
)  # fmt: skip


def group_columns(grouping: str, *, flows: bool, history: bool = False) -> tuple[GroupColumn, ...]:
    """The columns of a grouping, from left to right; the first is titled with what the groups are made by."""
    if history:
        made_by = GROUPINGS[grouping]
        return (_NAME._replace(title=made_by.title, meaning=made_by.meaning), *_HISTORY)
    made_by = GROUPINGS[grouping]
    name = _NAME._replace(title=made_by.title, meaning=made_by.meaning)
    return (name, *_COUNTS, *(_FLOWS if flows else ()))


COLUMN_BY_ID = {column.id: column for column in (_NAME, *_COUNTS, *_FLOWS, _HISTORY[0])}


def in_group_order(groups: Iterable[Group], sort: str, *, descending: bool) -> tuple[Group, ...]:
    """Groups by a column; equal ones by name. Descending turns the order of the column round, and nothing else."""
    key = COLUMN_BY_ID[sort].key
    entries = sorted_in_slices([(group.key is None, group.key, group.id, group) for group in groups])
    named: list[Group] = [entry[-1] for entry in entries]
    known = [group for group in named if key(group) is not None]
    known.sort(key=key, reverse=descending)
    return (*known, *(group for group in named if key(group) is None))
