from __future__ import annotations

import csv
import io
import json
import re
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from netwatch_tui.fields.catalogue import CELL_FIELDS, FIELD_BY_ID, OBJECT_FIELDS
from netwatch_tui.fields.format import cell_width
from netwatch_tui.fields.json_types import flat
from netwatch_tui.output import schema
from netwatch_tui.output.head import Head
from netwatch_tui.output.registry import FORMATS, METRICS, write_lines
from netwatch_tui.sockets.marks import Mark, Marked
from netwatch_tui.sockets.ownership import Owner, OwnerReason, Process
from netwatch_tui.sockets.socket import Socket, State, Timer
from tests.support.build import NETNS, netlink, owner, packet, tcp, udp, unix
from tests.support.schema import SCHEMA, errors_of, validate
from tests.support.strategies import parsed_sockets

HEAD = Head(1_767_258_000.25, "web-1", namespaces={NETNS: "own"})
EVIL = "\x1b[2J\x9b\u202e\udcff\x7f\u2028\t\r\n\\"


def held(socket: Socket, *owners: Owner, **fields: Any) -> Socket:
    """A followed socket with its holders."""
    reason = None if owners else OwnerReason.KERNEL
    return socket._replace(
        **{"id": 1, "seen_at": 1_767_257_995.0, "user": "root", "owners": owners, "owner_reason": reason, **fields}
    )


WEB = held(tcp("10.0.0.1:443", inode=11), owner(7, 3, "nginx"), owner(8, 3, "nginx"))
KINDS = [
    WEB,
    held(tcp("[::1]:443", "[::1]:5000", inode=12, timer=Timer("keepalive", 12.5)), owner(7, 4), id=2),
    held(tcp("10.0.0.1:443", "10.0.0.9:50000", state=State.TIME_WAIT, inode=0), id=3, user=None),
    held(udp(interface="eth0"), owner(9, 5), id=4),
    held(unix("/run/bus"), id=5),
    held(unix(), id=6),
    held(packet("ip", 2), id=7),
    held(netlink(15, 1), id=8),
]


def written(format: str, *sockets: Socket, **head: Any) -> list[str]:
    return list(write_lines(format, sockets, HEAD._replace(**head)))


def document(*sockets: Socket, **head: Any) -> Any:
    return json.loads("\n".join(written("json", *sockets, **head)))


def named(name: str) -> Socket:
    """A socket of a process that calls itself this."""
    return held(tcp(inode=1), Owner(7, 3, Process(7, name, (name, name), name, 0.0, name, name)))


# --- JSON ---


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("sockets", [[], KINDS[:1], KINDS])
def test_json_is_one_object_by_the_schema(sockets: list[Socket]) -> None:
    found = document(*sockets)
    validate(found)
    assert (found["version"], found["taken_at"], found["host"]) == (1, "2026-01-01T09:00:00.250000Z", "web-1")
    assert len(found["sockets"]) == len(sockets)


@given(parsed_sockets())
def test_any_socket_is_written_by_the_schema(socket: Socket) -> None:
    validate(document(held(socket)))


def test_the_schema_speaks_of_every_field_that_is_written() -> None:
    told = SCHEMA["$defs"]["socket"]
    assert list(told["required"]) == list(OBJECT_FIELDS)
    assert told["properties"].keys() == FIELD_BY_ID.keys()
    (found,) = document(WEB)["sockets"]
    assert list(found) == list(OBJECT_FIELDS)
    assert sorted(found["owners"][0]) == sorted(SCHEMA["$defs"]["owner"]["properties"])


def test_the_schema_refuses_what_is_wrong() -> None:
    (good,) = document(WEB)["sockets"]
    for wrong in ({"local_port": "443"}, {"state": "OPEN"}, {"owners": None}, {"age": "5s"}, {"seen_at": 0}):
        assert errors_of({**good, **wrong}, "socket")
    assert not errors_of({**good, "newer": 1}, "socket")
    del good["uid"]
    assert errors_of(good, "socket")


def test_what_json_says_of_a_socket() -> None:
    (found,) = document(WEB)["sockets"]
    assert {key: found[key] for key in ("netid", "state", "local_address", "local_port", "peer_address")} == {
        "netid": "tcp",
        "state": "LISTEN",
        "local_address": "10.0.0.1",
        "local_port": 443,
        "peer_address": "0.0.0.0",
    }
    assert (found["send_q"], found["age"], found["netns"], found["netns_name"]) == (None, 5.25, NETNS, "own")
    assert [(each["pid"], each["fd"], each["name"], each["cmdline"]) for each in found["owners"]] == [
        (7, 3, "nginx", ["nginx"]),
        (8, 3, "nginx", ["nginx"]),
    ]


