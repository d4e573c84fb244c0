"""Is this process part of a judgement?"""

from __future__ import annotations

import os


def grading() -> bool:
    """Whether this process judges or is judged: then nothing is recorded or displayed."""
    return os.environ.get("PRODML_GRADING") == "1"
