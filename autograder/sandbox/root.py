"""The private root of a sandbox: what of the machine is seen there, and how it is mounted."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from autograder.sandbox import linux
from autograder.sandbox.fences import Fences

BOX = "/box"
ROOT = "/tmp"  # any folder that is there does: it is covered, and only for these processes
REACH = "/dev/shm"
PLAIN = linux.NOSUID | linux.NODEV


@dataclass(frozen=True)
class Seen:
    """What of the machine is seen in the sandbox, read-only.

    Attributes:
        mounts: path there → path of it as this process sees it.
        links: path there → where the symbolic link points.
    """

    mounts: Mapping[str, str]
    links: Mapping[str, str]


def find(paths: Iterable[str]) -> Seen:
    """Those of `paths` that exist, with Python, its packages, and the modules that are loaded now."""
    mounts: dict[str, str] = {}
    links: dict[str, str] = {}
    for path in dict.fromkeys([*paths, sys.prefix, sys.base_prefix, *_outside(sys.modules)]):
        if Path(path).is_symlink():
            links[path] = str(Path(path).readlink())
        elif Path(path).exists() and not any(path == m or path.startswith(m + "/") for m in mounts):
            mounts[path] = path
    return Seen(mounts, links)


def within_reach(seen: Seen) -> Seen:
    """The same for a user without rights: what root sees is bound to a folder that only this process's forks see."""
    linux.unshare(linux.NEWNS)
    linux.mount("", "/", flags=linux.REC | linux.PRIVATE)
    linux.mount("tmpfs", REACH, "tmpfs", PLAIN, "size=1m,mode=755")
    near = {path: f"{REACH}/{i}" for i, path in enumerate(seen.mounts)}
    for path, place in near.items():
        _make(place, folder=Path(path).is_dir())
        linux.mount(path, place, flags=linux.BIND | linux.REC)
    return Seen(near, seen.links)


def build(seen: Seen, fences: Fences) -> None:
    """Make the root and change to it. Needs new namespaces of mounts and processes."""
    linux.mount("", "/", flags=linux.REC | linux.PRIVATE)
    linux.mount("tmpfs", ROOT, "tmpfs", PLAIN, "size=1m,mode=755")
    for path, source in seen.mounts.items():
        _make(ROOT + path, folder=Path(source).is_dir())
        linux.mount(source, ROOT + path, flags=linux.BIND | linux.REC)
        linux.read_only(ROOT + path)
    for path, target in seen.links.items():
        Path(ROOT + path).parent.mkdir(parents=True, exist_ok=True)
        Path(ROOT + path).symlink_to(target)
    for path, text in fences.files.items():
        _make(ROOT + path, folder=False)
        Path(ROOT + path).write_text(text)
    _writable(fences)
    _devices(fences)
    linux.change_root(ROOT)
    linux.mount("", "/", flags=linux.REMOUNT | linux.BIND | linux.RDONLY | PLAIN)


def _writable(fences: Fences) -> None:
    for path, size, mode in (
        (BOX, fences.box, 700),
        ("/tmp", fences.box, 1777),
        ("/dev/shm", fences.shared_memory, 1777),
    ):
        _make(ROOT + path, folder=True)
        linux.mount("tmpfs", ROOT + path, "tmpfs", PLAIN, f"size={size},mode={mode}")


def _devices(fences: Fences) -> None:
    for path in fences.devices:
        _make(ROOT + path, folder=False)
        linux.mount(path, ROOT + path, flags=linux.BIND)
    _make(ROOT + "/dev/pts", folder=True)
    linux.mount("devpts", ROOT + "/dev/pts", "devpts", linux.NOSUID, "newinstance,ptmxmode=0666,mode=620")
    Path(ROOT + "/dev/ptmx").symlink_to("pts/ptmx")
    Path(ROOT + "/dev/fd").symlink_to("/proc/self/fd")
    _make(ROOT + "/proc", folder=True)
    linux.mount("proc", ROOT + "/proc", "proc", PLAIN)


def _make(path: str, *, folder: bool) -> None:
    """Something to mount upon."""
    if folder:
        Path(path).mkdir(parents=True, exist_ok=True)
    else:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()


def _outside(modules: Mapping[str, ModuleType]) -> list[str]:
    """Folders and files of the loaded packages that are not part of the environment, such as editable ones."""
    files = {getattr(m, "__file__", None) for name, m in modules.items() if "." not in name and name != "__main__"}
    outside = [Path(f) for f in files if f and not f.startswith((sys.prefix + "/", sys.base_prefix + "/"))]
    return sorted(str(f.parent if f.name == "__init__.py" else f) for f in outside)
