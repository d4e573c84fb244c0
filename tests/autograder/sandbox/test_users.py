"""Do the fences hold for a user without rights as for root, and where only bubblewrap may put them up?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fence_tries import as_user

ROOT = Path(__file__).parents[3]
PLAIN = 61235  # nobody else's
Run = Callable[..., str]
TRY = """
from autograder.sandbox.trial import try_way, try_sandbox
own, used = try_way(bubblewrap=False), try_sandbox()
print("own:", own.why or "usable")
print("used:", used.why or ("bubblewrap" if used.bubblewrap else "python"))
from labs_cli.doctor_sandbox import sandbox
print("doctor:", sandbox().state, sandbox().detail, sandbox().fix)
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that the user owns."""
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(folder, PLAIN, PLAIN)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def run(home: Path) -> Run:
    """Run Python as a plain user, or as `same` as runs the tests; what it says. A plain user runs it as themselves."""

    def run(*arguments: str, same: bool = False, namespaces: str = "allowed") -> str:
        user = "same" if same or os.geteuid() != 0 else str(PLAIN)
        command = [sys.executable, as_user.__file__, user, namespaces, sys.executable, *arguments]
        env = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8"}
        env |= {name: os.environ[name] for name in ("CI",) if name in os.environ}
        done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    return run


def test_it_is_another_user(run: Run) -> None:
    """Are the tests below what they say?"""
    code = "import os; print(os.getuid(), os.geteuid(), os.getgroups(), os.access('/etc/shadow', os.R_OK))"
    user = os.getuid() or PLAIN
    told = run("-c", code).split()
    assert told[:2] == [str(user)] * 2
    assert told[-1] == "False"


@pytest.mark.parametrize(
    "tests",
    [
        ["tests/autograder/sandbox/test_sandbox.py"],
        ["tests/attacks/test_attacks.py", "-k", "files or deserves and wire"],
        ["tests/attacks/test_bubblewrap.py"],
    ],
    ids=["sandbox", "attacks", "bubblewrap"],
)
def test_the_same_tests_pass_without_rights(run: Run, tests: list[str]) -> None:
    said = run("-m", "pytest", "-p", "no:cacheprovider", *tests)
    assert " passed" in said or "[100%]" in said
    assert "skipped" not in said


@pytest.mark.parametrize("same", [False, True], ids=["a plain user", "who runs the tests"])
def test_python_puts_up_the_fences_where_it_may(run: Run, same: bool) -> None:
    own, used, doctor = run("-c", TRY, same=same).splitlines()
    assert (own, used) == ("own: usable", "used: python")
    assert doctor.startswith("doctor: PASS all")


@pytest.mark.parametrize("same", [False, True], ids=["a plain user", "who runs the tests"])
def test_bubblewrap_does_where_python_may_not(run: Run, same: bool) -> None:
    own, used, doctor = run("-c", TRY, same=same, namespaces="forbidden").splitlines()
    assert (own, used) == ("own: [Errno 1] new namespaces: Operation not permitted", "used: bubblewrap")
    assert doctor.startswith("doctor: PASS all")
    assert "bubblewrap" in doctor
    assert "slower" in doctor
