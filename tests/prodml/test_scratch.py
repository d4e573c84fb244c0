"""Is a scratch folder gone when nobody needs it any more?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from prodml.scratch import Scratch


def test_close_and_collect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is it removed by close, twice too, and with the object?"""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    scratch = Scratch()
    (scratch / "file").write_text("x")
    assert (scratch.folder / "file").exists()
    scratch.close()
    scratch.close()
    assert not list(tmp_path.iterdir())
    scratch = Scratch()
    del scratch
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_process(tmp_path: Path, how: signal.Signals) -> None:
    """Is it removed when its process is killed?"""
    code = "from prodml.scratch import Scratch; s = Scratch(); (s / 'f').write_text('x'); print('made', flush=True); input()"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"made\n"
        assert len(list(tmp_path.iterdir())) == 1
        process.send_signal(how)
        process.wait()
    deadline = time.monotonic() + 30
    while list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not list(tmp_path.iterdir())
