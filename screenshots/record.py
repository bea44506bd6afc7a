"""Makes the recording that the pictures are made of, from the story, with the program's own collector and recorder."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.recording.recorder import Recorder
from screenshots.feed import DAY
from screenshots.story import Story


def main() -> None:
    """Write two frames, a second apart."""
    story = Story()
    DAY.unlink(missing_ok=True)
    recorder = Recorder(Collector(story, TABLES, stopwatch=lambda: 0.0), str(DAY), story.host, story.start, 1.0)
    for frame in (0, 1):
        story.frame = frame
        recorder.collect(story.start + frame)
    recorder.end(story.start + 2)
    print(f"wrote {DAY.name}")


if __name__ == "__main__":
    main()
