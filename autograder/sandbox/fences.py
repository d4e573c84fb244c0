"""The fences as data: `fences.toml`, and what a course changes in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import CourseError

DEFAULTS = Path(__file__).with_name("fences.toml")
UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
SIZES = ("memory", "file_size", "box")


@dataclass(frozen=True)
class Fences:
    """What code may use and reach in the sandbox.

    Attributes:
        memory, box, file_size: bytes. processes: with threads. cpu_seconds: of all processes.
        uid: what a grader that runs as root becomes. inside: user and group in the sandbox.
        read_only, devices: paths that exist there. files: path → text, made there.
        families: names of socket families. denied: names of system calls.
    """

    memory: int
    processes: int
    cpu_seconds: int
    open_files: int
    file_size: int
    box: int
    uid: int
    inside: int
    read_only: tuple[str, ...]
    devices: tuple[str, ...]
    files: Mapping[str, str]
    families: tuple[str, ...]
    denied: tuple[str, ...]


@dataclass(frozen=True)
class Sandbox:
    """Fences, and how they are put up.

    Attributes:
        readable: what can be read within besides Python and its packages, such as an assignment's data.
        bubblewrap: by that program, where this machine allows namespaces to it and not to Python. It cannot hold a
            forked process, so each starts anew.
    """

    fences: Fences
    readable: tuple[str, ...] = ()
    bubblewrap: bool = False


def read_fences(course: Path | None = None) -> Fences:
    """The fences, with what `fences.toml` in a course's folder changes.

    Raises:
        CourseError: that file names something unknown, or a value is not what it must be.
    """
    values = tomllib.loads(DEFAULTS.read_text())
    own = course / "fences.toml" if course else None
    if own and own.is_file():
        try:
            changes = tomllib.loads(own.read_text())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise CourseError(f"{own} is no TOML: {error}", f"compare with {DEFAULTS}") from None
        _change(values, changes, own)
    try:
        return _fences(values)
    except ValueError as error:
        raise CourseError(f"{own or DEFAULTS}: {error}", f"compare with {DEFAULTS}") from None


def _change(values: dict[str, Any], changes: dict[str, Any], path: Path) -> None:
    for table, entries in changes.items():
        if table not in values or not isinstance(entries, dict):
            raise CourseError(f"{path}: there is no table [{table}]", f"tables: {', '.join(values)}")
        for name, value in entries.items():
            if table != "files" and name not in values[table]:
                known = ", ".join(values[table])
                raise CourseError(f"{path}: [{table}] has no {name}", f"known: {known}")
            values[table][name] = value


def _fences(values: dict[str, Any]) -> Fences:
    limits = {name: size(x) if name in SIZES else number(name, x) for name, x in values["limits"].items()}
    return Fences(
        **limits,
        uid=number("uid", values["identity"]["uid"]),
        inside=number("inside", values["identity"]["inside"]),
        read_only=texts("read_only", values["mounts"]["read_only"]),
        devices=texts("devices", values["mounts"]["devices"]),
        files=dict(zip(values["files"], texts("files", list(values["files"].values())), strict=True)),
        families=texts("families", values["calls"]["families"]),
        denied=texts("denied", values["calls"]["denied"]),
    )


def size(text: Any) -> int:
    """Bytes of `"256 MiB"`."""
    match = re.fullmatch(r"(\d+) ?(|KiB|MiB|GiB)", str(text))
    if not match:
        raise ValueError(f"{text!r} is no size such as '256 MiB'")
    return int(match[1]) * UNITS[match[2]]


def number(name: str, x: Any) -> int:
    """A whole number above 0."""
    if type(x) is not int or x <= 0:
        raise ValueError(f"{name} is {x!r}, but must be a whole number above 0")
    return x


def texts(name: str, x: Any) -> tuple[str, ...]:
    """A list of strings."""
    if not isinstance(x, list) or not all(isinstance(v, str) for v in x):
        raise ValueError(f"{name} must be a list of strings")
    return tuple(x)
