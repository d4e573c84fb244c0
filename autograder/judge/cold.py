"""A process of a judgement that no warm parent could fork: bubblewrap starts it, inside.

python -m autograder.judge.cold LIMITS ROLE SOCKET_FD MODULE …
"""

from __future__ import annotations

import socket
import sys

from autograder.judge.process import become_child
from autograder.judge.roles import load, new_shell, serve
from autograder.judge.wire import Wire
from autograder.sandbox.bubblewrap import settle


def main(limits: str, role: str, fd: str, *modules: str) -> None:
    """Do what a warm parent has done, say that it is done, and serve."""
    with become_child():
        settle(limits)
        load(modules)
        shell = new_shell() if role == "learner" else None
        child = socket.socket(fileno=int(fd))
        child.set_inheritable(False)
        Wire(child).send({"entered": True})
        serve(role, child, shell)


if __name__ == "__main__":
    main(*sys.argv[1:])
