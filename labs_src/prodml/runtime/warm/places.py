"""Which warm parent a kernel may be forked from, and where its socket is.

A parent serves one user and one state of the environment. Whatever a fork cannot change (the interpreter, installed
packages, variables that are read once, namespaces) is part of its *key*: where one of it differs, the key does, and
another parent is started. So an upgraded package needs no further signal.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import site
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import prodml
from prodml.runtime.warm.process import WarmError

# Read when Python starts or when a library is imported: a fork comes too late to set them.
READ_ONCE = re.compile(
    r"PYTHON(?!PATH$)\w*|HOME|LANG|LANGUAGE|LC_\w+|LD_\w+|MALLOC_\w+|GLIBC_TUNABLES|MPLCONFIGDIR|MATPLOTLIBRC|PRODML_WARM_PRELOAD"
    r"|(OMP|GOMP|KMP|OPENBLAS|BLIS|MKL|NUMEXPR|NUMBA|ARROW|TF|KERAS|XLA|CUDA|NVIDIA|ABSL|GRPC)_\w+"
)
KEPT = ("PATH", "USER", "LOGNAME", "TMPDIR")  # a parent has these too; they change nothing in its kernels
NAMESPACES = ("mnt", "net", "pid", "user", "ipc")


@dataclass(frozen=True)
class Place:
    """Where a warm parent is found.

    Attributes:
        folder: private to this user.
        key: what the parent was started for, hashed.
        stamp: the state of the installed packages that went into the key.
    """

    folder: Path
    key: str
    stamp: str

    @property
    def socket(self) -> Path:
        return self.folder / f"{self.key}.sock"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.key}.log"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"


def find_place(interpreter: Sequence[str], env: Mapping[str, str]) -> Place:
    """The place of the parent for a kernel.

    Args:
        interpreter: Python and its options, as the kernel would be started with.
        env: the kernel's environment.

    Raises:
        WarmError: Jupyter's runtime folder cannot hold a private folder.
    """
    installed = stamp()
    parts: list[Any] = [os.geteuid(), list(interpreter), sys.version, installed, read_once(env), _namespaces()]
    key = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
    return Place(private_folder(), key, installed)


def read_once(env: Mapping[str, str]) -> dict[str, str]:
    """The variables of `env` that a fork cannot set any more."""
    return {name: value for name, value in env.items() if READ_ONCE.fullmatch(name)}


def parents_env(env: Mapping[str, str]) -> dict[str, str]:
    """The environment that a parent is started with: nothing in it but what its key says, so that none of it leaks."""
    kept = {name: env[name] for name in KEPT if name in env}
    # A thread of pyarrow's allocator would stand in the way of forking. TensorFlow's C++ code would write pages into
    # the cells of a lab that kills its cluster; it reads the level at the import, before a lab could set it.
    quiet = {"JE_ARROW_MALLOC_CONF": "background_thread:false", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return {**quiet, **kept, **read_once(env)}


def stamp() -> str:
    """The state of the installed packages and of prodml's own files. Another one means: import everything anew."""
    digest = hashlib.sha256()
    for folder in map(Path, [*site.getsitepackages(), site.getusersitepackages()]):
        if folder.is_dir():
            installed = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith("-info"))
            digest.update(f"{folder} {folder.stat().st_mtime_ns} {installed}".encode())
    for path in sorted(Path(prodml.__file__).parent.rglob("*.py")):
        digest.update(f"{path} {path.stat().st_mtime_ns}".encode())
    return digest.hexdigest()


def private_folder() -> Path:
    """The folder of this user's sockets; made if need be.

    Raises:
        WarmError: somebody else owns it, or may read it.
    """
    from jupyter_core.paths import jupyter_runtime_dir

    folder = Path(jupyter_runtime_dir()) / "prodml-warm"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise WarmError(f"{folder} cannot be made: {error.strerror}.", "Set JUPYTER_RUNTIME_DIR.") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise WarmError(f"{folder} is not a private folder of this user (mode 0700).", f"Remove it: rm -r {folder}")
    return folder


def _namespaces() -> list[str]:
    """A kernel must not be forked into another container, network or control group than its server's."""
    links = [str(Path(f"/proc/self/ns/{name}").readlink()) for name in NAMESPACES]
    return [*links, Path("/proc/self/cgroup").read_text(encoding="utf-8")]
