"""Is each fence needed: does its probe get through with that fence alone off, or is the one known that still stops it?"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from fence_tries.table import NOBODY, RIGHTS, ROWS, SETTINGS, UNASKED, Row, table

from autograder.sandbox import enter, linux
from autograder.sandbox.fences import DEFAULTS, read_fences
from autograder.sandbox.probe_limits import GREED
from autograder.sandbox.probes import PROBES
from autograder.sandbox.seccomp import numbers
from autograder.sandbox.trying import BE_ROOT

HERE = Path(__file__).parent
KERNEL = tuple(int(x) for x in platform.release().split(".")[:2])
DOCUMENT = HERE.parents[2] / "docs" / "fences.md"
TRIED = [
    pytest.param(row, way, id=f"{row.fence}: {row.probe}, by {way}")
    for row in ROWS
    for way in ("python", "bubblewrap")
    if not (row.root and os.geteuid() != 0) and not (way == "bubblewrap" and row.bubblewrap is None)
]
# What else may come where a machine has nothing there that could be reached: an older Linux, or one without 32 bits.
NOTHING_THERE = {
    "make a call newer than the filter": "Function not implemented" if KERNEL < (6, 6) else "",
    "make a call of 32 bits": "SIGSEGV" if platform.machine() == "x86_64" else "this processor has none",
}


def run(script: str, *arguments: str, given: str = "") -> str:
    """What a script of this folder says, told a file that is out of reach inside and a folder that is only read."""
    with tempfile.TemporaryDirectory() as name:
        file, folder = Path(name, "secret"), Path(name, "shown")
        file.write_text("secret")
        folder.mkdir()
        Path(name).chmod(0o755)
        folder.chmod(0o777)
        command = [sys.executable, str(HERE / "fence_tries" / f"{script}.py"), *arguments, str(file), str(folder)]
        env = {"PATH": os.defpath}
        done = subprocess.run(command, input=given, env=env, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout.strip() or NOBODY + done.stderr.strip()


@pytest.mark.parametrize(("row", "way"), TRIED)
def test_its_probe_tells_whether_it_is_there(row: Row, way: str) -> None:
    """On: stopped. Off alone: through, or what the table says stops it still; that off too: through."""
    off, other = row.by(way)
    on = run("switched_off", way, row.probe)
    assert on != "through"
    assert not on.startswith(NOBODY), on
    alone = run("switched_off", way, row.probe, given=off)
    if other.startswith(NOBODY):
        assert alone.startswith(NOBODY), alone
    elif other:
        assert alone != "through"
        assert not alone.startswith(NOBODY), alone
    else:
        assert alone in ("through", NOTHING_THERE.get(row.probe, "")), alone
    if row.both and (off, other) == (row.off, row.other):
        assert run("switched_off", way, row.probe, given=f"{off}\n{row.both}") == "through"


def test_each_probe_and_each_fence_has_a_row() -> None:
    """Probes, namespaces and limits: is none forgotten? And who else is named: has that a row, or is it no fence?"""
    assert {row.probe for row in ROWS} == {*PROBES, *GREED, BE_ROOT}
    flags = {flag for name, flag in vars(linux).items() if name.startswith("NEW") and enter.ALL & flag}
    named = {getattr(linux, row.off.split("linux.")[1].split()[0]) for row in ROWS if row.off.startswith("enter.ALL")}
    assert flags == named | {linux.NEWNS}  # that of mounts is the private root
    fences = {row.fence for row in ROWS}
    limits = DEFAULTS.read_text().partition("[limits]")[2].partition("[identity]")[0]
    for line in limits.strip().splitlines()[1:]:
        assert any(fence.startswith(line.split(" = ")[0]) for fence in fences), line
    others = {other for row in ROWS for way in ("python", "bubblewrap") if (other := row.by(way)[1])}
    assert {other for other in others if not other.startswith(NOBODY)} <= fences | {UNASKED}


def test_each_denied_call_is_denied_by_the_filter() -> None:
    """With it alone allowed: is it answered, but for those for which the kernel asks for rights?"""
    calls, answered = set(numbers(read_fences())), set(json.loads(run("allowed_one_by_one")))
    assert {*RIGHTS, *SETTINGS} <= set(read_fences().denied)
    assert calls - {*RIGHTS, *SETTINGS} <= answered


def test_the_document_says_what_was_tried() -> None:
    text = DOCUMENT.read_text()
    assert table() in text, f"docs/fences.md: put this in place of its table:\n\n{table()}"
    alone = [name for name in read_fences().denied if name not in {*RIGHTS, *SETTINGS}]
    for names in (alone, RIGHTS, SETTINGS):
        words = ", ".join(f"`{name}`" for name in names)
        assert words in " ".join(text.split()), f"docs/fences.md: name these calls:\n\n{words}"
