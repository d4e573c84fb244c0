"""Does TensorBoard show what was written, beside a kernel or without one?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from prodml.runtime.processes.tensorboard import TensorBoard

WRITE = """
import sys, tensorflow as tf
with tf.summary.create_file_writer(sys.argv[1]).as_default():
    for step in range(3):
        tf.summary.scalar("loss", 1 / (step + 1), step=step)
"""


def test_summaries(
    programs: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """Does it answer with runs, tags and values, and is it gone afterwards?"""
    folder = tmp_path_factory.mktemp("summaries")
    subprocess.run([sys.executable, "-c", WRITE, str(folder / "run")], check=True, capture_output=True)
    with TensorBoard(folder) as board:
        assert board.tags() == {"run": ["loss"]}
        assert board.scalars("run", "loss") == pytest.approx([1, 1 / 2, 1 / 3])
        assert board.open() is board
        assert board.url in capsys.readouterr().out
        pid = board._group["tensorboard"].pid
    board.close()
    assert not Path(f"/proc/{pid}").exists()
    assert not list((programs / "temporary").iterdir())


def test_nothing_written(programs: Path) -> None:
    """Is an empty folder no error?"""
    with TensorBoard(programs / "nothing") as board:
        assert board.tags(patience=0.2) == {}