def test_ndjson_is_the_same_sockets_a_line_each() -> None:
    assert [json.loads(text) for text in written("ndjson", *KINDS)] == document(*KINDS)["sockets"]


def test_a_row_that_is_lit_says_so() -> None:
    marked = {mark_id: Marked(mark, None, WEB) for mark_id, mark in enumerate(Mark, 1)}
    found = document(*KINDS[:4], marked=marked)["sockets"]
    assert [each["mark"] for each in found] == ["new", "changed", "closed", None]


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_from_outside_gets_out_raw(format: str) -> None:
    for text in written(format, named(EVIL)):
        assert not any(char in text for char in "\x1b\x9b\x7f\r\n\u2028")
        text.encode()


def test_the_schema_that_ships_is_made_from_the_fields_of_now() -> None:
    shipped = files("netwatch_tui.output") / "snapshot.schema.json"
    assert shipped.read_text() == schema.text(), "run: python -m netwatch_tui.output.schema FILE"


def test_the_schema_says_how_names_that_are_no_utf8_are_written() -> None:
    (found,) = document(named(EVIL))["sockets"]
    assert not errors_of(found, "socket")
    assert found["owners"][0]["name_base64"]
    assert errors_of({**found, "owners": [{**found["owners"][0], "name_base64": 5}]}, "socket")


CROWD = held(tcp(), owner(7, 3, "a,b"), owner(8, 4, '"c"'), owner(9, 5, "d"))


@pytest.mark.parametrize("id", FIELD_BY_ID)
def test_a_cell_is_never_in_the_spelling_of_python(id: str) -> None:
    for socket in (*KINDS, CROWD):
        (row,) = csv.reader(written("csv", socket, header=False, columns=(id, "netid")))
        value = document(socket, columns=(id,))["sockets"][0][id]
        match value:
            case [{}, *_]:
                assert json.loads(row[0]) == value
            case list():
                assert row[0] == flat(value)
                assert len(re.findall(r'"(?:[^"\\]|\\.)*"|[^,]+', row[0])) == len(value)
            case None:
                assert row[0] == ""
            case _:
                assert row[0] == (value if isinstance(value, str) else json.dumps(value))


def test_parts_of_a_list_can_be_told_apart() -> None:
    (row,) = csv.reader(written("csv", CROWD, header=False, columns=("process",)))
    assert row == [r'"a,b","\"c\"",d']


# --- CSV and TSV ---


def test_csv_is_read_back_by_the_csv_module() -> None:
    rows = list(csv.DictReader(io.StringIO("\n".join(written("csv", *KINDS)))))
    assert list(rows[0]) == list(CELL_FIELDS)
    assert len(rows) == len(KINDS)
    first = rows[0]
    assert (first["local_address"], first["local_port"], first["send_q"]) == ("10.0.0.1", "443", "")
    assert (first["pid"], first["process"], first["was_there"], first["age"]) == ("7,8", "nginx,nginx", "false", "5.25")
    assert rows[2]["owner_reason"] == "kernel"
    assert rows[1]["timer_left"] == "12.5"


@given(st.text())
def test_any_name_is_one_cell(name: str) -> None:
    columns = {"columns": ("process", "inode")}
    (row,) = csv.reader(written("csv", named(name), header=False, **columns))
    assert len(row) == 2
    (line,) = written("tsv", named(name), header=False, **columns)
    assert line.count("\t") == 1
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize("start", list("=+-@\t\r"))
@pytest.mark.parametrize("format", ["csv", "tsv"])
def test_no_spreadsheet_runs_a_name(format: str, start: str) -> None:
    (line,) = written(format, named(f"{start}cmd"), header=False, columns=("process",))
    assert line.startswith("'")


