"""JupyterLab as `labs start --open` runs it: it says when it listens, and where, and ends when its work has.

`python -m labs_cli.lab_server` takes JupyterLab's arguments.
"""

from __future__ import annotations

import os
import sys
from typing import Any
from urllib.parse import urlencode

EXTENSION = "labs_cli.lab_server"  # this module, which Jupyter imports by its name
TELL = "LABS_TELL"  # variable that names the end of a pipe, which `labs` reads

_pipe: list[int] = []


def main() -> None:
    """Run JupyterLab, and end with it.

    Python would wait for every thread first, and one of anyio's that waits for work may never get any again.
    """
    from jupyterlab import labapp

    labapp.main([*sys.argv[1:], f"--ServerApp.jpserver_extensions={EXTENSION}=True"])
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)


def load(server: Any) -> None:
    """Take the pipe, so that no process that the server starts holds it open."""
    end = os.environ.pop(TELL, None)
    if end is not None:
        os.set_inheritable(int(end), False)
        _pipe.append(int(end))


async def tell(server: Any) -> None:
    """Write the address into the pipe. Jupyter calls this once the port is bound."""
    if _pipe:
        with os.fdopen(_pipe.pop(), "w", encoding="utf-8") as end:
            end.write(address(server))


def address(server: Any) -> str:
    """Where a browser on this machine finds the server, with its token: Jupyter's text hides one that was chosen."""
    place = server.local_url.partition("?")[0]
    token = server.identity_provider.token
    return f"{place}?{urlencode({'token': token})}" if token else place


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": EXTENSION}]


_load_jupyter_server_extension = load
_start_jupyter_server_extension = tell


if __name__ == "__main__":
    main()
