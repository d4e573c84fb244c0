"""The learner's process: runs the cells of a submission, then answers a judge's questions about what they defined.

Nothing here is trusted by anybody: the learner's code shares this interpreter and may change all of it.
"""

from __future__ import annotations

import builtins
import contextlib
import itertools
import queue
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np

from autograder.causes import innermost
from autograder.judge.codec import Decoder, Encoder, changes, snapshot, tensor_node
from autograder.judge.wire import Closed, Wire, WireError


def main(control: socket.socket, shell: Any) -> None:
    """Serve the supervisor until it hangs up.

    Args:
        control: the supervisor's requests: `run` a cell, open a `session` with a judge whose socket comes along.
        shell: an IPython shell that has run nothing.
    """
    wire, folder = Wire(control), str(Path.cwd())
    while True:
        message, fds = wire.receive_with_fds()
        if message["op"] == "run":
            outcome = shell.run_cell(message["source"], store_history=False)
            error = outcome.error_before_exec or outcome.error_in_exec
            wire.send({"ran": message["id"], "error": None if error is None else _describe(error)})
        elif message["op"] == "session":
            Session(Wire(socket.socket(fileno=fds[0])), shell.user_ns, folder).serve()
            wire.send({"ended": message["id"]})


class Session:
    """One conversation with one judge."""

    def __init__(self, wire: Wire, names: dict[str, Any], folder: str) -> None:
        self.wire, self.names, self.folder = wire, names, folder
        self.lent: dict[int, Any] = {}  # handles that the judge holds
        self.streams: dict[int, Any] = {}
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
            before = snapshot(decoder.objects, self._lend)
            outcome = OPERATIONS[message["op"]](self, *args)
            reply: dict[str, Any] = {"ok": Encoder(self._lend, decoder.objects).node(outcome)}
        except BaseException as error:
            reply = {"error": _describe(error)}
        try:
            reply["changed"] = changes({n: decoder.objects[n] for n in before}, before, self._lend)
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

    def _lend(self, x: Any) -> Any:
        if type(x) is Borrowed:
            return ["f", x._number]
        if all(hasattr(type(x), name) for name in ("numpy", "dtype", "shape")):
            return tensor_node(x.numpy())
        number = self._lent_numbers.setdefault(id(x), len(self._lent_numbers))
        self.lent[number] = x
        return ["h", number, type(x).__name__]

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
        namespace: Any = self.names if module == "__main__" else vars(sys.modules.get(module, object))
        found = namespace.get(name)
        return found if isinstance(found, type) else None

    def call_judge(self, number: int, method: str | None, args: Any, kwargs: Any) -> Any:
        """Call what the judge lent us, from any thread of the learner's."""
        if self._over:
            raise ConnectionError("the check has ended")
        encoder = Encoder(self._lend)
        ask, future = next(self._numbers), Future[Any]()
        self._asked[ask] = future
        nodes = {"args": encoder.node(list(args)), "kwargs": encoder.node(kwargs)}
        self.wire.send({"ask": ask, "lent": number, "method": method, **nodes})
        answer = future.result()
        if "error" in answer:
            kind, text = answer["error"]
            raise _exception(kind)(text)
        return Decoder(self._borrowed, None, self._known).value(answer["ok"])


class Borrowed:
    """A function of the judge's."""

    def __init__(self, session: Session, number: int, method: str | None) -> None:
        self._session, self._number, self._method = session, number, method

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._session.call_judge(self._number, self._method, args, kwargs)


class Facade(Borrowed):
    """An object of the judge's with a fixed list of methods."""

    def __init__(self, session: Session, number: int, methods: list[str]) -> None:
        super().__init__(session, number, None)
        for name in methods:
            setattr(self, name, Borrowed(session, number, name))


def _open(session: Session, dataset: Any) -> int:
    number = len(session.streams)
    session.streams[number] = iter(dataset)
    return number


def _next(session: Session, number: int, n: int) -> list[Any]:
    return [_numpy(x) for x in itertools.islice(session.streams[number], n)]


def _close(session: Session, number: int) -> None:
    del session.streams[number]


def _take(session: Session, dataset: Any, n: int) -> list[Any]:
    return [_numpy(x) for x in itertools.islice(iter(dataset), n)]


def _folder(session: Session, name: str) -> str:
    folder = Path(session.folder, name)
    folder.mkdir()
    return str(folder)


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "get": lambda session, name: session.names[name],
    "call": lambda session, target, args, kwargs: target(*args, **kwargs),
    "attribute": lambda session, target, name: getattr(target, name),
    "set_attribute": lambda session, target, name, value: setattr(target, name, value),
    "item": lambda session, target, key: target[key],
    "folder": _folder,
    "take": _take,
    "open": _open,
    "next": _next,
    "close": _close,
}


def _numpy(x: Any) -> Any:
    """`x` with NumPy leaves instead of tensors."""
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return tuple(_numpy(v) for v in x)
    if isinstance(x, (tuple, list)):
        return type(x)(_numpy(v) for v in x)
    if isinstance(x, dict):
        return {k: _numpy(v) for k, v in x.items()}
    if hasattr(x, "numpy") and not isinstance(x, np.ndarray):
        return x.numpy()
    return x


def _describe(error: BaseException) -> list[Any]:
    try:
        return [[c.__name__ for c in type(error).__mro__][:20], innermost(str(error))[:1000]]
    except BaseException:  # the learner's own __str__
        return [["Exception"], ""]


def _exception(kind: str) -> type[Exception]:
    found = getattr(builtins, kind, None)
    return found if isinstance(found, type) and issubclass(found, Exception) else RuntimeError
