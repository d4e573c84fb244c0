"""Kernels and parents of these tests' own: a user's parent is never touched."""

from __future__ import annotations

import contextlib
import os
import select
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from prodml.runtime.warm import reach
from prodml.runtime.warm.places import Place

NAMES = ("prodml", "python3")
PATIENCE = 120.0  # seconds until a test gives up
SMALL = "numpy ipykernel.kernelapp ipykernel.ipkernel ipykernel.zmqshell"  # a parent with these starts in a second


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All in one worker: they share a parent."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("warm"))


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of Jupyter's runtime files, for all of these tests; no parent is left in it."""
    folder = tmp_path_factory.mktemp("runtime")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder))
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("PRODML_WARM_LINGER", "600")
        for name in ("PRODML_WARM", "PRODML_WARM_PRELOAD", "PYTHONPATH", "MPLBACKEND"):
            patch.delenv(name, raising=False)
        yield folder
        end_parents(folder)


@pytest.fixture
def small(runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same for one test, whose parents import little and end at once; returns the folder of their sockets."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("PRODML_WARM_LINGER", "0")
    monkeypatch.setenv("PRODML_WARM_PRELOAD", SMALL)
    yield tmp_path / "runtime" / "prodml-warm"
    end_parents(tmp_path / "runtime")


def parents(folder: Path) -> list[int]:
    """The process ids of the parents whose sockets are in a folder."""
    found = []
    for path in folder.glob("*.sock"):
        end = reach.connect(Place(folder, path.stem, ""))
        if end is not None:
            with end:
                found.append(reach.inquire(end, {"status": True})["pid"])
    return found


def end_parents(runtime: Path) -> None:
    for pid in parents(runtime / "prodml-warm"):
        with contextlib.suppress(ProcessLookupError):
            ending = os.pidfd_open(pid)
            os.kill(pid, 15)
            assert gone(ending)


def gone(pidfd: int) -> bool:
    """Whether a process ends within the patience of these tests; closes its descriptor."""
    poller = select.poll()
    poller.register(pidfd, select.POLLIN)
    try:
        return bool(poller.poll(PATIENCE * 1000))
    finally:
        os.close(pidfd)


@pytest.fixture
def over() -> Callable[[int], bool]:
    """`over(pidfd)`: whether that process ends."""
    return gone


class Kernel:
    """A running kernel and a client of it."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        env = {**(kwargs.pop("env", None) or os.environ)}
        env.pop("PYTEST_CURRENT_TEST", None)  # ipykernel behaves differently where it finds it
        self.manager = KernelManager(kernel_name=name)
        self.manager.start_kernel(env=env, **kwargs)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(PATIENCE)

    @property
    def pid(self) -> int:
        return int(self.manager.provisioner.pid)

    def run(self, code: str, on: Callable[[dict[str, Any]], None] | None = None, **kwargs: Any) -> Ran:
        """Run a cell; `on` is called with each message that it sends."""
        messages: list[dict[str, Any]] = []

        def hook(message: dict[str, Any]) -> None:
            messages.append(message)
            if on is not None:
                on(message)

        reply = self.client.execute_interactive(code, timeout=PATIENCE, output_hook=hook, **kwargs)
        return Ran(reply["content"], messages)

    def restart(self, now: bool = False) -> None:
        self.manager.restart_kernel(now=now)
        self.client.wait_for_ready(PATIENCE)

    def end(self, now: bool = True) -> None:
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=now)
        self.manager.context.destroy(linger=0)


class Ran:
    """What a cell gave."""

    def __init__(self, reply: dict[str, Any], messages: list[dict[str, Any]]) -> None:
        self.reply = reply
        self.messages = messages
        self.kinds = [message["msg_type"] for message in messages]
        self.text = "".join(message["content"].get("text", "") for message in messages)
        self.data = {kind for message in messages for kind in message["content"].get("data", {})}


@pytest.fixture
def start(runtime: Path) -> Iterator[Callable[..., Kernel]]:
    """`start(name, **kwargs)`: a new kernel, gone after the test."""
    kernels: list[Kernel] = []

    def begin(name: str = "prodml", **kwargs: Any) -> Kernel:
        kernels.append(Kernel(name, **kwargs))
        return kernels[-1]

    yield begin
    for kernel in kernels:
        kernel.end()


@pytest.fixture(scope="module", params=NAMES)
def kernel(request: pytest.FixtureRequest, runtime: Path) -> Iterator[Kernel]:
    """A warm and a stock kernel, each for all tests of a module."""
    found = Kernel(request.param)
    yield found
    found.end()
