"""Every way in which sockets are written out: one line after the other, never the whole text at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netwatch_tui.output.head import Head
from netwatch_tui.sockets.socket import Socket

METRICS = "prometheus"
"""The format that tells figures about all sockets together, and has no rows."""

FORMATS = ("table", "json", "ndjson", "csv", "tsv", METRICS)


def fields_of(format: str) -> tuple[str, ...]:
    """The ids of the fields that a format shows when nobody chooses.

    Raises:
        KeyError: There is no such format.
    """
    match format:
        case "table":
            from netwatch_tui.output.ss_table import SS_COLUMNS

            return SS_COLUMNS
        case "json" | "ndjson":
            from netwatch_tui.fields.catalogue import OBJECT_FIELDS

            return OBJECT_FIELDS
        case "csv" | "tsv":
            from netwatch_tui.fields.catalogue import CELL_FIELDS

            return CELL_FIELDS
        case "prometheus":
            from netwatch_tui.output.prometheus import METRIC_FIELDS

            return METRIC_FIELDS
        case _:
            raise KeyError(format)


def encoding_of(format: str) -> str | None:
    """The encoding that a format prescribes; None where it is that of the locale."""
    return "utf-8" if format == METRICS else None


def write_lines(format: str, sockets: Iterable[Socket], head: Head) -> Iterator[str]:
    """The sockets in a format, as lines without their ends.

    Args:
        format: One of `FORMATS`.
        sockets: Used up once; only the table, whose columns are as wide as their widest cell, holds their cells, and
            metrics, which are about all together, hold them.
        head: What goes with them.

    Raises:
        KeyError: There is no such format or column.
    """
    match format:
        case "table":
            if not head.fields(()):
                from netwatch_tui.output.ss_table import table_lines

                return table_lines(sockets, header=head.header)
            from netwatch_tui.output.column_table import column_lines

            return column_lines(sockets, head)
        case "json" | "ndjson":
            from netwatch_tui.output import objects

            return (objects.document_lines if format == "json" else objects.object_lines)(sockets, head)
        case "csv" | "tsv":
            from netwatch_tui.output import cells

            return (cells.csv_lines if format == "csv" else cells.tsv_lines)(sockets, head)
        case "prometheus":
            from netwatch_tui.output.prometheus import metric_lines

            return metric_lines(sockets, head)
        case _:
            raise KeyError(format)
