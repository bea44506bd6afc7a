"""Makes the recording that the pictures are made of, from the story, with the program's own collector and recorder."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.recording.recorder import Recorder
from netwatch_tui.sockets.needs import Needs
from screenshots.feed import DAY
from screenshots.story import TIMES, Story


def main() -> None:
    """Write all frames."""
    story = Story()
    DAY.unlink(missing_ok=True)
    recorder = Recorder(Collector(story, TABLES, stopwatch=story.stopwatch), str(DAY), story.host, story.start, 1.0)
    recorder.needs = Needs(flows_of_all=True, traffic=True)
    for story.frame, seconds in enumerate(TIMES):
        recorder.collect(story.start + seconds)
    recorder.end(story.start + TIMES[-1] + 1)
    print(f"wrote {DAY.name}")


if __name__ == "__main__":
    main()
