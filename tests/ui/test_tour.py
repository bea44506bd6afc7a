"""The moving picture of the README shows what its captions say."""

from __future__ import annotations

import re
from pathlib import Path

from screenshots.animation import Screen, animated
from screenshots.tour import STEPS, screens


def shown(screen: Screen) -> str:
    return "\n".join("".join(part.text for part in line) for line in screen.lines)


async def test_each_scene_of_the_tour_shows_what_is_said_of_it(tmp_path: Path) -> None:
    every = await screens(tmp_path)
    scenes = {screen.caption: shown(screen) for screen in every}  # the last screen of each
    opened, filtered, problems, details, acting, confirming, done = list(scenes.values())[1:]
    assert "+ tcp" in opened
    assert "Filter: estab process:nginx" in filtered
    assert re.search(r"\+ tcp +ESTAB +10\.20\.0\.5:443 +198\.51\.100\.84:52044 ", filtered)
    assert "postgres" not in filtered
    assert "send-q-stalled" in problems
    assert "Send-Q has not drained" in details
    assert "the kernel aborts it" in acting
    assert "Close tcp 10.20.0.5:51200 → 198.51.100.20:873?" in confirming
    assert "Closed tcp 10.20.0.5:51200" in done
    assert "send-q-stalled" not in done
    assert 25 <= sum(step.seconds for step in STEPS) <= 45
    assert len(animated(every, "", 0)) < 300_000
