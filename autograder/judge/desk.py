"""The judge's end of its conversation with the supervisor: a learner's files, and what an examiner says of them."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Any

from autograder.judge.errors import CodecError, NotPlain
from autograder.judge.examiner import known, refuse
from autograder.judge.values.codec import Decoder, Encoder
from autograder.judge.wire import Wire


class Desk:
    """Asks the supervisor, one request after the other, also from several threads.

    Args:
        new_folder: has the learner's process make a folder of this name in its own, and returns its path there.
    """

    def __init__(self, wire: Wire, new_folder: Callable[[str], object]) -> None:
        self._wire, self._new_folder, self._lock = wire, new_folder, threading.Lock()

    def written(self, call: Callable[[str], object]) -> dict[str, bytes]:
        """The files that `call(folder)` left in a new folder of the learner's process.

        Raises:
            NotPlain: it left something else than regular files, or too much.
        """
        name = f"written-{secrets.token_hex(8)}"
        folder = self._new_folder(name)
        if type(folder) is not str:
            raise NotPlain("your code made no folder")
        call(folder)
        reply = self._ask({"op": "collect", "name": name})
        if "refused" in reply:
            raise NotPlain(reply["refused"])
        files: dict[str, bytes] = reply["files"]
        return files

    def examine(self, examiner: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What an examiner returns, run in a process that holds nothing but these plain values.

        Raises:
            NotPlain: an argument is one of the learner's own objects.
            AssertionError: the examiner's own, if it refuses what was made.
        """
        try:
            given = Encoder(refuse).node([list(args), kwargs])
        except CodecError:
            kinds = ", ".join(repr(x) for x in args if type(x).__name__ == "Handle")
            raise NotPlain(f"bytes or files are examined, but yours is {kinds or 'no plain value'}") from None
        reply = self._ask({"op": "examine", "address": examiner.address, "given": given})
        if "ok" not in reply:
            raise examiner.refused(*[str(x) for x in reply.get("refused", [])][:2])
        return Decoder(refuse, None, known(examiner.address)).value(reply["ok"])

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self._wire.send(message)
            reply: dict[str, Any] = self._wire.receive()
            return reply
