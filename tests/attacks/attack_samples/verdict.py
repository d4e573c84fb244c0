"""What is asserted of the verdict on an attack."""

from __future__ import annotations

import re
from pathlib import Path

from attack_samples.target import PLAIN, POINTS, SECRET, Attack
from autograder.results import SubmissionResult


def assert_deserved(result: SubmissionResult, attack: Attack, canary: Path) -> None:
    """No point more, no neighbour's point less, the right sentence, and nothing that was secret."""
    scores = {e.name: e.score for e in result.exercises}
    said = {e.name: e.message for e in result.exercises} | {"all": result.message}
    assert scores == {name: 0 if name in attack.loses else POINTS[name] for name in POINTS}, said
    assert attack.status in (None, str(result.status))
    for where, words in attack.says.items():
        assert re.search(words, said[where]), said[where]
    everything = " ".join(said.values())
    assert SECRET not in everything
    assert PLAIN not in everything
    assert canary.read_text() == PLAIN
    assert not (Path(__file__).parents[3] / "ATTACKED").exists()
