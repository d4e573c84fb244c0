"""Does a warm parent come when it is needed, serve, and go when it is not?"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import site
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prodml.runtime.warm import extension, places, provisioner, reach
from prodml.runtime.warm.places import Place, find_place
from prodml.runtime.warm.process import WarmError

Start = Callable[..., Any]
PYTHON = [sys.executable]


def place() -> Place:
    return find_place(PYTHON, os.environ)


def ask() -> dict[str, Any]:
    """What the parent for this environment says; it is started if there is none."""
    with reach.reach(place(), PYTHON, os.environ) as end:
        return reach.inquire(end, {"status": True})


def test_an_operation_has_not_run_before_the_first_cell(start: Start) -> None:
    """Is TensorFlow imported and untouched, so that forks work?"""
    ran = start().run("from tensorflow.python.eager import context; print(context._context)")
    assert ran.text == "None\n"


def test_nothing_is_missing(start: Start) -> None:
    """Does everything on the list import?"""
    start()
    assert ask()["missing"] == {}


def test_survives_a_crash(small: Path, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Does a kernel's crash leave the parent and another kernel alone?"""
    monkeypatch.setenv("PRODML_WARM_LINGER", "600")
    crashing, other = start(), start()
    before = ask()
    assert before["kernels"] == 2
    crashing.client.execute("import ctypes; ctypes.string_at(0)")
    assert crashing.manager.provisioner.process.wait(30) == -signal.SIGSEGV
    assert ask() == {**before, "kernels": 1}
    assert other.run("print(1)").text == "1\n"


