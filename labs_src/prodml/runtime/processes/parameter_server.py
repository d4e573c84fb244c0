"""A cluster for `tf.distribute.ParameterServerStrategy`, with the running kernel as its coordinator.

    with parameter_server_cluster(workers=2, servers=2) as cluster:
        strategy = tf.distribute.ParameterServerStrategy(cluster.resolver())
        coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)

What to know (all measured with TensorFlow):

- A closure runs *at least* once: one whose worker is killed runs again, so a step counter may end too high.
- With all workers dead, `coordinator.join()` waits for ever: call `join` and `fetch` within the block only.
- A parameter server that was killed makes `join` raise UnavailableError. Restarting it does not help the old
  coordinator, which has lost its variables: enter a new cluster, restore a checkpoint, go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prodml.runtime.heap import give_back, keep_little
from prodml.runtime.processes.group import Group, Program
from prodml.runtime.processes.ports import LOOPBACK, accepts, free_ports
from prodml.runtime.processes.running import Running

SERVE = "prodml.runtime.processes.tf_server:serve"
# The servers' own clients fail at once if a peer is away, and TensorFlow tries again; else a restart takes long.
ENV = {"GRPC_FAIL_FAST": "use_caller", "TF_CPP_MIN_LOG_LEVEL": "1", "CUDA_VISIBLE_DEVICES": ""}


class ParameterServerCluster:
    """A running cluster.

    Attributes:
        cluster_spec: job ("worker", "ps", "chief") → addresses; the chief is this kernel.
        group: its processes, named "worker0", "ps0", …
    """

    def __init__(self, cluster_spec: dict[str, list[str]], group: Group) -> None:
        self.cluster_spec = cluster_spec
        self.group = group

    def resolver(self) -> Any:
        """What `tf.distribute.ParameterServerStrategy` asks for: a resolver that says who is who."""
        import tensorflow as tf

        spec = tf.train.ClusterSpec(self.cluster_spec)
        return tf.distribute.cluster_resolver.SimpleClusterResolver(
            spec, task_type="chief", task_id=0, rpc_layer="grpc"
        )

    def kill(self, job: str, index: int) -> int:
        """Kill one process ("worker" or "ps"), as a crash of its machine would; returns its exit status, −9."""
        return self.group.kill(f"{job}{index}")

    def restart(self, job: str, index: int) -> Running:
        """Start one process again on its port; returns when it accepts connections."""
        return self.group.restart(f"{job}{index}")

    def log(self, job: str, index: int, lines: int = 20) -> str:
        """The last lines that a process has written."""
        return self.group.log(f"{job}{index}", lines)

    def show(self) -> None:
        """Display the processes' states and memory, kept up to date, with buttons that kill and restart each."""
        self.group.show(buttons=True)


@contextmanager
def parameter_server_cluster(
    workers: int = 2, servers: int = 2, *, patience: float = 60.0
) -> Iterator[ParameterServerCluster]:
    """Workers and parameter servers on loopback ports, all accepting connections.

    Raises:
        GroupError: one did not start within `patience` seconds.
    """
    keep_little()
    ports = free_ports(workers + servers + 1)
    addresses = [f"{LOOPBACK}:{port}" for port in ports]
    spec = {"worker": addresses[:workers], "ps": addresses[workers:-1], "chief": addresses[-1:]}
    tasks = [(job, index) for job in ("worker", "ps") for index in range(len(spec[job]))]
    programs = {
        f"{job}{index}": Program(SERVE, [spec, job, index], env=ENV, ready=accepts(port))
        for (job, index), port in zip(tasks, ports[:-1], strict=True)
    }
    with Group(programs, patience=patience, preload=["tensorflow"]) as group:
        yield ParameterServerCluster(spec, group)
    give_back()
