"""What was meant by a name that there is not."""

from __future__ import annotations

from collections.abc import Iterable


def meant(name: str, known: Iterable[str]) -> str:
    """The known name that is most like it, as the end of a sentence; nothing if none is."""
    from difflib import get_close_matches  # only who is wrong waits for it

    like = get_close_matches(name, list(known), 1)
    return f"; did you mean {like[0]!r}?" if like else ""
