"""The judge's end of a conversation with a learner's process: handles, calls, and calls back into facades."""

from __future__ import annotations

import builtins
import itertools
import threading
from concurrent.futures import Future
from typing import Any

from autograder.judge.errors import CodecError, LearnerError, LearnerGone, NotPlain, OutOfTime, Touched
from autograder.judge.handles import Handle
from autograder.judge.limits import Limits
from autograder.judge.values.changes import apply_changes
from autograder.judge.values.classes import Known
from autograder.judge.values.codec import Decoder, Encoder
from autograder.judge.values.kinds import GENERATOR
from autograder.judge.values.text import printable
from autograder.judge.wire import Wire, WireError


class Link:
    """Asks the learner's process and serves its calls into the objects that a check lends it.

    Args:
        wire: the conversation; from now on only this object reads from it.
        known: (module, qualified name) → class that both sides know.

    Attributes:
        may_change: whether the learner's code may change, in place, what it is passed. A generator may always be used.
        touched: it did so where it may not.
    """

    def __init__(self, wire: Wire, limits: Limits, known: Known) -> None:
        self.wire, self.limits, self.known = wire, limits, known
        self.may_change, self.touched = True, False
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
            LearnerGone, OutOfTime, Touched: the judgement ends.
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
        changed = reply.get("changed") or []
        if not self.may_change and any(tag != GENERATOR.tag for _, tag, _ in changed):
            self.touched = True  # also where a thread of the check's asked, and nobody sees its exception
            raise Touched
        try:
            apply_changes(changed, encoder.objects, decoder)
            if "error" in reply:
                kinds, text = reply["error"]
                names = tuple(str(k)[:60] for k in kinds[:20]) if isinstance(kinds, list) else ()
                raise LearnerError(_builtin_kind(kinds), str(text)[: self.limits.message_characters], names)
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
                answer = {"error": [type(error).__name__, printable(str(error)[:500])]}
            self.wire.send({"answer": message.get("ask"), **answer})
        except WireError:
            pass  # the learner's process is gone; the reader's thread has noticed
        finally:
            self._places.release()


def _builtin_kind(kinds: Any) -> str:
    """The first name in a learner's list of base classes that is a builtin exception."""
    for name in kinds if isinstance(kinds, list) else []:
        kind = getattr(builtins, name, None) if isinstance(name, str) else None
        if isinstance(kind, type) and issubclass(kind, BaseException):
            return kind.__name__
    return "Exception"
