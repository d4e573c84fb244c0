"""Incidents of a production system, drawn from a seed: sixteen causes, their evidence, and the truth."""

from prodml.incidents.console import console, view
from prodml.incidents.evidence import Evidence, Incident, Truth, digest
from prodml.incidents.families import ACTIONS, FAMILIES, GROUPS, SEVERITIES, Family
from prodml.incidents.generator import make_incident
from prodml.incidents.noisy import belief_after
from prodml.incidents.obvious import obvious
from prodml.incidents.scoring import marks, score, scores
from prodml.incidents.symptoms import change_point, symptoms

__all__ = [
    "ACTIONS",
    "FAMILIES",
    "GROUPS",
    "SEVERITIES",
    "Evidence",
    "Family",
    "Incident",
    "Truth",
    "belief_after",
    "change_point",
    "console",
    "digest",
    "make_incident",
    "marks",
    "obvious",
    "score",
    "scores",
    "symptoms",
    "view",
]