def test_starts_once(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do several servers that come at once get the same parent?"""
    monkeypatch.setenv("PRODML_WARM_LINGER", "600")
    pids: list[int] = []
    threads = [threading.Thread(target=lambda: pids.append(ask()["pid"])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 4
    assert len(set(pids)) == 1


def test_ends_when_unused(small: Path, start: Start, ends: Callable[[int], bool]) -> None:
    """Is the parent gone with its last kernel, and with it what it had put into its folder?"""
    kernel = start()
    pid = ask()["pid"]
    kernel.end()
    assert ends(pid)
    assert [path.name for path in small.iterdir()] == ["lock"]


def test_is_held_by_a_server(small: Path, start: Start, ends: Callable[[int], bool]) -> None:
    """Does it stay without a kernel while a server holds it, and go with the server?"""
    pid = extension.hold(os.environ)["pid"]
    held = extension._held.pop()
    kernel = start()
    kernel.end()
    assert ask()["pid"] == pid
    held.close()
    assert ends(pid)


def test_ends_when_held_for_nothing(small: Path, monkeypatch: pytest.MonkeyPatch, ends: Callable[[int], bool]) -> None:
    """Does it go when there has been no kernel for long, though a server runs?"""
    monkeypatch.setenv("PRODML_WARM_IDLE", "0")
    monkeypatch.setenv("PRODML_WARM_LINGER", "600")
    pid = extension.hold(os.environ)["pid"]
    with extension._held.pop():
        assert ends(pid)


def test_an_upgrade_means_another_parent(
    small: Path, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: Callable[[int], bool]
) -> None:
    """Is a kernel forked from a new parent once a package has changed, and does the old one go with its kernel?"""
    monkeypatch.setenv("PYTHONUSERBASE", str(tmp_path))
    monkeypatch.setattr(site, "USER_BASE", None)
    monkeypatch.setattr(site, "USER_SITE", None)
    monkeypatch.setenv("PRODML_WARM_LINGER", "600")
    old_kernel = start()
    old = ask()["pid"]
    (Path(site.getusersitepackages()) / "package-2.dist-info").mkdir(parents=True)
    new = ask()["pid"]
    assert new != old
    assert old_kernel.run("print('still here')").text == "still here\n"
    old_kernel.restart()
    assert parent_of(old_kernel.pid) == new
    assert ends(old)


def test_kernels_end_with_their_server(small: Path, pidfd: Callable[[int], int], over: Callable[[int], bool]) -> None:
    """Does a server that is killed leave no kernel, no spare, no process and no parent behind?"""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, env=os.environ
    )
    with server:
        assert server.stdout
        pids = [int(word) for word in server.stdout.readline().split()]
        assert len(pids) == 5
        descriptors = [pidfd(pid) for pid in pids]
        server.kill()
    assert all(over(descriptor) for descriptor in descriptors)


SERVER = """
import sys
from jupyter_client.manager import KernelManager
manager = KernelManager(kernel_name="prodml")
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(30)
def show(message):
    print(message["content"].get("text", ""), end="", flush=True)
client.execute_interactive('''
import os, subprocess
from prodml.runtime.warm import spare
process = spare().fork("time:sleep", [600])
print(os.getppid(), os.getpid(), spare().pid, process.pid, subprocess.Popen(["sleep", "600"]).pid)
''', output_hook=show)
sys.stdin.read()
"""


def test_kernels_end_with_their_parent(small: Path, start: Start) -> None:
    """Is the death of the parent the death of its kernels, noticed by the server and mended by a restart?"""
    kernel = start()
    os.kill(ask()["pid"], signal.SIGKILL)
    assert kernel.manager.provisioner.process.wait(30) == -signal.SIGKILL
    kernel.restart(now=True)
    assert kernel.run("print(1)").text == "1\n"
    assert kernel.manager.provisioner.cold is None


@pytest.mark.parametrize("launch", ["raise SystemExit(3)", "import os; os.fork() and os._exit(0); raise SystemExit(3)"])
def test_cold_start(
    small: Path, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, launch: str
) -> None:
    """Does the kernel start the stock way, and say why, when there is no parent?"""
    monkeypatch.setattr(reach, "LAUNCH", launch)
    caplog.set_level(logging.WARNING)
    kernel = start()
    assert kernel.run("from prodml.runtime.warm import spare; print(spare())").text == "None\n"
    assert "starts cold" in caplog.text
    kernel.restart()
    assert kernel.run("print(1)").text == "1\n"


def test_can_be_switched_off(small: Path, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Does PRODML_WARM=0 give a stock kernel and no parent?"""
    monkeypatch.setenv("PRODML_WARM", "0")
    assert "PRODML_WARM" in start().manager.provisioner.cold
    assert not small.exists()


@pytest.mark.parametrize(
    ("cmd", "kwargs", "why"),
    [
        (["other-python", "-m", "ipykernel_launcher"], {}, "other-python"),
        ([sys.executable, "-m", "other"], {}, "ipykernel_launcher"),
        ([sys.executable, "-m", "ipykernel_launcher"], {"independent": True}, "independent"),
        ([sys.executable, "-m", "ipykernel_launcher"], {"preexec_fn": print}, "preexec_fn"),
        ([sys.executable, "-m", "ipykernel_launcher"], {"stdout": subprocess.PIPE}, "pipe"),
        ([sys.executable, "-m", "ipykernel_launcher"], {"cwd": "/nowhere"}, "/nowhere"),
    ],
)
def test_what_cannot_be_forked(small: Path, cmd: list[str], kwargs: dict[str, Any], why: str) -> None:
    """Is a kernel that a fork could not equal refused, with what is the matter?"""
    with pytest.raises(WarmError, match=why):
        provisioner.fork_kernel(cmd, kwargs)


def test_options_of_python_reach_the_kernel(small: Path, tmp_path: Path) -> None:
    """Do options before -m lead to a parent that has them?"""
    assert find_place([*PYTHON, "-Xutf8"], {}).key != find_place(PYTHON, {}).key


def test_the_extension_does_not_block(small: Path) -> None:
    """Is the parent started in the background, and a problem only logged?"""
    said: list[str] = []

    class Server:
        class log:  # noqa: N801
            @staticmethod
            def info(text: str, *args: Any) -> None:
                said.append(text % args)

            warning = info

    extension.load(Server()).join()
    assert "the parent is process" in said[0]
    extension._held.pop().close()


def test_a_foreign_parent_is_refused(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is a socket that another user listens on left alone?"""
    with monkeypatch.context() as patch:
        patch.setattr(reach, "peer", lambda end: os.geteuid() + 1)
        with pytest.raises(WarmError, match="another user"):
            ask()


def test_a_public_folder_is_refused(small: Path) -> None:
    """Must the folder of the sockets be private?"""
    assert places.private_folder() == small
    small.chmod(0o755)
    with pytest.raises(WarmError, match="0700"):
        places.private_folder()


def test_what_killed_parents_left_is_removed(
    small: Path, monkeypatch: pytest.MonkeyPatch, ends: Callable[[int], bool]
) -> None:
    """Does a start sweep away the sockets of parents that were killed?"""
    monkeypatch.setenv("PRODML_WARM_LINGER", "600")
    pid = ask()["pid"]
    os.kill(pid, signal.SIGKILL)
    assert ends(pid)
    left = place().socket
    monkeypatch.setenv("PRODML_WARM_PRELOAD", "numpy")
    assert place().socket != left
    ask()
    assert not left.exists()


def parent_of(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


@pytest.fixture
def pidfd() -> Callable[[int], int]:
    return os.pidfd_open


@pytest.fixture
def ends(over: Callable[[int], bool]) -> Callable[[int], bool]:
    """`ends(pid)`: whether a process ends; true too if it has."""

    def wait(pid: int) -> bool:
        with contextlib.suppress(ProcessLookupError):
            return over(os.pidfd_open(pid))
        return True

    return wait
