"""Trees that look like /proc, with any file damaged, and any error number at any call that reads them.

Whatever happens, a tick ends with a snapshot or, where the program can't know where it is, with its one declared
refusal. What was damaged of one process costs nothing of another one, and no descriptor stays open.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import psutil

from netwatch_tui.collect.collector import Collector
from netwatch_tui.fields.catalogue import FIELDS
from netwatch_tui.kernel import tcp_diag
from netwatch_tui.kernel.descriptor_scan import DescriptorScan
from netwatch_tui.kernel.namespaces import NamespaceError
from netwatch_tui.kernel.prefetched_descriptors import PrefetchedSource
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.kernel.process_names import ProcessNames
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.output.head import Head
from netwatch_tui.output.registry import write_lines
from netwatch_tui.sockets.needs import EVERY_NEED
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from tests.fuzz.runner import Counts, Fault, told
from tests.support.build import line, netlink, packet, tcp, udp, unix
from tests.support.fake import table_name

PIDS = (7, 8, 9)
ERRORS = tuple(sorted(errno.errorcode))
CALLS = ("open", "read", "readlink", "listdir", "stat", "fstat", "scandir")
_INODE = 4026531840
_HEADING = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
_STAT = "{pid} ({name}) S " + " ".join(map(str, range(4, 53))) + "\n"


def sockets() -> list[Socket]:
    """What the tree's processes hold: each of them a socket of each kind."""
    return [
        make
        for pid in PIDS
        for make in (
            tcp(f"127.0.0.1:{pid}", inode=pid * 10),
            tcp(f"[::1]:{pid}", f"[::1]:{pid + 100}", inode=pid * 10 + 1),
            udp(f"127.0.0.1:{pid}", inode=pid * 10 + 2),
            unix(f"/run/{pid}", inode=pid * 10 + 3),
            netlink(inode=pid * 10 + 4),
            packet(inode=pid * 10 + 5),
        )
    ]


def build(root: Path) -> None:
    """Make a tree without a fault."""
    tables: dict[str, list[bytes]] = {table.name: [] for table in TABLES}
    for socket in sockets():
        tables[table_name(socket)].append(line(socket))
    (root / "self" / "net" / "sctp").mkdir(parents=True)
    for name, lines in tables.items():
        slots = next(table for table in TABLES if table.name == name).has_slots
        numbered = (b"%4d: %s\n" % (at, each) if slots else each + b"\n" for at, each in enumerate(lines))
        (root / "self" / "net" / name).write_bytes(_HEADING + b"".join(numbered))
    (root / "self" / "ns").mkdir()
    for kind in ("net", "pid", "user"):
        (root / "self" / "ns" / kind).symlink_to(f"{kind}:[{_INODE}]")
    (root / "self" / "status").write_text("Name:\tnetwatch\nCapEff:\t000001ffffffffff\n")
    (root / "self" / "mountinfo").write_text("24 1 0:22 / /proc rw - proc proc rw,hidepid=2\n")
    (root / "stat").write_text("cpu 1 2 3\nbtime 1700000000\n")
    for pid in PIDS:
        _process(root / str(pid), pid)


def _process(folder: Path, pid: int) -> None:
    (folder / "fd").mkdir(parents=True)
    for fd in range(6):
        (folder / "fd" / str(fd)).symlink_to(f"socket:[{pid * 10 + fd}]")
    (folder / "fd" / "6").symlink_to("anon_inode:[io_uring]")
    (folder / "ns").mkdir()
    (folder / "ns" / "net").symlink_to(f"net:[{_INODE}]")
    (folder / "task" / str(pid) / "fdinfo").mkdir(parents=True)
    (folder / "task" / str(pid) / "fdinfo" / "6").write_text("UserFiles:\t1\n    0: socket:[4711]\n")
    (folder / "task" / str(pid + 1000) / "ns").mkdir(parents=True)
    (folder / "task" / str(pid + 1000) / "ns" / "net").symlink_to(f"net:[{_INODE}]")
    (folder / "stat").write_text(_STAT.format(pid=pid, name=f"p{pid}"))
    (folder / "status").write_text(f"Name:\tp{pid}\nState:\tS\nTgid:\t{pid}\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n")
    (folder / "comm").write_text(f"p{pid}-has-a-long-n\n")
    (folder / "cmdline").write_bytes(b"p%d-has-a-long-name\0--all\0" % pid)
    (folder / "cgroup").write_text(f"0::/system.slice/p{pid}.service\n")


