"""The front door: reads the arguments and starts the mode that they ask for.

What a mode needs is imported when the mode is known, and for one snapshot with the garbage collector off.
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, NoReturn

from netwatch_tui.argument import Mode
from netwatch_tui.arguments import ARGUMENTS, DESCRIPTION, EXAMPLES, FILTER, refusals

if TYPE_CHECKING:
    from netwatch_tui.kernel.source import LinuxSource
    from netwatch_tui.sockets.needs import Needs


def entry() -> NoReturn:
    """Run the program and end at once, without taking all that was read apart object by object."""
    _take_streams()
    _warn_nobody()
    try:
        status = main()
    except SystemExit as request:
        status = request.code if isinstance(request.code, int) else 0
    except KeyboardInterrupt:
        status = 130
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is told in a line
        status = _fail(error)
    os._exit(_flush() or status)


def _take_streams() -> None:
    """Begin as if started by a shell: no signal blocked, and no file opened in the place of a closed stream."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for fd, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_RDONLY)):  # which nobody can read or write
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, flags)


def _warn_nobody() -> None:
    """Leave the terminal to the program: warnings of the interpreter are for who works on it, and asks for them."""
    if not sys.warnoptions:  # by -W or PYTHONWARNINGS
        sys.warnoptions.append("ignore")  # as `warnings` reads it, which most modes need not import
        if "warnings" in sys.modules:
            sys.modules["warnings"].simplefilter("ignore")


def _flush() -> int:
    """Write what is still to be written; the exit status if that fails, else 0."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        from netwatch_tui.modes.common import give_up_output

        return give_up_output(error)
    return 0


def _complain(text: str) -> None:
    from netwatch_tui.modes.common import complain

    complain(text)


def _print(lines: list[str]) -> int:
    from netwatch_tui.modes.common import print_lines

    return print_lines(lines)


def _fail(error: Exception) -> int:
    """Say what failed and should not have; returns the exit status."""
    from netwatch_tui.files.state_folder import state_folder
    from netwatch_tui.ui.failures import Failures

    folder = None
    if "--debug" in sys.argv:
        with suppress(OSError):  # there is no home
            folder = state_folder()
    _complain(Failures(folder).sentence("netwatch-tui", error))
    return 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit status."""
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == ["--remote-end"]:  # as `hosts.wire_format` has it, which nobody else waits for
        from netwatch_tui.hosts.remote_end import main as be_remote_end

        return be_remote_end(words[1:])
    options = _parser().parse_intermixed_args(list(_words(words)))
    if options.version:
        from importlib.metadata import version

        return _print([f"netwatch-tui {version('netwatch-tui')}"])
    if options.man:
        from netwatch_tui.manual.contents import contents
        from netwatch_tui.manual.plain_text import plain_lines

        return _print(list(plain_lines(contents())))
    if options.print_config:
        from netwatch_tui.modes.print_config import print_config

        return print_config()
    if options.print_agent:
        from netwatch_tui.modes.print_agent import print_agent

        return print_agent()
    mode = _mode(options)
    for refusal in refusals(options, mode):
        _complain(f"{refusal} (see --help)")
        return 2
    return _run(mode, options)


_NEGATED = re.compile(r"-([A-Za-z_][A-Za-z0-9_.-]+?)[:=!<>]")
_LSOF = re.compile(r"-i([46]?)((?:tcp|udp)?[@:].+|tcp|udp)", re.IGNORECASE)
_LSOF_STATES = re.compile(r"-s(tcp|udp):(.+)", re.IGNORECASE)


def _words(argv: Sequence[str]) -> Iterator[str]:
    """The arguments, with `-user:root`, `-iTCP:443` and `-sTCP:LISTEN` as the conditions of a filter that they are."""
    for word in argv:
        if found := _LSOF.fullmatch(word):
            yield from (f"-{found[1]}", found[2]) if found[1] else (found[2],)
        elif found := _LSOF_STATES.fullmatch(word):
            yield from (found[1], f"state:{found[2]}")
        elif _is_negated_condition(word):
            yield f" {word}"  # argparse takes no word with a blank before it for an option
        else:
            yield word


def _is_negated_condition(word: str) -> bool:
    found = _NEGATED.match(word)
    if not found:
        return False
    from netwatch_tui.query.language.habits import named_key  # --once has no use for it without such a word

    return named_key(found[1]) is not None


def _mode(options: argparse.Namespace) -> Mode:
    """What the options ask for."""
    headless = sys.stdout is None or not sys.stdout.isatty()
    if options.diff:
        return Mode.DIFF
    if options.close or options.kill is not None:
        return Mode.ACT
    if options.probe:
        return Mode.PROBE
    if options.wait_for is not None:
        return Mode.WAIT
    if options.watch:
        return Mode.WATCH
    if options.why_port is not None:
        return Mode.WHY_PORT
    if options.trace is not None:
        return Mode.TRACE
    if options.once or options.format:
        return Mode.ONCE
    if options.record and (headless or options.record == "-" or options.duration is not None):
        return Mode.RECORD
    return Mode.ONCE if headless else Mode.LIVE


