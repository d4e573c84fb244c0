"""Does the supervisor collect what was written there, and nothing else?"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.judge.limits import Limits
from autograder.judge.written import Refused, collect, frozen_group

FEW = Limits(written_files=3, written_bytes=10)


def test_files_come_with_their_paths(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c").write_bytes(b"deep")
    (tmp_path / "d").write_bytes(b"flat")
    assert collect(tmp_path.parent, tmp_path.name, Limits()) == {"a/b/c": b"deep", "d": b"flat"}


def test_empty_folders_count_too(tmp_path: Path) -> None:
    """A tree of nothing but folders would be a long walk."""
    for name in ("a/b", "a/c", "d"):
        (tmp_path / name).mkdir(parents=True)
    with pytest.raises(Refused, match="more than 3 files and folders"):
        collect(tmp_path.parent, tmp_path.name, FEW)


def _hard_link(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("x")
    path.hardlink_to(other)


def _socket(path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: path.symlink_to("/etc"),
        lambda path: path.symlink_to("nowhere"),
        os.mkfifo,
        _hard_link,
        _socket,
    ],
    ids=["link", "link to folder", "broken link", "pipe", "second name", "socket"],
)
def test_odd_files_are_refused(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Also without waiting for a pipe's other end?"""
    make(tmp_path / "odd")
    with pytest.raises(Refused, match="no regular file"):
        collect(tmp_path.parent, tmp_path.name, FEW)


def test_a_folder_that_became_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "given").symlink_to("/etc")
    with pytest.raises(Refused, match="replaced the folder"):
        collect(tmp_path, "given", FEW)


def test_caps_are_held(tmp_path: Path) -> None:
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 1 << 40)
    with pytest.raises(Refused, match="more than 10 bytes"):
        collect(tmp_path.parent, tmp_path.name, FEW)
    (tmp_path / "sparse").unlink()
    for i in range(4):
        (tmp_path / f"{i}").touch()
    with pytest.raises(Refused, match="more than 3 files"):
        collect(tmp_path.parent, tmp_path.name, FEW)


def test_depth_is_held(tmp_path: Path) -> None:
    (tmp_path / "/".join("abcdefghijkl")).mkdir(parents=True)
    with pytest.raises(Refused, match="more than 8 deep"):
        collect(tmp_path.parent, tmp_path.name, Limits())


def test_no_descriptor_is_left(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/odd").symlink_to("x")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(Refused):
            collect(tmp_path.parent, tmp_path.name, FEW)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_frozen_process_stands_still_and_goes_on() -> None:
    """Also what it forked in its group?"""
    code = "import os, sys; pid = os.fork(); os.write(1, b'x' if pid else b'y')\nwhile True: pass"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    try:
        assert len(process.stdout.read(2)) == 2
        members = [process.pid, *map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())]
        assert len(members) == 2
        with frozen_group(process.pid):
            assert _state(process.pid) == "T"
        assert _state(process.pid) in "RS"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    with pytest.raises(Refused, match="ended"), frozen_group(process.pid):
        pass


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]
