"""The steps that Binder would run of ours, taken from repo2docker's Dockerfile and run without Docker.

Not the same as on Binder: the base image, its Python (conda's there, one of this machine here), and the Ubuntu packages.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from urllib3 import BaseHTTPResponse, PoolManager, Retry
from uv import find_uv_bin

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = (".venv", ".uv", "workspace", "artifacts", "*.pyc", "__pycache__", ".*_cache", ".hypothesis")
NETWORK = re.compile(r"^(PIP_|UV_|SSL_CERT|REQUESTS_CA|.*_proxy$)", re.IGNORECASE)  # what a download may need here
TOKEN = "a-token-of-the-tests"


@dataclass(frozen=True)
class Dockerfile:
    """What repo2docker makes of binder/.

    Attributes:
        log: what it said while it did.
        instructions: (word, rest) in order; continued lines are one.
    """

    log: str
    instructions: list[tuple[str, str]]

    @property
    def steps(self) -> list[str]:
        """Commands that run once the repository has been copied into the image: ours, all of them."""
        copied = self.instructions.index(("COPY", "--chown=1000:1000 src/ ${REPO_DIR}/"))
        return [rest for word, rest in self.instructions[copied:] if word == "RUN"]

    @property
    def start(self) -> str:
        """The script that gets each container's command."""
        return next(rest for _, rest in self.instructions if rest.startswith("R2D_ENTRYPOINT=")).partition("=")[2]


@dataclass(frozen=True)
class Server:
    """A Jupyter server that runs.

    Attributes:
        pid: the first process of what the container's command has started.
    """

    address: str
    pid: int

    def ask(self, path: str, method: str = "GET", body: object = None) -> BaseHTTPResponse:
        """Tried anew while nobody listens: Jupyter prints its address a moment before it does."""
        pool = PoolManager(retries=Retry(connect=20, redirect=5, backoff_factor=0.1))
        headers = {"Authorization": f"token {TOKEN}"}
        options = {} if body is None else {"json": body}
        return pool.request(method, f"{self.address}/{path}", headers=headers, **options)


@dataclass(frozen=True)
class Container:
    """A folder that stands for the image: home and repository in one, as on Binder, and an environment beside it.

    Attributes:
        home: HOME and the repository. user: arguments of subprocess that make a process unprivileged.
    """

    home: Path
    env: dict[str, str]
    user: dict[str, Any]

    def options(self) -> dict[str, Any]:
        return {"cwd": self.home, "env": self.env, "text": True, "stdin": subprocess.DEVNULL, **self.user}

    def run(self, command: str) -> str:
        """Run a line of shell; its output, or a failure that shows it."""
        done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **self.options())
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}"
        return done.stdout

    @contextmanager
    def server(self, command: list[str]) -> Iterator[Server]:
        """Start a Jupyter server through the start script, as a container would."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        full = [self.home / "binder" / "start", *command, "--ip=127.0.0.1", f"--port={port}", "--no-browser"]
        options = self.options()
        options["env"] = options["env"] | {"JUPYTER_TOKEN": TOKEN}
        process = subprocess.Popen(
            full, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, **options
        )
        with process:
            reader = threading.Thread(target=process.stdout.read)  # a full pipe would stop the server
            try:
                said = []
                for line in process.stdout:
                    said.append(line)
                    if f"http://127.0.0.1:{port}/" in line:
                        break
                else:
                    pytest.fail("".join(said))
                reader.start()
                yield Server(f"http://127.0.0.1:{port}", process.pid)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGTERM)
                if reader.ident:
                    reader.join()


@pytest.fixture(scope="session")
def dockerfile(tmp_path_factory: pytest.TempPathFactory) -> Dockerfile:
    """Rendered for the user that Binder builds for."""
    repository = tmp_path_factory.mktemp("repository")
    for name in ("binder", "requirements.txt", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, repository / name)
    command = ["jupyter-repo2docker", "--no-build", "--debug", "--user-id=1000", "--user-name=jovyan", repository]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = re.sub(r"^\s*#.*\n", "", done.stdout, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    words = [line.strip().split(maxsplit=1) for line in lines if line.strip()]
    return Dockerfile(done.stderr, [(word[0], " ".join(word[1:])) for word in words])


@pytest.fixture(scope="session")
def container(dockerfile: Dockerfile) -> Iterator[Container]:
    """A fresh home with a copy of the repository and an empty environment, in which all our steps have run."""
    place = Path(tempfile.mkdtemp(prefix="binder-"))  # pytest's own folders are closed to other users
    try:
        home, prefix = place / "home", place / "environment"
        shutil.copytree(ROOT, home, ignore=shutil.ignore_patterns(*NOT_COPIED), symlinks=True)
        shutil.copy(find_uv_bin(), place / "uv")
        user = _give_away(place)
        env = {k: v for k, v in os.environ.items() if NETWORK.match(k)}
        env |= {"HOME": str(home), "REPO_DIR": str(home), "LANG": "C.UTF-8", "UV_CACHE_DIR": str(place / "cache")}
        env |= {"KERNEL_PYTHON_PREFIX": str(prefix), "NB_PYTHON_PREFIX": str(prefix)}
        env["PATH"] = f"{home}/.local/bin:{prefix}/bin:/usr/local/bin:/usr/bin:/bin"
        box = Container(home, env, user)
        box.run(f"{place}/uv venv --quiet --seed --no-python-downloads --python {_python(box)} {prefix}")
        for step in dockerfile.steps:
            box.run(step)
        yield box
    finally:
        shutil.rmtree(place)


def _give_away(place: Path) -> dict[str, Any]:
    """Hand a folder to a user without rights, if this one is root; how to become that user."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    for path in (place, *place.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _python(box: Container) -> str:
    """A Python 3.11 that the container's user may run."""
    known = [getattr(sys, "_base_executable", sys.executable), "/usr/local/bin/python3.11", "/usr/bin/python3.11"]
    for path in known:
        try:
            if subprocess.run([path, "-c", ""], **box.options()).returncode == 0:
                return path
        except OSError:
            continue
    pytest.fail(
        f"no Python 3.11 that an unprivileged user may run; tried {', '.join(known)}: apt-get install python3.11"
    )
