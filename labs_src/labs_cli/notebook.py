"""Read a notebook's file without trusting it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labs_cli.errors import BadNotebook, NotFound

SAVE = "save it in JupyterLab (Ctrl+S) and try again; a fresh copy comes with `labs start LAB --fresh`"


@dataclass(frozen=True)
class NotebookFile:
    """A notebook as it was read at one moment. `content` is its JSON, of notebook format 4."""

    path: Path
    data: bytes
    content: dict[str, Any]


def read_notebook(path: Path) -> NotebookFile:
    """Read a notebook of format 4.

    Raises:
        NotFound: there is no such file.
        BadNotebook: it is not UTF-8, not JSON, or no notebook of format 4.
    """
    if not path.is_file():
        raise NotFound(f"{path} does not exist", "check the path; `labs start LAB` copies a lab")
    data = path.read_bytes()
    if not data.strip():
        raise BadNotebook(f"{path} is empty", SAVE)
    try:
        content = json.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadNotebook(f"{path} is not UTF-8 text (byte {error.start})", SAVE) from None
    except json.JSONDecodeError as error:
        problem = f"{path} is not complete JSON (line {error.lineno}: {error.msg}): was it saved to its end?"
        raise BadNotebook(problem, SAVE) from None
    except RecursionError:
        raise BadNotebook(f"{path} is nested too deeply for a notebook", SAVE) from None
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list) or content.get("nbformat") != 4:
        raise BadNotebook(f"{path} is not a Jupyter notebook of format 4", SAVE)
    return NotebookFile(path, data, content)


def lab_metadata(content: dict[str, Any]) -> dict[str, Any]:
    """`metadata.lab`, empty where there is none."""
    metadata = content.get("metadata")
    lab = metadata.get("lab") if isinstance(metadata, dict) else None
    return lab if isinstance(lab, dict) else {}
