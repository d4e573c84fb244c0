"""Send a compiled pipeline to a Kubeflow Pipelines server, as a run.

    python -m prodml.kubeflow --host http://localhost:3000 pipeline.yaml --arguments arguments.json

kfp's own client does the work. What it does not do: fail at once, and in words, where there is no server or no
permission. Tested against a server of the tests' own (tests/prodml/kubeflow); *not* tested on a cluster.
"""

from prodml.kubeflow.errors import KubeflowError, NotAccepted, NotAllowed, NotReached
from prodml.kubeflow.sending import Submitted, submit

__all__ = ["KubeflowError", "NotAccepted", "NotAllowed", "NotReached", "Submitted", "submit"]
