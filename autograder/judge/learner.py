"""The learner's process: runs the cells of a submission, then answers a judge's questions about what they defined.

Nothing here is trusted by anybody: the learner's code shares this interpreter and may change all of it.
"""

from __future__ import annotations

import builtins
import contextlib
import itertools
import math
import queue
import socket
import sys
import threading
import traceback
from concurrent.futures import Future
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from autograder.causes import innermost
from autograder.judge.lent import Borrowed, Facade
from autograder.judge.operations import OPERATIONS
from autograder.judge.values.changes import changes, snapshot
from autograder.judge.values.classes import look_up
from autograder.judge.values.codec import Decoder, Encoder
from autograder.judge.values.tensors import is_tensor, tensor_node
from autograder.judge.values.text import printable
from autograder.judge.wire import Closed, Wire, WireError

CELL = "ipython-input-"  # in the file name that IPython gives a cell


def main(control: socket.socket, shell: Any) -> None:
    """Serve the supervisor until it hangs up.

    Args:
        control: the supervisor's requests: `run` a cell, `keep` what the names are bound to now, open a `session` with
            a judge whose socket comes along. With `at`, names are first bound again as they were kept under that name.
        shell: an IPython shell that has run nothing.
    """
    wire, folder = Wire(control), str(Path.cwd())
    kept: dict[str, dict[str, Any]] = {}
    while True:
        message, fds = wire.receive_with_fds()
        if message["op"] == "run":
            outcome = shell.run_cell(message["source"], store_history=False)
            error = outcome.error_before_exec or outcome.error_in_exec
            said = {"error": None} if error is None else {"error": _describe(error), "line": _line(error)}
            wire.send({"id": message["id"], **said, "points": _number(outcome.result)})
        elif message["op"] == "keep":
            kept[message["name"]] = dict(shell.user_ns)
        elif message["op"] == "session":
            shell.user_ns.update(kept.get(message["at"], {}))
            Session(Wire(socket.socket(fileno=fds[0])), shell.user_ns, folder).serve()
            wire.send({"id": message["id"]})