@pytest.mark.parametrize("start", ["\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_the_wide_signs_begin_formulas_too(start: str) -> None:
    assert written("csv", named(f"{start}cmd"), header=False, columns=("process",)) == [f"'{start}cmd"]


@pytest.mark.parametrize("between", ["", " ", '"', " '"])
@pytest.mark.parametrize("format", ["csv", "tsv"])
def test_where_the_semicolon_stands_between_cells_no_spreadsheet_runs_a_name_either(format: str, between: str) -> None:
    (line,) = written(format, named(f"a;{between}=cmd"), header=False, columns=("process",))
    assert all(not part.lstrip("\"' ").startswith("=") or part.startswith("'") for part in line.split(";"))
    (line,) = written(format, named(f"a;{between}=cmd"), header=False, columns=("owners",))
    assert ";" not in line


@pytest.mark.parametrize("format", ["csv", "tsv"])
def test_what_is_invisible_is_spelled_out(format: str) -> None:
    (line,) = written(format, named("a\u202eb\u200bc\ufeffd\U000e0041"), header=False, columns=("process",))
    assert line == r"a\u202eb\u200bc\ufeffd\U000e0041"
    (line,) = written(format, named("e\u0301 数据 🦊"), header=False, columns=("process",))
    assert line == "e\u0301 数据 🦊", "what a text is made of stays"


def test_numbers_are_no_formulas_and_plain_names_stay_as_they_are() -> None:
    columns = ("pid", "age", "process")
    late = named("x=1")._replace(seen_at=HEAD.taken_at + 5)
    assert written("csv", late, header=False, columns=columns) == ["7,0.0,x=1"]


def test_tsv_says_which_character_it_was() -> None:
    (line,) = written("tsv", named("a\tb\nc\rd\\e\x1b"), header=False, columns=("process",))
    assert line == r"a\tb\nc\rd\\e\x1b"


@pytest.mark.parametrize("format", ["table", "csv", "tsv"])
def test_without_a_heading_only_the_heading_is_missing(format: str) -> None:
    for columns in ((), ("local", "inode")):
        with_heading = written(format, *KINDS, columns=columns)
        without = written(format, *KINDS, columns=columns, header=False)
        assert [text.split() for text in without] == [text.split() for text in with_heading[1:]]


# --- the table ---


def test_the_table_has_the_columns_that_are_asked_for_under_their_titles() -> None:
    heading, *rows = written("table", *KINDS[:2], columns=("local", "pid", "inode", "users"))
    assert heading.split(maxsplit=4)[:2] == ["Local", "Address:Port"]
    assert rows[0].split() == ["10.0.0.1:443", "7", "+1", "11", 'users:(("nginx",pid=7,fd=3),("nginx",pid=8,fd=3))']
    assert heading.index("Processes") == rows[0].index("users:(")
    assert heading.index("PID") + 3 == rows[0].index("+1") + 2


def test_wide_characters_do_not_shift_a_column() -> None:
    lines = written("table", held(unix("/数据")), held(unix("/ab")), columns=("local", "netid"))
    starts = {cell_width(text[: text.rindex(" ")]) for text in lines[1:]}
    assert len(starts) == 1


def test_a_field_that_the_screen_has_no_column_for_is_a_cell_as_well() -> None:
    columns = ("uid", "refs", "was_there", "container", "owner_reason")
    assert written("table", KINDS[2], columns=columns, header=False) == ["- 1 false - kernel"]


@pytest.mark.parametrize("format", [name for name in FORMATS if name != METRICS])
def test_every_column_can_be_asked_for_by_its_id(format: str) -> None:
    assert FIELD_BY_ID.keys() <= FIELD_BY_ID.keys()
    for id in FIELD_BY_ID:
        assert written(format, *KINDS, columns=(id,))


def test_what_is_asked_for_of_json_has_numbers_where_they_are_numbers() -> None:
    (found,) = document(WEB, columns=("local", "pid", "drops", "unit"))["sockets"]
    assert found == {"local": "10.0.0.1:443", "pid": [7, 8], "drops": None, "unit": []}


@pytest.mark.parametrize("format", [name for name in FORMATS if name not in ("table", METRICS)])
def test_nothing_is_held_that_was_written(format: str) -> None:
    taken = []

    def endless() -> Any:
        while True:
            taken.append(1)
            yield WEB

    lines = write_lines(format, endless(), HEAD)
    for _ in range(20):
        next(lines)
    assert len(taken) <= 21


def test_there_is_no_other_format_and_no_other_column() -> None:
    with pytest.raises(KeyError):
        write_lines("xml", [], HEAD)
    with pytest.raises(KeyError):
        list(write_lines("csv", [], HEAD._replace(columns=("nope",))))
