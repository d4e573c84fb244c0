"""Worker processes for `tf.distribute.MultiWorkerMirroredStrategy`, each with its TF_CONFIG.

    with multi_worker_cluster(train, [folder], workers=2) as cluster:
        cluster.wait()

calls the notebook's `train(folder)` in every process. What to know (all measured with TensorFlow):

- The strategy must be the first thing that touches TensorFlow in `train`: it starts the worker's server.
- Nobody goes on alone. When a worker dies, the others' next step raises, after some seconds or at once. And nobody
  can join again: end all, and enter a new cluster (on new ports) that begins from a checkpoint.
- Only the chief, worker 0, keeps the checkpoint; the others take part in saving, into a folder that they remove.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from prodml.runtime.processes.errors import GroupError
from prodml.runtime.processes.group import Group, Program
from prodml.runtime.processes.ports import LOOPBACK, free_ports
from prodml.runtime.processes.shipped import ship, unpack

WORK = "prodml.runtime.processes.multi_worker:work"
ENV = {"GRPC_FAIL_FAST": "use_caller", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
# TensorFlow and Keras import these if they are there, 150 MB in each worker. `train` may still import them itself.
UNUSED = ("sklearn", "matplotlib", "IPython", "pandas")
THREADS = 4  # per process, for operations that wait for each other; a computation uses one


class MultiWorkerCluster:
    """Running workers.

    Attributes:
        addresses: of the workers, by index.
        group: its processes, named "worker0", …
    """

    def __init__(self, addresses: list[str], group: Group) -> None:
        self.addresses = addresses
        self.group = group

    def kill(self, index: int) -> int:
        """Kill one worker, as a crash of its machine would; returns its exit status, −9."""
        return self.group.kill(f"worker{index}")

    def wait(self, seconds: float = 60.0) -> list[int]:
        """Until all have ended; their exit statuses by index.

        Raises:
            subprocess.TimeoutExpired: one still runs after so many seconds.
        """
        return list(self.group.wait(seconds).values())

    def wait_for(self, index: int, text: str, seconds: float = 60.0) -> str:
        """Until a line of a worker's log contains `text`; that line, the first of them.

        Raises:
            GroupError: the worker has ended without it, or so many seconds have passed.
        """
        running, deadline = self.group[f"worker{index}"], time.monotonic() + seconds
        while True:
            over = running.poll() is not None or time.monotonic() > deadline
            found = [line for line in self.log(index, lines=1000).splitlines() if text in line]
            if found:
                return found[0]
            if over:
                said = self.log(index) or "(empty)"
                raise GroupError(
                    f"worker {index} ({running.state}) has not said {text!r}. The end of its log:\n{said}",
                    "Correct what the log says.",
                )
            time.sleep(0.02)

    def log(self, index: int, lines: int = 20) -> str:
        """The last lines that a worker has written."""
        return self.group.log(f"worker{index}", lines)

    def show(self) -> None:
        """Display the processes' states and memory, kept up to date."""
        self.group.show()


@contextmanager
def multi_worker_cluster(
    train: Callable[..., Any], args: Sequence[Any] = (), workers: int = 2
) -> Iterator[MultiWorkerCluster]:
    """`train(*args)` in so many processes, which end with the block at the latest.

    Args:
        train: a function of the notebook; it is sent by value, so it should load large data itself.
        args: everything that JSON knows.
    """
    addresses = [f"{LOOPBACK}:{port}" for port in free_ports(workers)]
    text = ship(train)
    programs = {}
    for index in range(workers):
        task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        programs[f"worker{index}"] = Program(WORK, [text, list(args)], env={**ENV, "TF_CONFIG": json.dumps(task)})
    with Group(programs) as group:
        yield MultiWorkerCluster(addresses, group)


def work(text: str, args: list[Any]) -> int | None:
    """What a worker does. An error ends it at once: an orderly end of TensorFlow would wait for the dead."""
    with _without(UNUSED):
        import keras  # noqa: F401
        import tensorflow as tf

    tf.config.threading.set_inter_op_parallelism_threads(THREADS)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    status = 0
    try:
        unpack(text)(*args)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


@contextmanager
def _without(names: Sequence[str]) -> Iterator[None]:
    """As if these modules were not installed; those that are imported already stay."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: "not to be found"
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