class Session:
    """One conversation with one judge."""

    def __init__(self, wire: Wire, names: dict[str, Any], folder: str) -> None:
        self.wire, self.names, self.folder = wire, names, folder
        self.lent: dict[int, Any] = {}  # handles that the judge holds
        self.streams: dict[int, Any] = {}
        self.shared: set[tuple[str, str]] = set()  # (module, qualified name) of classes that the judge knows
        self._lent_numbers: dict[int, int] = {}
        self._numbers = itertools.count()
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._asked: dict[int, Future[Any]] = {}
        self._busy = False
        self._over = False

    def serve(self) -> None:
        """Answer in this thread, one question after the other, until the judge hangs up."""
        threading.Thread(target=self._read, name="learner-reader", daemon=True).start()
        while (message := self._requests.get()) is not None:
            self._answer(message)
        self.wire.close()

    def _read(self) -> None:
        try:
            while True:
                message = self.wire.receive()
                if "answer" in message:
                    self._asked.pop(message["answer"]).set_result(message)
                elif self._busy:  # a function of the judge's, called by the learner's code, calls the learner's code
                    threading.Thread(target=self._answer, args=(message,), daemon=True).start()
                else:
                    self._busy = True
                    self._requests.put(message)
        except (WireError, KeyError):
            self._over = True
            for future in list(self._asked.values()):
                future.set_exception(ConnectionError("the check has ended"))
            self._requests.put(None)

    def _answer(self, message: dict[str, Any]) -> None:
        decoder = Decoder(self._borrowed, None, self._known)
        before: dict[int, Any] = {}
        try:
            args = [decoder.value(a) for a in message["args"]]
            before = snapshot(self._encoder(decoder.objects))
            outcome = OPERATIONS[message["op"]](self, *args)
            reply: dict[str, Any] = {"ok": self._encoder(decoder.objects).node(outcome)}
        except BaseException as error:
            reply = {"error": _describe(error)}
        try:
            passed = self._encoder({n: decoder.objects[n] for n in before})
            reply["changed"] = changes(before, passed)
        except BaseException as error:  # what was passed has become something that has no plain value
            reply = {"error": _describe(error)}
        if threading.current_thread() is threading.main_thread():
            self._busy = False
        with contextlib.suppress(WireError):  # the judge may have hung up
            self._send({"re": message["id"], **reply})

    def _send(self, reply: dict[str, Any]) -> None:
        try:
            self.wire.send(reply)
        except Closed:
            raise
        except WireError as error:  # too large
            self.wire.send({"re": reply["re"], "error": [["ValueError"], f"your answer cannot be sent: {error}"]})

    # ------------------------------------------------------------- values

    def _encoder(self, objects: dict[int, Any] | None = None) -> Encoder:
        return Encoder(self._lend, objects, lambda cls: (cls.__module__, cls.__qualname__) in self.shared)

    def _lend(self, x: Any) -> Any:
        if type(x) is Borrowed:
            return ["f", x._number]
        if is_tensor(x):
            return tensor_node(x.numpy())
        number = self._lent_numbers.setdefault(id(x), len(self._lent_numbers))
        self.lent[number] = x
        return ["h", number, type(x).__name__]

    def _lend_plain(self, x: Any) -> Any:
        """What goes to an object of the judge's: there, a number or text of a class of the learner's is a plain one."""
        if isinstance(x, Enum) or not isinstance(x, int | float | str):
            return self._lend(x)
        if isinstance(x, int):
            return self._encoder().node(int.__int__(x))
        return float.__float__(x) if isinstance(x, float) else self._encoder().node(str.__str__(x))

    def _borrowed(self, node: list[Any]) -> Any:
        if node[0] == "h":
            return self.lent[node[1]]
        _, number, methods, name = node
        if methods is None:
            function = Borrowed(self, number, None)
            vars(function).update(__name__=name, __qualname__=name)
            return function
        return Facade(self, number, methods)

    def _known(self, module: str, name: str) -> type | None:
        return look_up(self.names if module == "__main__" else vars(sys.modules.get(module, object)), name)

    def call_judge(self, number: int, method: str | None, args: Any, kwargs: Any) -> Any:
        """Call what the judge lent us, from any thread of the learner's."""
        if self._over:
            raise ConnectionError("the check has ended")
        encoder = Encoder(self._lend_plain, None, lambda cls: (cls.__module__, cls.__qualname__) in self.shared)
        ask, future = next(self._numbers), Future[Any]()
        self._asked[ask] = future
        nodes = {"args": encoder.node(list(args)), "kwargs": encoder.node(kwargs)}
        self.wire.send({"ask": ask, "lent": number, "method": method, **nodes})
        answer = future.result()
        if "error" in answer:
            kind, text = answer["error"]
            raise _exception(kind)(text)
        return Decoder(self._borrowed, None, self._known).value(answer["ok"])


def _describe(error: BaseException) -> list[Any]:
    try:
        return [[c.__name__ for c in type(error).__mro__][:20], printable(innermost(str(error))[:1000])]
    except BaseException:  # the learner's own __str__
        return [["Exception"], ""]


def _line(error: BaseException) -> int | None:
    """The line of the cell that was running."""
    found = [f.lineno for f in traceback.extract_tb(error.__traceback__) if CELL in f.filename]
    return found[0] if found else getattr(error, "lineno", None)


def _number(result: Any) -> float | None:
    """A last expression's value where it is a number: in a test it is points, as in nbgrader."""
    plain = type(result) in (int, float) or isinstance(result, np.integer | np.floating)
    return float(result) if plain and math.isfinite(result) else None


def _exception(kind: str) -> type[Exception]:
    found = getattr(builtins, kind, None)
    return found if isinstance(found, type) and issubclass(found, Exception) else RuntimeError
