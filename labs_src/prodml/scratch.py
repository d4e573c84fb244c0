"""A folder for what a notebook writes and nobody needs afterwards: gone with its kernel, whatever ends that."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import weakref
from pathlib import Path

JANITOR = 'read -r _; rm -rf -- "$0"'  # in sh: its input ends when the folder is closed, and with this process


class Scratch:
    """A temporary folder that is removed by `close`, with this object, and with this process, also by −9.

    Attributes:
        folder: an empty folder.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="prodml-scratch-"))
        command = ["sh", "-c", JANITOR, str(self.folder)]
        janitor = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        self._remove = weakref.finalize(self, _remove, self.folder, janitor)

    def close(self) -> None:
        """Remove the folder now."""
        self._remove()

    def __truediv__(self, name: str) -> Path:
        """`scratch / name`: a path in it."""
        return self.folder / name


def _remove(folder: Path, janitor: subprocess.Popen[bytes]) -> None:
    janitor.communicate()
    shutil.rmtree(folder, ignore_errors=True)
