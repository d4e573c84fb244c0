"""Do logical devices and their strategies work, each in a process that has computed nothing?"""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import tensorflow as tf
from prodml.errors import UsageError
from prodml.fast.distributed.replicas import logical_cpus, mirrored
print(logical_cpus(3), logical_cpus(3))
for n in (1, 2, 3):
    strategy = mirrored(n)
    with strategy.scope():
        v = tf.Variable(1.0)
    def step():
        context = tf.distribute.get_replica_context()
        return context.all_reduce("sum", v * 2.0)
    total = tf.function(lambda: strategy.run(step))()
    print(n, strategy.num_replicas_in_sync, float(strategy.experimental_local_results(total)[0]))
print(logical_cpus(3))
try:
    logical_cpus(2)
except UsageError as error:
    print(error.fix if hasattr(error, "fix") else error)
"""


def test_logical_devices() -> None:
    """Several strategies in one process, the same division again, another one refused."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    names = "['CPU:0', 'CPU:1', 'CPU:2']"
    assert lines[:5] == [f"{names} {names}", "1 1 2.0", "2 2 4.0", "3 3 6.0", names], done.stderr
    assert "Restart the kernel" in lines[-1]


GRAPH = """
import numpy as np
import tensorflow as tf
from prodml.fast.distributed.replicas import in_graph
def share(losses, weights, all_reduce):
    return tf.math.divide_no_nan(tf.reduce_sum(losses * weights), all_reduce(tf.reduce_sum(weights)))
print(*in_graph(share)([2, 4], [1, 3], 4.0))
print(*in_graph(lambda *given: tf.stop_gradient(share(*given)))([2, 4], [1, 3], 4.0))
for bad in (lambda x, w, s: float(x[0]), lambda x, w, s: np.sum(x), lambda x, w, s: x[0] if s(w[0]) else x[1]):
    try:
        in_graph(bad)([2, 4], [1, 3], 4.0)
    except Exception as error:
        print(isinstance(error, (TypeError, NotImplementedError)))
"""


def test_losses_are_traced() -> None:
    """Share and gradient as a graph gives them; Python on a tensor fails, the same way in every process."""
    done = subprocess.run([sys.executable, "-c", GRAPH], capture_output=True, text=True, check=False)
    expected = ["1.75 [0.125 0.375]", "1.75 [0. 0.]", "True", "True", "True"]
    assert done.stdout.splitlines() == expected, done.stderr
