"""A temporary folder that goes with its owner, together with the processes that work in it.

    folder = OwnFolder("prodml-runs-")
    subprocess.run(command, env={**os.environ, **folder.environment})
    folder.remove()

A process that lives on cleans up: a shell whose input ends when the folder is removed, and with the process that made
it, also when that is killed with −9.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import weakref
from pathlib import Path

# Once more until there is none: a process may have started another meanwhile. A zombie has no environment.
END = """
while found=$(grep -lszxF -e "TMPDIR=$0" /proc/[0-9]*/environ | cut -d/ -f3); [ -n "$found" ]; do
  kill -9 $found 2>/dev/null; sleep 0.01
done
"""
JANITOR = f'read -r _; {END} rm -rf -- "$0"'


class OwnFolder:
    """A temporary folder, there until `remove`, or until this object or its process ends.

    Attributes:
        path: the folder.
    """

    def __init__(self, prefix: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=prefix))
        try:
            janitor = subprocess.Popen(
                ["sh", "-c", JANITOR, str(self.path)], stdin=subprocess.PIPE, start_new_session=True, env=_own()
            )
        except BaseException:
            shutil.rmtree(self.path, ignore_errors=True)
            raise
        self.janitor: int = janitor.pid
        self._end = weakref.finalize(self, _remove, self.path, janitor)

    def __truediv__(self, name: str) -> Path:
        """`folder / name`: a path in it."""
        return self.path / name

    @property
    def environment(self) -> dict[str, str]:
        """What to set for the processes that end with the folder: where their temporary files go."""
        return {"TMPDIR": str(self.path)}

    def end_processes(self) -> None:
        """End all processes that have been started with its `environment`, and what they have started."""
        subprocess.run(["sh", "-c", END, str(self.path)], check=False, env=_own())

    def remove(self) -> None:
        """End these processes and remove the folder, with all that is in it; the second time nothing happens."""
        self._end()


def _remove(path: Path, janitor: subprocess.Popen[bytes]) -> None:
    janitor.communicate()
    shutil.rmtree(path, ignore_errors=True)  # somebody may have killed the shell


def _own() -> dict[str, str]:
    """The environment of a shell that must not end itself."""
    return {name: text for name, text in os.environ.items() if name != "TMPDIR"}
