"""Does the command of a stock kernel call the same functions as a spare?"""

from __future__ import annotations

import subprocess
import sys

import pytest

from prodml.runtime.warm import target


@pytest.mark.parametrize(("function", "args", "status"), [("builtins:int", '["7"]', 7), ("builtins:print", "[1]", 0)])
def test_command(function: str, args: str, status: int) -> None:
    """Is the function's result the exit status?"""
    command = [sys.executable, "-m", "prodml.runtime.warm.target", function, args]
    assert subprocess.run(command, stdout=subprocess.DEVNULL, timeout=60).returncode == status


def test_without_arguments() -> None:
    """May the arguments be left out?"""
    command = [sys.executable, "-m", "prodml.runtime.warm.target", "builtins:int"]
    assert subprocess.run(command, timeout=60).returncode == 0


def test_attribute_of_a_module() -> None:
    """Is there no other way to name a function than module:function?"""
    with pytest.raises(AttributeError):
        target.call("os:path.join")
