"""The filter language: text that a person types, compiled into a test of one socket."""

from netwatch_tui.query.known_names import known_in
from netwatch_tui.query.language.completion import Completions, Known, complete
from netwatch_tui.query.language.errors import QueryError
from netwatch_tui.query.language.keys import KEYS
from netwatch_tui.query.language.names import NO_NAMES, MachineNames
from netwatch_tui.query.language.printer import format_query, quote, term
from netwatch_tui.query.language.reference import REFERENCE, SHIPPED
from netwatch_tui.query.query import EVERYTHING, Query, parse

__all__ = [
    "EVERYTHING",
    "KEYS",
    "NO_NAMES",
    "REFERENCE",
    "SHIPPED",
    "Completions",
    "Known",
    "MachineNames",
    "Query",
    "QueryError",
    "complete",
    "format_query",
    "known_in",
    "parse",
    "quote",
    "term",
]
