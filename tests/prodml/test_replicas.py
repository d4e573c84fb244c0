"""Do logical devices and their strategies work, each in a process that has computed nothing?"""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import tensorflow as tf
from prodml.errors import UsageError
from prodml.replicas import logical_cpus, mirrored
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
