"""A verdict on a port as JSON, with the sockets as snapshots have them."""

from __future__ import annotations

from netwatch_tui.fields.iso_time import iso
from netwatch_tui.output.head import Head
from netwatch_tui.output.objects import socket_objects
from netwatch_tui.output.schema import VERSION
from netwatch_tui.sockets.port_facts import PortFacts
from netwatch_tui.view.port_verdict import PortVerdict, ProtocolVerdict


def port_object(verdict: PortVerdict, facts: PortFacts, head: Head) -> dict[str, object]:
    """All that is known of a port.

    Args:
        verdict: What was found.
        facts: What it was found out from.
        head: When and where, and what goes with the sockets.
    """
    return {
        "version": VERSION,
        "taken_at": iso(head.taken_at),
        "host": head.host,
        "port": verdict.port,
        "netns": facts.netns,
        "verdict": verdict.verdict,
        "is_free": verdict.is_free,
        "headline": " ".join(verdict.headlines),
        "protocols": [_protocol(each, head) for each in verdict.protocols],
        "elsewhere": list(socket_objects(facts.elsewhere, head)),
    }


def _protocol(found: ProtocolVerdict, head: Head) -> dict[str, object]:
    return {
        "protocol": found.protocol,
        "verdict": found.verdict,
        "is_free": found.verdict.is_free,
        "evidence": list(found.evidence),
        "advice": list(found.advice),
        "sockets": list(socket_objects(found.sockets, head)),
    }
