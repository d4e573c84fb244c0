"""Does a skipped test say why, and does it fail CI?"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PASSES = "def test_passes(): pass\n"
SKIPS = PASSES + "import pytest\n@pytest.mark.skip(reason='no moon')\ndef test_moon(): pass\n"
FILE_SKIPS = "import pytest\npytest.skip('no stars', allow_module_level=True)\n"
EXPECTED_FAILURE = PASSES + "import pytest\n@pytest.mark.xfail\ndef test_wrong(): assert 1 == 2\n"
BROWSER = PASSES + "import pytest\n@pytest.mark.browser\ndef test_page(chromium): pass\n"


@pytest.fixture(params=["one process", "two workers"])
def run_tests(request: pytest.FixtureRequest, tmp_path: Path):
    """`run_tests(*sources, ci=…)`: run files of tests under this project's conftest; gives exit code and output."""
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    workers = ["-n", "2"] if request.param == "two workers" else []

    def run(*sources: str, ci: bool, path: str = os.environ["PATH"]) -> tuple[int, str]:
        for number, source in enumerate(sources):
            (tmp_path / "tests" / f"test_{number}.py").write_text(source)
        env = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
        env |= {"CI": "true" if ci else "", "PATH": path}
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *workers]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.parametrize(("source", "why"), [(SKIPS, "no moon"), (FILE_SKIPS, "no stars")], ids=["test", "file"])
def test_a_skip_fails_in_ci_only(run_tests, source: str, why: str) -> None:
    """Does a skip pass for a person and fail in CI, with its reason both times?"""
    code, said = run_tests(PASSES, source, ci=False)
    assert (code, why in said) == (0, True), said
    code, said = run_tests(PASSES, source, ci=True)
    assert code == 1, said
    assert re.search(f"UNEXPECTED SKIP .*{why}", said)


def test_tests_that_run_pass_in_ci(run_tests) -> None:
    """Does CI accept passes and expected failures?"""
    code, said = run_tests(PASSES, EXPECTED_FAILURE, ci=True)
    assert code == 0, said


def test_no_browser_is_said_in_one_line(run_tests, tmp_path: Path) -> None:
    """Is it said exactly so, with success for a person and failure in CI?"""
    line = re.compile(r"^NOT RUN browser: .+; make system$", re.MULTILINE)
    code, said = run_tests(BROWSER, ci=False, path=str(tmp_path))
    assert (code, len(line.findall(said))) == (0, 1), said
    code, said = run_tests(BROWSER, ci=True, path=str(tmp_path))
    assert (code, len(line.findall(said))) == (1, 1), said
