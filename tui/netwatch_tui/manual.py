"""Makes the manual pages and the completions of the shells from the table of arguments and the recipes.

What it makes is part of the source and goes into the wheel; write it anew after every change of these, from a
checkout: `.venv/bin/python -m netwatch_tui.manual tui/share`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from importlib.resources import files as files_of_package
from pathlib import Path

from netwatch_tui.actions.act import USUAL_SIGNALS, signal_name
from netwatch_tui.arguments import ARGUMENTS, DESCRIPTION, EXAMPLES, FILTER, SECTIONS, Argument, Completes
from netwatch_tui.fields.catalogue import FIELD_BY_ID, FIELDS
from netwatch_tui.fields.field import Field
from netwatch_tui.man_of_markdown import man_of_markdown
from netwatch_tui.man_of_markdown import roff as _roff
from netwatch_tui.sockets.kinds import KINDS

PROGRAM = "netwatch-tui"

_THEMES = (
    "netwatch", "catppuccin", "daylight", "gruvbox", "high-contrast", "nord", "solarized-dark", "solarized-light",
    "terminal",
)  # fmt: skip
_LISTS = (Completes.KINDS, Completes.COLUMNS)


def files() -> dict[str, str]:
    """Every file that is made: its place below `share`, and its text."""
    return {
        "man/man1/netwatch-tui.1": man_page(),
        "man/man7/netwatch-tui-recipes.7": recipes_page(),
        "bash-completion/completions/netwatch-tui": bash(),
        "zsh/site-functions/_netwatch-tui": zsh(),
        "fish/vendor_completions.d/netwatch-tui.fish": fish(),
    }


def main(folder: str) -> None:
    """Write every file below a folder."""
    for place, text in files().items():
        path = Path(folder, place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


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
            return _THEMES
        case Completes.SIGNALS:
            return [signal_name(number) for number in USUAL_SIGNALS]
        case _:
            return ()


def _takes_list(argument: Argument) -> bool:
    return argument.completes in _LISTS and argument.name != "sort"


# --- the manual page ---


def man_page() -> str:
    """The manual page, in the macros of man(7)."""
    lines = [
        f'.TH {PROGRAM.upper()} 1 "" {PROGRAM} "User Commands"',
        ".SH NAME",
        rf"{_roff(PROGRAM)} \- {_roff(DESCRIPTION[0].lower() + DESCRIPTION[1:].rstrip('.'))}",
        ".SH SYNOPSIS",
        rf"\fB{_roff(PROGRAM)}\fR [\fIoptions\fR] [\fIFILTER\fR ...]",
        ".SH DESCRIPTION",
        _roff(DESCRIPTION),
        "If standard output is not a terminal, it prints one snapshot and exits.",
        ".SH OPTIONS",
    ]
    for section in SECTIONS:
        lines.append(f".SS {_roff(section[0].upper() + section[1:])}")
        for argument in ARGUMENTS:
            if argument.section == section:
                lines += [".TP", _man_flags(argument), _roff(_sentence(argument.help))]
    lines += [".SH FILTER", _roff(_sentence(FILTER.replace("\n", " ")))]
    lines += [
        ".SH FIELDS",
        _roff("The names are those of --columns, of --sort and of the output formats; most are filter keys, too."),
    ]
    for field in FIELDS:
        lines += [".TP", rf"\fB{_roff(field.id)}\fR", _roff(_about(field))]
    lines += [".SH EXIT STATUS"]
    for status, meaning in (
        ("0", "Success; with --wait-for, a socket matched; with --diff, nothing differs."),
        ("1", "With --wait-for, timed out; with --diff, something differs; otherwise, the output failed."),
        ("2", "Invalid arguments, an invalid filter, or a file that can't be read."),
    ):
        lines += [".TP", rf"\fB{status}\fR", _roff(meaning)]
    lines.append(".SH EXAMPLES")
    for command, meaning in EXAMPLES:
        lines += [".TP", rf"\fB{_roff(command)}\fR", _roff(_sentence(meaning))]
    others = ("netwatch-tui-recipes(7)", "ss(8)", "netstat(8)", "lsof(8)")
    lines += [".SH SEE ALSO", ", ".join(map(_page, others))]
    return "\n".join(lines) + "\n"


def recipes_page() -> str:
    """The manual page of the recipes."""
    text = files_of_package("netwatch_tui").joinpath("recipes.md").read_text(encoding="utf-8")
    heading, _, rest = text.partition("\n")
    lines = [
        f'.TH {PROGRAM.upper()}-RECIPES 7 "" {PROGRAM} "Recipes"',
        ".SH NAME",
        rf"{_roff(f'{PROGRAM}-recipes')} \- {_roff(heading.removeprefix('# ').lower())}",
        ".SH DESCRIPTION",
        *man_of_markdown(rest),
        ".SH SEE ALSO",
        _page("netwatch-tui(1)"),
    ]
    return "\n".join(lines) + "\n"


def _page(name: str) -> str:
    """A page of the manual, `ss(8)`, in the way in which pages refer to others."""
    title, _, section = name.partition("(")
    return rf"\fB{_roff(title)}\fR({section}"


def _about(field: Field) -> str:
    """What a field means, and by which names the filter knows it."""
    unit = f" In {field.unit}." if field.unit and field.unit not in field.meaning else ""
    if not field.filter:
        return f"{_sentence(field.meaning)}{unit}"
    keys = ", ".join(f"{key}:" for key in (field.id, *field.filter.also))
    return f"{_sentence(field.meaning)}{unit} Filter: {keys}."


def _man_flags(argument: Argument) -> str:
    flags = ", ".join(rf"\fB{_roff(flag)}\fR" for flag in argument.flags)
    values = [rf"\fI{_roff(value)}\fR" for value in argument.values]
    return " ".join((flags, *(f"[{value}]" if argument.is_value_optional else value for value in values)))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].rstrip('.')}."


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
    """The completion of zsh."""
    specs = " \\\n    ".join(f"{_zsh_flags(argument)}{_zsh_values(argument)}" for argument in ARGUMENTS)
    return f"""\
#compdef {PROGRAM}
# Completion of {PROGRAM} for zsh. Made by netwatch_tui.manual.
_arguments -s \\
    {specs} \\
    '*:FILTER: '
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


if __name__ == "__main__":
    main(sys.argv[1])
