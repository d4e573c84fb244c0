"""What one call of a function prints, displays and returns, put together as one output."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable
from typing import Any

from prodml.lab.plots import picture


def drawn(function: Callable[..., Any], values: dict[str, Any]) -> dict[str, str]:
    """Call `function(**values)`.

    Returns:
        MIME type → text: HTML, and plain text where HTML cannot be shown. Warnings go their usual way.

    Raises:
        Exception: what the function raises.
    """
    from IPython.display import display
    from IPython.utils.capture import capture_output

    with capture_output(stderr=False) as captured:
        returned = function(**values)
        if returned is not None:
            display(returned)
    texts, markups = [], []
    if printed := captured.stdout.strip():
        texts.append(printed)
        markups.append(f"<pre>{html.escape(printed)}</pre>")
    shown: dict[
        Any, dict[str, Any]
    ] = {}  # by display id: an update, such as a bar's, takes the place of what was there
    for number, output in enumerate(captured.outputs):
        shown[(output.transient or {}).get("display_id", number)] = output.data
    for data in shown.values():
        texts.append(str(data.get("text/plain", "")))
        markups.append(_markup(data))
    return {"text/plain": "\n".join(texts), "text/html": "".join(markups)}


def _markup(data: dict[str, Any]) -> str:
    text = html.escape(str(data.get("text/plain", "")))
    if "text/html" in data:
        return str(data["text/html"])
    if "image/png" in data:
        png = data["image/png"]
        return picture(png if isinstance(png, bytes) else base64.b64decode(png), str(data.get("text/plain", "")))
    return f"<pre>{text}</pre>"
