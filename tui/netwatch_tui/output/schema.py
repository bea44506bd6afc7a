"""The JSON Schema of what is written as JSON, made from the table of fields.

It ships as `snapshot.schema.json`; write it anew after every change of the table, from a checkout:
`.venv/bin/python -m netwatch_tui.output.schema tui/netwatch_tui/output/snapshot.schema.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from netwatch_tui.fields.catalogue import FIELDS, OBJECT_FIELDS
from netwatch_tui.fields.exact_text import SUFFIX
from netwatch_tui.fields.json_types import (
    COUNT,
    COUNT_OR_NULL,
    SECONDS_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    TEXTS,
    TIME,
    one_of,
)
from netwatch_tui.fields.owner_fields import MOST_COMMANDS
from netwatch_tui.sockets.socket import State

VERSION = 1
"""Of the form that the schema describes; a reader may rely on it as long as the number is the same."""

_ABOUT = (
    "With --format ndjson each line is one #/$defs/socket; with --watch each line is one #/$defs/event, with --diff "
    "one #/$defs/difference, with --probe one #/$defs/probe; with --probe --format json the document is a "
    "#/$defs/probes, with --why-port a #/$defs/port; with --trace each line is one #/$defs/call or #/$defs/trace_gap. "
    "With --columns a socket has the named fields instead of the "
    "required ones. Within version "
    f"{VERSION} fields may be added: ignore what you don't know. Names on Linux are bytes: a byte that is no UTF-8 is "
    f"written as U+FFFD, and then a member NAME{SUFFIX} beside the member NAME holds the exact bytes in base64; beside "
    "a list it is a list of the same length, with null where the text is exact. Without such a member it is exact."
)

_NULL: dict[str, object] = {"type": "null"}
_EXACT = {f"{SUFFIX}$": {"$ref": "#/$defs/exact"}}
_HOST = {**TEXT, "description": "host name"}
_SOCKET = {"$ref": "#/$defs/socket"}
_OWNERS = {"type": "array", "items": {"$ref": "#/$defs/owner"}}


def schema() -> dict[str, Any]:
    """The whole schema; its definitions are `socket`, `owner`, `event`, `difference`, `port` and types of members."""
    document = _object(
        {
            "version": {"const": VERSION},
            "taken_at": TIME,
            "host": _HOST,
            "sockets": {"type": "array", "items": _SOCKET},
        }
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"netwatch-tui --once --format json, version {VERSION}",
        "description": _ABOUT,
        **document,
        "$defs": {
            **_types(),
            "owner": _owner(),
            "socket": _socket(),
            "event": _event(),
            "difference": _difference(),
            **_probes(),
            "port": _port(),
            **_trace(),
        },
    }


def text() -> str:
    """The schema as its file holds it."""
    return json.dumps(schema(), indent=2) + "\n"


def _object(properties: dict[str, Any], required: tuple[str, ...] | None = None) -> dict[str, Any]:
    """An object; all its members are required unless fewer are named."""
    needed = list(properties if required is None else required)
    return {"type": "object", "required": needed, "properties": properties, "patternProperties": _EXACT}


def _types() -> dict[str, Any]:
    return {
        "time": {
            "description": "ISO 8601, in UTC",
            "type": "string",
            "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$",
        },
        "count": {"type": "integer", "minimum": 0},
        "count_or_null": {"type": ["integer", "null"], "minimum": 0},
        "text_or_null": {"type": ["string", "null"]},
        "exact": {
            "description": "the exact bytes in base64 of a text that is not all UTF-8",
            "oneOf": [
                {"type": "string", "contentEncoding": "base64"},
                {"type": "array", "items": {"oneOf": [_NULL, {"$ref": "#/$defs/exact"}]}},
            ],
        },
    }


def _owner() -> dict[str, Any]:
    told = _object(
        {
            "pid": {"type": "integer", "minimum": 1},
            "fd": {**COUNT_OR_NULL, "description": "null where only the kernel's events told of it"},
            "name": TEXT,
            "cmdline": {
                **TEXTS,
                "description": "the arguments, cut short where the first "
                f"{MOST_COMMANDS} descriptors of the process told them; empty for a kernel thread or a zombie",
            },
            "user": {**TEXT, "description": "effective user; the uid if it has no name"},
            "started_at": {"oneOf": [TIME, _NULL]},
            "unit": {**TEXT_OR_NULL, "description": "systemd unit"},
            "container": TEXT_OR_NULL,
        }
    )
    return {"description": "a descriptor through which a process holds the socket", **told}


def _socket() -> dict[str, Any]:
    properties = {
        field.id: {**field.json, "description": field.meaning + (f"; in {field.unit}" if field.unit else "")}
        for field in FIELDS
    }
    return _object(properties, OBJECT_FIELDS)


def _event() -> dict[str, Any]:
    from netwatch_tui.sockets.socket_events import Happening, ToldBy  # here, as nobody else needs it for one number

    return _object(
        {
            "version": {"const": VERSION},
            "event": {
                **one_of((*Happening, "alert")),
                "description": "what happened, of which four are connections that never came to be; or, as an alert, "
                "that a socket began to match",
            },
            "rule": {**TEXT, "description": "of an alert alone: the filter of --on, or the name in the configuration"},
            "time": {**TIME, "description": "when it happened, by event; by tick, of the tick that found it"},
            "source": {**one_of(ToldBy), "description": "who told it: the kernel at that moment, or a tick"},
            "host": _HOST,
            "was": {**one_of(State, or_null=True), "description": "the state before, of a change"},
            "duration": {
                **SECONDS_OR_NULL,
                "description": "at the end, how long it lived; by tick it may be an interval off; in seconds",
            },
            "totals": {"oneOf": [_totals(), _NULL], "description": "at the end of a TCP connection, what it counted"},
            "closer": {"oneOf": [_process(), _NULL], "description": "who closed it, where the kernel told"},
            "error": {**TEXT_OR_NULL, "description": "the error that ended it, such as ECONNREFUSED"},
            "socket": _SOCKET,
        },
        ("version", "event", "time", "host", "was", "socket"),
    )


def _totals() -> dict[str, Any]:
    told: dict[str, Any] = dict.fromkeys(("bytes_in", "bytes_out", "bytes_retrans", "retrans_total"), COUNT)
    return _object({**told, "rtt": {**SECONDS_OR_NULL, "description": "smoothed round-trip time in seconds"}})


def _process() -> dict[str, Any]:
    return _object({"pid": {"type": "integer", "minimum": 1}, "name": TEXT_OR_NULL})


def _difference() -> dict[str, Any]:
    return _object(
        {
            "version": {"const": VERSION},
            "difference": one_of(("opened", "closed", "owner")),
            "owners_before": {
                "oneOf": [_OWNERS, _NULL],
                "description": "who held the socket before, if another process holds it now",
            },
            "socket": _SOCKET,
        }
    )


def _probes() -> dict[str, Any]:
    from netwatch_tui.fields.probe_fields import Place, told_in  # here, as nobody else needs it for one number

    members = {field.id: {**field.json, "description": field.meaning} for field in told_in(Place.OBJECTS)}
    probes = {"type": "array", "items": {"$ref": "#/$defs/probe"}}
    return {
        "probe": {
            "description": "attempts at a listener with one outcome",
            **_object({**members, "listener": _SOCKET}),
        },
        "probes": _object({"version": {"const": VERSION}, "taken_at": TIME, "host": _HOST, "probes": probes}),
    }


def _port() -> dict[str, Any]:
    from netwatch_tui.view.port_verdict import Verdict  # for which none that needs VERSION waits
    from netwatch_tui.view.port_words import NAMES

    verdict = one_of(Verdict)
    is_free = {"type": "boolean", "description": "whether a bind to all addresses without any option succeeds"}
    sockets = {"type": "array", "items": _SOCKET}
    protocol = _object(
        {
            "protocol": one_of(NAMES),
            "verdict": verdict,
            "is_free": is_free,
            "evidence": {**TEXTS, "description": "sentences for a person; they may change in any version"},
            "advice": TEXTS,
            "sockets": {**sockets, "description": "of which the verdict speaks"},
        }
    )
    return _object(
        {
            "version": {"const": VERSION},
            "taken_at": TIME,
            "host": _HOST,
            "port": {"type": "integer", "minimum": 1, "maximum": 65_535},
            "netns": {**COUNT, "description": "inode of the network namespace in which it is asked about"},
            "verdict": {**verdict, "description": "the gravest of those of the protocols"},
            "is_free": is_free,
            "headline": TEXT,
            "protocols": {"type": "array", "items": protocol},
            "elsewhere": {**sockets, "description": "those that wait at it in other network namespaces"},
        }
    )


def _trace() -> dict[str, Any]:
    end = _object({"address": TEXT, "port": {**COUNT_OR_NULL, "description": "null for a unix socket"}})
    end_or_null = {"oneOf": [{"$ref": "#/$defs/call_end"}, _NULL]}
    number = {"type": "integer"}
    number_or_null = {"type": ["integer", "null"]}
    about = {"version": {"const": VERSION}, "time": TIME, "host": _HOST}
    call = {
        **about,
        "trace": one_of(("call",)),
        "time": {**TIME, "description": "when it was made; when it returned, if its beginning was not seen"},
        "pid": {"type": "integer", "minimum": 1},
        "tid": {"type": "integer", "minimum": 1, "description": "the thread"},
        "process": TEXT_OR_NULL,
        "call": {**TEXT, "description": "as in syscalls(2)"},
        "fd": {**number_or_null, "description": "what it is about; of socket, the new one"},
        "arguments": {
            "description": "numbers that the kernel got, by the names of the manual pages; null if not seen",
            "oneOf": [{"type": "object", "additionalProperties": number}, _NULL],
        },
        "result": {**number_or_null, "description": "negative for an error; null if it has not returned"},
        "error": {**TEXT_OR_NULL, "description": "its name, such as ECONNREFUSED"},
        "duration": {**SECONDS_OR_NULL, "description": "seconds"},
        "end": {**end_or_null, "description": "the address that it is about; null if there is none, or not known"},
        "inode": {**COUNT_OR_NULL, "description": "of the socket, where it was looked at"},
        "local": {**end_or_null, "description": "the socket's own end, as far as known"},
        "peer": {**end_or_null, "description": "the end to which it is connected, as far as known"},
        "text": {**TEXT, "description": "for a person; it may change in any version"},
    }
    gap = {
        **about,
        "trace": one_of(("gap",)),
        "lost": {**COUNT, "description": "records that the kernel could not keep"},
        "unknown": {**COUNT, "description": "reads, writes and closes of what may or may not have been sockets"},
    }
    return {"call": _object(call), "call_end": end, "trace_gap": _object(gap)}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
