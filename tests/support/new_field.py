"""Adds a field to the table before anything is made of it, and tells where it is found.

Run as `python -m tests.support.new_field`; prints an object with, for each place, what was seen there and what should
have been.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from netwatch_tui.fields import socket_fields
from netwatch_tui.fields.field import number_field

ID, TITLE, MEANING = "hops", "Hops", "routers on the way to the peer"

socket_fields.COUNTER_FIELDS = (  # type: ignore[assignment]  # one more than it was declared with
    *socket_fields.COUNTER_FIELDS,
    number_field(
        ID, TITLE, MEANING, lambda socket: socket.peer_port % 100 or None, also=("ttl",), unit="routers", descends=True
    ),
)

# Only now, so that all that follows is made from the longer table.
from textual.widgets import OptionList  # noqa: E402

from netwatch_tui import cli  # noqa: E402
from netwatch_tui.fields.catalogue import FIELD_BY_ID  # noqa: E402
from netwatch_tui.fields.moment import Moment  # noqa: E402
from netwatch_tui.manual.shipped_files import files  # noqa: E402
from netwatch_tui.output import schema  # noqa: E402
from netwatch_tui.output.head import Head  # noqa: E402
from netwatch_tui.output.registry import write_lines  # noqa: E402
from netwatch_tui.query import Known, complete, parse  # noqa: E402
from netwatch_tui.ui.screens.help_page import HelpScreen, LanguageScreen  # noqa: E402
from netwatch_tui.view.copies import copies  # noqa: E402
from netwatch_tui.view.details import describe  # noqa: E402
from netwatch_tui.view.similar_conditions import similar_conditions  # noqa: E402
from netwatch_tui.view.socket_details import SocketDetails  # noqa: E402
from netwatch_tui.view.spec import ViewSpec  # noqa: E402
from tests.support.build import NETNS, tcp  # noqa: E402
from tests.support.fake import FakeSource  # noqa: E402
from tests.support.kernel import answer  # noqa: E402
from tests.ui.stage import on_stage  # noqa: E402

SOCKET = tcp("10.0.0.1:80", "10.0.0.2:50017", id=1)
"""Of whose field the value is 17."""
MOMENT = Moment(0.0, {}, {NETNS: "own"})

Seen = tuple[str, Any, Any]
"""A place, what is there, and what should be."""


def written(format: str) -> list[str]:
    """The socket in a format, with the field alone."""
    return list(write_lines(format, [SOCKET], Head(0.0, "", (ID,))))


async def on_screen() -> list[Seen]:
    """What the full-screen program shows of it."""
    async with on_stage(FakeSource(SOCKET), spec=ViewSpec(columns=("mark", ID, "peer"))) as stage:
        shown = [stage.heading.split()[0], stage.rows[0].split()[0]]
        titles = {command.choice.label for command in stage.app.main.palette.commands()}
        await stage.press("c")
        chooser = [str(option.id) for option in stage.app.screen.query_one(OptionList).options]
        await stage.press("escape", "s")
        order = [str(option.id) for option in stage.app.screen.query_one(OptionList).options]
    return [
        ("column on the screen", shown, [TITLE, "17"]),
        ("column chooser", ID in chooser, True),
        ("sort list", ID in order, True),
        ("palette", {f"Sort by {TITLE}", f"Hide column {TITLE}"} <= titles, True),
    ]


def in_views() -> Iterator[Seen]:
    """What the details and all that belongs to a row say of it."""
    yield "help", f"{TITLE} {MEANING}" in " ".join(HelpScreen().page().plain.split()), True
    yield "filter help", f"{ID}: ttl:" in LanguageScreen().page().plain, True
    facts = [fact for section in describe(SocketDetails(SOCKET), MOMENT, str) for fact in section.facts]
    yield "details", [fact.value for fact in facts if fact.label == TITLE], ["17 routers"]
    yield "like this", f"{ID}:17" in similar_conditions(SOCKET, MOMENT), True
    yield "copies", [each.text for each in copies(SOCKET, (), MOMENT, NETNS) if each.id == ID], ["17"]


def in_filters() -> Iterator[Seen]:
    """What the filter knows of it."""
    for place, key in (("filter", ID), ("filter spelling", "ttl")):
        texts = (f"{key}:17", f"{key}:>16", f"{key}:18", f"-{key}:17", f"{key}:-")
        yield place, [parse(text).compile(MOMENT)(SOCKET) for text in texts], [True, True, False, False, False]
    yield "filter completion", list(complete("hop", 3, Known()).candidates), [f"{ID}:"]


def in_files() -> Iterator[Seen]:
    """What the command line takes, and what is written."""
    options = cli._parser().parse_args(["--columns", f"{ID},pid", "--sort", ID])
    yield "command line", [options.columns, options.sort.column], [(ID, "pid"), ID]
    yield "descends first", [options.sort.descending, FIELD_BY_ID[ID].descends], [True, True]
    yield "table", [line.strip() for line in written("table")], [TITLE, "17"]
    yield "CSV", written("csv"), [ID, "17"]
    yield "TSV", written("tsv"), [ID, "17"]
    whole = json.loads("".join(write_lines("json", [SOCKET], Head(0.0, ""))))
    yield "JSON", whole["sockets"][0][ID], 17
    told = schema.schema()["$defs"]["socket"]
    yield "schema", [told["properties"][ID]["description"], ID in told["required"]], [f"{MEANING}; in routers", True]


def in_shells() -> Iterator[Seen]:
    """What the manual page and the completions of the shells say of it."""
    for place, text in files().items():
        if "recipes" in place:
            continue
        if place.startswith(("man/", "doc/")):
            yield place.split("/")[0], MEANING.capitalize() in text, True
        else:
            yield place.split("/")[0].split("-")[0], f" {ID} " in text, True


def main() -> None:
    """Print what was found."""
    seen = [*asyncio.run(on_screen()), *in_views(), *in_filters(), *in_files(), *in_shells()]
    answer({place: [there, wanted] for place, there, wanted in seen})


if __name__ == "__main__":
    main()
