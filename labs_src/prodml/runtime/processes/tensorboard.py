"""TensorBoard beside a notebook: a process of its own on a loopback port, which ends with the kernel."""

from __future__ import annotations

import json
import sys
import threading
import time
import types
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

from prodml.lab.output import show, text_of
from prodml.runtime.processes.group import Group, Program
from prodml.runtime.processes.ports import LOOPBACK, accepts, free_ports

SERVE = "prodml.runtime.processes.tensorboard:serve"
HEIGHT = 600  # pixels


class TensorBoard:
    """A running TensorBoard: `with TensorBoard(folder) as board: …`, or `board = TensorBoard(folder).open()`.

    Attributes:
        folder: whose summaries it shows. url: where it answers, on this machine.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        (port,) = free_ports(1)
        self.url = f"http://{LOOPBACK}:{port}/"
        env = {"TF_CPP_MIN_LOG_LEVEL": "3"}
        self._group = Group({"tensorboard": Program(SERVE, [str(self.folder), port], env, accepts(port))})
        self._open = False

    def __enter__(self) -> TensorBoard:
        self._group.__enter__()
        self._open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> TensorBoard:
        """Start it if it does not run, and show it below the cell. It runs until `close`, or until the kernel ends."""
        if not self._open:
            self.__enter__()
        url = text_of(self.url)
        frame = f'<iframe src="{url}" title="TensorBoard" width="100%" height="{HEIGHT}"></iframe>'
        show(f"TensorBoard: {self.url}", f'<p>TensorBoard: <a href="{url}" target="_blank">{url}</a></p>{frame}')
        return self

    def close(self) -> None:
        """End it."""
        if self._open:
            self._group.__exit__(None, None, None)
            self._open = False

    def tags(self, patience: float = 20.0) -> dict[str, list[str]]:
        """Run → the names of its scalars, as TensorBoard itself answers. Summaries are loaded after the start.

        Raises:
            OSError: it does not answer.
        """
        deadline = time.monotonic() + patience
        while True:
            found = self._ask("data/plugin/scalars/tags")
            if found or time.monotonic() > deadline:
                return {run: sorted(tags) for run, tags in found.items()}
            time.sleep(0.1)

    def scalars(self, run: str, tag: str) -> list[float]:
        """The values of a scalar in the order of their steps, as TensorBoard answers.

        Raises:
            OSError: it does not answer, or knows no such run or tag.
        """
        which = urllib.parse.urlencode({"run": run, "tag": tag})
        return [float(x) for _, _, x in self._ask(f"data/plugin/scalars/scalars?{which}")]

    def _ask(self, what: str) -> Any:
        with urllib.request.urlopen(self.url + what, timeout=10) as reply:
            return json.load(reply)


def serve(folder: str, port: int) -> None:
    """Be a TensorBoard, until killed. It reads files without TensorFlow: half a gigabyte less, and up sooner."""
    sys.modules.setdefault("tensorboard.compat.notf", types.ModuleType("notf"))  # as it asks itself, see its `compat`
    from tensorboard import default, program  # type: ignore[import-untyped]

    board = program.TensorBoard(default.get_plugins())
    where = ["--logdir", folder, "--host", LOOPBACK, "--port", str(port)]
    board.configure(argv=["tensorboard", *where, "--load_fast", "false"])
    board.launch()  # `main` would leave a file behind in the temporary folder
    print(f"TensorBoard answers on port {port}", flush=True)
    threading.Event().wait()
