"""Where bubblewrap puts up the fences: do attacks on each promise get there what they get elsewhere?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attack_samples import endings, files, honest, reading, values, wire
from attack_samples.left import left_running
from attack_samples.target import LIMITS, POINTS, Attack
from attack_samples.verdict import assert_deserved

from autograder.authoring.build import Built
from autograder.authoring.notebooks import to_text
from autograder.marking.marker import Marker
from autograder.results import SubmissionResult
from autograder.sandbox.fences import Sandbox, read_fences
from autograder.sandbox.trial import try_way
from autograder.source.read_assignment import read_assignment

NAMES = (
    "equal to everything",
    "kills its parent",
    "exits with success when called",
    "memory hog",
    "fills the disk",
    "a daemon that lives on",
    "every file",
    "the network",
    "open descriptors",
    "a link to another student's file",
    "a pipe",
    "a file that a thread swaps for a link",
)
CHOSEN = [a for module in (values, endings, reading, files) for a in module.ATTACKS if a.name in NAMES]
CHOSEN += [*wire.ATTACKS[:2], *honest.ATTACKS[:4]]


@pytest.fixture(scope="module")
def marker(built: Built) -> Iterator[Marker]:
    """Judges whose processes bubblewrap starts."""
    trial = try_way(bubblewrap=True)
    assert trial.usable, trial.why
    source = to_text(built.nbgrader_source).encode()
    sandbox = Sandbox(read_fences(), bubblewrap=True)
    with Marker(read_assignment("92_target", source), secret=b"attacks", limits=LIMITS, sandbox=sandbox) as marker:
        yield marker


@pytest.mark.parametrize("attack", [pytest.param(a, id=a.name) for a in CHOSEN])
def test_it_gets_what_it_deserves(mark: Callable[[Attack], SubmissionResult], canary: Path, attack: Attack) -> None:
    assert_deserved(mark(attack), attack, canary)


def test_all_that_were_chosen_are_there() -> None:
    assert len(CHOSEN) == len(NAMES) + 6


def test_the_run_goes_on_and_nothing_is_left(mark: Callable[[Attack], SubmissionResult], marker: Marker) -> None:
    """After all that: is a good submission good, and is only what the base needs still there?"""
    assert mark(Attack("good", "P7")).score == sum(POINTS.values())
    inside = [command for command in left_running() if "autograder.judge.cold" in command]
    assert len(inside) == 2 * marker._asking.base.runs  # bubblewrap itself, and what it started
    assert all("base" in command for command in inside)
