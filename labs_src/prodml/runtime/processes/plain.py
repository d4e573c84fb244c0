"""Processes for where there is no spare: new Pythons, which import everything again.

They do what `python -m prodml.runtime.warm.target` does, with the path of the process that started them, and
end with it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prodml.linux import die_with
from prodml.runtime.warm import target

COMMAND = "import sys; from prodml.runtime.processes.plain import main; sys.exit(main(sys.argv[1]))"


class Plain(subprocess.Popen[bytes]):
    """A Python process of its own that calls a function; it leads a session, as a spare's process does.

    It ends with the *thread* that starts it. What it has started itself ends with it only as long as the process
    that started it lives.
    """

    def __init__(self, function: str, args: Sequence[Any], env: Mapping[str, str], log_path: Path) -> None:
        request = {"parent": os.getpid(), "path": sys.path, "target": function, "args": list(args)}
        command = [sys.executable, "-c", COMMAND, json.dumps(request)]
        with log_path.open("ab") as log:
            super().__init__(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **env},
                start_new_session=True,
            )

    def poll(self) -> int | None:
        """The exit status, or None as long as it runs; what it has left behind is ended."""
        if self.returncode is None:
            if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                return None
            os.killpg(self.pid, signal.SIGKILL)  # its id cannot be another's until we have waited for it
        return super().poll()

    def send_signal(self, sig: int) -> None:
        """Signal it and its group; nothing happens if it has ended."""
        if self.poll() is None:
            os.killpg(self.pid, sig)


def main(text: str) -> int | None:
    """What such a process does."""
    request = json.loads(text)
    die_with(request["parent"])
    sys.path[:] = request["path"]
    sys.argv = [request["target"]]
    return target.call(request["target"], request["args"])
