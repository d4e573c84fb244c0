"""What labs and learners use. Cheap to import: TensorFlow, pandas and matplotlib come when they are needed."""

from prodml.contract import hidden_rng, raised, rng, stream, take, value, variant
from prodml.examining import written
from prodml.notebook import plots
from prodml.notebook.checks import check
from prodml.notebook.explorers import explorer
from prodml.notebook.overview import progress
from prodml.notebook.predictions import predict, reveal
from prodml.notebook.session import begin

__all__ = [
    "begin",
    "check",
    "explorer",
    "hidden_rng",
    "plots",
    "predict",
    "progress",
    "raised",
    "reveal",
    "rng",
    "stream",
    "take",
    "value",
    "variant",
    "written",
]
