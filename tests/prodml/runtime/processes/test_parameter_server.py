"""Does a real TensorFlow cluster work from a warm kernel, also when a worker is killed?"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

CELLS = (
    """
import tensorflow as tf
from prodml.runtime.processes import parameter_server_cluster
float(tf.reduce_sum(tf.matmul(tf.ones((300, 300)), tf.ones((300, 300)))))
""",
    """
def count(coordinator, closures):
    values = [coordinator.schedule(closure) for _ in range(closures)]
    coordinator.join()
    return max(value.fetch() for value in values)

with parameter_server_cluster(workers=2, servers=2) as cluster:
    strategy = tf.distribute.ParameterServerStrategy(cluster.resolver())
    coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
    with strategy.scope():
        counters = [tf.Variable(0.0) for _ in range(2)]

    @tf.function
    def closure():
        for counter in counters:
            counter.assign_add(1.0)
        return counters[0].read_value()

    print([counter.device[:13] for counter in counters])
    print(float(count(coordinator, 6)) == 6)
    print(cluster.kill("worker", 0))
    print(float(count(coordinator, 4)) >= 10)
    print(cluster.restart("worker", 0).forked)
    print(float(count(coordinator, 4)) >= 14)
    print({job: len(addresses) for job, addresses in cluster.cluster_spec.items()})
    print(cluster.log("worker", 0, lines=1000).count("worker 0 serves on " + cluster.cluster_spec["worker"][0]))
    pids = [cluster.group[name].pid for name in cluster.group]
""",
    "import os; print(len(pids), [os.path.exists(f'/proc/{pid}') for pid in pids].count(True))",
)
PRINTED = """['/job:ps/repli', '/job:ps/repli']
True
-9
True
True
True
{'worker': 2, 'ps': 2, 'chief': 1}
2
4 0
"""


def test_closures(start: Callable[..., Any], tmp_path: Path) -> None:
    """Are closures done before, while and after a worker is away, and is nothing left?"""
    kernel = start(cwd=str(tmp_path), env={**os.environ, "TMPDIR": str(tmp_path)})
    printed = ""
    for cell in CELLS:
        ran = kernel.run(cell)
        assert ran.reply["status"] == "ok", ran.reply
        printed += "".join(m["content"]["text"] for m in ran.messages if m["content"].get("name") == "stdout")
    assert printed == PRINTED
    assert not list(tmp_path.glob("prodml-group-*"))
