"""The assignment that is attacked, and a marker with the sandbox on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attack_samples.target import GOOD, LAB, LIMITS, PLAIN, Attack

from autograder.authoring.build import Built, build_lab
from autograder.authoring.notebooks import to_text
from autograder.marking.marker import Marker
from autograder.results import SubmissionResult
from autograder.sandbox.trial import sandbox_here, try_sandbox
from autograder.source.read_assignment import read_assignment

CHECKOUT = Path(__file__).parents[2]
Mark = Callable[[Attack], SubmissionResult]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The target lab."""
    folder = tmp_path_factory.mktemp("labs") / "92_target"
    folder.mkdir()
    (folder / "lab.py").write_text(LAB)
    (folder / "answers.py").write_text("")
    return build_lab(folder)


@pytest.fixture(scope="session")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of somebody else's, which no attack may read or change."""
    path = tmp_path_factory.mktemp("others") / "canary.txt"
    path.write_text(PLAIN)
    return path


@pytest.fixture(scope="session")
def marker(built: Built) -> Iterator[Marker]:
    """Judges in the sandbox: no attack ever runs without it."""
    sandbox = sandbox_here()
    assert sandbox is not None, f"no sandbox here: {try_sandbox().why}"
    source = to_text(built.nbgrader_source).encode()
    with Marker(read_assignment("92_target", source), secret=b"attacks", limits=LIMITS, sandbox=sandbox) as marker:
        yield marker


@pytest.fixture
def mark(marker: Marker, built: Built, canary: Path) -> Mark:
    """Judge a submission that holds an attack's cells, and good answers elsewhere."""

    def mark(attack: Attack) -> SubmissionResult:
        nb = copy.deepcopy(built.learner)
        for cell in nb.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in GOOD:
                cell.source = (
                    attack.cells.get(name, GOOD[name])
                    .replace("CANARY_FILE", str(canary))
                    .replace("CHECKOUT", str(CHECKOUT))
                )
        content = attack.change(nb) if attack.change else None
        return marker.mark("mallory", to_text(nb).encode() if content is None else content)

    return mark
