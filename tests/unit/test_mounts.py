from __future__ import annotations

from pathlib import Path

from netwatch_tui.kernel.mounts import Mount, read_mounts

MOUNTINFO = r"""22 27 0:21 / /proc rw,relatime shared:5 master:1 - proc proc rw,hidepid=2
67 47 0:39 / /srv/a\040-\040PROC\134b rw,relatime - proc  rw,gid=7
29 26 0:4 net:[4026532177] /run/netns/blue rw shared:2 - nsfs nsfs rw
31 26 0:30 / /mnt/proc rw - tmpfs proc rw,size=4k
"""


def test_mounts_are_told_by_type_with_their_place_and_the_options_of_the_file_system(tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "mountinfo").write_text(MOUNTINFO.replace("PROC", "pr\roc"))
    assert list(read_mounts(str(tmp_path), "proc")) == [
        Mount("0:21", "/", "/proc", "rw,hidepid=2"),
        Mount("0:39", "/", "/srv/a - pr\roc\\b", "rw,gid=7"),
    ]
    assert list(read_mounts(str(tmp_path), "nsfs")) == [Mount("0:4", "net:[4026532177]", "/run/netns/blue", "rw")]
    assert list(read_mounts(str(tmp_path), "cgroup2")) == []
