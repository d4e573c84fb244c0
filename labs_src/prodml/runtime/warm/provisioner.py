"""The provisioner `prodml-warm`: jupyter_client starts kernels through it, and it has them forked.

Where that is not possible, it starts the kernel as the stock one is started, and logs the reason.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner

from prodml.runtime.warm.kernel import LAUNCHER
from prodml.runtime.warm.places import find_place
from prodml.runtime.warm.process import Process, WarmError
from prodml.runtime.warm.reach import reach
from prodml.runtime.warm.settle import surroundings

KNOWN = {"cwd", "env", "stdin", "stdout", "stderr", "extra_arguments", "kernel_id", "independent"}


class WarmProvisioner(LocalProvisioner):  # type: ignore[misc]  # jupyter_client has no types for us
    """Forks a kernel from the warm parent.

    Attributes:
        cold: why the last kernel was started the stock way; None if it was forked.
    """

    cold: str | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Called by KernelManager: start `cmd` with what Popen takes as `kwargs`; returns how to connect."""
        try:
            process = await asyncio.to_thread(fork_kernel, cmd, kwargs)
        except (WarmError, OSError) as error:
            self.cold = getattr(error, "problem", str(error))
            self.log.warning("The kernel starts cold, which takes longer. %s", self.cold)
            return await super().launch_kernel(cmd, **kwargs)
        self.cold = None
        self.process = process
        self.pid = process.pid
        self.pgid = None  # signals go through the parent, which knows whether the id is still the kernel's
        self.cwd = kwargs.get("cwd", Path.cwd())
        return self.connection_info


def fork_kernel(cmd: Sequence[str], kwargs: Mapping[str, Any]) -> Process:
    """Have a kernel forked. `cmd` and `kwargs` are what Popen would be called with.

    Raises:
        WarmError: it cannot be, or not so that it would be the kernel that Popen would start.
    """
    interpreter, args = _split(cmd)
    env = dict(kwargs.get("env") or os.environ)
    _refuse(interpreter, env, kwargs)
    place = find_place(interpreter, env)
    request = {
        "args": args,
        "env": env,
        "cwd": os.path.abspath(kwargs.get("cwd") or Path.cwd()),  # noqa: PTH100 (links are kept, as by Popen)
        **surroundings(),
    }
    streams = [_stream(kwargs.get("stdout"), 1), _stream(kwargs.get("stderr"), 2)]
    return Process.start(reach(place, interpreter, env), {"fork": request}, streams)


def _split(cmd: Sequence[str]) -> tuple[list[str], list[str]]:
    """["python", …options, "-m", "ipykernel_launcher", …args] → python with its options, args."""
    words = list(cmd)
    for at in range(1, len(words) - 1):
        if words[at : at + 2] == ["-m", LAUNCHER]:
            return words[:at], words[at + 2 :]
    raise WarmError(f"The kernel's command is not `python -m {LAUNCHER}`.", "Install the kernel anew: make lab")


def _refuse(interpreter: Sequence[str], env: Mapping[str, str], kwargs: Mapping[str, Any]) -> None:
    if sys.platform != "linux":
        raise WarmError("Warm kernels need Linux.", "Use a container.")
    if env.get("PRODML_WARM") == "0":
        raise WarmError("PRODML_WARM is 0.", "Unset it.")
    if interpreter[0] != sys.executable:
        raise WarmError(f"The kernel's Python is {interpreter[0]}, not {sys.executable}.", "Install prodml there.")
    unknown = set(kwargs) - KNOWN
    if unknown or kwargs.get("independent"):
        what = ", ".join(sorted(unknown or {"independent"}))
        raise WarmError(f"A forked kernel cannot be started with {what}.", "Use the kernel python3.")
    if not Path(kwargs.get("cwd") or ".").is_dir():
        raise WarmError(f"{kwargs['cwd']} is no folder.", "Make it.")


def _stream(given: Any, default: int) -> int:
    if given is None:
        return default
    fd = given if isinstance(given, int) else given.fileno()
    if fd < 0:
        raise WarmError("The kernel's output should go to a pipe or to nowhere.", "Use the kernel python3.")
    return int(fd)
