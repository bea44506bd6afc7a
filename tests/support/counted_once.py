"""One snapshot of TCP sockets, printed as by the command line: `python -m tests.support.counted_once FILE`.

Into the file goes how much work it was, as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from netwatch_tui.cli import main
from tests.support.work import work_of

if __name__ == "__main__":
    _, work = work_of(lambda: main(["--once", "-tanH"]))
    Path(sys.argv[1]).write_text(json.dumps(work))
