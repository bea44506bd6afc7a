"""What came of trying the machine's listeners, in every format."""

from __future__ import annotations

from collections.abc import Iterator

from netwatch_tui.fields.format import aligned
from netwatch_tui.fields.probe_fields import Place, table_fields, told_in
from netwatch_tui.output.head import Head
from netwatch_tui.sockets.probe_results import ProbeRow


def probe_lines(format: str, rows: list[ProbeRow], head: Head) -> Iterator[str]:
    """The rows in a format, as lines without their ends.

    Raises:
        KeyError: There is no such format.
    """
    match format:
        case "table":
            return _table(rows, head)
        case "json":
            from netwatch_tui.output.objects import document

            return document("probes", _objects(rows, head), head)
        case "ndjson":
            return _objects(rows, head)
        case "csv" | "tsv":
            from netwatch_tui.output.cells import csv_rows, tsv_rows

            fields, moment = told_in(Place.CELLS), head.moment
            values = ([field.value(row, moment) for field in fields] for row in rows)
            heading = [field.id for field in fields] if head.header else ()
            return (csv_rows if format == "csv" else tsv_rows)(heading, values)
        case _:
            raise KeyError(format)


def _table(rows: list[ProbeRow], head: Head) -> Iterator[str]:
    fields, moment = table_fields(rows), head.moment
    cells = [[field.clip(field.text(row, moment), field.most) for field in fields] for row in rows]
    if head.header:
        cells.insert(0, [field.title for field in fields])
    return aligned(cells, [field.right_aligned for field in fields])


def _objects(rows: list[ProbeRow], head: Head) -> Iterator[str]:
    """A row a line, each with its listener as an object; see `#/$defs/probe` of the schema."""
    from netwatch_tui.output.objects import dump, socket_objects

    fields, moment = told_in(Place.OBJECTS), head.moment
    for row, listener in zip(rows, socket_objects((row.listener for row in rows), head), strict=True):
        yield dump({**{field.id: field.value(row, moment) for field in fields}, "listener": listener})
