"""Do the short commands do what they say, also on a machine that lacks something?"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = {"lab", "test", "test-all", "check", "lock", "bench", "system", "verify"}
UV = {"uv": "exit 0"}
TOOLS = ("bash", "sh", "make", "sed", "expand", "touch", "rm")  # what a bare machine has


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What make reads of a checkout, and no environment yet."""
    for name in (
        "Makefile",
        "apt.txt",
        "requirements.txt",
        "requirements-test.txt",
        "pyproject.toml",
        "hatch_build.py",
    ):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "labs_src" / "labs" / "00_start_here").mkdir(parents=True)
    (tmp_path / "labs_src" / "labs" / "00_start_here" / "lab.py").touch()
    return tmp_path


@pytest.fixture
def make(checkout: Path):
    """`make(*arguments, tools={name: script}, **env)` on a machine that has TOOLS and these; gives code and output."""

    def run(*arguments: str, tools: dict[str, str] | None = None, **env: str) -> tuple[int, str]:
        machine = checkout / "machine"
        machine.mkdir(exist_ok=True)
        for name in TOOLS:
            if not (machine / name).exists():
                (machine / name).symlink_to(shutil.which(name))
        for name, script in (tools or {}).items():
            (machine / name).write_text(f"#!/bin/sh\n{script}\n")
            (machine / name).chmod(0o755)
        command = [machine / "make", "--no-print-directory", *arguments]
        env = {"PATH": str(machine), "HOME": str(checkout), **env}
        done = subprocess.run(command, cwd=checkout, env=env, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


def set_up(checkout: Path) -> None:
    """Pretend that everything is there."""
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / "notebooks" / "00_start_here").mkdir(parents=True)
    for name in ("bin/python", ".labs", ".tests"):
        (checkout / ".venv" / name).touch()
    (checkout / "notebooks" / "00_start_here" / "00_start_here.ipynb").touch()


def test_help_names_every_target(make) -> None:
    """Can a person find the commands?"""
    code, said = make()
    assert code == 0
    assert {line.split()[1] for line in said.splitlines()} >= TARGETS


def test_second_run_starts_at_once(make, checkout: Path) -> None:
    """Does `make lab` only start JupyterLab once all is there, on the lab that was asked for?"""
    set_up(checkout)
    assert make("-n", "lab", tools=UV) == (0, "labs start 00 --open\n")
    assert make("-n", "lab", "LAB=02", tools=UV) == (0, "labs start 02 --open\n")


def test_a_new_lock_is_installed(make, checkout: Path) -> None:
    """Does `make lab` bring the environment up to date after a pull?"""
    set_up(checkout)
    later = (checkout / ".venv" / ".labs").stat().st_mtime + 10
    os.utime(checkout / "requirements.txt", (later, later))
    assert "--requirement requirements.txt" in make("-n", "lab", tools=UV)[1]


def test_a_missing_notebook_is_built(make, checkout: Path) -> None:
    """Is one built that is not there, and is none built twice?"""
    set_up(checkout)
    shutil.rmtree(checkout / "notebooks")
    assert make("-n", "lab", tools=UV) == (0, "mkdir -p notebooks\nlabs build\nlabs start 00 --open\n")


def test_bytecode_is_written(make) -> None:
    """Are variables that slow down or divert the project's Python kept out?"""
    shown = "show: ; @echo [$$PYTHONDONTWRITEBYTECODE$$PYTHONPATH$$VIRTUAL_ENV]"
    others = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "elsewhere", "VIRTUAL_ENV": "another"}
    assert make("--eval", shown, "show", **others) == (0, "[]\n")


def test_without_python_it_says_what_to_install(make) -> None:
    """Is the message about Python 3.11, and is none downloaded unasked?"""
    code, said = make("lab", tools={"uv": '[ "$1" = --version ] || { echo "$@"; exit 2; }'})
    assert code != 0
    assert "--no-python-downloads" in said
    assert "needs Python 3.11, and none was found. On Debian 12: apt-get install python3.11" in said


def test_without_uv_venv_and_pip_it_says_what_to_install(make, checkout: Path) -> None:
    """Does a Python without venv and pip, as Debian's is, end in a command that helps?"""
    code, said = make("lab", tools={"python3.11": '[ "$1" = -c ] || { echo "No module named $2"; exit 1; }'})
    assert code != 0
    assert "No module named pip" in said
    assert "apt-get install python3-venv" in said
    assert not (checkout / ".uv").exists()


@pytest.mark.parametrize("lacks", ["nothing", "venv"])
def test_uv_is_fetched_where_there_is_none(make, checkout: Path, lacks: str) -> None:
    """Does it come from PyPI, also by a Python without venv?"""
    python = shutil.which("python3.11")
    refuse = '[ "$2" != venv ] || exit 1; ' if lacks == "venv" else ""
    settings = {k: v for k, v in os.environ.items() if k.startswith("PIP_") or k.lower().endswith("_proxy")}
    code, said = make(".uv/bin/uv", tools={"python3.11": f'{refuse}exec {python} "$@"'}, **settings)
    assert code == 0, said
    assert subprocess.run([checkout / ".uv" / "bin" / "uv", "--version"], check=True)


MISSING = {"dpkg": "exit 1", "apt-get": 'echo "apt-get $*"'}


def test_system_installs_as_root(make) -> None:
    """Are the packages of apt.txt installed?"""
    code, said = make("system", tools={**MISSING, "id": "echo 0"})
    assert code == 0
    assert said.splitlines()[0] == "apt-get update"
    assert said.splitlines()[1].endswith("--no-install-recommends chromium bubblewrap")


def test_system_tells_others_what_to_run(make) -> None:
    """Does one who is not root get the line?"""
    code, said = make("system", tools={**MISSING, "id": "echo 1000"})
    assert (code, said.splitlines()) == (
        0,
        ["Run as root: apt-get update && apt-get install --yes --no-install-recommends chromium bubblewrap"],
    )


def test_system_does_nothing_where_all_is_there(make) -> None:
    """Does it work without a network then?"""
    assert make("system", tools={"dpkg": "exit 0"}) == (0, "")


def test_ci_runs_three_commands() -> None:
    """Does CI run what people run?"""
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-3:] == ["make system", "make check", "make test"]
