"""Connect to the warm parent of a place; start it if there is none."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import struct
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from prodml.runtime.warm import wire
from prodml.runtime.warm.places import Place, parents_env
from prodml.runtime.warm.process import PATIENCE, WarmError

IDLE = 900.0  # seconds without a kernel after which a parent ends, though JupyterLab holds it
LINGER = 60.0  # seconds after which it ends when nobody is connected: the next notebook may come at once
LAUNCH = "import os; os.fork() and os._exit(0); from prodml.runtime.warm.parent import main; main()"
LAUNCH_SECONDS = 60.0  # for Python itself to start, without any import


def reach(place: Place, interpreter: Sequence[str], env: Mapping[str, str]) -> socket.socket:
    """A new connection to the parent of `place`. One that was started just now answers when its imports are done.

    Raises:
        WarmError: it could not be started.
    """
    try:
        with locked(place):
            end = connect(place)
            if end is None:
                _start(place, interpreter, env)
                end = connect(place)
    except (OSError, subprocess.SubprocessError) as error:
        raise WarmError(f"The warm parent could not be started: {error}.", f"See {place.log}.") from error
    if end is None:
        raise WarmError("The warm parent ended as soon as it was started.", f"See {place.log}.")
    return end


def inquire(end: socket.socket, request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a request other than for a fork.

    Raises:
        WarmError: there was none.
    """
    try:
        end.settimeout(PATIENCE)
        wire.ask(end, request)
        answer = wire.hear(end)
    except OSError as error:
        raise WarmError(f"The warm parent does not answer: {error}.", "Use the kernel python3.") from error
    if answer is None:
        raise WarmError("The warm parent has ended.", "Use the kernel python3.")
    return answer


def connect(place: Place) -> socket.socket | None:
    """A connection to a parent that is there; None if there is none. The caller holds the lock: no parent ends now."""
    end = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        with _short(place.socket) as path:
            end.connect(path)
    except (FileNotFoundError, ConnectionRefusedError):
        end.close()
        return None
    if peer(end) != os.geteuid():
        end.close()
        raise WarmError(f"{place.socket} belongs to another user.", "Remove it.")
    return end


def peer(end: socket.socket) -> int:
    """The user id on the other side of a connection."""
    size = struct.calcsize("3i")
    return int(struct.unpack("3i", end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))[1])


@contextlib.contextmanager
def locked(place: Place, *, wait: bool = True) -> Iterator[None]:
    """Nobody else starts, ends or connects to a parent meanwhile. Raises: BlockingIOError, if not to `wait`."""
    with place.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


def _start(place: Place, interpreter: Sequence[str], env: Mapping[str, str]) -> None:
    """Start a parent on a socket that listens already, so that nobody has to wait until it does."""
    _sweep(place)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener, place.log.open("wb") as log:
        with _short(place.socket) as path:
            listener.bind(path)
        listener.listen(128)
        about = {
            "folder": str(place.folder),
            "key": place.key,
            "stamp": place.stamp,
            "listener": listener.fileno(),
            "idle": float(env.get("PRODML_WARM_IDLE", IDLE)),
            "linger": float(env.get("PRODML_WARM_LINGER", LINGER)),
        }
        subprocess.run(
            [*interpreter, "-c", LAUNCH, json.dumps(about)],
            env=parents_env(env),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[listener.fileno()],
            start_new_session=True,
            check=True,
            timeout=LAUNCH_SECONDS,
        )


def _sweep(place: Place) -> None:
    """Remove what parents that were killed have left."""
    for path in place.folder.glob("*.sock"):
        other = Place(place.folder, path.stem, "")
        end = connect(other)
        if end is None:
            other.socket.unlink(missing_ok=True)
            other.log.unlink(missing_ok=True)
        else:
            end.close()


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """The same path in a few bytes: an address of a socket has room for 107."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
