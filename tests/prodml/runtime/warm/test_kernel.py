"""Does a warm kernel behave like a stock one? Each test runs on both."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_client import BlockingKernelClient

# `import_mode=importlib` makes conftest.py no module to import from: its kernels come as fixtures.
Start = Callable[..., Any]


@pytest.fixture(params=("prodml", "python3"))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_which_kernels_are_these(kernel: Any) -> None:
    """Is the warm one forked, and the stock one not?"""
    ran = kernel.run("import sys; print('tensorflow' in sys.modules)")
    assert ran.text == f"{kernel.manager.kernel_name == 'prodml'}\n"


def test_a_model_is_fitted(kernel: Any) -> None:
    """Does TensorFlow compute?"""
    ran = kernel.run(
        "import numpy as np, tensorflow as tf\n"
        "model = tf.keras.Sequential([tf.keras.layers.Input((3,)), tf.keras.layers.Dense(1)])\n"
        "model.compile('sgd', 'mse')\n"
        "data = tf.data.Dataset.from_tensor_slices((np.ones((64, 3)), np.ones(64))).map(lambda x, y: (x, y), 2).batch(8)\n"
        "print(len(model.fit(data, epochs=2, verbose=0, shuffle=False).history['loss']))"
    )
    assert ran.text.endswith("2\n"), ran.reply


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("%%bash\necho from-bash", "from-bash"),
        ("!echo from-shell", "from-shell"),
        ("import subprocess; print(subprocess.run(['echo', 'sub'], capture_output=True, text=True).stdout)", "sub"),
        ("%timeit -n1 -r1 pass", "per loop"),
        (
            "import multiprocessing as mp\nwith mp.get_context('fork').Pool(2) as p: print(p.map(abs, [-1, -2]))",
            "[1, 2]",
        ),
        ("import multiprocessing as mp\nwith mp.get_context('spawn').Pool(1) as p: print(p.map(abs, [-3]))", "[3]"),
        ("import threading; print(threading.main_thread() is threading.current_thread())", "True"),
        ("import asyncio; await asyncio.sleep(0); print('awaited')", "awaited"),
        ("from pathlib import Path; import sys; print(Path(sys.argv[0]).name)", "ipykernel_launcher.py"),
        ("print(__name__, globals().get('__file__'))", "__main__ None"),
        ("import numpy as np; print(np.random.get_state()[1][0] != 0)", "True"),
        ("import gc; print(gc.isenabled())", "True"),
        ("import signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, []))", "set()"),
        ("import os; print(os.getpgrp() == os.getsid(0) == os.getpid())", "True"),
    ],
)
def test_cell(kernel: Any, code: str, text: str) -> None:
    """Do magics, subprocesses, pools and raw output work?"""
    ran = kernel.run(code)
    assert ran.reply["status"] == "ok", ran.reply
    assert text in ran.text


@pytest.mark.parametrize("code", ["os.system('echo past-python')", "os.write(1, b'past-python')"])
def test_raw_output(kernel: Any, code: str) -> None:
    """Is what bypasses Python's streams shown?"""
    kernel.client.execute(f"import os; {code}")
    while True:  # it may come after the cell has ended
        content = kernel.client.get_iopub_msg(timeout=10)["content"]
        if "past-python" in content.get("text", ""):
            return


def test_plots_are_inline(kernel: Any) -> None:
    """Is a figure shown by `show`, and by the end of a cell?"""
    shown = kernel.run("import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show(); print(plt.get_backend())")
    assert "image/png" in shown.data
    assert "inline" in shown.text
    assert "image/png" in kernel.run("plt.plot([1, 2]);").data


def test_widgets(kernel: Any) -> None:
    """Does a widget open its channel, and is it displayed?"""
    ran = kernel.run("import ipywidgets; ipywidgets.IntSlider()")
    assert "comm_open" in ran.kinds
    assert "application/vnd.jupyter.widget-view+json" in ran.data


def test_input(kernel: Any) -> None:
    """Does `input()` ask the client?"""
    ran = kernel.run("print('got', input('? '))", allow_stdin=True, stdin_hook=lambda _: kernel.client.input("blue"))
    assert "got blue" in ran.text


