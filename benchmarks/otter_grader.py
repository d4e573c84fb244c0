"""otter-grader on the same NumPy submissions, in an environment of its own.

`otter grade` needs Docker, where it runs `otter run` in a container per submission; here is `otter run` alone: a
command per submission, in no container. So it is faster than what a teacher would run, and nothing fences it in.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

VERSION = "7.0.0"
CACHE = Path.home() / ".cache" / "prodml-otter" / VERSION
TEST = """\
OK_FORMAT = True
test = {"name": "squares", "points": [1, 1], "suites": [{"type": "doctest", "scored": True, "cases": [
    {"code": ">>> list(map(int, squares(3)))\\n[1, 4, 9]", "hidden": False},
    {"code": ">>> int(np.sum(squares(10)))\\n385", "hidden": True},
]}]}
"""


def python() -> Path:
    """The Python of otter-grader's environment; made once, in the user's cache."""
    found = CACHE / "bin" / "python"
    if not (CACHE / "made").exists():
        _run([sys.executable, "-m", "venv", "--clear", CACHE])
        _run([found, "-m", "pip", "install", "--quiet", f"otter-grader=={VERSION}", "ipykernel", "numpy"])
        (CACHE / "made").touch()
    return found


def grade(submissions: Sequence[Path], folder: Path) -> tuple[float, list[float]]:
    """Seconds of `otter run` for all submissions, one after the other, and the score of each."""
    config = folder / "autograder.zip"
    with zipfile.ZipFile(config, "w") as archive:
        archive.writestr("otter_config.json", json.dumps({"pdf": False, "lang": "python"}))
        archive.writestr("tests/squares.py", TEST)
        archive.writestr("requirements.txt", "")
    command, scores = [python(), "-m", "otter", "run", "-a", config, "-o", folder, "--no-logo"], []
    began = time.perf_counter()
    for submission in submissions:
        _run([*command, submission])
        results = json.loads((folder / "results.json").read_text())
        scores.append(sum(float(test.get("score", 0)) for test in results["tests"]))
    return time.perf_counter() - began, scores


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(list(command), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-1000:]}{done.stderr[-2000:]}")
