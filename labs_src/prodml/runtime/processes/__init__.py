"""Clusters and servers of a notebook: processes on loopback ports, ready when entered, gone when left.

    group ── running ──┬─ the spare of a warm kernel forks it (milliseconds)
                       └─ `plain`: a new Python, on a stock kernel and outside of one

- `group`: named processes as one context manager; `table`: how they are, as text, HTML and a live widget.
- `running`: the handle of one process, the same for both kinds; `ports`: free ports, and whether one answers.
- `folders`: a temporary folder that goes with the process that made it, and with it the processes that work there.
- `parameter_server`: a TensorFlow cluster, with this kernel as its coordinator; `tf_server`: what its processes do.
"""

from prodml.runtime.processes.errors import GroupError
from prodml.runtime.processes.folders import OwnFolder
from prodml.runtime.processes.group import Group, Program
from prodml.runtime.processes.parameter_server import ParameterServerCluster, parameter_server_cluster
from prodml.runtime.processes.ports import accepts, free_ports
from prodml.runtime.processes.running import Running

__all__ = [
    "Group",
    "GroupError",
    "OwnFolder",
    "ParameterServerCluster",
    "Program",
    "Running",
    "accepts",
    "free_ports",
    "parameter_server_cluster",
]
