"""Does every command explain itself, start light, and end errors with a sentence and an exit code?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer.main

from autograder.errors import CourseError
from labs_cli import listing, main
from labs_cli.errors import CliError
from labs_cli.places import CHECKOUT
from prodml.errors import ProdmlError

COMMANDS = [
    "doctor",
    "start",
    "list",
    "progress",
    "check",
    "submit",
    "build",
    "docs",
    "verify",
    "release",
    "extend",
    "grade",
]
HEAVY = ["pandas", "tensorflow", "nbformat", "nbgrader", "numpy", "IPython", "matplotlib", "prodml", "autograder"]
Labs = Callable[..., Any]


def test_the_commands_are_those_that_are_promised() -> None:
    assert list(typer.main.get_command(main.app).commands) == COMMANDS  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_and_option_has_help(labs: Labs, name: str) -> None:
    command = typer.main.get_command(main.app).commands[name]  # type: ignore[attr-defined]
    assert command.help
    assert all(p.help for p in command.params if p.name != "help")
    ran = labs(name, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert command.help.split("\n")[0] in ran.out


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_documented(name: str) -> None:
    pages = [CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md", *(CHECKOUT / "docs").glob("*.md")]
    assert any(f"labs {name}" in page.read_text() for page in pages)


def test_the_short_help_of_every_command_is_shown_whole(labs: Labs) -> None:
    assert "..." not in labs("--help").out.partition("Commands:")[2]


def test_help_imports_nothing_heavy() -> None:
    code = f"import sys, labs_cli.main; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_command_runs_as_a_program() -> None:
    done = subprocess.run([sys.executable, "-m", "labs_cli.main", "-h"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: ")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (CliError("the problem", "the fix"), 1, "error: the problem\nfix: the fix\n"),
        (ProdmlError("the problem", "the fix"), 1, "error: the problem\nfix: the fix\n"),
        (CourseError("the problem", "the fix"), 1, "error: the problem\nfix: the fix\n"),
        (CliError("a \x1b[31mred\x1b[0m [bold]", ""), 1, "error: a \ufffd[31mred\ufffd[0m [bold]\n"),
        (PermissionError(13, "Permission denied", "/x/y"), 1, "error: /x/y: Permission denied\nfix: check the path"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_a_known_error_ends_with_a_sentence(
    labs: Labs, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(listing, "list_labs", fail)
    ran = labs("list")
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith(said)
    assert "Traceback" not in ran.err


def test_an_unknown_error_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(listing, "list_labs", fail)
    with pytest.raises(ZeroDivisionError, match="ours"):
        main.main(["list"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["unknown"],
        ["check"],
        ["start", "--nonsense"],
        ["grade", "2"],
        ["release", "2"],
        ["verify", "--variant", "-1"],
        ["check", "2", "--seed", "1"],
    ],
)
def test_wrong_usage_ends_with_2(labs: Labs, arguments: list[str]) -> None:
    ran = labs(*arguments)
    assert ran.code == 2
    assert "Error: " in ran.err


def test_no_command_prints_a_terminal_code_into_a_pipe(labs: Labs, add_lab: Callable[..., Path]) -> None:
    add_lab("00_one", title="A \x1b[31mred\x1b[0m title")
    ran = labs("list")
    assert ran.code == 0
    assert "\x1b" not in ran.out
