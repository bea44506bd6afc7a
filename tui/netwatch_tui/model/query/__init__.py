"""The filter language: text that a person types, compiled into a test of one socket."""

from netwatch_tui.model.query.parser import EVERYTHING, Query, QueryError, parse, quote

__all__ = ["EVERYTHING", "Query", "QueryError", "parse", "quote"]