def _run(mode: Mode, options: argparse.Namespace) -> int:
    """Import what the mode needs, and nothing else, and run it."""
    match mode:
        case Mode.ONCE:
            gc.disable()  # one tick, and then the end: there is no garbage worth looking for
            try:
                with nullcontext(_machine) if options.replay else _scanned_machine(options) as make_machine:
                    from netwatch_tui.modes.once import once

                    return once(options, make_machine)
            finally:
                gc.enable()
        case Mode.LIVE:
            gc.disable()  # what is imported stays: to look for garbage in it takes a tenth of the time
            try:
                from netwatch_tui.modes.live import live
            finally:
                gc.freeze()
                gc.enable()
            return live(options, _machine)
        case Mode.WATCH:
            from netwatch_tui.modes.stream import watch

            return watch(options, _machine)
        case Mode.WAIT:
            from netwatch_tui.modes.stream import wait_for

            return wait_for(options, _machine)
        case Mode.WHY_PORT:
            from netwatch_tui.modes.why_port import why_port

            return why_port(options, _machine)
        case Mode.RECORD:
            from netwatch_tui.modes.record import record

            return record(options, _machine)
        case Mode.ACT:
            from netwatch_tui.modes.close_and_kill import close_or_kill

            return close_or_kill(options, _machine)
        case Mode.PROBE:
            from netwatch_tui.modes.probe import probe

            return probe(options, _machine)
        case Mode.TRACE:
            from netwatch_tui.modes.trace import trace

            return trace(options, _machine)
        case Mode.DIFF:
            from netwatch_tui.modes.diff import diff

            return diff(options)


def _machine(needs: Needs) -> LinuxSource:
    """This machine."""
    from netwatch_tui.kernel.process_names import ProcessNames
    from netwatch_tui.kernel.source import LinuxSource

    return LinuxSource(processes=None if needs.of_processes else ProcessNames())


@contextmanager
def _scanned_machine(options: argparse.Namespace) -> Iterator[Callable[[Needs], LinuxSource]]:
    """This machine, of which other processes begin to scan descriptors and tables now; they end with it."""
    from netwatch_tui.kernel.descriptor_scan import DescriptorScan
    from netwatch_tui.kernel.table_scan import TableScan

    scan = DescriptorScan()
    tables = None if options.net or options.families else TableScan(("tcp", "tcp6"))

    def machine(needs: Needs) -> LinuxSource:
        from netwatch_tui.kernel.prefetched_descriptors import PrefetchedSource
        from netwatch_tui.kernel.process_names import ProcessNames

        names = None if needs.of_processes else ProcessNames()
        return PrefetchedSource(scan, processes=names, tables=tables)

    try:
        yield machine
    finally:
        scan.end()
        if tables is not None:
            tables.end()


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def print_help(self, file: Any = None) -> None:  # noqa: ARG002 -- argparse's own signature
        """Print the help, or say why not and leave with the status of that."""
        if status := _print(self.format_help().splitlines()):
            raise SystemExit(status)

    def error(self, message: str) -> NoReturn:
        """Print the line and leave with status 2."""
        _complain(f"{message} (see --help)")
        raise SystemExit(2)


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Help as wide as the terminal, found out without the module that argparse imports for it at every start."""
    try:
        columns = os.get_terminal_size(sys.__stdout__.fileno()).columns if sys.__stdout__ else 80
    except OSError:
        columns = 80
    return argparse.RawDescriptionHelpFormatter(prog, width=columns - 2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="netwatch-tui",
        usage="%(prog)s [options] [FILTER ...]",
        description=DESCRIPTION,
        epilog=f"FILTER: {FILTER}\n\nexamples:\n" + "".join(f"  {line:<42} {what}\n" for line, what in EXAMPLES),
        formatter_class=_formatter,
        allow_abbrev=False,
    )
    parser.add_argument("filter", nargs="*", metavar="FILTER", help=argparse.SUPPRESS)
    sections: dict[str, argparse._ArgumentGroup] = {}
    scope: argparse._MutuallyExclusiveGroup | None = None
    for argument in ARGUMENTS:
        section = sections.get(argument.section)
        if section is None:
            section = sections[argument.section] = parser.add_argument_group(argument.section)
        group: argparse._ActionsContainer = section
        if argument.name == "net":
            group = scope = scope or section.add_mutually_exclusive_group()
        settings = {"dest": argument.name, "help": argument.help, "default": argument.default}
        if argument.values:
            settings["action"] = argument.action if argument.action != "store_true" else "store"
            settings["metavar"] = argument.values if len(argument.values) > 1 else argument.values[0]
            settings.update({"nargs": len(argument.values)} if len(argument.values) > 1 else {})
            settings.update({"nargs": "?", "const": ""} if argument.is_value_optional else {})
            settings.update({"type": argument.type} if argument.type else {})
            settings.update({"choices": argument.choices} if argument.choices else {})
        else:
            settings["action"] = argument.action
            settings.update({} if argument.const is None else {"const": argument.const})
        group.add_argument(*argument.flags, **settings)
    return parser
