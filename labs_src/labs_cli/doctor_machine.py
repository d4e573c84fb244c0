"""Checks of the machine: interpreter, memory, disk, sockets, processes."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
import tempfile
from pathlib import Path

from labs_cli import places
from labs_cli.finding import Finding

PYTHON = (3, 11)
MEMORY_BYTES = 2e9
DISK_BYTES = 1e9
CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def python() -> Finding:
    """The version that the locked packages are made for."""
    found = f"{platform.python_version()} ({sys.executable})"
    if sys.version_info[:2] == PYTHON:
        return Finding(found)
    return Finding(found, f"install Python {PYTHON[0]}.{PYTHON[1]} and run `make lab` again")


def memory() -> Finding:
    """What this machine has, or what its container may use."""
    amount = min([_physical(), *_container_limits()])
    found = f"{amount / 1e9:.1f} GB"
    if amount >= MEMORY_BYTES:
        return Finding(found)
    return Finding(found, f"labs need {MEMORY_BYTES / 1e9:g} GB: give the container or virtual machine more memory")


def disk() -> Finding:
    """Room where the learner works."""
    folder = _existing(places.workspace_path())
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:.1f} GB in {folder}"
    if free >= DISK_BYTES:
        return Finding(found)
    fix = f"free {DISK_BYTES / 1e9:g} GB there, or set PRODML_WORKSPACE to a folder on another disk"
    return Finding(found, fix)


def writable() -> Finding:
    """Whether a lab can be copied and saved."""
    wanted = places.workspace_path()
    folder = _existing(wanted)
    try:
        with tempfile.TemporaryFile(dir=folder):
            return Finding(f"{wanted} can be written")
    except OSError as error:
        fix = "set PRODML_WORKSPACE to a folder of your own, or change the owner of this one"
        return Finding(f"{folder} cannot be written ({error.strerror})", fix)


def port() -> Finding:
    """Labs start servers on ports of this machine, and so does JupyterLab."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            number = server.getsockname()[1]
            with socket.create_connection(("127.0.0.1", number), timeout=5):
                return Finding("a server on 127.0.0.1 can be reached")
    except OSError as error:
        found = f"no server on 127.0.0.1 can be reached ({error.strerror or error})"
        return Finding(found, "bring the loopback interface up, and let no firewall block 127.0.0.1")


def fork() -> Finding:
    """`labs check` and `labs submit` judge in forked processes that talk over a socket pair."""
    try:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            pid = os.fork()
            if pid == 0:
                theirs.send(b"ok")
                os._exit(0)
            os.waitpid(pid, 0)
            ours.settimeout(5)
            said = ours.recv(2)
    except (OSError, AttributeError) as error:
        said = str(error).encode()
    if said == b"ok":
        return Finding("a forked process answers")
    fix = "use Linux (or WSL2, a container, Binder), and raise the limit on processes: `ulimit -u`"
    return Finding(f"a forked process does not answer ({said.decode(errors='replace')})", fix)


def _physical() -> float:
    return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def _container_limits() -> list[float]:
    found = []
    for path in map(Path, CGROUP_LIMITS):
        try:
            found.append(float(path.read_text()))  # "max" where there is no limit
        except (OSError, ValueError):
            continue
    return found


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(f for f in (folder, *folder.parents) if f.is_dir())
