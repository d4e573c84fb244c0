"""Is a group whose processes are forked from one that has imported a module like any other, and is nothing left?"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from prodml.runtime.processes import Group, Program, accepts, free_ports

ENTER = """
port, = free_ports(1)
group = Group({"s": Program("programs:serve", [port], ready=accepts(port))}, preload=["json"])
group.__enter__()
print(group["s"].pid, group._place.janitor, *([group._forker.spare.pid] if group._forker else []))
"""
CLUSTER = """
from prodml.runtime.processes import parameter_server_cluster
import time
with parameter_server_cluster(workers=2, servers=2) as cluster:
    print(*(cluster.group[name].pid for name in cluster.group), flush=True)
    {then}
"""
OPENED = """
from prodml.runtime.processes import parameter_server_cluster
manager = parameter_server_cluster(workers=2, servers=2)
cluster = manager.__enter__()
print(*(cluster.group[name].pid for name in cluster.group))
"""


def server(port: int) -> Program:
    return Program("programs:serve", [port], env={"FLAVOUR": "own"}, ready=accepts(port))


def test_forked(programs: Path) -> None:
    """Is it ready, forked, restarted in place, and gone with the one that forked it?"""
    (port,) = free_ports(1)
    with Group({"s": server(port)}, preload=["json"]) as group:
        assert group["s"].forked
        assert group.kill("s") == -9
        assert group.restart("s").forked
        assert accepts(port)()
        assert group._forker is not None
        pids = [group["s"].pid, group._forker.spare.pid]
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not list((programs / "temporary").iterdir())


def test_unknown_module(programs: Path) -> None:
    """Does a module that cannot be imported give an error, and leave nothing?"""
    (port,) = free_ports(1)
    with pytest.raises(Exception, match=r"fork|ended"), Group({"s": server(port)}, preload=["no_such_module"]):
        pytest.fail("the block must not be entered")
    assert not list((programs / "temporary").iterdir())


@pytest.mark.parametrize("how", ["left", "killed"])
def test_in_kernels(kernel: Any, over: Callable[[int], bool], how: str) -> None:
    """Are the processes gone when the block is left, and when the kernel is killed with −9?"""
    pidfds = [os.pidfd_open(int(word)) for word in kernel.run(ENTER).text.split()]
    assert len(pidfds) >= 2
    if how == "left":
        kernel.run("group.__exit__(None, None, None)")
    else:
        os.kill(kernel.pid, signal.SIGKILL)
    assert all(over(pidfd) for pidfd in pidfds)


@pytest.mark.parametrize("name", ["prodml", "python3"])
@pytest.mark.parametrize("how", ["failed", "interrupted", "restarted", "killed"])
def test_cluster_of_lab_13(
    start: Callable[..., Any], over: Callable[[int], bool], tmp_path: Path, name: str, how: str
) -> None:
    """Left by an error or an interrupt, or the kernel restarted or killed with −9: are workers, servers, folder gone?"""
    kernel = start(name, cwd=str(tmp_path), env={**os.environ, "TMPDIR": str(tmp_path)})
    pidfds: list[int] = []
    shells: list[int] = []
    pipe = tmp_path / "pipe"

    def end(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream" and not pidfds and message["content"]["name"] == "stdout":
            pidfds.extend(os.pidfd_open(int(pid)) for pid in message["content"]["text"].split())
            if how == "interrupted":
                kernel.manager.interrupt_kernel()
            else:
                pipe.write_text("")

    if how == "interrupted":
        ran = kernel.run(CLUSTER.format(then="time.sleep(600)"), on=end)
        assert ran.reply["ename"] == "KeyboardInterrupt"
    elif how == "failed":  # once this test has looked at its processes
        os.mkfifo(pipe)  # to read from it waits until somebody writes
        ran = kernel.run(CLUSTER.format(then=f"open({str(pipe)!r}).read(); 1 / 0"), on=end)
        assert ran.reply["ename"] == "ZeroDivisionError"
    else:
        ran = kernel.run(OPENED)
        pidfds.extend(os.pidfd_open(int(pid)) for pid in ran.text.split())
        # A shell removes each folder when the kernel has ended; a warm kernel's spare has its folder elsewhere.
        shells.extend(os.pidfd_open(janitor_of(folder)) for folder in tmp_path.glob("prodml-group-*"))
        if how == "restarted":
            kernel.restart()
        else:
            os.kill(kernel.pid, signal.SIGKILL)
    assert len(pidfds) == 4
    assert all(over(pidfd) for pidfd in pidfds)
    assert all(over(shell) for shell in shells)
    assert not list(tmp_path.glob("prodml-group-*"))


def janitor_of(folder: Path) -> int:
    """Process id of the shell that removes a folder when its owner has ended."""
    return next(p.pid for p in psutil.process_iter(["cmdline"]) if (p.info["cmdline"] or [""])[-1] == str(folder))
