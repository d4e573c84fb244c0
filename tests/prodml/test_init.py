"""Is importing prodml cheap, and is everything that labs import there?"""

from __future__ import annotations

import subprocess
import sys

import prodml

HEAVY = ("tensorflow", "pandas", "matplotlib", "ipywidgets", "IPython", "numpy")


def test_nothing_heavy_is_imported() -> None:
    script = f"import sys, prodml, prodml.lab.records; print([m for m in {HEAVY} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_it_only_reexports() -> None:
    assert sorted(prodml.__all__) == prodml.__all__
    for name in prodml.__all__:
        thing = getattr(prodml, name)
        assert name == "plots" or thing.__name__ == name
