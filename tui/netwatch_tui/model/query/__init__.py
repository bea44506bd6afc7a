"""The filter language: text that a person types, compiled into a test of one socket."""

from netwatch_tui.model.query.complete import Completions, Known, complete
from netwatch_tui.model.query.errors import QueryError
from netwatch_tui.model.query.names import NO_NAMES, Names
from netwatch_tui.model.query.printer import format_query, quote, term
from netwatch_tui.model.query.query import EVERYTHING, Query, parse
from netwatch_tui.model.query.reference import REFERENCE

__all__ = [
    "EVERYTHING",
    "NO_NAMES",
    "REFERENCE",
    "Completions",
    "Known",
    "Names",
    "Query",
    "QueryError",
    "complete",
    "format_query",
    "parse",
    "quote",
    "term",
]