# --- damage ---


def _files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_symlink() or not path.is_dir())


def _bytes(chance: random.Random, most: int) -> bytes:
    return chance.randbytes(chance.randrange(most))


def _changed(chance: random.Random, data: bytes) -> bytes:
    """A file's content with something wrong in it."""
    at = chance.randrange(len(data) + 1)
    number = str(chance.choice((0, -1, 2**31, 2**32, 2**63, 2**64, 10**30))).encode()
    return chance.choice(
        (
            b"",
            data[:at],
            _bytes(chance, 300),
            data[:at] + _bytes(chance, 20) + data[at:],
            data[:at] + number + data[at + 1 :],
            data[:at] + b"\0" * chance.randrange(1, 50) + data[at:],
            data.replace(b" ", chance.choice((b"", b"\n", b"  ", b"\t"))),
            data.replace(b"\n", b""),
            data.replace(b":", chance.choice((b"", b" ", b"::"))),
            data * 200,
            data[:at] + b"9" * 100_000 + data[at:],
        )
    )


def _damage(chance: random.Random, path: Path) -> None:
    """Break one file of a tree."""
    link = os.fsencode(path.readlink()) if path.is_symlink() else None
    data = b"" if link is not None else path.read_bytes()
    path.unlink()
    kind = chance.randrange(8)
    if kind == 0:
        return
    if kind == 1:
        path.mkdir()
    elif kind == 2:
        path.symlink_to(path.name)
    elif kind == 3:
        path.write_bytes(_bytes(chance, 100))
    elif link is not None:
        target = _changed(chance, link).replace(b"\0", b"0")[:4_000] or b"x"
        path.symlink_to(os.fsdecode(target))
    else:
        path.write_bytes(_changed(chance, data))


# --- errors ---


@contextmanager
def _failing(root: Path, at: int, number: int) -> Iterator[Callable[[], int]]:
    """Let the call of this place, among all that read the tree, fail; gives how many there were."""
    count = 0
    files: set[int] = set()

    def wrapped(name: str) -> Callable[..., Any]:
        call = getattr(os, name)

        def wrapper(subject: Any, *rest: Any, **more: Any) -> Any:
            nonlocal count
            is_ours = subject in files if isinstance(subject, int) else str(subject).startswith(str(root))
            if is_ours or more.get("dir_fd") in files:
                count += 1
                if count == at:
                    raise OSError(number, os.strerror(number), str(subject))
            result = call(subject, *rest, **more)
            if name == "open" and is_ours:
                files.add(result)
            return result

        return wrapper

    close = os.close

    def closed(file: int) -> None:
        files.discard(file)
        close(file)

    patches = [mock.patch.object(os, name, wrapped(name)) for name in CALLS]
    with mock.patch.object(os, "close", closed):
        for patch in patches:
            patch.start()
        try:
            yield lambda: count
        finally:
            for patch in patches:
                patch.stop()


# --- one input ---


def _silent() -> None:
    """Stands for a kernel that can't be asked: what the tree says is all that there is."""
    raise OSError(errno.EPROTONOSUPPORT, os.strerror(errno.EPROTONOSUPPORT))


def _look(root: Path, chance: random.Random) -> Snapshot:
    """Two ticks, the second one with a look at everything, and every way to print what they found."""
    names = ProcessNames(str(root)) if chance.random() < 0.3 else None
    named = f"{root}/netns"
    scan = DescriptorScan(str(root)) if chance.random() < 0.05 else None
    if scan is not None:
        source: LinuxSource = PrefetchedSource(scan, str(root), names, named=named)
    else:
        source = LinuxSource(str(root), names, named=named)
    try:
        collector = Collector(source, namespaces=source.choose_namespace("*"), needs=EVERY_NEED)
        collector.collect(1_000.0)
        snapshot = collector.collect(1_010.0)
        for pid in PIDS:
            source.process_details(pid)
    finally:
        source.close()
        if scan is not None:
            scan.end()
    head = Head(snapshot.taken_at, "host", tuple(field.id for field in FIELDS), snapshot.namespaces.names)
    for format in ("table", "json", "csv"):
        for _ in write_lines(format, snapshot.sockets, head):
            pass
    return snapshot


