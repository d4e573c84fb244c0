"""The judge's end of a conversation with a learner's process: handles, calls, and calls back into facades."""

from __future__ import annotations

import builtins
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from autograder.judge.codec import Decoder, Encoder, apply_changes
from autograder.judge.errors import CodecError, LearnerError, LearnerGone, NotPlain, OutOfTime
from autograder.judge.limits import Limits
from autograder.judge.wire import Wire, WireError


class Link:
    """Asks the learner's process and serves its calls into the objects that a check lends it.

    Args:
        wire: the conversation; from now on only this object reads from it.
        known: (module, qualified name) → dataclass that both sides know.
    """

    def __init__(self, wire: Wire, limits: Limits, known: Callable[[str, str], type | None]) -> None:
        self.wire, self.limits, self.known = wire, limits, known
        self._lent: dict[int, Any] = {}
        self._lent_numbers: dict[int, int] = {}
        self._waiting: dict[int, Future[Any]] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._gone = False
        self._places = threading.BoundedSemaphore(limits.threads)
        threading.Thread(target=self._read, name="judge-reader", daemon=True).start()

    def ask(self, op: str, *args: Any, seconds: float | None = None) -> Any:
        """Have the learner's process do `op` and return the outcome.

        Raises:
            LearnerError: the learner's code raised, or its answer is malformed.
            LearnerGone, OutOfTime: the judgement ends.
        """
        encoder = Encoder(self._lend)
        nodes = [encoder.node(a) for a in args]
        number, future = next(self._numbers), Future[Any]()
        with self._lock:
            if self._gone:
                raise LearnerGone
            self._waiting[number] = future
        try:
            self.wire.send({"id": number, "op": op, "args": nodes})
            reply = future.result(seconds or self.limits.call_seconds)
        except TimeoutError:
            raise OutOfTime from None
        except WireError as error:
            raise LearnerGone from error
        return self._outcome(reply, encoder)

    def _outcome(self, reply: dict[str, Any], encoder: Encoder) -> Any:
        decoder = Decoder(self._handle, encoder.objects, self.known)
        try:
            apply_changes(reply.get("changed") or [], encoder.objects, decoder)
            if "error" in reply:
                kinds, text = reply["error"]
                raise LearnerError(_builtin_kind(kinds), str(text)[: self.limits.message_characters])
            return decoder.value(reply["ok"])
        except (CodecError, LookupError, TypeError, ValueError) as error:
            raise NotPlain(f"your code returned {error}") from None

    def _handle(self, node: list[Any]) -> Any:
        if node[0] == "h" and type(node[1]) is int:
            return Handle(self, node[1], str(node[2])[:60])
        if node[0] == "f":
            return self._lent[node[1]]
        raise CodecError("a value of an unknown kind")

    def _lend(self, x: Any) -> Any:
        """A node for what has no plain value: a handle goes back, a function or facade is lent."""
        if type(x) is Handle:
            return ["h", object.__getattribute__(x, "_number")]
        methods = getattr(type(x), "__facade__", None)
        if methods is None and not callable(x):
            raise CodecError(
                f"a check passed a {type(x).__name__}: it has no plain value, and its class names no __facade__"
            )
        with self._lock:
            number = self._lent_numbers.setdefault(id(x), len(self._lent_numbers))
            self._lent[number] = x
        return [
            "f",
            number,
            list(methods) if methods is not None else None,
            getattr(x, "__name__", type(x).__name__),
        ]

    # ------------------------------------------------------------- the reader's thread

    def _read(self) -> None:
        try:
            while True:
                message = self.wire.receive()
                if "re" in message:
                    with self._lock:
                        future = self._waiting.pop(message["re"], None)
                    if future is not None:
                        future.set_result(message)
                elif self._places.acquire(blocking=False):
                    threading.Thread(target=self._serve, args=(message,), daemon=True).start()
                else:
                    raise WireError("too many calls at once")
        except (WireError, TypeError, KeyError):
            with self._lock:
                self._gone = True
                for future in self._waiting.values():
                    future.set_exception(LearnerGone())

    def _serve(self, message: dict[str, Any]) -> None:
        """Answer one call of the learner's code into a function or facade of ours."""
        try:
            encoder = Encoder(self._lend)
            decoder = Decoder(self._handle, None, self.known)
            try:
                target = self._lent[message["lent"]]
                method = message["method"]
                if method is not None:
                    if method not in type(target).__facade__:
                        raise AttributeError(method)
                    target = getattr(target, method)
                elif getattr(type(target), "__facade__", None) is not None:
                    raise TypeError("not callable")
                args, kwargs = decoder.value(message["args"]), decoder.value(message["kwargs"])
                answer: dict[str, Any] = {"ok": encoder.node(target(*args, **kwargs))}
            except Exception as error:
                answer = {"error": [type(error).__name__, str(error)[:500]]}
            self.wire.send({"answer": message.get("ask"), **answer})
        except WireError:
            pass  # the learner's process is gone; the reader's thread has noticed
        finally:
            self._places.release()


class Handle:
    """One of the learner's own objects, which stays where it is. Nothing that it says of itself decides a test."""

    __slots__ = ("_kind", "_link", "_number")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, link: Link, number: int, kind: str) -> None:
        object.__setattr__(self, "_link", link)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_kind", kind)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._link.ask("call", self, list(args), kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._link.ask("attribute", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._link.ask("set_attribute", self, name, value)

    def __getitem__(self, key: Any) -> Any:
        return self._link.ask("item", self, key)

    def __repr__(self) -> str:
        return f"<your {object.__getattribute__(self, '_kind')}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)


def _refuse(self: Handle, *args: Any) -> Any:
    kind = object.__getattribute__(self, "_kind")
    raise NotPlain(f"your answer is an object of type {kind}, where a plain value is needed")


for _name in (
    *(
        "bool",
        "len",
        "iter",
        "contains",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "int",
        "float",
        "complex",
        "index",
    ),
    *(
        "add",
        "radd",
        "sub",
        "rsub",
        "mul",
        "rmul",
        "truediv",
        "rtruediv",
        "floordiv",
        "rfloordiv",
        "mod",
        "rmod",
    ),
    *(
        "pow",
        "rpow",
        "matmul",
        "rmatmul",
        "and",
        "rand",
        "or",
        "ror",
        "xor",
        "rxor",
        "neg",
        "pos",
        "abs",
        "invert",
    ),
    *("round", "enter", "exit", "next", "setitem", "delitem", "array"),
):
    setattr(Handle, f"__{_name}__", _refuse)


class Stream:
    """A dataset held open in the learner's process; elements come by value."""

    def __init__(self, link: Link, number: int) -> None:
        self._link, self._number = link, number

    def take(self, n: int) -> list[Any]:
        """The next `n` elements, fewer at the end."""
        elements = self._link.ask("next", self._number, int(n))
        if type(elements) is not list:
            raise NotPlain("your dataset did not give elements")
        return elements

    def close(self) -> None:
        """Let the dataset go."""
        self._link.ask("close", self._number)


def _builtin_kind(kinds: Any) -> str:
    """The first name in a learner's list of base classes that is a builtin exception."""
    for name in kinds if isinstance(kinds, list) else []:
        kind = getattr(builtins, name, None) if isinstance(name, str) else None
        if isinstance(kind, type) and issubclass(kind, BaseException):
            return kind.__name__
    return "Exception"
