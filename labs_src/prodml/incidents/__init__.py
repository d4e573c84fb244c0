"""Incidents of a production system, drawn from a seed: sixteen causes, their evidence, and the truth."""

from prodml.incidents.evidence import Evidence, Incident, Truth, digest
from prodml.incidents.families import ACTIONS, FAMILIES, Family
from prodml.incidents.generator import make_incident

__all__ = ["ACTIONS", "FAMILIES", "Evidence", "Family", "Incident", "Truth", "digest", "make_incident"]
