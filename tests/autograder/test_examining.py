"""Is what a learner's code wrote opened away from judge, learner and supervisor, and does only its content count?"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from autograder.authoring.build import Built, build_lab
from autograder.authoring.notebooks import to_text
from autograder.judge.errands import Errands
from autograder.judge.limits import Limits
from autograder.marking.marker import Marker
from autograder.results import Status, SubmissionResult
from autograder.sandbox.fences import Sandbox, read_fences
from autograder.source.read_assignment import read_assignment

LAB = '''\
# ---
# jupyter:
#   lab:
#     title: Files
#     question: What is in it?
#     minutes: {core: 5, all: 5}
#     seconds: 1
#     objectives: [one, two, three]
#     prerequisites: []
#     covers:
#       topic.small: [export]
# ---

# %% [markdown]
# # 91 · Files

# %% kind="setup"
# Imports.
import numpy as np

from prodml import begin, check, hidden_rng
from prodml.lab.examining import written
from prodml.anywhere.kubeflow.flight_steps import to_lite
from prodml.models.litert import examine_inputs

begin("91_files")

# %% kind="exercise" name="export" exports=["export"]
def export(weights, folder):
    """Writes a model that adds up what it sees, weighted, as model.tflite into folder."""
    ### BEGIN SOLUTION
    to_lite(weights, f"{folder}/model.tflite")
    ### END SOLUTION

# %% kind="check" name="export" points=3
with check("export"):
    weights = np.ones(3, np.float32)
    files = written(lambda folder: export(weights, folder))
    assert "model.tflite" in files, f"model.tflite is missing; your code wrote {sorted(files)}."
    run = examine_inputs(files["model.tflite"], {"": np.ones((2, 3), np.float32)})
    assert np.allclose(run.outputs, 3), f"1 + 1 + 1 is 3, your model says {run.outputs.ravel()[0]}."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    other = h.normal(size=3).astype(np.float32)
    x = h.normal(size=(2, 3)).astype(np.float32)
    files = written(lambda folder: export(other, folder))
    run = examine_inputs(files["model.tflite"], {"": x})
    assert np.allclose(run.outputs.ravel(), x @ other, atol=1e-4), "With other weights your model is wrong."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="export"
# 1. Which function of the setup writes a model?
# 2. It wants a path.
'''
GOOD = "def export(weights, folder):\n    to_lite(weights, f'{folder}/model.tflite')"
PATIENT = Limits(call_seconds=120, check_seconds=200)
Mark = Callable[[str], SubmissionResult]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("labs") / "91_files"
    folder.mkdir()
    (folder / "lab.py").write_text(LAB)
    (folder / "answers.py").write_text("")
    return build_lab(folder)


@pytest.fixture(scope="module", params=[None, Sandbox(read_fences())], ids=["no sandbox", "sandbox"])
def marker(built: Built, request: pytest.FixtureRequest) -> Iterator[Marker]:
    source = to_text(built.nbgrader_source).encode()
    with Marker(read_assignment("91_files", source), secret=b"test", limits=PATIENT, sandbox=request.param) as marker:
        yield marker


@pytest.fixture
def mark(marker: Marker, built: Built) -> Mark:
    """Mark a submission whose exercise cell has this source."""

    def mark(source: str) -> SubmissionResult:
        nb = copy.deepcopy(built.learner)
        for cell in nb.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == "export":
                cell.source = source
        return marker.mark("ada", to_text(nb).encode())

    return mark


def message(result: SubmissionResult) -> str:
    return result.exercises[0].message


def test_files_that_are_right_get_all_points(mark: Mark) -> None:
    result = mark(GOOD)
    assert (result.status, result.score) == (Status.GRADED, 3), message(result)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pass", r"model.tflite is missing; your code wrote \[\]"),
        ("open(f'{folder}/model.tflite', 'wb').write(b'TFL3')", "LiteRT cannot run these bytes"),
        ("to_lite(2 * weights, f'{folder}/model.tflite')", "your model says 6"),
        ("to_lite(np.ones(3, np.float32), f'{folder}/model.tflite')", "With other weights"),
        ("os.symlink('/etc/passwd', f'{folder}/model.tflite')", "no regular file"),
        ("os.mkfifo(f'{folder}/model.tflite')", "no regular file"),
        ("os.rmdir(folder); os.symlink('/etc', folder)", "replaced the folder"),
        ("os.truncate(os.open(f'{folder}/x', os.O_CREAT | os.O_RDWR), 1 << 27)", "more than 16,777,216 bytes"),
        ("[open(f'{folder}/{i}', 'w').close() for i in range(300)]", "more than 200 files"),
        ("os._exit(0)", "ended its own process"),
    ],
)
def test_what_is_wrong_with_the_files_is_said(mark: Mark, line: str, words: str) -> None:
    """And no odd file costs more than this exercise?"""
    import re

    result = mark(f"import os\ndef export(weights, folder):\n    {line}")
    assert result.score == 0
    assert re.search(words, message(result)), message(result)


def test_a_process_that_changes_files_while_they_are_read_stands_still(mark: Mark) -> None:
    """A thread that swaps the model for a link all the time: are only regular files read, or is it refused?"""
    source = """
import os, threading
def export(weights, folder):
    to_lite(weights, f"{folder}/good")
    os.link(f"{folder}/good", f"{folder}/model.tflite")
    os.unlink(f"{folder}/good")
    def swap():
        while True:
            try:
                os.symlink("/etc/passwd", f"{folder}/new")
                os.rename(f"{folder}/new", f"{folder}/model.tflite")
            except OSError:
                pass
    threading.Thread(target=swap, daemon=True).start()
"""
    result = mark(source)
    assert result.score == 0
    assert "root:" not in message(result)


def test_an_examiner_that_cannot_start_refuses(marker: Marker) -> None:
    """Does its end come as a refusal, and not as the end of the run?"""
    learner = marker.warm.fork("learner", {})
    try:
        errands = Errands(marker.warm, learner, {}, PATIENT)
        asked = {"op": "examine", "address": "no_such_module:name", "given": []}
        assert errands.answer(asked) == {"refused": []}
        hasty = Errands(marker.warm, learner, {}, Limits(examine_seconds=0.0))
        assert "could not be examined within 0 s" in hasty.answer(asked)["refused"][0]
    finally:
        learner.end()


def test_the_figures_come_as_arrays(marker: Marker, tmp_path: Path) -> None:
    """Does a dataclass with arrays arrive as it is?"""
    from autograder.judge.desk import Desk
    from prodml.anywhere.kubeflow.flight_steps import to_lite
    from prodml.models.litert import Examined, examine_inputs

    to_lite(np.ones(2, np.float32), tmp_path / "m")
    learner = marker.warm.fork("learner", {})
    errands = Errands(marker.warm, learner, {}, PATIENT)

    class Straight:
        def send(self, message: dict[str, object]) -> None:
            self.reply = errands.answer(message)

        def receive(self) -> dict[str, object]:
            return self.reply

    try:
        made = (tmp_path / "m").read_bytes()
        run = Desk(Straight(), lambda name: None).examine(examine_inputs, (made, {"": np.ones((1, 2), np.float32)}), {})  # type: ignore[arg-type]
        assert type(run) is Examined
        assert run.outputs.tolist() == [[2.0]]
    finally:
        learner.end()
