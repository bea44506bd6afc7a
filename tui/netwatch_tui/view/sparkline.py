"""A graph in one line of text."""

from __future__ import annotations

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None], width: int) -> str:
    """Values as bars, the last ones at the right, each a part of the greatest; a blank where nothing is known.

    Args:
        values: Not negative; where there are more than `width`, neighbours share a bar, which is their greatest.
        width: The most bars.
    """
    share = -(-len(values) // width)
    groups = [values[max(end - share, 0) : end] for end in range(len(values), 0, -share)] if share else []
    tops = [max((value for value in group if value is not None), default=None) for group in reversed(groups)]
    most = max((top for top in tops if top is not None), default=0.0)
    return "".join(" " if top is None else _BARS[round(top / most * 7) if most else 0] for top in tops)
