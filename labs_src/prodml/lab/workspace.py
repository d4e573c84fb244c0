"""Where a learner's work is kept, and what the course says about it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from prodml.errors import SettingError

PRIVATE = ".prodml"  # the folder in a workspace that holds what prodml keeps; it also marks the workspace
COURSE = "course.json"


def find_workspace() -> Path | None:
    """The learner's workspace: `PRODML_WORKSPACE`, else the nearest folder upwards that holds `.prodml/`."""
    chosen = os.environ.get("PRODML_WORKSPACE")
    if chosen:
        return Path(chosen).expanduser().resolve()
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / PRIVATE).is_dir()), None)


def course_variant(workspace: Path) -> int:
    """The variant that `course.json` of a workspace names (`{"variant": 2}`); 0 without the file or the key.

    Raises:
        SettingError: the file is no such JSON.
    """
    path = workspace / COURSE
    try:
        number = json.loads(path.read_text(encoding="utf-8")).get("variant", 0)
    except FileNotFoundError:
        return 0
    except (ValueError, AttributeError):
        number = None
    if type(number) is not int:
        raise SettingError(f"{path} names no variant as a whole number.", 'It should read like {"variant": 0}.')
    return number
