"""Do real workers train together, stop when one is killed, resume, and leave nothing behind?"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TRAIN = """
import os, json, time
from prodml.runtime.processes.multi_worker import multi_worker_cluster

def train(folder, last):
    import tensorflow as tf
    index = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
    strategy = tf.distribute.MultiWorkerMirroredStrategy(communication_options=tf.distribute.experimental.CommunicationOptions(
        implementation=tf.distribute.experimental.CommunicationImplementation.RING))
    with strategy.scope():
        done = tf.Variable(0, dtype=tf.int64)
    saver = tf.train.Checkpoint(done=done)
    saver.restore(tf.train.latest_checkpoint(folder))
    keep = tf.train.CheckpointManager(saver, folder if index == 0 else f"{folder}-{index}", max_to_keep=1)
    print("begins at", int(done.numpy()))

    @tf.function
    def step():
        def replica():
            context = tf.distribute.get_replica_context()
            return context.all_reduce("sum", tf.cast(index + 1, tf.float32))
        return strategy.run(replica)

    while int(done.numpy()) < last:
        total = float(step())
        if int(done.assign_add(1).numpy()) % 5 == 0:
            keep.save()
            print("saved", int(done.numpy()), total)
        time.sleep(0.01)
"""
RUN = """
with multi_worker_cluster(train, [folder, 10_000]) as cluster:
    print(cluster.wait_for(0, "saved 10"))
    print(cluster.kill(1))
    print(cluster.wait()[0] != 0)
with multi_worker_cluster(train, [folder, 20]) as cluster:
    print(cluster.wait())
    print(int(cluster.wait_for(1, "begins at").split()[-1]) >= 10)
    print(cluster.log(1).splitlines()[-1], [cluster.group["worker0"].forked])
"""


@pytest.mark.parametrize("name", ["prodml", "python3"])
def test_kill_and_resume(start: Callable[..., Any], tmp_path: Path, name: str) -> None:
    """On a warm and a stock kernel: two workers, one killed, both again from the checkpoint."""
    kernel = start(name, cwd=str(tmp_path), env={**os.environ, "TMPDIR": str(tmp_path)})
    kernel.run(TRAIN)
    ran = _run(kernel, f"folder = {str(tmp_path / 'checkpoints')!r}" + RUN)
    assert ran.reply["status"] == "ok", ran.reply
    printed = ran.text.splitlines()
    assert printed == ["saved 10 3.0", "-9", "True", "[0, 0]", "True", f"saved 20 3.0 [{name == 'prodml'}]"]
    assert not list(tmp_path.glob("prodml-group-*"))


ENDS = {
    "interrupt": lambda kernel: kernel.manager.interrupt_kernel(),
    "killed": lambda kernel: os.kill(kernel.pid, signal.SIGKILL),
}


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("name", ["prodml", "python3"])
def test_nothing_left(
    start: Callable[..., Any], over: Callable[[int], bool], tmp_path: Path, name: str, how: str
) -> None:
    """Workers, ring, TensorBoard and scratch folder: all gone when the cell is interrupted or its kernel killed?"""
    kernel = start(name, cwd=str(tmp_path), env={**os.environ, "TMPDIR": str(tmp_path)})
    kernel.run(TRAIN)
    source = """
from prodml.runtime.processes.ring import ring_group
from prodml.runtime.processes.tensorboard import TensorBoard
from prodml.runtime.processes import OwnFolder
def endless(x, rank, workers, send, receive):
    while True:
        send(x)
        receive()
scratch = OwnFolder("prodml-scratch-")
with TensorBoard(scratch.path) as board, ring_group(endless, 2, 1000) as ring:
    with multi_worker_cluster(train, [str(scratch / "c"), 10_000]) as cluster:
        cluster.wait_for(0, "saved 5")
        pids = [group[n].pid for group in (board._group, ring, cluster.group) for n in group]
        print("PIDS", *pids, flush=True)
        cluster.wait(600)
"""
    pidfds: list[int] = []

    def end(message: dict[str, Any]) -> None:
        text = message["content"].get("text", "")
        if text.startswith("PIDS"):
            pidfds.extend(os.pidfd_open(int(word)) for word in text.split()[1:])
            ENDS[how](kernel)

    if how == "killed":
        _run_until(kernel, source, end, pidfds)
    else:
        assert _run(kernel, source, on=end).reply["ename"] == "KeyboardInterrupt"
        kernel.run("scratch.remove()")
    assert len(pidfds) == 5
    assert all(over(pidfd) for pidfd in pidfds)
    assert _empty(tmp_path)


def _run(kernel: Any, source: str, on: Callable[[dict[str, Any]], None] | None = None) -> Any:
    """Run a cell that may take longer than others: TensorFlow is imported in three processes at once."""
    patience = 150.0
    execute = kernel.client.execute_interactive
    kernel.client.execute_interactive = lambda code, **options: execute(code, **{**options, "timeout": patience})
    try:
        return kernel.run(source, on=on)
    finally:
        del kernel.client.execute_interactive


def _run_until(kernel: Any, source: str, on: Callable[[dict[str, Any]], None], done: list[int]) -> None:
    """Run a cell until `done` has something: its kernel will not answer any more."""
    kernel.client.execute(source)
    while not done:
        message = kernel.client.get_iopub_msg(timeout=150)
        assert message["msg_type"] != "error", message["content"]["evalue"]
        on(message)


def _empty(folder: Path) -> bool:
    import time

    deadline = time.monotonic() + 30
    while any(folder.glob("prodml-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(folder.glob("prodml-*"))