def _owned(snapshot: Snapshot) -> Counter[int]:
    """How many sockets each process of the tree is known to hold."""
    held = {pid * 10 + fd: pid for pid in PIDS for fd in range(6)}
    pairs = ((held.get(socket.inode), {owner.pid for owner in socket.owners}) for socket in snapshot.sockets)
    return Counter(pid for pid, pids in pairs if pid in pids)


def _missing(snapshot: Snapshot, damaged: str) -> str:
    """What is missing of processes that were not damaged, in words; empty if nothing is."""
    if damaged.split("/", maxsplit=1)[0] in ("self", "stat"):
        return ""
    owned = _owned(snapshot)
    lost = [pid for pid in PIDS if str(pid) != damaged.split("/", maxsplit=1)[0] and owned[pid] != 6]
    return f"{damaged}: lost sockets of {lost}" if lost else ""


def _damaged_tree(pristine: Path, root: Path, chance: random.Random) -> str:
    """Look at a tree with one damaged file; what is wrong with what came of it."""
    name = str(chance.choice(_files(pristine)).relative_to(pristine))
    path = root / name
    _damage(chance, path)
    try:
        return _missing(_look(root, chance), name)
    except NamespaceError:
        raise
    except Exception as error:  # noqa: BLE001 -- what is looked for
        return f"{name}: {told(error)}"
    finally:
        if not path.is_symlink() and path.is_dir():
            path.rmdir()
        path.unlink(missing_ok=True)
        shutil.copy2(pristine / name, path, follow_symlinks=False)


def _failing_call(root: Path, chance: random.Random, calls: int) -> str:
    """Look at a whole tree of which one call fails; what is wrong with what came of it."""
    at, number = chance.randrange(1, calls + 1), chance.choice(ERRORS)
    try:
        with _failing(root, at, number):
            _look(root, chance)
    except NamespaceError:
        raise
    except Exception as error:  # noqa: BLE001 -- what is looked for
        return f"call {at}, {errno.errorcode[number]}: {told(error)}"
    return ""


def run(seed: int, seconds: float) -> Counts:
    """Look at damaged trees for some time; the same seed gives the same trees."""
    chance = random.Random(seed)
    end = time.monotonic() + seconds
    inputs = refused = 0
    faults: dict[str, None] = {}
    with (
        tempfile.TemporaryDirectory(prefix="fuzz") as folder,
        mock.patch.object(tcp_diag, "TcpDiag", _silent),
        mock.patch.object(psutil, "PROCFS_PATH", f"{folder}/proc"),
    ):
        pristine, root = Path(folder, "pristine"), Path(folder, "proc")
        build(pristine)
        shutil.copytree(pristine, root, symlinks=True)
        if _owned(_look(root, random.Random(0))) != dict.fromkeys(PIDS, 6):
            return Counts(1, 0, (Fault(f"{seed}/0", "", "the tree without a fault is not understood"),))
        with _failing(root, 0, 0) as count:
            _look(root, random.Random(0))
        calls = count()
        while time.monotonic() < end:
            inputs += 1
            before = len(os.listdir("/proc/self/fd"))
            try:
                fault = _damaged_tree(pristine, root, chance) if inputs % 2 else _failing_call(root, chance, calls)
            except NamespaceError:
                refused += 1
                fault = ""
            if not fault and len(os.listdir("/proc/self/fd")) > before:
                fault = f"input {inputs} of seed {seed}: a descriptor was left open"
            if fault:
                faults[fault] = None
    return Counts(inputs, refused, tuple(Fault(f"{seed}", fault, fault) for fault in faults))
