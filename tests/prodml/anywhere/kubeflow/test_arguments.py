"""Are a file that is no pipeline, and arguments that do not fit, found before anything is sent?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prodml.anywhere.kubeflow import NotAccepted, submit


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({}, "also needs features"), ({"features": [], "lats": 1}, "does not know lats")],
)
def test_arguments_that_do_not_fit(server: Any, pipeline: Path, arguments: dict[str, Any], message: str) -> None:
    """Are they found before anything is sent?"""
    with pytest.raises(NotAccepted, match=message):
        submit(server.url, pipeline, arguments)
    assert server.got == []


@pytest.mark.parametrize("text", ["just: yaml", "- a list", "{", ""])
def test_no_pipeline(tmp_path: Path, text: str) -> None:
    """Is a file that is no compiled pipeline refused?"""
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(NotAccepted, match=r"p\.yaml"):
        submit("http://127.0.0.1:1", path)
