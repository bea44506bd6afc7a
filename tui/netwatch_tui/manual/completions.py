"""The completions of the shells, made from the table of arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from netwatch_tui.actions.act import USUAL_SIGNALS, signal_name
from netwatch_tui.argument import Argument, Completes
from netwatch_tui.arguments import ARGUMENTS
from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.sockets.kinds import KINDS

PROGRAM = "netwatch-tui"

THEMES = (
    "netwatch", "catppuccin", "daylight", "gruvbox", "high-contrast", "nord", "solarized-dark", "solarized-light",
    "terminal",
)  # fmt: skip
_LISTS = (Completes.KINDS, Completes.COLUMNS)


def _words(argument: Argument) -> Sequence[str]:
    """What a shell offers as a value."""
    match argument.completes:
        case Completes.CHOICES:
            return argument.choices
        case Completes.KINDS:
            return (*KINDS, "inet", "all")
        case Completes.COLUMNS:
            return tuple(FIELD_BY_ID)
        case Completes.THEMES:
            return THEMES
        case Completes.SIGNALS:
            return [signal_name(number) for number in USUAL_SIGNALS]
        case _:
            return ()


def _takes_list(argument: Argument) -> bool:
    return argument.completes in _LISTS and argument.name != "sort"


# --- bash ---


def bash() -> str:
    """The completion of bash, which needs no bash-completion but for being found."""
    cases = "".join(
        f"        {'|'.join(argument.flags)})\n            {_bash_values(argument)}\n            return ;;\n"
        for argument in ARGUMENTS
        if argument.values
    )
    flags = " ".join(flag for argument in ARGUMENTS for flag in argument.flags)
    return f"""\
# Completion of {PROGRAM} for bash. Made by netwatch_tui.manual.
_netwatch_tui() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}} head=
    COMPREPLY=()
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]]; then
        prev=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    if ((COMP_CWORD > 2)) && [[ ${{COMP_WORDS[COMP_CWORD - 2]}} == --diff ]]; then
        prev=--diff
    fi
    if [[ $cur == *,* ]]; then
        head=${{cur%,*}},
    fi
    case $prev in
{cases}    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W '{flags}' -- "$cur"))
    fi
}}
complete -F _netwatch_tui {PROGRAM}
"""


def _bash_values(argument: Argument) -> str:
    if argument.completes is Completes.FILE:
        return 'compopt -o filenames 2>/dev/null\n            mapfile -t COMPREPLY < <(compgen -f -- "$cur")'
    words = " ".join(_words(argument))
    if _takes_list(argument):
        return (
            "compopt -o nospace 2>/dev/null\n"
            f'            COMPREPLY=($(compgen -P "$head" -W \'{words}\' -- "${{cur##*,}}"))'
        )
    return f"COMPREPLY=($(compgen -W '{words}' -- \"$cur\"))" if words else ":"


# --- zsh ---


def zsh() -> str:
    """The completion of zsh. A filter is nothing to complete, and says so only where no option is being typed."""
    specs = " \\\n    ".join(f"{_zsh_flags(argument)}{_zsh_values(argument)}" for argument in ARGUMENTS)
    return f"""\
#compdef {PROGRAM}
# Completion of {PROGRAM} for zsh. Made by netwatch_tui.manual.
_arguments -s \\
    {specs} \\
    '*:FILTER:_guard "^-*" FILTER'
"""


def _zsh_flags(argument: Argument) -> str:
    marks = ["+" if len(flag) == 2 else "=" for flag in argument.flags] if len(argument.values) == 1 else [""] * 2
    flags = [f"{flag}{mark}" for flag, mark in zip(argument.flags, marks, strict=False)]
    told = re.sub(r"([\[\]:\\])", r"\\\1", argument.help).replace("'", "'\\''")
    if len(flags) == 1:
        return f"'{flags[0]}[{told}]"
    return f"'({' '.join(argument.flags)})'{{{','.join(flags)}}}'[{told}]"


def _zsh_values(argument: Argument) -> str:
    """The rest of the specification, with the quote that ends it."""
    words = " ".join(_words(argument))
    if argument.completes is Completes.FILE:
        action = "_files"
    elif _takes_list(argument):
        action = f"_values -s , {argument.values[0]} {words}"
    else:
        action = f"({words})" if words else " "
    names = (re.sub(r"[\[\]:]", "", value) for value in argument.values)
    return "".join(f":{name}:{action}" for name in names) + "'"


# --- fish ---


def fish() -> str:
    """The completion of fish."""
    lines = [f"# Completion of {PROGRAM} for fish. Made by netwatch_tui.manual.", f"complete -c {PROGRAM} -f"]
    for argument in ARGUMENTS:
        if _takes_list(argument):
            name = f"__netwatch_tui_{argument.name}"
            lines += [f"function {name}", rf"    printf '%s\n' {' '.join(_words(argument))}", "end"]
        lines.append(" ".join(_fish(argument)))
    return "\n".join(lines) + "\n"


def _fish(argument: Argument) -> Iterable[str]:
    yield f"complete -c {PROGRAM}"
    for flag in argument.flags:
        yield f"-s {flag[1:]}" if len(flag) == 2 else f"-l {flag[2:]}"
    if argument.completes is Completes.FILE:
        yield "-r -F"
    elif _takes_list(argument):
        yield f"-x -a '(__fish_complete_list , __netwatch_tui_{argument.name})'"
    elif words := _words(argument):
        yield f"-x -a '{' '.join(words)}'"
    elif argument.values:
        yield "-x"
    yield "-d '" + argument.help.replace("\\", "\\\\").replace("'", "\\'") + "'"
