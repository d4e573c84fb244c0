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
WRITABLE = {"/tmp": 0o1777, "/dev/shm": 0o1777, BOX: 0o700}  # path → mode
COVERS = ("/mnt", "/media", "/srv", "/opt", "/tmp", "/dev/shm")
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
    reach = free_folder(seen.mounts)
    linux.mount("tmpfs", reach, "tmpfs", PLAIN, "size=1m,mode=755")
    near = {path: f"{reach}/{i}" for i, path in enumerate(seen.mounts)}
    for path, place in near.items():
        _make(place, folder=Path(path).is_dir())
        linux.mount(path, place, flags=linux.BIND | linux.REC)
    return Seen(near, seen.links)


def build(seen: Seen, fences: Fences) -> None:
    """Make the root and change to it. Needs new namespaces of mounts and processes."""
    linux.mount("", "/", flags=linux.REC | linux.PRIVATE)
    root = free_folder(seen.mounts.values())
    linux.mount("tmpfs", root, "tmpfs", PLAIN, "size=1m,mode=755")
    _writable(root, fences)  # first: what is seen may lie in one of these
    for path, source in seen.mounts.items():
        _make(root + path, folder=Path(source).is_dir())
        linux.mount(source, root + path, flags=linux.BIND | linux.REC)
        linux.read_only(root + path)
    for path, target in seen.links.items():
        Path(root + path).parent.mkdir(parents=True, exist_ok=True)
        Path(root + path).symlink_to(target)
    for path, text in fences.files.items():
        _make(root + path, folder=False)
        Path(root + path).write_text(text)
    _devices(root, fences)
    linux.change_root(root)
    linux.mount("", "/", flags=linux.REMOUNT | linux.BIND | linux.RDONLY | PLAIN)


def free_folder(paths: Iterable[str]) -> str:
    """A folder that something can be mounted upon without hiding one of `paths`; only these processes see that.

    Raises:
        OSError: there is none.
    """
    kept = tuple(paths)
    for folder in COVERS:
        if Path(folder).is_dir() and not any(Path(path).is_relative_to(folder) for path in kept):
            return folder
    raise OSError(f"what the sandbox needs lies in each of {', '.join(COVERS)}")


def _writable(root: str, fences: Fences) -> None:
    """One file system, and so one limit, seen in three places; it lies below the last."""
    below = root + BOX
    _make(below, folder=True)
    linux.mount("tmpfs", below, "tmpfs", PLAIN, f"size={fences.box},mode=755")
    for path, mode in WRITABLE.items():
        part = Path(below, path.replace("/", "_"))
        part.mkdir()
        part.chmod(mode)
        _make(root + path, folder=True)
        linux.mount(str(part), root + path, flags=linux.BIND)


def _devices(root: str, fences: Fences) -> None:
    for path in fences.devices:
        _make(root + path, folder=False)
        linux.mount(path, root + path, flags=linux.BIND)
    _make(root + "/dev/pts", folder=True)
    linux.mount("devpts", root + "/dev/pts", "devpts", linux.NOSUID, "newinstance,ptmxmode=0666,mode=620")
    Path(root + "/dev/ptmx").symlink_to("pts/ptmx")
    Path(root + "/dev/fd").symlink_to("/proc/self/fd")
    _make(root + "/proc", folder=True)
    linux.mount("proc", root + "/proc", "proc", PLAIN)


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