@pytest.mark.parametrize(
    "wait",
    [
        "import time; time.sleep(600)",
        "while True: pass",
        "import subprocess; subprocess.run(['sleep', '600'])",
        "import threading; threading.Event().wait()",
    ],
)
def test_interrupt(kernel: Any, wait: str) -> None:
    """Does an interrupt end the cell, and leave the kernel?"""

    def interrupt(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream" and "here" in message["content"]["text"]:
            kernel.manager.interrupt_kernel()

    ran = kernel.run(f"kept = 1\nprint('here', flush=True)\n{wait}", on=interrupt)
    assert ran.reply["ename"] == "KeyboardInterrupt"
    assert kernel.run("print(kept)").text == "1\n"


def test_completion(kernel: Any) -> None:
    """Are names completed?"""
    kernel.run("import numpy")
    reply = kernel.client.complete("numpy.arr", reply=True, timeout=60)
    assert any(match.endswith("array") for match in reply["content"]["matches"])


def test_several_clients(kernel: Any) -> None:
    """Does a second client see what the first one made?"""
    kernel.run("shared = 41")
    second = BlockingKernelClient(connection_file=kernel.manager.connection_file)
    second.load_connection_file()
    second.start_channels()
    try:
        second.wait_for_ready(60)
        reply = second.execute("answer = shared + 1", reply=True, timeout=60)
        assert reply["content"]["status"] == "ok"
    finally:
        second.stop_channels()
    assert kernel.run("print(answer)").text == "42\n"


def test_surroundings(start: Start, name: str, tmp_path: Path) -> None:
    """Do folder, environment, time zone, PYTHONPATH and file mask reach the kernel?"""
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra" / "only_here.py").write_text("VALUE = 7")
    (tmp_path / "beside.py").write_text("VALUE = 8")
    env = {**os.environ, "FLAVOUR": "x1", "TZ": "Asia/Tokyo", "PYTHONPATH": str(tmp_path / "extra")}
    mask = os.umask(0o027)
    try:
        kernel = start(name, cwd=str(tmp_path), env=env)
    finally:
        os.umask(mask)
    ran = kernel.run(
        "import os, sys, time, json, only_here, beside\n"
        "print(json.dumps([os.getcwd(), os.environ['FLAVOUR'], time.strftime('%z'), only_here.VALUE, beside.VALUE,"
        " os.umask(0), 'LEAK' in os.environ]))"
    )
    assert json.loads(ran.text or "0") == [str(tmp_path), "x1", "+0900", 7, 8, 0o027, False], ran.reply
    assert "7" in kernel.run("!python -c 'import only_here; print(only_here.VALUE)'").text


def test_same_path_and_flags(start: Start, tmp_path: Path) -> None:
    """Does the warm kernel look for modules where the stock one does, with the same settings of Python?"""
    code = "import sys, os; print([sys.path, sys.flags, sys.executable, sys.argv[0], sys.stdin.read(), os.nice(0)])"
    env = {**os.environ, "PYTHONPATH": f"relative{os.pathsep}{tmp_path}"}
    warm, stock = (start(name, cwd=str(tmp_path), env=env).run(code).text for name in ("prodml", "python3"))
    assert warm == stock


def test_random_numbers_differ(start: Start) -> None:
    """Has each warm kernel random numbers of its own?"""
    code = (
        "import random, tempfile, numpy as np, tensorflow as tf\n"
        "print(random.random(), np.random.rand(), np.random.default_rng().random(), float(tf.random.uniform([])),"
        " float(tf.keras.layers.Dense(1)(tf.ones((1, 4)))[0, 0]), tempfile.mktemp())"
    )
    first, second = (start().run(code).text.split() for _ in range(2))
    assert len(first) == 6
    assert all(a != b for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("now", [True, False])
def test_restart(start: Start, name: str, now: bool) -> None:
    """Is everything forgotten after a restart, and does the kernel work?"""
    kernel = start(name)
    kernel.run("before = 1")
    kernel.restart(now=now)
    assert kernel.run("print('before' in dir())").text == "False\n"


@pytest.mark.parametrize(
    ("code", "status"),
    [("import os; os._exit(7)", 7), ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL)],
)
def test_crash(start: Start, name: str, code: str, status: int) -> None:
    """Is a crash noticed, and does a restart mend it?"""
    kernel = start(name)
    process = kernel.manager.provisioner.process
    kernel.client.execute(code)
    assert process.wait(timeout=60) == status
    assert not kernel.manager.is_alive()
    kernel.restart(now=True)
    assert kernel.run("print(1 + 1)").text == "2\n"


@pytest.mark.parametrize("now", [True, False])
def test_shutdown(start: Start, name: str, now: bool) -> None:
    """Is the process gone when the kernel is shut down, with what it had started?"""
    kernel = start(name)
    child = int(kernel.run("import subprocess; print(subprocess.Popen(['sleep', '600']).pid)").text)
    pids = [kernel.pid, child]
    kernel.end(now=now)
    assert not any(alive(pid) for pid in pids)


def alive(pid: int) -> bool:
    """Whether a process runs. One that has ended, but that init has not waited for, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.timeout(60)
def test_output_of_ipykernel_goes_where_it_should(start: Start, name: str) -> None:
    """Does the kernel write its log where the server wants it?"""
    reading, writing = os.pipe()
    kernel = start(name, stdout=writing, stderr=writing)
    os.close(writing)
    kernel.run("import sys; print('to the log', file=sys.__stderr__, flush=True)")
    log = b""
    while b"to the log" not in log:  # a thread of ipykernel passes it on, at some time
        log += os.read(reading, 10_000) or pytest.fail("the kernel has closed its log")
    os.close(reading)
