"""Where on a group's line it shows that something is wrong with sockets in the group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from netwatch_tui.sockets.health import Finding, Findings, Severity
from netwatch_tui.sockets.socket import State

Signals = tuple[tuple[str, Severity], ...]
"""Ids of columns, each with how bad it is."""

_BY_FIELD = {"send_q": "send_q", "pid": "pids"}
_BY_STATE = {State.LISTEN: "listen", State.CLOSE_WAIT: "close_wait"}


def group_signals(names: Mapping[int, str], findings: Findings) -> Mapping[str, Signals]:
    """The signals of each group in which anything is wrong, the worst of each column.

    Args:
        names: The group of each socket, by the socket's id.
        findings: What is wrong with sockets, shown or not.
    """
    worst: dict[str, dict[str, Severity]] = defaultdict(dict)
    for id, found in findings.items():
        if (name := names.get(id)) is not None:
            columns = worst[name]
            for finding in found:
                column = _column(finding)
                columns[column] = max(columns.get(column, Severity.WARNING), finding.rule.severity)
    return {name: tuple(columns.items()) for name, columns in worst.items()}


def _column(finding: Finding) -> str:
    """The column of groups that counts what is wrong; that of all sockets where none does."""
    return _BY_FIELD.get(finding.rule.field) or _BY_STATE.get(finding.socket.state, "sockets")
