"""What must be known of sockets before a field of them can be shown or written, or order them."""

from __future__ import annotations

from collections.abc import Iterable

from netwatch_tui.fields.catalogue import named_fields
from netwatch_tui.sockets.needs import NOTHING_MORE, Needs


def field_needs(ids: Iterable[str]) -> Needs:
    """All that the fields with these ids ask for."""
    return NOTHING_MORE.union(*(field.needs for field in named_fields(ids)))
