"""Where a user's programs keep what they remember (XDG base directory specification), if that is safe.

With `sudo -E` root has the home of another user. Whoever owns a directory can put anything in its place, so that
nothing is read or written below one that belongs to neither root nor the user who runs the program.
"""

from __future__ import annotations

import errno
import os
import pwd
import stat
from pathlib import Path

NAME = "netwatch-tui"


def state_folder() -> Path:
    """Where this program's folder is or would be; values of the environment that are not absolute are left aside.

    Raises:
        OSError: The user has no home.
    """
    base = os.environ.get("XDG_STATE_HOME", "")
    return Path(base if base.startswith("/") else f"{_home()}/.local/state") / NAME


def _home() -> str:
    home = os.environ.get("HOME", "")
    if home.startswith("/"):
        return home
    try:
        home = pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        home = ""
    if not home.startswith("/"):
        raise FileNotFoundError(errno.ENOENT, f"user {os.geteuid()} has no home directory")
    return home


def check_folder(folder: Path) -> None:
    """See whether this user may keep something there, without making anything.

    Raises:
        OSError: They may not; its text says why.
    """
    nearest, _ = _trusted(folder)
    if not os.access(nearest, os.W_OK | os.X_OK, effective_ids=True):
        raise PermissionError(errno.EACCES, f"{nearest} can't be written")


def open_folder(folder: Path, *, create: bool) -> int:
    """A descriptor of the folder, which is made, with those above it, if that is asked for.

    Raises:
        OSError: It can't be opened or made, or it is not this user's own; `FileNotFoundError` only if it is not there.
    """
    nearest, missing = _trusted(folder)
    if missing and not create:
        raise FileNotFoundError(errno.ENOENT, f"there is no {folder}")
    for each in missing:
        each.mkdir(mode=0o700, exist_ok=True)
    innermost = missing[-1] if missing else nearest
    fd = os.open(innermost, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    if os.fstat(fd).st_uid == os.geteuid():
        return fd
    os.close(fd)
    raise PermissionError(errno.EPERM, f"{folder} belongs to another user")


def _trusted(folder: Path) -> tuple[Path, list[Path]]:
    """The innermost directory that exists, and those that are missing below it, the outermost first.

    Raises:
        OSError: Somebody else could put another one in the place of one of them.
    """
    real = Path(os.path.realpath(folder))
    exist, missing = [], []
    for place in (real, *real.parents):
        try:
            found = place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            missing.append(place)
            continue
        _refuse_foreign(place, found)
        exist.append(place)
    return exist[0], missing[::-1]


def _refuse_foreign(place: Path, found: os.stat_result) -> None:
    if found.st_uid not in (0, os.geteuid()):
        raise PermissionError(errno.EPERM, f"{place} belongs to another user")
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, f"{place} is not a directory")
    if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
        raise PermissionError(errno.EPERM, f"anybody may write to {place}")
