"""Is a group of plain subprocesses ready when entered, and gone when left?"""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest

from prodml.errors import ProdmlError
from prodml.runtime.processes import Group, GroupError, Program, accepts, free_ports


def server(port: int) -> Program:
    return Program("programs:serve", [port], env={"FLAVOUR": "own"}, ready=accepts(port))


def nothing_left(programs: Path, pids: list[int]) -> bool:
    """Have the processes been waited for, and is the temporary folder empty?"""
    return not any(Path(f"/proc/{pid}").exists() for pid in pids) and not list((programs / "temporary").iterdir())


def test_ready_when_entered(programs: Path) -> None:
    """Does each port accept connections, and is nothing left after the block?"""
    ports = free_ports(2)
    with Group({f"s{i}": server(port) for i, port in enumerate(ports)}) as group:
        assert all(accepts(port)() for port in ports)
        assert list(group) == ["s0", "s1"]
        assert not group["s0"].forked
        assert group["s0"].poll() is None
        pids = [group[name].pid for name in group]
        assert group.log("s0") == "serves <b>&</b> own"
    assert nothing_left(programs, pids)
    assert not any(accepts(port)() for port in ports)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_left_by_an_exception(programs: Path, error: type[BaseException]) -> None:
    """Is nothing left, also of a process that does not hear SIGTERM, and does the exception come through?"""
    (port,) = free_ports(1)
    deaf = Program("programs:deaf", [port], ready=accepts(port))
    pids = []

    def enter() -> None:
        with Group({"d": deaf, "s": Program("time:sleep", [600])}) as group:
            pids.extend(group[name].pid for name in group)
            raise error

    with pytest.raises(error):
        enter()
    assert len(pids) == 2
    assert nothing_left(programs, pids)


def test_one_fails(programs: Path) -> None:
    """Does the error name the process, show its log, and are the others stopped?"""
    (port,) = free_ports(1)
    group = Group({"good": server(port), "bad": Program("programs:fail", ready=lambda: False)})
    with (
        pytest.raises(GroupError, match=r"'bad' \(programs:fail\) has ended .*exit status 1") as caught,
        group,
    ):
        pytest.fail("the block must not be entered")
    assert "ValueError: as asked for" in str(caught.value)
    assert isinstance(caught.value, ProdmlError)
    assert nothing_left(programs, [group["good"].pid, group["bad"].pid])


def test_never_ready(programs: Path) -> None:
    """Does patience end?"""
    group = Group({"slow": Program("time:sleep", [600], ready=lambda: False)}, patience=0)
    with pytest.raises(GroupError, match=r"'slow' .*is not ready after 0 seconds"), group:
        pytest.fail("the block must not be entered")
    assert nothing_left(programs, [group["slow"].pid])


def test_interrupt_while_starting(programs: Path) -> None:
    """Is nothing left when it is interrupted before it is ready?"""

    def interrupt() -> bool:
        raise KeyboardInterrupt

    group = Group({"s": Program("time:sleep", [600], ready=interrupt)})
    with pytest.raises(KeyboardInterrupt), group:
        pytest.fail("the block must not be entered")
    assert nothing_left(programs, [group["s"].pid])


def test_kill_and_restart(programs: Path) -> None:
    """Does a killed server come back on its port, with the log before it, also from a thread that ends?"""
    (port,) = free_ports(1)
    with Group({"s": server(port)}) as group:
        before = group["s"]
        before.kill()
        assert before.wait() == -9
        assert not accepts(port)()
        thread = threading.Thread(target=group.restart, args=["s"])
        thread.start()
        thread.join()
        assert group["s"].pid != before.pid
        with pytest.raises(subprocess.TimeoutExpired):
            group["s"].wait(0)
        assert accepts(port)()
        assert len(group.log("s").splitlines()) == 2
        assert len(group.log("s", lines=1).splitlines()) == 1
        group["s"].terminate()
        assert group["s"].wait() == -15


def test_table(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Does `show` print state and last words where there are no widgets?"""
    (port,) = free_ports(1)
    with Group({"good": server(port), "bad": Program("programs:fail")}) as group:
        group["bad"].wait()
        group.show()
    head, good, bad = capsys.readouterr().out.splitlines()
    assert head.startswith("process  pid")
    assert "running" in good
    assert "serves <b>&</b> own" in good
    assert "exit status 1" in bad
    assert bad.endswith("ValueError: as asked for")


def test_names() -> None:
    """Does an unknown name, or one too early, give an error with what there is?"""
    group = Group({"a": Program("time:sleep", [1])})
    with pytest.raises(GroupError, match="Its processes are: 'a'"):
        group["b"]
    with pytest.raises(GroupError, match="has not been started"):
        group["a"]


def test_entered_twice(programs: Path) -> None:
    """Is a running group not started once more, and may it be used again when left?"""
    group = Group({"a": Program("time:sleep", [600])})
    with group:
        pid = group["a"].pid
        with pytest.raises(GroupError, match="runs already"):
            group.__enter__()
        assert group["a"].pid == pid
        assert group["a"].poll() is None
    with group:
        assert group["a"].pid != pid
