"""Does a server run in the foreground, with its log in a file, and is nothing left when it ends?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from labs_cli.errors import ServerEnded
from labs_cli.serving import LAST_LINES, STOPPING, serve

LISTENS = "import os, signal, sys; print('hello', os.getpid(), flush=True); os.write(int(os.environ['LABS_TELL']), b'http://here'); os.close(int(os.environ['LABS_TELL']))"
WAITS = f"{LISTENS}; signal.pause()"

Run = Callable[..., list[str]]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "server.log"


@pytest.fixture
def run(tmp_path: Path, log: Path) -> Run:
    """`run(program, then)`: serve a Python program, call `then` once it listens; the addresses that were told."""

    def act(program: str, then: Callable[[], object] = lambda: None) -> list[str]:
        told: list[str] = []

        def on_address(address: str) -> None:
            told.append(address)
            then()

        serve([sys.executable, "-c", program], os.environ, tmp_path, log, on_address)
        return told

    return act


def test_the_address_is_told_and_the_log_is_a_file(run: Run, log: Path) -> None:
    assert run(f"{LISTENS}; print(os.getcwd()); print('a warning', file=sys.stderr)") == ["http://here"]
    assert log.read_text().splitlines()[1:] == [str(log.parent), "a warning"]
    assert log.stat().st_mode & 0o077 == 0, "it holds a token"


def test_the_log_of_the_run_before_is_kept_and_no_other(run: Run, log: Path) -> None:
    for n in range(3):
        run(f"{LISTENS}; print('run', {n})")
    assert "run 2" in log.read_text()
    assert "run 1" in log.with_name("server.log.1").read_text()
    assert len(list(log.parent.glob("server.log*"))) == 2


@pytest.mark.parametrize("code", [0, 3])
def test_one_that_does_not_start_shows_the_end_of_its_log(run: Run, log: Path, code: int) -> None:
    program = f"import sys\nfor n in range({LAST_LINES + 5}): print('line', n)\nsys.exit({code})"
    with pytest.raises(ServerEnded) as error:
        run(program)
    assert f"before it listened, with code {code}" in error.value.problem
    assert error.value.problem.endswith(f"line {LAST_LINES + 4}")
    assert error.value.problem.count("line ") == LAST_LINES
    assert str(log) in error.value.fix


def test_one_that_ends_later_by_itself_is_an_error_unless_it_ends_well(run: Run) -> None:
    assert run(f"{LISTENS}; sys.exit(0)") == ["http://here"]
    with pytest.raises(ServerEnded, match="while it ran, with code -9"):
        run(f"{LISTENS}; os.kill(os.getpid(), 9)")


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_ends_it_at_once_and_is_no_error(run: Run, log: Path, number: int) -> None:
    before = signal.getsignal(number)
    run(WAITS, lambda: os.kill(os.getpid(), number))
    assert not Path("/proc", log.read_text().split()[1]).exists()
    assert signal.getsignal(number) is before


def test_a_signal_that_comes_before_it_listens_ends_it_too(run: Run) -> None:
    assert run("import os, signal; os.kill(os.getppid(), signal.SIGTERM); signal.pause()") == []


def test_a_signal_that_was_ignored_stays_so(run: Run) -> None:
    """Does `nohup labs start --open` outlive its terminal?"""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        hang_up = f"os.kill({os.getpid()}, signal.SIGHUP)"
        assert run(f"import os, signal; {hang_up}; {LISTENS}") == ["http://here"]
    finally:
        signal.signal(signal.SIGHUP, before)


def test_what_goes_wrong_here_leaves_no_server(run: Run, log: Path) -> None:
    def fail() -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run(WAITS, fail)
    assert not Path("/proc", log.read_text().split()[1]).exists()


def test_who_is_killed_takes_the_server_along(tmp_path: Path, log: Path) -> None:
    """Does the server end when the process that started it gets SIGKILL?"""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    server = f"import os; held = open({str(fifo)!r}, 'w'); {WAITS}"
    code = f"""
import os, sys
from pathlib import Path
from labs_cli.serving import serve
serve([sys.executable, "-c", {server!r}], os.environ, Path({str(tmp_path)!r}), Path({str(log)!r}), lambda a: print(a, flush=True))
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter, fifo.open() as held:
        assert starter.stdout.readline() == "http://here\n"
        starter.kill()
        assert held.read() == ""  # which comes when the server has ended
