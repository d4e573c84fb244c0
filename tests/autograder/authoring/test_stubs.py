"""Is a stub refused that would stop Run All, or leave its export undefined?"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring.build import build_lab
from autograder.errors import AuthorErrors

STUBS = {
    "raises in the class body": ("    def total(self):\n        ### BEGIN", "    ### BEGIN SOLUTION\n    total = lambda self: self.calls\n    ### END SOLUTION\n    def rest(self):\n        ### BEGIN", "raises while its cell runs"),
    "def inside the region": ("def double(x):\n", "### BEGIN SOLUTION\ndef double(x):\n    pass\n### END SOLUTION\ndef other(x):\n", "does not define 'double'"),
    "no Python": ("        self.calls = self.calls + 1\n        ### END SOLUTION", "        if self.calls:\n            pass\n        ### END SOLUTION\n        else:\n            pass", "is no Python"),
}  # fmt: skip


@pytest.mark.parametrize("name", STUBS)
def test_a_bad_stub_is_an_error_with_file_and_line(lab_dir: Path, lab_text: str, name: str) -> None:
    old, new, says = STUBS[name]
    assert old in lab_text
    (lab_dir / "lab.py").write_text(lab_text.replace(old, new, 1))
    with pytest.raises(AuthorErrors, match=says) as caught:
        build_lab(lab_dir)
    assert all(f"{lab_dir / 'lab.py'}:" in str(error) for error in caught.value.errors)
