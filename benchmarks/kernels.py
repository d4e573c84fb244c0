"""Warm kernels against stock ones, in one run: time to a TensorFlow-ready kernel, and memory of several.

    python benchmarks/kernels.py [--repeat 5] [--kernels 1 4 8] [--papermill [LAB …]]

Memory is proportional (`prodml.runtime.memory`), and on the warm side with the parent. Nothing of the user's is
touched: runtime folder and parent are the benchmark's own.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from jupyter_client.manager import KernelManager

from prodml.runtime.memory import tree_memory
from prodml.runtime.warm.places import find_place
from prodml.runtime.warm.reach import inquire, reach

STOCK, WARM = "python3", "prodml"
READY = "import tensorflow"
IMPORTS = "import numpy, pandas, matplotlib.pyplot, ipywidgets, tensorflow"
FIT = """
import numpy as np, tensorflow as tf
model = tf.keras.Sequential([tf.keras.layers.Input((20,)), tf.keras.layers.Dense(32), tf.keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(np.ones((256, 20)), np.ones(256), epochs=2, verbose=0)
"""
Held = tuple[float, float]  # megabytes after the imports, and after the fit
LABS = Path(__file__).resolve().parents[1] / "labs_src" / "labs"
SECONDS = 300  # until a cell is given up


def main() -> None:
    """Print the tables."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JUPYTER_RUNTIME_DIR"] = str(Path(folder) / "runtime")
        os.environ["IPYTHONDIR"] = str(Path(folder) / "ipython")
        # First, without a parent that shares the libraries' pages with them.
        stock = [held_by(STOCK, count, lambda: tree_memory(itself=False)) for count in options.kernels]
        with warm_parent() as (parent, seconds):
            print(f"warm parent: ready in {seconds:.1f} s, {tree_memory(parent) / 1e6:.0f} MB\n")
            warm = [held_by(WARM, count, lambda: tree_memory(parent)) for count in options.kernels]
            memory(options.kernels, stock, warm)
            times(options.repeat)
            if options.papermill is not None:
                notebooks(options.papermill, Path(folder))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5, help="starts per kind of kernel")
    parser.add_argument("--kernels", type=int, nargs="+", default=[1, 4, 8], help="how many at once")
    parser.add_argument("--papermill", nargs="*", metavar="LAB", help="also run reference notebooks; none: all")
    return parser.parse_args()


@contextmanager
def warm_parent() -> Iterator[tuple[int, float]]:
    """A parent for this run: its process id, and the seconds that it took to start."""
    began = time.perf_counter()
    python = [sys.executable]
    with reach(find_place(python, os.environ), python, os.environ) as held:
        pid = inquire(held, {"hold": True})["pid"]
        seconds = time.perf_counter() - began
        try:
            yield pid, seconds
        finally:
            ending = os.pidfd_open(pid)
            os.kill(pid, 15)
            held.recv(1)  # closed when it has ended its kernels
            os.close(ending)


def times(repeat: int) -> None:
    """Seconds from the request for a kernel to the reply of a cell that imports TensorFlow."""
    taken: dict[str, list[float]] = {STOCK: [], WARM: []}
    for _ in range(repeat):
        for name, seconds in taken.items():
            began = time.perf_counter()
            with kernel(name) as run:
                run(READY)
                seconds.append(time.perf_counter() - began)
    print(f"{'kernel with TensorFlow ready':32} {'median':>8} {'fastest':>8} {'slowest':>8}   seconds")
    for name, seconds in taken.items():
        print(f"{name:32} {statistics.median(seconds):8.2f} {min(seconds):8.2f} {max(seconds):8.2f}")
    ratio = statistics.median(taken[STOCK]) / statistics.median(taken[WARM])
    print(f"{'faster (wanted: 8 ×)':32} {ratio:7.1f}×\n")


def memory(counts: list[int], stock: list[Held], warm: list[Held]) -> None:
    """Megabytes of n kernels after a lab's imports, and after each has fitted a model."""
    print(f"{'memory, MB':12} {'imports':>8} {'':>8} {'':>6} {'fitted':>10} {'':>8} {'':>6}")
    print(f"{'kernels':12} {STOCK:>8} {WARM:>8} {'ratio':>6} {STOCK:>10} {WARM:>8} {'ratio':>6}")
    for count, (s0, s1), (w0, w1) in zip(counts, stock, warm, strict=True):
        note = "   wanted after the imports: 0.75" if count == 4 else ""
        print(f"{count:<12} {s0:8.0f} {w0:8.0f} {w0 / s0:6.2f} {s1:10.0f} {w1:8.0f} {w1 / s1:6.2f}{note}")
    print()


def held_by(name: str, count: int, measure: Callable[[], int]) -> Held:
    """What `count` kernels hold."""
    with ExitStack() as stack:
        runs = [stack.enter_context(kernel(name)) for _ in range(count)]
        for run in runs:
            run(IMPORTS)
        imported = measure() / 1e6
        for run in runs:
            run(FIT)
        return imported, measure() / 1e6


def notebooks(labs: list[str], folder: Path) -> None:
    """Seconds of each lab's reference notebook under papermill."""
    import papermill
    from nbformat import write

    from autograder.authoring.build import build_lab

    (folder / ".prodml").mkdir()
    os.environ["PRODML_WORKSPACE"] = str(folder)
    print(f"{'papermill, seconds':32} {STOCK:>8} {WARM:>8} {'ratio':>6}")
    for lab_dir in sorted(path.parent for path in LABS.glob("*/lab.py")):
        lab = lab_dir.name
        if labs and lab not in labs and lab[:2] not in labs:
            continue
        path = folder / f"{lab}.ipynb"
        write(build_lab(lab_dir).reference, path)
        taken = []
        for name in (STOCK, WARM):
            began = time.perf_counter()
            papermill.execute_notebook(path, folder / "out.ipynb", kernel_name=name, cwd=folder, progress_bar=False)
            taken.append(time.perf_counter() - began)
        print(f"{lab:32} {taken[0]:8.1f} {taken[1]:8.1f} {taken[1] / taken[0]:6.2f}", flush=True)


@contextmanager
def kernel(name: str) -> Iterator[Callable[[str], None]]:
    """A kernel that runs cells; an error of a cell ends the benchmark."""
    manager = KernelManager(kernel_name=name)
    manager.start_kernel(stderr=_null())
    client = manager.client()
    client.start_channels()

    def run(code: str) -> None:
        # Its reply is all that counts: jupyter_client's own wait for a kernel has a pause of 0.2 s in it.
        reply = client.execute(code, reply=True, timeout=SECONDS)["content"]
        if reply["status"] != "ok":
            sys.exit(f"{name}: {reply['ename']}: {reply['evalue']}")

    try:
        yield run
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _null() -> int:
    return os.open(os.devnull, os.O_WRONLY)


if __name__ == "__main__":
    main()
