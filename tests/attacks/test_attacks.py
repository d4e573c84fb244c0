"""Does every hostile, broken or odd submission get exactly what it deserves, harm nobody, and learn nothing?"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from attack_samples import endings, files, honest, notebooks, patches, reading, shown, values, wire
from attack_samples.left import left_running
from attack_samples.target import GOOD, POINTS, SECRET, Attack
from attack_samples.verdict import assert_deserved
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.marking.marker import Marker
from autograder.results import SubmissionResult

GROUPS = {"values": values, "patches": patches, "endings": endings, "reading": reading, "wire": wire, "files": files,
          "notebooks": notebooks, "shown": shown, "honest": honest}  # fmt: skip
ALL = [(group, attack) for group, module in GROUPS.items() for attack in module.ATTACKS]


@pytest.mark.parametrize("attack", [pytest.param(a, id=f"{group}: {a.name}") for group, a in ALL])
def test_it_gets_what_it_deserves(mark: Callable[[Attack], SubmissionResult], canary: Path, attack: Attack) -> None:
    assert_deserved(mark(attack), attack, canary)


@pytest.mark.parametrize(
    "name", ["objects that gc knows", "frames", "its own memory", "every file", "open descriptors", "history"]
)
def test_a_search_finds_what_is_there(mark: Callable[[Attack], SubmissionResult], name: str) -> None:
    """Planted in the learner's own process: would the attack that finds nothing have found it?"""

    def plant(nb: NotebookNode) -> None:
        lines = [f"planted = {SECRET!r}", "kept = open('/box/left', 'w')", "kept.write(planted)", "kept.flush()"]
        nb.cells.insert(0, new_code_cell("\n".join([*lines, "In = [planted]"])))

    attack = next(a for a in reading.ATTACKS if a.name == name)
    said = mark(dataclasses.replace(attack, change=plant)).exercises[0].message
    assert "raised RuntimeError: found" in said
    assert "found nothing" not in said


def test_the_run_goes_on_afterwards(mark: Callable[[Attack], SubmissionResult]) -> None:
    """After all that, in the same processes: is a good submission still good?"""
    assert mark(Attack("good", "P7")).score == sum(POINTS.values())


def test_nothing_that_was_started_is_left(marker: Marker) -> None:
    """No process of any attack outlives it: only the two parents and the base are there."""
    kept = left_running()
    roles = Counter(command[4] for command in kept if "autograder.judge.warm" in command)
    assert roles == {"learner": 1, "base": 1 + 2 * marker._asking.base.runs}  # a base, and what keeps its sandbox
    assert not [name for name, *_ in kept if name in ("sleep", "sh")]


def test_there_are_enough() -> None:
    """At least 80 hostile or broken ones, no name twice, and each promise of the threat model is attacked."""
    hostile = [a for group, a in ALL if group != "honest"]
    assert len(hostile) >= 80
    assert len({(g, a.name) for g, a in ALL}) == len(ALL)
    model = (Path(__file__).parents[2] / "docs" / "threat-model.md").read_text()
    assert set(re.findall(r"^\| (P\d) \|", model, re.MULTILINE)) == {a.promise for _, a in ALL}
    assert set(GOOD) == set(POINTS)
