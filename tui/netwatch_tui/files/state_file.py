"""A JSON file in the state folder, read whole and replaced whole."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from netwatch_tui.files.bounded_reader import read_bounded
from netwatch_tui.files.private_writer import write_in
from netwatch_tui.files.state_folder import open_folder
from netwatch_tui.files.strict_json import parse_json


def read_state(folder: Path, name: str, most: int) -> Any:
    """What the file of this name holds, which has at most so many bytes.

    Raises:
        FileNotFoundError: There is no such file.
        OSError: It can't be read.
        ValueError: It is too long, or no JSON.
    """
    opened = open_folder(folder, create=False)
    try:
        return parse_json(read_bounded(name, most, folder=opened, follow=False))
    finally:
        os.close(opened)


def write_state(folder: Path, name: str, document: Any) -> None:
    """Have this in the file of this name, and nothing else; the folder is made if there is none.

    Raises:
        OSError: It can't be written.
    """
    text = json.dumps(document, indent=1).encode() + b"\n"
    opened = open_folder(folder, create=True)
    try:
        write_in(opened, name, (text,), replace=True)
    finally:
        os.close(opened)
