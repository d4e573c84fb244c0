"""Does a warm kernel get processes from its spare, and do they end with it, however it ends?"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prodml.runtime.warm import WarmError, spare
from prodml.runtime.warm.spare import Spare
from prodml.runtime.warm.wire import pair

Start = Callable[..., Any]
FOREVER = "from prodml.runtime.warm import spare\nprocess = spare().fork('time:sleep', [600])\nprint(spare().pid, process.pid)"
TARGETS = '''
"""Started by the kernel's spare."""
import os, sys

def report(*args, **kwargs):
    print(args, os.environ["FLAVOUR"], os.environ["OWN"], os.getcwd())
    print("to the error stream", file=sys.stderr)
    return 3

def fail():
    raise ValueError("as asked for")

def leave():
    sys.exit("with a word")

def compute():
    import tensorflow as tf
    assert tf.config.list_logical_devices()
    print(float(tf.function(lambda x: tf.reduce_sum(tf.matmul(x, x)))(tf.ones((300, 300)))))

def parent():
    import subprocess
    print(subprocess.Popen(["sleep", "600"]).pid, flush=True)
    open("ready", "w").close()
    import time
    time.sleep(600)
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "targets.py").write_text(TARGETS)
    return tmp_path


@pytest.fixture
def kernel(small: Path, start: Start, folder: Path) -> Any:
    """A kernel with a quick start, in a folder with targets.py."""
    found = start(cwd=str(folder), env={**os.environ, "FLAVOUR": "warm"})
    assert found.run("from prodml.runtime.warm import spare").reply["status"] == "ok"
    return found


def test_none_elsewhere() -> None:
    """Is there no spare outside of a warm kernel?"""
    assert spare() is None


def test_none_in_a_stock_kernel(start: Start) -> None:
    """Does a stock kernel say that it has none?"""
    assert start("python3").run("from prodml.runtime.warm import spare; print(spare())").text == "None\n"


def test_call(kernel: Any, folder: Path) -> None:
    """Is the function called with its arguments, in the kernel's surroundings, and its status returned?"""
    ran = kernel.run(
        "from pathlib import Path\n"
        "arguments = [1, 2.5, 'text', [None, True], {'key': []}]\n"
        "process = spare().fork('targets:report', arguments, env={'OWN': 'more'}, log_path=Path('log'))\n"
        "print(process.wait(20), process.poll(), process.returncode)"
    )
    assert ran.text == "3 3 3\n", ran.reply
    lines = (folder / "log").read_text().splitlines()
    assert lines == [f"(1, 2.5, 'text', [None, True], {{'key': []}}) warm more {folder}", "to the error stream"]


@pytest.mark.parametrize(
    ("target", "log"),
    [
        ("targets:fail", "ValueError: as asked for"),
        ("targets:leave", "with a word"),
        ("targets:none", "AttributeError"),
    ],
)
def test_failure(kernel: Any, folder: Path, target: str, log: str) -> None:
    """Does what went wrong stand in the log, and is the status 1?"""
    ran = kernel.run(f"from pathlib import Path\nprint(spare().fork('{target}', log_path=Path('log')).wait(20))")
    assert ran.text == "1\n"
    assert log in (folder / "log").read_text()


def test_tensorflow_computes_after_the_kernel_has(start: Start, folder: Path) -> None:
    """Does an operation run in a process that was forked after the kernel's first operation?"""
    kernel = start(cwd=str(folder))
    ran = kernel.run(
        "import tensorflow as tf; from pathlib import Path; from prodml.runtime.warm import spare\n"
        "float(tf.reduce_sum(tf.matmul(tf.ones((300, 300)), tf.ones((300, 300)))))\n"
        "print([spare().fork('targets:compute', log_path=Path('log')).wait(20) for _ in range(2)])"
    )
    assert ran.text.endswith("[0, 0]\n"), ran.reply
    assert (folder / "log").read_text().count("27000000.0") == 2


def test_signals(kernel: Any) -> None:
    """Can a process be signalled, waited for with a limit, terminated, killed?"""
    ran = kernel.run(
        "import subprocess, signal\n"
        "first, second, third = (spare().fork('time:sleep', [600]) for _ in range(3))\n"
        "try: first.wait(0.01)\n"
        "except subprocess.TimeoutExpired: print('runs', first.poll())\n"
        "first.terminate(); second.kill(); third.send_signal(signal.SIGINT)\n"
        "print(first.wait(20), second.wait(20), third.wait(20))"
    )
    assert ran.text == "runs None\n-15 -9 1\n"


