"""Send a compiled pipeline to a Kubeflow Pipelines server, as a run.

    python -m prodml.anywhere.kubeflow --host http://localhost:3000 pipeline.yaml --arguments arguments.json

kfp's own client does the work. What it does not do: fail at once, and in words, where there is no server or no
permission. Tested against a server of the tests' own (tests/prodml/anywhere/kubeflow); *not* tested on a cluster.
"""

from prodml.anywhere.kubeflow.errors import KubeflowError, NotAccepted, NotAllowed, NotReached
from prodml.anywhere.kubeflow.sending import Submitted, submit

__all__ = ["KubeflowError", "NotAccepted", "NotAllowed", "NotReached", "Submitted", "submit"]
