"""Does the command print the run, or an error in words?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prodml.anywhere.kubeflow.__main__ import main


def test_the_command(
    server: Any, pipeline: Path, run_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Does it print the run's page, and an error without a traceback?"""
    (tmp_path / "a.json").write_text('{"features": ["hour"]}')
    command = ["--host", server.url, str(pipeline), "--arguments"]
    assert main([*command, str(tmp_path / "a.json")]) == 0
    assert capsys.readouterr().out == f"Run {run_id}: {server.url}/#/runs/details/{run_id}\n"
    assert server.got[-1][2]["runtime_config"]["parameters"] == {"features": ["hour"]}
    assert main([*command, str(tmp_path / "missing.json")]) == 1
    assert "missing.json cannot be read" in capsys.readouterr().err