def test_an_interrupt_of_the_cell_spares_them(kernel: Any) -> None:
    """Does interrupting a cell leave its processes alone?"""

    def interrupt(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            kernel.manager.interrupt_kernel()

    ran = kernel.run(f"{FOREVER}\nprocess.wait()", on=interrupt)
    assert ran.reply["ename"] == "KeyboardInterrupt"
    assert kernel.run("print(process.poll()); process.kill(); print(process.wait(20))").text == "None\n-9\n"


def test_threads_may_fork_at_once(kernel: Any) -> None:
    """Do processes of several threads keep apart?"""
    ran = kernel.run(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def one(status): return spare().fork('builtins:int', [status]).wait(20)\n"
        "with ThreadPoolExecutor(8) as pool: print(list(pool.map(one, range(8))))"
    )
    assert ran.text == "[0, 1, 2, 3, 4, 5, 6, 7]\n"


END = {
    "forgotten": lambda kernel: kernel.run("del process"),
    "exit": lambda kernel: kernel.client.execute("exit()"),
    "os._exit": lambda kernel: kernel.client.execute("import os; os._exit(0)"),
    "uncaught": lambda kernel: kernel.client.execute("import ctypes; ctypes.string_at(0)"),
    "restart": lambda kernel: kernel.restart(),
    "restart now": lambda kernel: kernel.restart(now=True),
    "shutdown": lambda kernel: kernel.end(now=False),
    "killed": lambda kernel: os.kill(kernel.pid, 9),
    "spare killed": lambda kernel: kernel.run("import os; os.kill(spare().pid, 9)"),
}


@pytest.mark.parametrize("how", END)
def test_ends_with_the_kernel(kernel: Any, folder: Path, over: Callable[[int], bool], how: str) -> None:
    """Is nothing left, whatever ends the kernel, also of what the process has started?"""
    ran = kernel.run(
        "from pathlib import Path\nimport select\n"
        "process = spare().fork('targets:parent', log_path=Path('log'))\n"
        "while not Path('ready').exists(): select.select([], [], [], 0.01)\n"
        "print(process.pid, Path('log').read_text())"
    )
    pids = [int(word) for word in ran.text.split()]
    assert len(pids) == 2, ran.reply
    if how == "spare killed":  # then nobody is there to end what the process has started in turn
        os.kill(pids.pop(), 9)
    descriptors = [os.pidfd_open(pid) for pid in pids]
    END[how](kernel)
    assert all(over(descriptor) for descriptor in descriptors)


def test_a_spare_that_has_ended(kernel: Any, folder: Path) -> None:
    """Does the kernel say what is the matter when its spare was killed?"""
    ran = kernel.run(
        "import os, select\n"
        "kept, descriptor = spare(), os.pidfd_open(spare().pid)\n"
        "os.kill(kept.pid, 9); select.select([descriptor], [], [])\n"
        "print(spare())\nkept.fork('time:sleep', [600])"
    )
    assert ran.text == "None\n"
    assert ran.reply["ename"] == "WarmError"
    assert "Restart the kernel" in ran.reply["evalue"]


def test_arguments_must_be_json(tmp_path: Path) -> None:
    """Is an argument that cannot be sent refused, before anything is started?"""
    ours, theirs = pair()
    with ours, theirs:
        theirs.setblocking(False)
        with pytest.raises(TypeError, match="JSON"):
            Spare(ours, 0).fork("time:sleep", [object()])


def test_log_must_be_writable(tmp_path: Path) -> None:
    """Is a log that cannot be opened an error of the caller?"""
    ours, theirs = pair()
    with ours, theirs, pytest.raises(FileNotFoundError):
        Spare(ours, 0).fork("time:sleep", [], log_path=tmp_path / "none" / "log")


def test_nobody_answers() -> None:
    """Is a spare that has gone an error with its fix?"""
    ours, theirs = pair()
    theirs.close()
    with ours, pytest.raises(WarmError, match="Restart the kernel"):
        Spare(ours, 0).fork("time:sleep")
