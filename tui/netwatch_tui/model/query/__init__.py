"""The filter language: text that a person types, compiled into a test of one socket."""

from netwatch_tui.model.query.errors import QueryError
from netwatch_tui.model.query.names import NO_NAMES, Names
from netwatch_tui.model.query.printer import format_query, quote, term
from netwatch_tui.model.query.query import EVERYTHING, Query, parse

__all__ = ["EVERYTHING", "NO_NAMES", "Names", "Query", "QueryError", "format_query", "parse", "quote", "term"]
