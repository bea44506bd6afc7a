"""The program that runs on other machines, as one zipapp: its entry, and all modules of ours that it imports.

It is made from the source that this program itself was loaded from, a checkout or an installed package, and is the same
bytes each time.
"""

from __future__ import annotations

import ast
import io
import threading
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import netwatch_tui

ENTRY = "netwatch_tui.hosts.remote_end"
"""The module whose `main` runs there."""

_PACKAGE = netwatch_tui.__name__
_START = f"import os\n\nfrom {ENTRY} import main\n\nos._exit(main())\n"
"""Ends at once: a thread that still waits for standard input would keep the interpreter from ending by itself."""
_SHEBANG = b"#!/usr/bin/env python3\n"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The least time that an archive can hold; the files' own would make other bytes of the same source."""
_REGULAR = 0o100644 << 16
"""What an archive says of a file that anybody may read."""

_making = threading.Lock()


def agent_archive() -> bytes:
    """All of it; made when it is asked for first, in some tenths of a second.

    Raises:
        OSError: The source of the program can't be read.
    """
    with _making:  # many connections begin at once
        return _made(Path(netwatch_tui.__file__).parent)


def needed_modules(package: Path) -> dict[str, Path]:
    """The modules of this program that its remote end imports, wherever in them that stands, and their files.

    Args:
        package: The folder of the package.

    Raises:
        OSError: The source can't be read.
    """
    found: dict[str, Path] = {}
    waiting = [ENTRY]
    while waiting:
        name = waiting.pop()
        path = _file_of(name, package)
        if name in found or path is None:
            continue
        found[name] = path
        waiting += _imported(path.read_bytes())
        waiting.append(name.rpartition(".")[0] or name)  # its package is imported before it
    return found


@lru_cache(1)
def _made(package: Path) -> bytes:
    archive = io.BytesIO()
    archive.write(_SHEBANG)
    files = {str(path.relative_to(package.parent)): path.read_bytes() for path in needed_modules(package).values()}
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, data in sorted([*files.items(), ("__main__.py", _START.encode())]):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, _REGULAR, 3  # Unix
            packed.writestr(entry, data)
    return archive.getvalue()


def _file_of(module: str, package: Path) -> Path | None:
    """The source of a module; None if it is none, as a class is that is imported from one."""
    place = package.parent.joinpath(*module.split("."))
    return next((path for path in (place / "__init__.py", place.with_suffix(".py")) if path.is_file()), None)


def _imported(source: bytes) -> Iterator[str]:
    """Names that a module imports from this program, not all of them modules; none that only type checkers import."""
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{name}" for name in names)]
        yield from (name for name in names if name.partition(".")[0] == _PACKAGE)
