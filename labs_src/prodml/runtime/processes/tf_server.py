"""What the processes of a TensorFlow cluster do."""

from __future__ import annotations

from prodml.runtime.heap import keep_little

THREADS = 4  # per process, for operations that wait for each other; a computation uses one


def serve(cluster_spec: dict[str, list[str]], job: str, index: int) -> None:
    """Be task `index` of a job ("worker" or "ps") of a cluster, until killed."""
    keep_little()
    import tensorflow as tf

    tf.config.threading.set_inter_op_parallelism_threads(THREADS)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    spec = tf.train.ClusterSpec(cluster_spec)
    print(f"{job} {index} serves on {cluster_spec[job][index]}", flush=True)
    server = tf.distribute.Server(spec, job_name=job, task_index=index, protocol="grpc")
    server.join()
