"""What labs and learners use. Cheap to import: TensorFlow, pandas and matplotlib come when they are needed."""

from prodml import plots
from prodml.checks import check
from prodml.contract import hidden_rng, raised, rng, stream, take, value, variant
from prodml.examining import written
from prodml.explorers import explorer
from prodml.overview import progress
from prodml.predictions import predict, reveal
from prodml.session import begin

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
