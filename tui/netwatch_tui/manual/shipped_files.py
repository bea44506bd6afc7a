"""Every file that is made for the system to find: what it makes is part of the source and goes into the wheel.

Write it anew after every change of the arguments, the fields, the keys or the prose.
"""

from __future__ import annotations

from pathlib import Path

from netwatch_tui.manual.completions import bash, fish, zsh
from netwatch_tui.manual.contents import RECIPES, contents, recipes
from netwatch_tui.manual.markdown import markdown
from netwatch_tui.manual.roff import man_page


def files() -> dict[str, str]:
    """The place of each below `share`, and its text."""
    blocks = contents()
    return {
        "man/man1/netwatch-tui.1": man_page(blocks),
        f"man/man7/{RECIPES}.7": man_page(recipes(), RECIPES, 7),
        "doc/netwatch-tui/manual.md": markdown(blocks),
        "bash-completion/completions/netwatch-tui": bash(),
        "zsh/site-functions/_netwatch-tui": zsh(),
        "fish/vendor_completions.d/netwatch-tui.fish": fish(),
    }


def write(folder: str) -> None:
    """Write every file below a folder."""
    for place, text in files().items():
        path = Path(folder, place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
