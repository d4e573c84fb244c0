"""What one call of a function prints, displays and returns, put together as one output."""

from __future__ import annotations

import base64
import html
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from threading import RLock, get_ident
from typing import Any

from prodml.lab.plots import picture

# A kernel may handle two controls at once, in threads of their own. Who holds this reads what is chosen, and draws it.
one_at_a_time = RLock()


def drawn(function: Callable[..., Any], values: dict[str, Any]) -> dict[str, str]:
    """Call `function(**values)`. What other threads print and display in the meantime goes its usual way.

    Returns:
        MIME type → text: HTML, and plain text where HTML cannot be shown. Warnings go their usual way.

    Raises:
        Exception: what the function raises.
    """
    from IPython.display import display

    printed = _Printed(sys.stdout)
    with one_at_a_time, _displayed() as outputs, redirect_stdout(printed):
        returned = function(**values)
        if returned is not None:
            display(returned)
    texts, markups = [], []
    if said := printed.kept.getvalue().strip():
        texts.append(said)
        markups.append(f"<pre>{html.escape(said)}</pre>")
    shown: dict[
        Any, dict[str, Any]
    ] = {}  # by display id: an update, such as a bar's, takes the place of what was there
    for number, output in enumerate(outputs):
        shown[(output["transient"] or {}).get("display_id", number)] = output["data"]
    for data in shown.values():
        texts.append(str(data.get("text/plain", "")))
        markups.append(_markup(data))
    return {"text/plain": "\n".join(texts), "text/html": "".join(markups)}


@contextmanager
def _displayed() -> Iterator[list[dict[str, Any]]]:
    """Keep what this thread displays: a kernel's publisher has a hook for it, of each thread its own."""
    from IPython.core.getipython import get_ipython
    from IPython.utils.capture import capture_output

    outputs: list[dict[str, Any]] = []
    publisher: Any = getattr(get_ipython(), "display_pub", None)
    if not hasattr(publisher, "register_hook"):
        with capture_output(stdout=False, stderr=False) as captured:
            yield outputs
        outputs += [{"data": one.data, "transient": one.transient} for one in captured.outputs]
        return

    def keep(message: dict[str, Any]) -> None:
        outputs.append(message["content"])

    publisher.register_hook(keep)
    try:
        yield outputs
    finally:
        publisher.unregister_hook(keep)


class _Printed:
    """Stands for a stream: keeps what this thread writes, and passes on all else."""

    def __init__(self, stream: Any) -> None:
        self.kept, self._stream, self._thread = io.StringIO(), stream, get_ident()

    def write(self, text: str) -> int:
        return int((self.kept if get_ident() == self._thread else self._stream).write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _markup(data: dict[str, Any]) -> str:
    text = html.escape(str(data.get("text/plain", "")))
    if "text/html" in data:
        return str(data["text/html"])
    if "image/png" in data:
        png = data["image/png"]
        return picture(png if isinstance(png, bytes) else base64.b64decode(png), str(data.get("text/plain", "")))
    return f"<pre>{text}</pre>"
