"""Incidents of a production system, drawn from a seed: sixteen causes, their evidence, and the truth."""

from prodml.adapt.incidents.aftermath import aftermath, stops
from prodml.adapt.incidents.console import console
from prodml.adapt.incidents.evidence import Evidence, Incident, Truth, digest
from prodml.adapt.incidents.families import ACTIONS, FAMILIES, GROUPS, SEVERITIES, Family
from prodml.adapt.incidents.generator import make_incident, next_day
from prodml.adapt.incidents.looking import view
from prodml.adapt.incidents.noisy import belief_after
from prodml.adapt.incidents.obvious import obvious
from prodml.adapt.incidents.scoring import marks, score, scores
from prodml.adapt.incidents.signs import SIGNS, SUGGESTS
from prodml.adapt.incidents.symptoms import change_point, symptoms

__all__ = [
    "ACTIONS",
    "FAMILIES",
    "GROUPS",
    "SEVERITIES",
    "SIGNS",
    "SUGGESTS",
    "Evidence",
    "Family",
    "Incident",
    "Truth",
    "aftermath",
    "belief_after",
    "change_point",
    "console",
    "digest",
    "make_incident",
    "marks",
    "next_day",
    "obvious",
    "score",
    "scores",
    "stops",
    "symptoms",
    "view",
]
