"""A parameter-server cluster from a running notebook, warm kernel against stock, in one run.

    python benchmarks/cluster.py [--repeat 3]

Seconds from entering `parameter_server_cluster` (two workers, two servers) to the first closure's result, in a kernel
that has imported TensorFlow and run an operation; and the proportional memory (`prodml.runtime.memory`) of notebook and
cluster then: on the warm side with the parent of all kernels. The kernel, its parent and its folders are the
benchmark's own.
"""

from __future__ import annotations

import argparse
import ast
import os
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager
from kernels import STOCK, WARM, warm_parent

from prodml.runtime.memory import tree_memory

OPEN = """
import tensorflow as tf
float(tf.reduce_sum(tf.matmul(tf.ones((300, 300)), tf.ones((300, 300)))))
"""
ENTER = """
import time
from contextlib import ExitStack
from prodml.runtime.processes import parameter_server_cluster
stack, began = ExitStack(), time.perf_counter()
cluster = stack.enter_context(parameter_server_cluster(workers=2, servers=2))
entered = time.perf_counter() - began
strategy = tf.distribute.ParameterServerStrategy(cluster.resolver())
coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
with strategy.scope():
    counters = [tf.Variable(0.0), tf.Variable(0.0)]

@tf.function
def closure():
    for counter in counters:
        counter.assign_add(1.0)
    return counters[0] + counters[1]

result = coordinator.schedule(closure)
coordinator.join()
assert float(result.fetch()) == 2.0
taken = [entered, time.perf_counter() - began]
"""
LEAVE = "began = time.perf_counter(); stack.close(); taken = time.perf_counter() - began"
SECONDS = 300  # until a cell is given up


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3, help="clusters per kind of kernel, each in a new kernel")
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JUPYTER_RUNTIME_DIR"] = str(Path(folder) / "runtime")
        os.environ["IPYTHONDIR"] = str(Path(folder) / "ipython")
        # First, without a parent that shares the libraries' pages with it.
        stock = [one(STOCK, lambda: tree_memory(itself=False)) for _ in range(repeat)]
        with warm_parent() as (parent, _):
            warm = [one(WARM, lambda: tree_memory(parent)) for _ in range(repeat)]
    print(f"{'median of ' + str(repeat):32} {STOCK:>8} {WARM:>8}   wanted, warm")
    lines = ("s until entered", "s until the first closure is done", "s to leave", "MB, notebook and cluster")
    for line, ours, theirs, want in zip(
        lines, zip(*stock, strict=True), zip(*warm, strict=True), ("", "≤ 2", "", "≤ 1200"), strict=True
    ):
        digits = 0 if line.startswith("MB") else 2
        print(f"{line:34} {statistics.median(ours):6.{digits}f} {statistics.median(theirs):8.{digits}f}   {want}")


def one(name: str, measure: Callable[[], int]) -> tuple[float, float, float, float]:
    """Seconds until entered, until the first closure is done and to leave; megabytes while inside."""
    manager = KernelManager(kernel_name=name)
    manager.start_kernel(stderr=os.open(os.devnull, os.O_WRONLY))
    client = manager.client()
    client.start_channels()
    try:
        run(client, OPEN)
        entered, done = run(client, ENTER)
        held = measure() / 1e6
        return entered, done, run(client, LEAVE), held
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(client: Any, code: str) -> Any:
    """The cell's `taken`, if it has one; its error ends the benchmark."""
    asked = {"taken": "globals().get('taken')"}
    reply = client.execute(code, reply=True, timeout=SECONDS, user_expressions=asked)["content"]
    if reply["status"] != "ok":
        raise SystemExit(f"{reply['ename']}: {reply['evalue']}")
    return ast.literal_eval(reply["user_expressions"]["taken"]["data"]["text/plain"])


if __name__ == "__main__":
    main()
