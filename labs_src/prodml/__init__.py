"""What labs and learners use. Cheap to import: TensorFlow, pandas and matplotlib come when they are needed."""

from prodml.lab import plots
from prodml.lab.checks import check
from prodml.lab.contract import hidden_rng, raised, rng, stream, take, value, variant
from prodml.lab.diagrams import diagram
from prodml.lab.examining import written
from prodml.lab.explorers import explorer
from prodml.lab.overview import progress
from prodml.lab.predictions import predict, reveal
from prodml.lab.session import begin
from prodml.lab.waiting import slow

__all__ = [
    "begin",
    "check",
    "diagram",
    "explorer",
    "hidden_rng",
    "plots",
    "predict",
    "progress",
    "raised",
    "reveal",
    "rng",
    "slow",
    "stream",
    "take",
    "value",
    "variant",
    "written",
]
