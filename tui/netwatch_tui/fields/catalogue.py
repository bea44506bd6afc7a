"""The one table of what is known about a socket, assembled: everything else looks fields up here."""

from __future__ import annotations

from collections.abc import Iterable

from netwatch_tui.fields.end_fields import LOCAL_FIELDS, PEER_FIELDS
from netwatch_tui.fields.event_fields import EVENT_FIELDS
from netwatch_tui.fields.field import Field, Written
from netwatch_tui.fields.flow_fields import FLOW_FIELDS
from netwatch_tui.fields.health_fields import HEALTH_FIELDS
from netwatch_tui.fields.host_fields import HOST_FIELDS
from netwatch_tui.fields.owner_fields import OWNER_FIELDS, UNIT_FIELDS, USER_FIELDS
from netwatch_tui.fields.process_fields import PROCESS_FIELDS
from netwatch_tui.fields.scope_fields import SCOPE_FIELDS
from netwatch_tui.fields.service_fields import SERVICE_FIELDS
from netwatch_tui.fields.socket_fields import (
    COUNTER_FIELDS,
    DIAG_FIELDS,
    KIND_FIELDS,
    NETNS_FIELDS,
    QUEUE_FIELDS,
    TIMER_FIELDS,
)
from netwatch_tui.fields.time_fields import AGE_FIELDS, MARK, SEEN_FIELDS

FIELDS: tuple[Field, ...] = (
    *KIND_FIELDS,
    *QUEUE_FIELDS,
    *LOCAL_FIELDS,
    *PEER_FIELDS,
    *SCOPE_FIELDS,
    *SERVICE_FIELDS,
    *OWNER_FIELDS,
    *USER_FIELDS,
    *AGE_FIELDS,
    *HOST_FIELDS,
    *NETNS_FIELDS,
    *UNIT_FIELDS,
    *PROCESS_FIELDS,
    *TIMER_FIELDS,
    *COUNTER_FIELDS,
    *FLOW_FIELDS,
    *DIAG_FIELDS,
    *SEEN_FIELDS,
    *HEALTH_FIELDS,
    *EVENT_FIELDS,
    MARK,
)
"""Every field, in the order in which they are told."""

FIELD_BY_ID = {field.id: field for field in FIELDS}

_ID_OF = {
    **{name: field.id for field in FIELDS if field.filter for name in field.filter.also},
    **{id: id for id in FIELD_BY_ID},
}


def field_id(name: str) -> str:
    """The id of a field by its name in any spelling: `recv_q`, `Recv-Q`, and those that its filter key has besides.

    Raises:
        KeyError: There is none of that name.
    """
    return _ID_OF[name.strip().lower().replace("-", "_")]


COLUMNS: tuple[Field, ...] = tuple(
    sorted((field for field in FIELDS if field.is_shown), key=lambda field: (field is not MARK, field.ends_line))
)
"""The columns of the screen unless others are asked for; the sign of the row stands before all others."""

OBJECT_FIELDS = tuple(field.id for field in FIELDS if Written.OBJECTS in field.written)
"""What a socket has in JSON."""

CELL_FIELDS = tuple(field.id for field in FIELDS if Written.CELLS in field.written)
"""What a socket has in CSV and TSV: the same, with its owners in flat columns."""


def named_fields(ids: Iterable[str]) -> list[Field]:
    """The fields of these ids.

    Raises:
        KeyError: There is none of that id.
    """
    return [FIELD_BY_ID[id] for id in ids]
